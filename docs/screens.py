"""Draws docs/screens/*.svg: what advisor shows in a real terminal, of two sizes and in both themes.

`python docs/screens.py` writes them, `--check` exits 1 where one is not current. The terminal is
tmux; where that is not installed nothing is drawn or compared, and the script says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from docs.generated import complain, stale, write
from docs.picture import FRAME, recorder

FOLDER = Path(__file__).resolve().parent / "screens"
ROOT = FOLDER.parent.parent
SIZES = ((80, 24), (120, 40))
SCREENS = {"recommend": "advisor recommend --task captioning", "ask": "advisor"}
THEMES = ("dark", "light")
KEPT = ("ADVISOR_CACHE", "HOME", "PATH", "TMPDIR")
PATIENCE_S, STILL_S = 60, 1.5


def screen(command: str, columns: int, lines: int) -> str:
    """Return what stands on the screen after a command, with its colours as escape sequences."""
    with tempfile.TemporaryDirectory() as folder:
        tmux = ["tmux", "-S", f"{folder}/socket", "-f", os.devnull]
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        environment |= {"LANG": "C.UTF-8", "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
        program = f"{sys.executable} -m {command}"
        shown = f"printf '$ {command}\\n'; {program}; printf '$ '; exec sleep 1000"
        size = ["-x", str(columns), "-y", str(lines)]
        run = ["new-session", "-d", *size, "sh", "-c", shown]
        subprocess.run([*tmux, *run], env=environment, cwd=ROOT, check=True)
        try:
            return _settled(tmux, environment)
        finally:
            subprocess.run([*tmux, "kill-session"], env=environment, check=False)


def _settled(tmux: list[str], environment: dict[str, str]) -> str:
    """Return the screen once it has something on it and no longer changes."""
    before, since = "", time.monotonic()
    until = since + PATIENCE_S
    while time.monotonic() < until:
        capture = [*tmux, "capture-pane", "-e", "-p"]
        done = subprocess.run(capture, env=environment, capture_output=True, text=True, check=True)
        if done.stdout != before:
            before, since = done.stdout, time.monotonic()
        elif len(before.strip().splitlines()) > 2 and time.monotonic() - since > STILL_S:
            return before
        time.sleep(0.2)
    raise TimeoutError(f"the screen is not still after {PATIENCE_S} seconds")


def drawn(text: str, title: str, columns: int, lines: int, theme: str) -> str:
    """Return a screen as SVG."""
    from rich import terminal_theme
    from rich.text import Text

    screen = recorder(columns)
    rows = text.splitlines()[:lines]
    screen.print(Text.from_ansi("\n".join([*rows, *[""] * (lines - len(rows))])))
    colours = terminal_theme.MONOKAI if theme == "dark" else terminal_theme.DEFAULT_TERMINAL_THEME
    frame = FRAME.replace("advisor recommend --task captioning", title)
    svg = screen.export_svg(title="", theme=colours, code_format=frame, unique_id="advisor")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def pictures() -> dict[Path, str]:
    """Return every screen by its path."""
    found = {}
    for name, command in SCREENS.items():
        for columns, lines in SIZES:
            text = screen(command, columns, lines)
            for theme in THEMES:
                path = FOLDER / f"{name}-{columns}x{lines}-{theme}.svg"
                found[path] = drawn(text, command, columns, lines, theme)
    return found


def main(arguments: list[str]) -> int:
    """Write the screens, or compare them; return the exit code."""
    if shutil.which("tmux") is None:
        print("tmux is not installed: the screens in docs/screens are left as they are")
        return 0
    found = pictures()
    if "--check" not in arguments:
        write(found)
        return 0
    names = stale(found, FOLDER)
    return complain(
        [f"docs/screens/{one} is not current: `python docs/screens.py`" for one in names]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
