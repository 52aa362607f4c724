"""The interview in real terminals: a menu and plain numbers, going back, leaving, going on."""

import json
import re
import shlex
import shutil
import sys

import pytest

pexpect = pytest.importorskip("pexpect")
if sys.platform == "win32":
    pytest.skip("pexpect drives terminals of POSIX", allow_module_level=True)

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
SMALL, WIDE = (24, 80), (60, 200)
ASKS = "What do you want to do with your images"
KEPT = "continue with your answers:"
DOWN, UP = "\x1b[B", "\x1b[A"


def drawn(text):
    """A pattern for a text that a menu may break anywhere to fit the terminal."""
    gap = r"(?:\s|\x1b\[[0-9;?]*[A-Za-z])*"
    return gap.join(re.escape(letter) for letter in text if letter != " ")


MENU = drawn("or type to filter")


class Terminal:
    """A person at a terminal, running `advisor` with the answer going to a file."""

    def __init__(self, environment, folder, arguments, size, *, screen=False):
        self.file = folder / "answer.json"
        line = f"exec {shlex.join([sys.executable, '-m', 'advisor', *arguments])}"
        self.running = pexpect.spawn(
            "/bin/sh",
            ["-c", line if screen else f"{line} > {self.file}"],
            env=environment,
            cwd=str(folder),
            dimensions=size,
            encoding="utf-8",
            timeout=300,
        )
        self.running.delaybeforesend = None
        self.running.ptyproc.delayafterclose = 0.01

    def sees(self, text):
        """Wait for a text; return what came before it."""
        self.running.expect(text)
        return ESCAPES.sub("", self.running.before)

    def question(self):
        """Wait for the next plain question; return its text, or None where the interview ended."""
        if self.running.expect([r"\r\n> ", pexpect.EOF]):
            self.rest = ESCAPES.sub("", self.running.before)
            return None
        return ESCAPES.sub("", self.running.before)

    def types(self, text):
        self.running.sendline(text)

    def presses(self, *keys):
        """Press keys; what is typed before a menu is drawn waits in the terminal."""
        for key in keys:
            self.running.send(key)

    def chooses(self, text, *keys):
        """Wait for a menu, filter it by typing, move, and take what is marked."""
        self.sees(MENU)
        self.presses(text, *keys, "\r")

    def ends(self):
        """Return the exit code and what was still said."""
        said = ESCAPES.sub("", self.running.read())
        self.running.close()
        code = self.running.exitstatus
        assert code is not None
        return code, said

    @property
    def answer(self):
        return json.loads(self.file.read_text(encoding="utf-8"))


@pytest.fixture
def terminal(environment, compiled, rulebase, tmp_path):
    for kept in compiled.glob(f"rules-{rulebase.digest}-*"):
        own = tmp_path / "cache" / "rules" / kept.name
        shutil.copytree(kept, own, ignore=shutil.ignore_patterns(".advisor-*"))  # being written
    opened = []
    variables = environment | {
        "ADVISOR_CACHE": str(tmp_path / "cache" / "rules"),
        "TERM": "xterm-256color",
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }

    def start(*arguments, size=SMALL, format="json", screen=False, **more):
        if format and not screen:
            arguments = [*arguments, "--format", format]
        words = [*map(str, arguments)]
        opened.append(Terminal(variables | more, tmp_path, words, size, screen=screen))
        return opened[-1]

    yield start
    for one in opened:
        one.running.close(force=True)


TO_FAMILY = ("--to", "family")
"""Ends sooner, where the checkpoint is not what a test is about."""


def asked(question):
    """The sentence that a plain question asks."""
    return re.findall(r"^\? (.+?)\r?$", question, re.MULTILINE)[-1]


# -- plain numbers -----------------------------------------------------------------------------


