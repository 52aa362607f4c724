"""The YAML reader: what it refuses and where it says so, and that it never falls over."""

import string

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model.file_kinds import KINDS, file_shape, schema
from advisor.reader import document as reader
from advisor.reader.document import read_document, read_text
from advisor.reader.shape import (
    AnyOf,
    Boolean,
    Integer,
    KebabCase,
    ListOf,
    MapOf,
    Number,
    OneOf,
    OptionsOf,
    Record,
    TextOf,
    check_shape,
)


def problems(text):
    return [str(problem) for problem in read_text(text, "file.yaml").problems]


def shape_problems(text, shape):
    document = read_text(text, "file.yaml")
    check_shape(document, shape)
    return [str(problem) for problem in document.problems]


# -- what is read -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("a: -12", {"a": -12}),
        ("a: 0", {"a": 0}),
        ("a: 1.50", {"a": 1.5}),
        ("a: 1e3", {"a": 1000.0}),
        ("a: true\nb: false", {"a": True, "b": False}),
        ("a: null\nb: ~\nc:", {"a": None, "b": None, "c": None}),
        ("a: \"no\"\nb: 'yes'", {"a": "no", "b": "yes"}),
        ('a: "2026-11"', {"a": "2026-11"}),
        ('a: "0123"', {"a": "0123"}),
        ("a: >-\n  one\n  two\n", {"a": "one two"}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
        ("- a\n- [b, {c: d}]", ["a", ["b", {"c": "d"}]]),
        ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
        ("a: nobody\nb: once", {"a": "nobody", "b": "once"}),
        ("a: 12345678901234567890123", {"a": 1.2345678901234568e22}),
        ('"true": a', {"true": "a"}),
        ("a: müß ・ 日本", {"a": "müß ・ 日本"}),
    ],
)
def test_plain_values_are_read_as_typed(text, value):
    document = read_text(text, "file.yaml")
    assert document.problems == []
    assert document.value == value


def test_an_empty_file_holds_nothing():
    for text in ("", "\n", "# only a comment\n", "---\n", "---\n...\n"):
        document = read_text(text, "file.yaml")
        assert document.value is None
        assert document.problems == []


def test_each_value_knows_its_place():
    document = read_text("a:\n  b: [x, y]\n  c:\n    - d: 1\n", "file.yaml")
    assert document.place(("a",)) == (1, 1)
    assert document.place(("a", "b")) == (2, 3)
    assert document.place(("a", "b", 1)) == (2, 10)
    assert document.place(("a", "c", 0, "d")) == (4, 7)
    assert document.place(("a", "c", 0, "nowhere")) == (4, 7)
    assert document.place(("nowhere",)) == (1, 1)


def test_what_was_written_elsewhere_stands_there_with_all_inside_it():
    document = read_text("a:\n  b: [x, z]\nc: {d: 1}\n", "file.yaml")
    document.moved["c", "e"] = ("a", "b")
    document.report(("c", "e", 1), "is wrong")
    assert [str(problem) for problem in document.problems] == ["file.yaml:2:10: is wrong"]
    assert document.place(("c", "e", 1, "nowhere")) == (2, 10)
    assert document.place(("c", "d")) == (3, 5)


def test_shapes_name_what_is_referred_to_and_where():
    value = {"output": ["text"], "length": {"short": "a few"}, "task": "write"}
    named = [
        name
        for question, options in (
            ("output", ListOf(KebabCase())),
            ("length", MapOf(TextOf())),
            ("task", KebabCase()),
        )
        for name in OptionsOf(options).references({question: value[question]})
    ]
    assert named == [
        (("output",), "question", "output"),
        (("output", 0), "option of `output`", "text"),
        (("length",), "question", "length"),
        (("length", "short"), "option of `length`", "short"),
        (("task",), "question", "task"),
        (("task", 0), "option of `task`", "write"),
    ]


