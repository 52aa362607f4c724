"""How fast the page of `advisor site` answers in headless Chromium, slowed down to a quarter.

For every task: from opening the page to its answer, then each further answer, and when the next
question stands there. Times are medians and worst cases in milliseconds, of a machine that ought
to have nothing else to do. The worker that finds the next question is not slowed down.
"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from statistics import median

from advisor.rulebase.store import load_rules
from advisor.site.page import static_page

SITE = Path(__file__).resolve().parents[1] / "site"
SLOWER = 4
FIRST, NEXT = 1000, 100


def main() -> None:
    """Measure, and print a line for each of three things."""
    rulebase = load_rules()
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "index.html"
        page.write_text(static_page(rulebase), encoding="utf-8")
        asked = {
            "url": page.as_uri(),
            "chromium": shutil.which("chromium") or shutil.which("chromium-browser"),
            "slower": SLOWER,
            "tasks": [task.id for task in rulebase.tasks],
        }
        done = subprocess.run(
            [str(shutil.which("node")), "tools/time.js"],
            cwd=SITE, input=json.dumps(asked), capture_output=True, text=True, check=True,
        )  # fmt: skip
    times = json.loads(done.stdout)
    show("first answer, from opening the page", [one["first"] for one in times], FIRST)
    show("each further answer", [ms for one in times for ms in one["answers"]], NEXT)
    show("the next question, in its worker", [ms for one in times for ms in one["questions"]], None)


def show(what: str, times: list[float], limit: int | None) -> None:
    """Print a line of a measure, with its limit where it has one."""
    within = f", limit {limit}" if limit else ""
    worst = f"worst {max(times):.0f} ms of {len(times)}"
    print(f"{what}: median {median(times):.0f} ms, {worst}{within}")


if __name__ == "__main__":
    main()