@pytest.mark.slow
def test_plain_numbers_lead_to_an_answer_that_its_command_repeats(terminal, advisor):
    person = terminal("ask", "--plain")
    question = person.question()
    assert asked(question).startswith(ASKS)
    race = "CLIP, unified VLP (vision-language models), VisionEncoderDecoder, none of them"
    assert f"Still possible: {race}" in " ".join(question.split())
    assert "b = go back" not in question
    assert "describe images: captions, alt texts, reports" in question
    person.types("captioning")
    questions = 1
    while (question := person.question()) is not None:
        questions += 1
        assert "b = go back" in question or "Which one?" in question
        assert "\\n" not in question
        person.types("1")
    code, _ = person.ends()
    assert code == 0
    assert questions <= 8
    answer = person.answer
    assert answer["outcome"] == "decided"
    assert answer["profile"]["task"] == {"options": ["captioning"], "origin": "asked"}
    words = shlex.split(answer["command"])[1:]
    again = advisor(*words, "--format", "json").json
    assert again["family"] == answer["family"]
    assert again["outcome"] == "decided"
    assert [one["id"] for one in again["checkpoints"]] == [
        one["id"] for one in answer["checkpoints"]
    ]
    assert again["command"] == answer["command"]


@pytest.mark.slow
def test_only_the_answer_goes_to_stdout_and_it_is_a_page_where_no_format_is_asked_for(terminal):
    person = terminal("ask", "--plain", "--to", "family", "--task", "vqa", format=None)
    code, said = person.ends()
    assert (code, said.strip()) == (0, "")
    page = person.file.read_text(encoding="utf-8")
    assert "\x1b" not in page
    assert page.endswith("  advisor recommend --task vqa -v\n")


def test_why_says_what_a_question_is_asked_for_and_asks_again(terminal, rulebase):
    person = terminal("ask", "--plain", "--to", "family", "--task", "image-search")
    question = asked(person.question())
    person.types("w")
    told = person.question()
    assert any(entry.why[:40] in told for entry in rulebase.questions)
    assert asked(told) == question
    person.types("why")
    assert asked(person.question()) == question


@pytest.mark.slow
def test_back_takes_the_last_answer_back(terminal):
    person = terminal("ask", "--plain", *TO_FAMILY)
    person.question()
    person.types("zero-shot-classification")
    assert not asked(person.question()).startswith(ASKS)
    person.types("b")
    assert asked(person.question()).startswith(ASKS)
    person.types("vqa")
    while person.question() is not None:
        person.types("d")
    assert person.ends()[0] == 0
    assert person.answer["profile"]["task"]["options"] == ["vqa"]


@pytest.mark.slow
def test_back_takes_dont_know_back_too(terminal):
    person = terminal("ask", "--plain", "--task", "captioning")
    first = asked(person.question())
    person.types("d")
    second = asked(person.question())
    assert second != first
    person.types("b")
    assert asked(person.question()) == first


@pytest.mark.slow
def test_dont_know_leaves_a_question_open_and_never_asks_it_again(terminal):
    person = terminal("ask", "--plain", "--to", "family", "--task", "image-search")
    seen = []
    while (question := person.question()) is not None:
        seen.append(asked(question))
        person.types("d")
    assert len(seen) == len(set(seen)) >= 1
    assert person.ends()[0] == 0
    answer = person.answer
    assert answer["outcome"] == "assumed"
    assert answer["command"] == "advisor recommend --task image-search"
    assert "asked" not in {one["origin"] for one in answer["profile"].values()}


@pytest.mark.slow
@pytest.mark.parametrize("typed", ["image-to-text", "Captioning "])
def test_an_option_may_be_typed_by_name(terminal, typed):
    person = terminal("ask", "--plain")
    person.question()
    person.types(typed)
    assert (
        "2. Family: unified VLP (vision-language models). Next: the first checkpoint"
        in " ".join(person.question().split())
    )


@pytest.mark.parametrize("typed", ["capton", "", "0", "\u00b2", "\u00fc" * 300])
@pytest.mark.slow
def test_what_is_no_answer_is_asked_again(terminal, typed):
    person = terminal("ask", "--plain")
    person.question()
    person.types(typed)
    again = person.question()
    assert "type 1 to" in again
    assert ("The nearest options are captioning" in again) == (typed == "capton")


