"""The report is one file that shows foreign text as text, at any width, light or dark."""

import csv
import io
import random
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from browser import DESK, PHONE, View, look, needs_browser

from advisor.draw.formats import drawn
from advisor.draw.html import COPY
from advisor.errors import AdvisorError
from advisor.evaluate.evaluation_report import (
    MOST_CLASSES,
    SIDE,
    WORST,
    _confusion,
    report_of,
    worst_places,
)
from advisor.evaluate.options import Gates
from advisor.evaluate.responses import EvaluationSet
from advisor.evaluate.scores import score
from advisor.evaluate.verdict import verdict
from advisor.rulebase.store import load_rules
from tests.evaluate.runs import (
    CAPTION,
    EXTRACT,
    READ_LINE,
    SEARCH,
    labelled,
    packed,
    partly_right,
    picks,
    random_labels,
    with_references,
    written,
)

HOSTILE = [
    "</script><script>document.title='taken'</script>",
    '"><img src=x onerror="document.title=1">',
    "<b>bold</b> & 'quoted' \"doubly\"",
    "right-to-left \u202e txt.exe and a bell \x07",
    "x" * 3000,
    "{{7*7}} ${7*7} `code` ##[error]",
    "",
]


def jpeg(number):
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (300, 200), ("white", "khaki", "lightblue")[number % 3])
    ImageDraw.Draw(image).ellipse((60, 40, 160 + number % 60, 140), fill=(40, 90, 40 + number))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def timed(speeds):
    """Return what candidates cost, in milliseconds an image."""
    return [
        [{"load_ms": 900}]
        + [{"images": 8, "ms": each * 8, "wall_ms": each * 9, "batch": 8, "peak_mb": 300 + each}]
        * 5
        for each in speeds
    ]


@pytest.mark.parametrize("line", ["[" * 100_000, '{"images": 1e999, "ms": 1, "wall_ms": 1}', "5"])
def test_a_timing_that_no_run_writes_is_named_with_its_candidate(tmp_path, line):
    run = of_labels(tmp_path / "run")
    with closing(sqlite3.connect(run.file.path)) as connection, connection:
        connection.execute("UPDATE timings SET timing = ? WHERE digest = 'tiny'", (line,))
    with pytest.raises(AdvisorError, match="a timing of `tiny`"):
        score(run)


def of_labels(folder, size=150, ids=None, classes=("cat", "dog", "owl"), share=0.94):
    truth = random.Random(1).choices(classes, (5, *[3] * (len(classes) - 1)), k=size)
    shares = {"openai/clip": share, "Salesforce/blip-itm": share - 0.02, "tiny": 0.3, "worse": 0.25}
    given = {
        name: picks(partly_right(truth, share, n, classes), 0.85, classes)
        for n, (name, share) in enumerate(shares.items(), start=2)
    }
    given["tiny"][3] = {"failed": "out of memory"}
    run = written(folder, labelled(truth, classes, ids=ids), given, timed=timed((30, 85, 6, 5)))
    settings = {
        "seed": 0,
        "command": "advisor evaluate photos --run runs/photos",
        "versions": {"advisor": "0.2.0", "torch": "2.6.0"},
        "rule_base": "abc123",
    }
    return replace(run, settings=settings)


def report_file(run, thumbnails=lambda name: jpeg(len(name)), gates=None):
    scores = score(run)
    said = verdict(scores, load_rules())
    report = report_of(run, scores, said, gates or Gates(("accuracy=0.8",)), thumbnails)
    file = run.file.path.parent / "report.html"
    file.write_text(drawn(report, "html"), encoding="utf-8")
    return file