# -- what is refused, and where ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1", "the key `a` appears twice"),
        ("a:\n  b: 1\n  b: 1\n", "3:3", "the key `b` appears twice"),
        ("[{a: 1, a: 2}]", "1:9", "the key `a` appears twice"),
        ("a: no\n", "1:4", '`no` is a boolean in YAML 1.1. Write "no"'),
        ("a: [Yes, b]\n", "1:5", '`Yes` is a boolean in YAML 1.1. Write "Yes"'),
        ("on: push\n", "1:1", "`on` is a boolean in YAML 1.1"),
        ("a: OFF\n", "1:4", "`OFF` is a boolean in YAML 1.1"),
        ("a: y\n", "1:4", "`y` is a boolean in YAML 1.1"),
        ("a: True\n", "1:4", "`True` is not lower case. Write true"),
        ("a: NULL\n", "1:4", "`NULL` is not lower case. Write null"),
        ("a:\n  - 2026-11-24\n", "2:5", '`2026-11-24` is a date in YAML. Write "2026-11-24"'),
        ("a: 2026-11\n", "1:4", "`2026-11` is a date in YAML"),
        ("a: 2026-11-24T10:00:00\n", "1:4", "is a date in YAML"),
        ("a: 0123\n", "1:4", "YAML reads `0123` as another number"),
        ("a: 0x1F\n", "1:4", "YAML reads `0x1F` as another number"),
        ("a: 0o17\n", "1:4", "YAML reads `0o17` as another number"),
        ("a: 0b11\n", "1:4", "YAML reads `0b11` as another number"),
        ("a: 1_000\n", "1:4", "YAML reads `1_000` as another number"),
        ("a: 190:20:30\n", "1:4", "YAML reads `190:20:30` as another number"),
        ("a: .inf\n", "1:4", "YAML reads `.inf` as another number"),
        ("a: .NaN\n", "1:4", "YAML reads `.NaN` as another number"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "3:3", "uses the merge key `<<`. Write the keys out"),
        ("a: !!python/object:os.system x\n", "1:4", "uses the tag"),
        ("a: !custom {b: 1}\n", "1:4", "uses the tag `!custom`. Tags are not allowed"),
        ("a: !!set [b]\n", "1:4", "Tags are not allowed"),
        ("? [a, b]\n: c\n", "1:3", "a key must be text, not a mapping or list"),
        ("? {a: b}\n: c\n", "1:3", "a key must be text, not a mapping or list"),
        ("a: 1\n2: b\n", "2:1", "a key must be text. Put the key in quotes"),
        ("true: b\n", "1:1", "a key must be text. Put the key in quotes"),
        ("null: b\n", "1:1", "a key must be text. Put the key in quotes"),
        ("a: &x text\n*x : b\n", "2:1", "a key must be text. Put the key in quotes"),
        ("a: *nowhere\n", "1:4", "the alias `*nowhere` refers to no earlier anchor"),
        ("a: &x [1, *x]\n", "1:11", "the alias `*x` refers to no earlier anchor"),
        (
            "a: 1\n---\nb: 2\n",
            "2:1",
            "has a second YAML document. Write each document into its own file",
        ),
        ("a: [1, 2\nb: 3\n", "2:2", "is not valid YAML"),
        ("a: b: c\n", "1:5", "is not valid YAML: mapping values are not allowed"),
        ("a: 'open\n", "2:1", "is not valid YAML"),
        ("a:\n\t- b\n", "2:1", "is not valid YAML"),
        ("a: 1\nb: \x01\n", "2:1", "is not valid YAML"),
        ("a: \x00\n", "1:", "is not valid YAML"),
        ("%YAML 3.0\n---\na: 1\n", "1:", "is not valid YAML"),
    ],
)
def test_refusal_names_line_and_column(text, place, says):
    found = problems(text)
    assert any(p.startswith(f"file.yaml:{place}") and says in p for p in found), found


def test_several_problems_are_reported_at_once():
    found = problems("a: no\nb: 2026-11-24\na: 0x10\nc: !t 1\n")
    assert [problem.split(": ")[0] for problem in found] == [
        "file.yaml:1:4",
        "file.yaml:2:4",
        "file.yaml:3:1",
        "file.yaml:3:4",
        "file.yaml:4:4",
    ]