def test_a_word_that_several_tasks_share_lists_them_and_takes_none(terminal):
    person = terminal("ask", "--plain")
    person.question()
    person.types("look")
    again = person.question()
    assert "type 1 to" in again
    person.types("formul")
    assert "type 1 to" in person.question()


def test_going_back_among_the_tasks_shows_what_people_do_again(terminal):
    person = terminal("ask", "--plain")
    person.question()
    person.types("1")
    assert "Image captioning" in person.question()
    person.types("b")
    assert "describe images: captions, alt texts, reports" in person.question()


TO_MEMORY = ("--to", "checkpoint", "--task", "vqa", "--language", "en", "--use", "research")


@pytest.mark.slow
def test_a_number_may_be_typed_and_a_wrong_one_is_asked_again(terminal):
    person = terminal("ask", "--plain", *TO_MEMORY)
    while "memory" not in asked(person.question()):
        person.types("d")
    for wrong in ("-5", "nan"):
        person.types(wrong)
        assert "type 1 to" in person.question()
    person.types("6.5")
    while person.question() is not None:
        person.types("d")
    assert person.ends()[0] == 0
    assert person.answer["profile"]["memory-gb"]["value"] == 6.5


@pytest.mark.slow
def test_it_goes_on_to_the_checkpoint_where_that_is_wanted(terminal):
    person = terminal("ask", "--plain", "--to", "checkpoint", "--task", "vqa", size=WIDE)
    seen = []
    while (question := person.question()) is not None:
        seen.append(asked(question))
        person.types("1")
    assert len(seen) >= 2
    assert person.ends()[0] == 0
    command = person.answer["command"]
    assert "--memory-gb 24" in command
    assert "--detail" not in command, "what no checkpoint hangs on is not asked"


def test_a_task_of_none_ends_the_interview_with_1(terminal):
    person = terminal("ask", "--plain")
    person.question()
    person.types("object-detection")
    assert person.question() is None
    assert person.ends()[0] == 1
    assert person.answer["outcome"] == "none"


# -- leaving and going on ----------------------------------------------------------------------


def leave(person, how):
    if how == "ctrl-c":
        person.running.sendintr()
    else:
        person.running.sendeof()
    return person.ends()


WAYS_TO_LEAVE = ["ctrl-c", pytest.param("ctrl-d", marks=pytest.mark.slow)]


@pytest.mark.slow
@pytest.mark.parametrize("how", WAYS_TO_LEAVE)
def test_leaving_is_130_and_says_the_command_that_ends_the_same(terminal, how):
    def to_the_end(person):
        while person.question() is not None:
            person.types("2")
        assert person.ends()[0] == 0
        return person.answer

    def begun():
        person = terminal("ask", "--plain", *TO_FAMILY)
        person.question()
        person.types("zero-shot-classification")
        person.question()
        return person

    person = begun()
    person.types("2")
    straight = to_the_end(person)
    code, said = leave(begun(), how)
    assert code == 130
    assert "Traceback" not in said
    program, *words = shlex.split(said.partition(KEPT)[2].strip().splitlines()[0])
    assert program == "advisor"
    answer = to_the_end(terminal(*words, "--plain"))
    for key in ("command", "outcome", "checkpoints", "changes"):
        assert answer[key] == straight[key]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["ctrl-c", "ctrl-d"])
def test_leaving_with_json_still_gives_one_document(terminal, how):
    person = terminal("ask", "--plain", *TO_FAMILY)
    person.question()
    assert leave(person, how)[0] == 130
    assert person.answer["error"]["kind"] == "interrupted"


@pytest.mark.slow
def test_several_tasks_that_were_given_end_in_one_answer(terminal):
    person = terminal("ask", "--plain", "--task", "vqa,counting", *TO_FAMILY, screen=True)
    while person.running.expect([r"\r\n> ", "Anything else"]) == 0:
        person.types("d")
    person.types("")
    assert person.ends()[0] == 0