def of_hostile_captions(folder):
    draw = random.Random(0)
    names = [f"{one[:200]}-{n}.png" for n, one in enumerate(HOSTILE)]
    references = [[one or "a cat sits on a mat", "two dogs run"] for one in HOSTILE]
    given = {
        f"model {one[:300]}": [{"text": draw.choice(HOSTILE)} for _ in HOSTILE]
        for one in HOSTILE[:3]
    }
    questions = [one[::-1] for one in HOSTILE]
    data = with_references(CAPTION, references, questions, names)
    data = data._replace(name=HOSTILE[0], task=HOSTILE[1], notes=tuple(HOSTILE[:5]))
    run = written(folder, data, given)
    return replace(run, settings={"command": HOSTILE[0], "versions": {HOSTILE[2]: HOSTILE[0]}})


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_foreign_text_is_text(tmp_path):
    text = report_file(of_hostile_captions(tmp_path), gates=Gates()).read_text("utf-8")
    tags = Tags(text).found
    assert [tag for tag, _ in tags].count("script") == 1
    assert f"<script>\n{COPY.read_text('utf-8')}</script>" in text
    assert not [tag for tag, _ in tags if tag in ("b", "i") and "onerror" in str(_)]
    assert not [of for _, of in tags if any(name.startswith("on") for name in of)]
    assert "\u202e" not in text
    assert "&lt;/script&gt;" in text
    assert all(of["src"].startswith("data:image/jpeg;base64,") for tag, of in tags if tag == "img")


def test_nothing_is_asked_of_another_place(tmp_path):
    for tag, of in Tags(report_file(of_labels(tmp_path)).read_text("utf-8")).found:
        for name in ("src", "href", "action", "data", "poster"):
            assert of.get(name, "data:").startswith(("data:", "#")), (tag, of)


def test_the_verdict_comes_first_and_every_candidate_is_in_the_drawing(tmp_path):
    text = report_file(of_labels(tmp_path)).read_text("utf-8")
    drawn_at = text.index('<table class="bars"')
    assert text.index("<h1>tiny" if "<h1>tiny" in text else "<h1>") < drawn_at
    table = text[drawn_at : text.index("</table>", drawn_at)]
    rows = re.findall(r"<th scope=\"row\"><b>(\d)</b> ([^<]*)</th>", table)
    assert rows == [
        ("1", "openai/clip"), ("2", "Salesforce/blip-itm"), ("3", "tiny"), ("4", "worse")
    ]  # fmt: skip
    found = re.findall(r'class="share" style="--share:([\d.]+)', table)
    shares = list(map(float, found))
    assert max(shares[1::2]) == 100, "the slowest has the longest bar"
    ends = re.findall(r"--low:([\d.]+)%;--high:([\d.]+)%", table)
    assert all(float(low) <= share <= float(high)
               for (low, high), share in zip(ends, shares[::2], strict=True))  # fmt: skip
    assert "advisor evaluate photos --run runs/photos" in re.sub("<[^>]+>", "", text)


@pytest.mark.slow
def test_thumbnails_are_few_and_small(tmp_path):
    from PIL import Image

    run = of_labels(tmp_path, 400, share=0.8)
    scores = score(run)
    assert len(set(worst_places(scores, verdict(scores, load_rules())))) == WORST
    asked = []

    def thumbnails(id):
        asked.append(id)
        return jpeg(1)

    text = report_file(run, thumbnails).read_text("utf-8")
    assert len(asked) == len(set(asked)) == WORST
    import base64

    encoded = next(of["src"] for tag, of in Tags(text).found if tag == "img").partition(",")[2]
    image = Image.open(io.BytesIO(base64.b64decode(encoded)))
    assert (image.format, max(image.size)) == ("JPEG", SIDE)


def test_an_image_that_cannot_be_shown_leaves_its_place_empty(tmp_path):
    def unreadable(name):
        if "1" in name:
            return b"no image"
        raise OSError(0, "gone")

    text = report_file(of_labels(tmp_path), unreadable)
    assert "<img" not in text.read_text("utf-8")