def test_exploding_aliases_are_refused():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for n in range(1, 12):
        lines.append(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]")
    assert problems("\n".join(lines)) == [
        f"file.yaml:1:1: has more than {reader.MAX_VALUES:,} values"
    ]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_refused_without_recursion(opening):
    for depth in (reader.MAX_DEPTH + 1, 20_000):
        [problem] = problems(opening * depth)
        assert "is nested deeper than 40 levels" in problem or "maximum nesting depth" in problem


def test_too_many_values_are_refused(monkeypatch):
    monkeypatch.setattr(reader, "MAX_VALUES", 100)
    assert problems("[" + "a, " * 200 + "]") == ["file.yaml:1:1: has more than 100 values"]


# -- files ------------------------------------------------------------------------------------


def file_problems(path):
    return [str(problem) for problem in read_document(path, "file.yaml").problems]


def test_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "huge.yaml"
    path.write_bytes(b"a: 1\n#" + b"x" * reader.MAX_BYTES)
    assert file_problems(path) == ["file.yaml:1:1: cannot be read: the file is larger than 4 MB"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("a: 1\nb: é\n".encode("latin-1"), "2:1: is not UTF-8 text"),
        ("a: 1\n".encode("utf-16"), "1:1: is not UTF-8 text"),
        (b"a: 1\nb: \x00\n", "2:1: is not valid YAML"),
        (b"a: 1\r\nb: no\r\n", "2:4: `no` is a boolean"),
    ],
)
def test_bytes_that_are_wrong_are_refused_at_their_line(tmp_path, data, says):
    path = tmp_path / "some.yaml"
    path.write_bytes(data)
    [problem] = file_problems(path)
    assert problem.startswith(f"file.yaml:{says}")


def test_byte_order_mark_is_dropped(tmp_path):
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    document = read_document(path)
    assert (document.value, document.problems) == ({"a": 1}, [])


def test_missing_file_and_folder_are_problems_not_exceptions(tmp_path):
    [missing] = file_problems(tmp_path / "missing.yaml")
    assert missing.startswith("file.yaml:1:1: cannot be read: ")
    [folder] = file_problems(tmp_path)
    assert folder.startswith("file.yaml:1:1: cannot be read: ")


# -- shapes -----------------------------------------------------------------------------------


PERSON = Record({"name": TextOf(), "age?": Integer(1), "kind?": OneOf("child", "adult")})


@pytest.mark.parametrize(
    ("text", "shape", "says"),
    [
        (
            "nam: A\n",
            PERSON,
            ["1:1: unknown key `nam`. Did you mean `name`?", "1:1: `name` is missing"],
        ),
        ("name: A\nxyzzy: 1\n", PERSON, ["2:1: unknown key `xyzzy`. Known: name, age, kind"]),
        ("name: 3\n", PERSON, ["1:1: expected text, found `3`"]),
        ("name: ' '\n", PERSON, ["1:1: expected text, found nothing"]),
        ("name: A\nage: 1.5\n", PERSON, ["2:1: expected a whole number, found `1.5`"]),
        ("name: A\nage: true\n", PERSON, ["2:1: expected a whole number, found `True`"]),
        ("name: A\nage: 0\n", PERSON, ["2:1: expected a whole number of at least 1, found 0"]),
        (
            "name: A\nkind: chld\n",
            PERSON,
            ["2:1: expected `child` or `adult`, found `chld`. Did you mean `child`?"],
        ),
        (
            "name: A\nkind: [child]\n",
            PERSON,
            ["2:1: expected `child` or `adult`, found a list. Use `child` or `adult`"],
        ),
        ("[a]", PERSON, ["1:1: expected a mapping, found a list"]),
        ("", PERSON, ["1:1: expected a mapping, found nothing"]),
        ("{}", PERSON, ["1:1: `name` is missing"]),
        ("[a, 2, b]", ListOf(TextOf()), ["1:5: expected text, found `2`"]),
        ("[]", ListOf(TextOf(), least=1), ["1:1: expected at least 1 in this list, found 0"]),
        ("a: b", ListOf(TextOf()), ["1:1: expected a list, found a mapping"]),
        ("a: 1\nB: 2\n", MapOf(Integer()), ["2:1: `B` is not a kebab-case id"]),
        ("{}", MapOf(Integer(), least=1), ["1:1: expected at least 1 keys here, found 0"]),
        ("a: 1", MapOf(Boolean()), ["1:1: expected true or false, found `1`"]),
        ("a: '1'", MapOf(Number()), ["1:1: expected a number, found `1`"]),
        (
            'a: "no"',
            MapOf(KebabCase()),
            ["1:1: `no` cannot be an id, because YAML does not read it as text"],
        ),
        (
            "a: [b, 1]",
            MapOf(AnyOf(TextOf(), ListOf(TextOf()))),
            ["1:8: expected text, found `1`"],
        ),
        (
            "{a: 1, b: 2}",
            Record({"a?": Number(), "b?": Number()}, one_of=("a", "b")),
            ["1:1: exactly one of `a` or `b` is required here"],
        ),
    ],
)
def test_wrong_shape_is_named_at_its_place(text, shape, says):
    found = shape_problems(text, shape)
    assert len(found) == len(says), found
    for problem, expected in zip(found, says, strict=True):
        assert problem.startswith(f"file.yaml:{expected}"), found