def test_what_nobody_knows_is_kept_in_the_command_that_goes_on(terminal):
    person = terminal("ask", "--plain", "--task", "captioning")
    first = person.question()
    person.types("d")
    second = person.question()
    code, said = leave(person, "ctrl-c")
    assert code == 130
    _, *words = shlex.split(said.partition(KEPT)[2].strip().splitlines()[0])
    assert words[:3] == ["ask", "--task", "captioning"]
    assert words[3] == "--skip"
    again = terminal(*words, "--plain").question()
    asked = [line for line in again.splitlines() if line.startswith("? ")]
    assert asked == [line for line in second.splitlines() if line.startswith("? ")]
    assert asked[0] not in first


def test_leaving_before_the_first_answer_offers_nothing(terminal):
    person = terminal("ask", "--plain")
    person.question()
    code, said = leave(person, "ctrl-c")
    assert code == 130
    assert KEPT not in said


# -- a menu ------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("size", [SMALL, WIDE], ids=["24x80", "60x200"])
def test_a_menu_filters_by_typing_and_moves_by_arrow_keys(terminal, advisor, size):
    person = terminal("ask", size=size)
    person.sees(ASKS)
    person.chooses("ocr-page")
    person.sees("Still possible")
    for _ in range(12):
        if person.running.expect([MENU, pexpect.EOF]):
            break
        person.presses("\r")
    code, _ = person.ends()
    assert code == 0
    answer = person.answer
    assert answer["profile"]["task"] == {"options": ["ocr-page"], "origin": "asked"}
    again = advisor(*shlex.split(answer["command"])[1:], "--format", "json").json
    assert (again["outcome"], again["family"]) == (answer["outcome"], answer["family"])


@pytest.mark.slow
def test_a_menu_answers_why_goes_back_and_takes_dont_know(terminal):
    person = terminal("ask", "--to", "family")
    person.sees(ASKS)
    person.chooses("image-search")
    person.sees(r"2\. Still possible")
    person.chooses("why do")
    person.sees(r"2\. Still possible")
    person.chooses("go back")
    person.sees(r"1\. Still possible")
    person.chooses("image-search")
    person.sees(r"2\. Still possible")
    for _ in range(12):
        person.chooses("know")
        if person.running.expect(["Still possible", pexpect.EOF]):
            break
    code, _ = person.ends()
    assert code == 0
    assert person.answer["command"] == "advisor recommend --task image-search"


@pytest.mark.slow
def test_the_first_menu_says_what_people_do_and_takes_up_and_down(terminal):
    person = terminal("ask", "--to", "family")
    person.sees(ASKS)
    person.chooses("", DOWN, DOWN, DOWN, UP)
    person.sees(drawn("exactly?"))
    person.chooses("", DOWN, DOWN, UP)
    while not person.running.expect([MENU, pexpect.EOF]):
        person.presses("know", "\r")
    person.ends()
    assert person.answer["profile"]["task"]["options"] == ["similar-images"]


@pytest.mark.slow
def test_what_matches_nothing_says_so_and_enter_takes_nothing(terminal):
    person = terminal("ask", "--to", "family")
    person.sees(ASKS)
    person.chooses("xyzzy")
    person.sees(drawn("no option matches"))
    person.presses("\r", "\r", "\x15", "alpr", "\r")
    while not person.running.expect([MENU, pexpect.EOF]):
        person.presses("know", "\r")
    person.ends()
    assert person.answer["profile"]["task"]["options"] == ["ocr-line"]


