"""Text from outside is made visible: whatever hides, moves or commands is written out."""

import json

import pytest

from advisor.draw.blocks import Code
from advisor.draw.markdown import markdown
from advisor.foreign import visible, visible_json, visible_lines

HIDDEN = (
    "\x1b\x9b\x85\u00ad\u034f\u061c\u115f\u1160\u17b4\u180b\u180e\u200b\u202e\u2028\u2066\u3164\ufe00"
    "\ufeff\uffa0\ufff9\U0001bca0\U0001d173\U000e0041\U000e0100"
)


@pytest.mark.parametrize("character", HIDDEN)
def test_what_hides_is_written_out_and_json_keeps_its_value(character):
    text = f"a{character}b"
    for written in (visible(text), visible_lines(text)):
        assert character not in written
        assert written.startswith("a\\")
    line = visible_json(json.dumps({text: text}, ensure_ascii=False))
    assert character not in line
    assert json.loads(line) == {text: text}


def test_honest_signs_stay():
    for text in ("Zürich", "日本語", "❤️ 1️⃣", "שלום", "a-b_c"):
        assert visible(text) == visible_json(text) == text


def test_code_that_holds_a_fence_stays_in_one_in_markdown():
    text = "````\n<b>\n```"
    assert markdown([Code(text)]).split("\n") == ["`````", *text.split("\n"), "`````", ""]
