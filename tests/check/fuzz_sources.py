"""Strategies for hostile files: sources that are cut, shuffled and mutated, and plain noise."""

import json
from pathlib import Path

from hypothesis import strategies as st

FOLDER = Path(__file__).parent / "usages"
SOURCES = [file.read_bytes() for file in sorted(FOLDER.glob("usage_*.*"))]
FRAGMENTS = [
    b"from transformers import *\n",
    b"import transformers as t\n",
    b".from_pretrained(",
    b"'openai/clip-vit-base-patch32'",
    b"{**x, 'a': [*y]}",
    b"x = y = lambda x=x: (yield)\n",
    b"def f(a, /, b=1, *c, d=2, **e): return f(*c, **e)\n",
    b"class A(A): A = A\n",
    b"self.self = self\n",
    b"for a, *b in {}.items(): a += b\n",
    b"%%time\n",
    b"# advisor: ignore[",
    b"match x:\n case {'a': [b, *_]}: pass\n",
    b"x: int\n",
    b"del x[0].y\n",
    b"f'{x!r:{y}}/a/b'",
    b"\\ud800",
    b"\x00",
    b"\r",
    b"\xff\xfe",
    b"\n",
    b"(" * 30,
    b"model: &a [*a]\n",
]


@st.composite
def mutated(draw):
    """A real source with parts cut out, doubled, moved, or replaced by fragments."""
    data = draw(st.sampled_from(SOURCES))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 60)))
        middle = draw(st.sampled_from([b"", data[start:end] * 2, *FRAGMENTS]))
        data = data[:start] + middle + data[end:]
    return data


snippets = st.lists(st.sampled_from(FRAGMENTS), max_size=12).map(b"".join)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "source", "cell_type", "metadata", "model", "checkpoint", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
cells = st.fixed_dictionaries(
    {
        "cell_type": st.sampled_from(["code", "markdown"]) | anything,
        "source": st.lists(st.text(max_size=40), max_size=4)
        | st.sampled_from(SOURCES).map(lambda data: data.decode("utf-8"))
        | anything,
    }
)
notebooks = st.fixed_dictionaries(
    {"cells": st.lists(cells, max_size=4) | anything, "metadata": anything}
).map(lambda value: json.dumps(value).encode() + b"\nimport transformers")
files = st.tuples(
    st.sampled_from(["a.py", "a.ipynb", "a.yaml", "a.toml", "a.json"]),
    st.one_of(
        mutated(),
        snippets,
        notebooks.map(lambda data: data.removesuffix(b"\nimport transformers")),
        anything.map(lambda value: json.dumps(value).encode()),
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    ),
)