@pytest.mark.slow
def test_ctrl_c_in_a_menu_says_how_to_go_on(terminal):
    person = terminal("ask")
    person.sees(ASKS)
    person.chooses("captioning")
    person.sees(MENU)
    code, said = leave(person, "ctrl-c")
    assert code == 130
    assert "advisor ask --task captioning" in said.partition(KEPT)[2]
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_number_may_be_typed_in_a_menu(terminal):
    person = terminal("ask", *TO_MEMORY)
    while "Howmuchmemory" not in "".join(person.sees(MENU).split()):
        person.presses("know", "\r")
    person.presses("6.5", "\r")
    while not person.running.expect([MENU, pexpect.EOF]):
        person.presses("know", "\r")
    assert person.ends()[0] == 0
    assert person.answer["profile"]["memory-gb"]["value"] == 6.5


def test_advisor_alone_asks(terminal):
    person = terminal(screen=True, TERM="dumb")
    question = person.question()
    assert asked(question).startswith(ASKS)
    assert "   1  describe images" in question
    assert "\x1b" not in person.running.before
    person.types("vqa")
    while person.running.expect([r"\r\n> ", "Anything else"]) == 0:
        person.types("d")
    person.types("")
    assert person.ends()[0] == 0


# -- the stops --------------------------------------------------------


@pytest.mark.slow
def test_going_on_to_the_checkpoint_says_what_is_settled_and_what_is_open(terminal):
    person = terminal("ask", "--plain", "--task", "vqa", "--to", "checkpoint")
    question = person.question()
    assert "Next: the first checkpoint" in " ".join(question.split())


# -- afterwards --------------------------------------------------------------------------------

TRY_COMMAND = "advisor try --checkpoint"


def finished(terminal, *arguments, **more):
    """An interview that is over, at the question of what comes next."""
    person = terminal("ask", *arguments, screen=True, size=WIDE, **more)
    return person, person.sees("Anything else")


SENTENCE = ("search 50,000 photos by words on a laptop, German, at most 4 GB", "--device", "cpu")
"""A need of which much is understood, with hours, other meanings and two lines of command."""


