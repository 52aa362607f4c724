"""The page as one HTML file: rules, engine and style inside, and nothing requested after it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from advisor.draw import html as drawn
from advisor.foreign import visible
from advisor.rulebase.base import RuleBase
from advisor.site.page_data import page_data
from advisor.site.plain_map import plain_map

FOLDER = Path(__file__).parent
ENGINE = FOLDER / "page.js"
"""The engine in JavaScript, built from site/src; a test holds it to a new build."""
STYLES = drawn.STYLE, FOLDER / "page.css"
MARK = '<meta name="generator" content="advisor site">'
"""Stands in every page that was written here."""
POLICY = (
    "default-src 'none'; script-src '{script}'; worker-src blob:; style-src '{style}'; "
    "img-src data:; base-uri 'none'; form-action 'none'"
)
"""What the page may load: what stands in it, and a worker that it makes of its own script."""

TEMPLATE = Template("""<!doctype html>
<html lang="en">
<head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
$mark
<title>advisor: which vision-language model?</title><link rel="icon" href="data:,">
<style>$style</style></head>
<body><main>
<header><h1>Which vision-language model?</h1>
<p>Which kind of model fits your task, which checkpoint, and why. Nothing that you answer leaves this page.</p>
$overlays
</header>
<noscript><p class="warn">Without script this page cannot ask. The map below says which answers lead where.</p></noscript>
<div id="app">
<div class="left"><section id="ask" class="box" aria-label="The next question" aria-live="polite"></section>
<section id="given" class="box" aria-label="Your answers"></section></div>
<section id="answer" class="box" aria-label="The answer" aria-live="polite"></section>
</div>
<section class="map" id="map"><h2>The map of decisions</h2>
<p class="quiet">For each task, which answers lead to which kind of model.</p>
<div class="tasks">$map</div>
</section>
<footer><p>$footer</p></footer>
</main>
<script type="application/json" id="data">$data</script>
<script>$script</script>
</body>
</html>
""")  # noqa: E501


def static_page(rulebase: RuleBase, priority: Sequence[str] = ()) -> str:
    """Return the page that answers by some rules, with some criteria first.

    The same rules give the same page: it holds no day but those of the facts.
    """
    style = "".join(file.read_text(encoding="utf-8") for file in STYLES).replace("@root", "body")
    script = ENGINE.read_text(encoding="utf-8").strip()
    data = json.dumps(page_data(rulebase, priority), ensure_ascii=False, separators=(",", ":"))
    return TEMPLATE.substitute(
        policy=POLICY.format(script=_hashed(script), style=_hashed(style)),
        mark=MARK,
        style=style,
        overlays="".join(
            f'<p class="warn">overlay: {escape(change)}</p>' for change in rulebase.overlays
        ),
        map=plain_map(rulebase),
        footer=_footer(rulebase, priority),
        data=data.replace("<", "\\u003c"),
        script=script,
    )


def _hashed(text: str) -> str:
    """Return what a Content-Security-Policy calls an inline script or style of this text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _footer(rulebase: RuleBase, priority: Sequence[str]) -> str:
    dates = rulebase.source_dates.values()
    parts = [f"Rules <code>{escape(rulebase.digest)}</code>"]
    folders = visible(", ".join(rulebase.folders))
    parts += [f"with overlays {escape(folders)}"] if folders else []
    parts += [f"criteria first: {escape(', '.join(priority))}"] if priority else []
    if dates:
        oldest, newest = min(dates), max(dates)
        parts.append(f"facts read {newest if newest == oldest else f'{oldest} to {newest}'}")
    said = "with the same flags; of a sentence, this page reads the task alone"
    return f"{' · '.join(parts)}. The answers of <code>advisor recommend</code> {said}."
