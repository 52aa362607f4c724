"""What the tests of the unified VLP share: tiny networks with the recipe's weights."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