@pytest.mark.parametrize(
    "size", [SMALL, pytest.param((20, 60), marks=pytest.mark.slow)], ids=["24x80", "20x60"]
)
@pytest.mark.parametrize(
    ("command", "offers"),
    [
        (SENTENCE, True),
        (("understand my photos",), True),
        ((*SENTENCE, "--no-input"), False),
        (("recommend", "--task", "alt-text", "--language", "de"), False),
        (("ask", "--to", "family", "--task", "image-search", "--device", "cpu"), True),
    ],
    ids=["sentence", "guess", "sentence alone", "flags", "interview"],
)
def test_the_model_and_how_to_run_it_are_on_the_screen_with_the_answer(
    terminal, command, offers, size
):
    rows, columns = size
    person = terminal(*command, size=size, screen=True, NO_COLOR="1")
    while (reached := person.running.expect([MENU, "a change an answer", pexpect.EOF])) == 0:
        person.presses("\r")
    shown = ESCAPES.sub("", person.running.before)
    model = re.search(r"^[\w.-]+/[\w.-]+(:\w+)?\r$", shown, re.MULTILINE)
    assert model
    page = shown[model.start() :].rstrip("\r\n")
    taken = [max(-(-len(line) // columns), 1) for line in page.split("\r\n")]
    assert (reached == 1) == offers
    assert sum(taken) + (0 if offers else 2) <= rows
    assert max(taken) == 1
    assert {"try", "code"} & {*re.findall(r"^  advisor (\w+)", page, re.MULTILINE)}


@pytest.mark.slow
def test_enter_leaves_and_the_command_to_try_it_was_shown(terminal):
    person, said = finished(terminal, "--plain", "--to", "family", "--task", "vqa")
    (checkpoint,) = re.findall(rf"{TRY_COMMAND} (\S+) --task vqa", said)
    assert checkpoint in said[: said.index(TRY_COMMAND)]
    person.sees("> ")
    person.types("")
    assert person.ends()[0] == 0


@pytest.mark.slow
def test_without_the_extra_trying_says_what_to_install(terminal, tmp_path):
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "torch.py").write_text("raise ImportError(name='torch')\n")
    person, _ = finished(
        terminal, "--plain", "--to", "family", "--task", "vqa", PYTHONPATH=str(tmp_path / "bare")
    )
    person.types("t")
    person.sees(re.escape("hint: in your clone of advisor, pip install '.[try]'"))
    person.sees("Anything else")
    person.types("d")
    assert person.ends()[0] == 0


@pytest.mark.slow
def test_trying_asks_for_what_the_task_takes_and_downloads_nothing_unasked(terminal, tmp_path):
    for library in ("torch", "transformers", "PIL"):
        pytest.importorskip(library)
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "photo.png")
    person, _ = finished(
        terminal,
        "--plain",
        "--to",
        "family",
        "--task",
        "vqa",
        HF_HOME=str(tmp_path / "hub"),
        HF_HUB_OFFLINE="1",
    )
    person.types("t")
    person.sees("Path to an image file")
    person.types("photo.png")
    person.sees("Question about the image")
    person.types("how many?")
    person.sees("--image photo.png --question 'how many\\?'")
    person.sees("hint: ")
    person.sees("Anything else")
    person.types("")
    assert person.ends()[0] == 0
    assert not list((tmp_path / "hub").rglob("*.safetensors"))


@pytest.mark.slow
@pytest.mark.parametrize("how", WAYS_TO_LEAVE)
def test_leaving_after_the_answer_is_no_failure(terminal, how):
    person, _ = finished(terminal, "--plain", "--to", "family", "--task", "vqa")
    person.sees("> ")
    code, said = leave(person, how)
    assert code == 0
    assert KEPT not in said


@pytest.mark.slow
def test_a_menu_offers_the_same_and_enter_leaves(terminal):
    person, _ = finished(terminal, "--to", "family", "--task", "vqa")
    person.sees(drawn("(press a key; Enter: done)"))
    person.presses("\r")
    assert person.ends()[0] == 0


def test_where_nothing_fits_there_is_nothing_to_try(terminal):
    person, said = finished(terminal, "--plain", "--task", "object-detection")
    assert TRY_COMMAND not in said
    person.types("t")
    person.sees("type d or ")
    person.types("d")
    assert person.ends()[0] == 1


# -- nobody to ask -----------------------------------------------------------------------------


def test_no_input_never_asks_even_in_a_terminal(terminal):
    person = terminal("ask", "--no-input")
    code, said = person.ends()
    assert (code, said) == (2, "")
    assert person.answer["error"]["kind"] == "no-terminal"
    assert "--task" in person.answer["error"]["hint"]


@pytest.mark.parametrize("redirect", ["< /dev/null", "2> /dev/null"])
def test_without_a_terminal_on_both_sides_nothing_is_asked(environment, tmp_path, redirect):
    file = tmp_path / "answer.json"
    line = f"'{sys.executable}' -m advisor ask --format json {redirect} > {file}"
    running = pexpect.spawn("/bin/sh", ["-c", line], env=environment, encoding="utf-8", timeout=300)
    assert running.read() == ""
    running.close()
    assert running.exitstatus == 2
    assert json.loads(file.read_text())["error"]["kind"] == "no-terminal"


def test_recommend_never_asks(environment):
    running = pexpect.spawn(
        sys.executable,
        ["-m", "advisor", "recommend"],
        env=environment,
        encoding="utf-8",
        timeout=300,
    )
    assert "no task was passed" in running.read()
    running.close()
    assert running.exitstatus == 2


@pytest.mark.slow
def test_enter_in_the_second_menu_keeps_what_the_first_settled(terminal):
    person = terminal("ask", "--to", "family")
    person.sees(ASKS)
    person.chooses("", DOWN, DOWN, DOWN, UP)
    person.sees(drawn("exactly?"))
    person.chooses("")
    while not person.running.expect([MENU, pexpect.EOF]):
        person.presses("know", "\r")
    person.ends()
    assert person.answer["profile"]["task"]["options"] == ["image-search"]
