"""The name under which advisor is installed, and where it is published: nowhere yet.

The one place for addresses is `[project.urls]` in pyproject.toml. What needs one leaves it out
while there is none.
"""

from __future__ import annotations

NAME = "vlm-advisor"
"""The distribution; import and command are called `advisor`."""


def address() -> str:
    """Return the address of the repository as it was installed; empty where there is none."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        rows: list[str] = metadata(NAME).get_all("Project-URL") or []
    except PackageNotFoundError:  # run from a checkout
        return ""
    addresses = dict(row.split(", ", 1) for row in rows)
    return addresses.get("Repository", "").rstrip("/")


def install_hint(extra: str) -> str:
    """Return what to type for an extra: from the repository, else in a clone of it."""
    if repository := address():
        return f"pip install '{NAME}[{extra}] @ git+{repository}'"
    return f"in your clone of advisor, pip install '.[{extra}]'"