def test_shape_is_not_judged_where_the_text_is_broken():
    document = read_text("name: no\nage: x\n", "file.yaml")
    assert not check_shape(document, PERSON)
    assert len(document.problems) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_has_a_valid_json_schema(kind):
    jsonschema.Draft202012Validator.check_schema(schema(kind))


# -- whatever is typed ------------------------------------------------------------------------

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5000)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(string.ascii_lowercase + "-: #", max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(string.ascii_lowercase, min_size=1, max_size=6), inner, max_size=4
        )
    ),
    max_leaves=12,
)
SAMPLE = """\
# a comment
rules:
  - id: some-rule
    when: {output: [free-text, pick], "collection": ['millions']}
    because: >-
      Folded text
      over lines.
    examples: &all
      - {given: {output: pick}, fires: true}
      - *nothing
    number: -1.5e3
"""
often = settings(max_examples=4 * settings().max_examples)
"""As a text is read at once."""
NASTY = [
    *"{}[]&*!|>'\"%@`,:?-#\n\t <~",
    "<<: ",
    "---\n",
    "...\n",
    "\0",
    "\ufeff",
    "\u2028",
    "no",
]


@often
@given(st.text())
def test_any_text_gives_a_document(text):
    document = read_text(text, "file.yaml")
    for problem in document.problems:
        assert problem.line >= 1
        assert problem.column >= 1


@often
@given(st.text(alphabet=st.sampled_from("{}[]&*!|>'\"%@`,:?-#\n\t <~abn01.")))
def test_any_punctuation_gives_a_document(text):
    read_text(text, "file.yaml")


@often
@given(
    st.lists(
        st.tuples(st.integers(0, len(SAMPLE)), st.sampled_from(NASTY), st.integers(0, 5)),
        max_size=4,
    )
)
def test_mutated_yaml_gives_a_document(edits):
    text = SAMPLE
    for place, insert, drop in edits:
        text = text[:place] + insert + text[place + drop :]
    document = read_text(text, "file.yaml")
    for kind in map(file_shape, KINDS):
        check_shape(document, kind)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_document(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(data)
    read_document(path)


@often
@given(VALUES, st.sampled_from(sorted(KINDS)))
def test_any_value_is_judged_without_falling_over(value, kind):
    document = read_text("{}", "file.yaml")
    document.value = value
    check_shape(document, file_shape(kind))


@often
@given(VALUES)
def test_what_json_writes_is_read_back(value):
    import json

    document = read_text(json.dumps(value), "file.yaml")
    assert document.problems == []
    assert document.value == value


@often
@given(VALUES, st.sampled_from(["profile", "criteria", "sources", "scenarios"]))
def test_shape_and_json_schema_agree(value, kind):
    """What the shape accepts the schema accepts; the shape may be stricter (words, blank text)."""
    document = read_text("{}", "file.yaml")
    document.value = value
    if check_shape(document, file_shape(kind)):
        jsonschema.validate(value, schema(kind))