def test_the_worst_by_the_recommended_candidate_lead(tmp_path):
    run = of_labels(tmp_path)
    scores = score(run)
    said = verdict(scores, load_rules())
    first = next(one for one in scores.candidates if one.name == said.recommended)
    places = worst_places(scores, said)
    assert sorted(places) == [n for n, each in enumerate(first.worth) if each == 0]
    right = [sum(other.worth[place] for other in scores.candidates) for place in places]
    assert right == sorted(right), "what nobody can do leads"


def test_of_many_classes_the_confusion_shows_those_that_are_mistaken(tmp_path):
    classes = tuple(f"class {n}" for n in range(60))
    scores = score(of_labels(tmp_path, 300, classes=classes))
    table = _confusion(scores, scores.candidates[0])
    assert len(table["rows"]) == MOST_CLASSES
    assert "(another)" in table["columns"]
    assert "of 60" in table["note"]


def every_other_kind(folder):
    draw = random.Random(1)
    lines = [f"line {n} {draw.random():.4f}" for n in range(30)]
    typos = [{"text": one.replace("1", "7")} for one in lines]
    yield written(folder / "lines", with_references(READ_LINE, [[o] for o in lines]), {"a": typos})
    vectors = [[draw.gauss(0, 1) for _ in range(8)] for _ in range(40)]
    found = [
        {"vectors": packed(v, [[x + draw.gauss(0, 1.2) for x in v] for _ in range(2)])}
        for v in vectors
    ]
    wanted = [[f"text {n}a", f"text {n}b"] for n in range(40)]
    yield written(folder / "search", with_references(SEARCH, wanted), {"a": found, "b": found})
    truth = [("cat", "dog") if n % 3 else ("owl",) for n in range(40)]
    said = picks(random_labels(40, 2))
    yield written(folder / "many", labelled(truth, many=True), {"a": said}, scored_by="sigmoid")
    data = with_references(EXTRACT, [[]] * 20)
    items = tuple(
        one._replace(fields={"total": str(one.number), "lines": [{"name": "tea"}]})
        for one in data.images
    )
    guessed = [{"text": "", "fields": {"total": str(n // 2)}} for n in range(20)]
    data = EvaluationSet("receipts", "field-extraction", EXTRACT, items)
    yield written(folder / "fields", data, {"a": guessed})


def test_every_kind_of_task_has_a_report_with_examples(tmp_path):
    for run in every_other_kind(tmp_path):
        text = report_file(run, gates=Gates()).read_text("utf-8")
        assert 'class="examples"' in text, run.file.path.parent
        assert text.count('<table class="bars"') == 1


@pytest.mark.slow
@needs_browser()
def test_the_report_is_readable_in_a_browser(tmp_path):
    pages = [report_file(of_labels(tmp_path / "labels"))]
    pages.append(report_file(of_hostile_captions(tmp_path / "hostile"), gates=Gates()))
    pages += [report_file(run, gates=Gates()) for run in every_other_kind(tmp_path)]
    for number, file in enumerate(pages):
        views = (View(PHONE, dark=number % 2 == 1), View(DESK, dark=number % 2 == 0))
        shots = tmp_path / f"shots-{number}"
        shots.mkdir()
        for seen in look(file, *views, screenshots=shots, axe=True):
            assert seen.violations == []
            assert seen.scroll_width <= seen.view.width
            assert seen.console == []
            assert seen.requests == [file.as_uri()]
            assert "Examples" in seen.text


def of_search(folder):
    """Return a search of four images by a text each, two of which find another image first."""
    vectors = [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [0.8, 0.6]]
    texts = [vectors[0], vectors[1], vectors[3], vectors[2]]
    given = [{"vectors": packed(v, [t])} for v, t in zip(vectors, texts, strict=True)]
    wanted = [[f"text {n}"] for n in range(4)]
    return written(folder, with_references(SEARCH, wanted), {"a": given})


def test_every_prediction_is_a_row_of_csv_and_no_cell_is_a_formula(tmp_path):
    names = ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "a,b", 'a "b"', "tab\tx"]
    truth = [names[n % len(names)] for n in range(28)]
    given = {"=model": picks(truth, classes=names), "other": picks(truth[::-1], classes=names)}
    given["other"][3] = {"failed": "out of memory"}
    run = written(tmp_path, labelled(truth, names), given)
    scores = score(run)
    report = report_of(run, scores, verdict(scores, load_rules()), Gates(), lambda _: None)
    rows = list(csv.DictReader(io.StringIO(drawn(report, "csv"))))
    assert len(rows) == 2 * 28
    assert [one["image"] for one in rows[:28]] == [one.id for one in run.data.images]
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@\t\r" and cell]
    assert [one["true"].removeprefix("'") for one in rows[:28]] == truth
    assert [one["predicted"].removeprefix("'") for one in rows[:28]] == truth
    assert {one["accuracy"] for one in rows[:28]} == {"1.0"}
    assert rows[28 + 3]["predicted"] == rows[28 + 3]["probability"] == ""
    assert rows[0]["candidate"] == "'=model"
    assert float(rows[0]["probability"]) == pytest.approx(0.8)


def test_csv_of_a_search_has_what_stands_first_and_the_rank(tmp_path):
    run = of_search(tmp_path)
    scores = score(run)
    report = report_of(run, scores, verdict(scores, load_rules()), Gates(), lambda _: None)
    rows = list(csv.DictReader(io.StringIO(drawn(report, "csv"))))
    assert [(one["question"], one["true"], one["predicted"], one["rank"]) for one in rows] == [
        ("text 0", "0.png", "0.png", "1.0"), ("text 1", "1.png", "1.png", "1.0"),
        ("text 2", "2.png", "3.png", "2.0"), ("text 3", "3.png", "2.png", "2.0"),
    ]  # fmt: skip


def test_a_search_shows_what_was_found_instead(tmp_path):
    text = report_file(of_search(tmp_path), gates=Gates()).read_text("utf-8")
    assert "found at rank 2; 3.png ranks first" in text
    assert len([of for tag, of in Tags(text).found if of.get("class") == "instead"]) == 2


def test_the_page_says_what_was_compared_on_what_and_what_it_costs(tmp_path):
    run = of_labels(tmp_path)
    run = replace(run, settings={**run.settings, "began": "2026-11-30", "price_per_hour": 3.6})
    text = report_file(run).read_text("utf-8")
    assert "<h1>zero-shot-classification on photos</h1>" in text
    assert "begun 2026-11-30 · 4 candidates · 150 images · 3 classes" in text
    assert "33.8 ms, 0.034 for 1,000 images" in text, "an hour for 3.6 is a thousandth a second"
    classes = text[text.index("By class") : text.index("Confusion matrix")]
    assert classes.count("<summary>") == 3, "those of other candidates are folded"
    assert re.search(r'<th scope="row">cat</th><td>\d+</td><td>0\.\d\d</td>', classes)


def test_of_many_classes_the_figures_are_folded(tmp_path):
    classes = tuple(f"class {n}" for n in range(60))
    text = report_file(of_labels(tmp_path, 300, classes=classes)).read_text("utf-8")
    assert "<summary>50 more classes</summary>" in text


@pytest.mark.slow
@needs_browser()
def test_on_a_phone_the_page_of_twenty_classes_is_at_most_6000_pixels_long(tmp_path):
    from PIL import Image

    run = of_labels(
        tmp_path / "run", 400, classes=tuple(f"golden_retriever_{n}" for n in range(20))
    )
    run = replace(run, settings={**run.settings, "began": "2026-11-30", "price_per_hour": 1.2})
    (seen,) = look(report_file(run), View(PHONE), screenshots=tmp_path)
    assert seen.scroll_width == PHONE
    with Image.open(seen.screenshot) as shot:
        assert shot.height <= 6000
