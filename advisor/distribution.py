"""The distribution name of advisor, and the address of its repository, if it has one.

The address is set in `[project.urls]` of pyproject.toml. Texts leave it out while there is none.
"""

from __future__ import annotations

NAME = "vlm-advisor"
"""The distribution; import and command are called `advisor`."""


def address() -> str:
    """Return the repository URL in the installed metadata; "" if there is none."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        rows: list[str] = metadata(NAME).get_all("Project-URL") or []
    except PackageNotFoundError:  # run from a checkout
        return ""
    addresses = dict(row.split(", ", 1) for row in rows)
    return addresses.get("Repository", "").rstrip("/")


def install_hint(extra: str) -> str:
    """Return the command that installs an extra, from the repository URL, else in a clone."""
    if repository := address():
        return f"pip install '{NAME}[{extra}] @ git+{repository}'"
    return f"in your clone of advisor, pip install '.[{extra}]'"
