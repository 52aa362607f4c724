import json

import pytest
from browser import node


@pytest.fixture
def held(tmp_path):
    """Hold the page's engine to cases that Python answered; return what is unequal."""

    def hold(data, cases):
        file = tmp_path / "data.json"
        file.write_text(json.dumps(data), encoding="utf-8")
        return json.loads(node("tools/equal.js", str(file), stdin="\n".join(cases), timeout=3000))

    return hold
