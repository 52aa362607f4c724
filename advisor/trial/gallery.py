"""The images of `advisor try`: the one named, those of a folder, and both in the HTML page."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from advisor.errors import UsageError

if TYPE_CHECKING:
    from advisor.trial import Gallery, OpenedImage
    from advisor.trial.page import Comparison


def read_images(
    image: str, folder: str, tasks: set[str], query: str
) -> tuple[OpenedImage, tuple[()] | Gallery]:
    """Return the image and the others; a task on a folder alone takes the first of it."""
    from advisor.trial import Gallery, list_images, open_image
    from advisor.trial.acts import looks_for_something, takes_a_gallery
    from advisor.trial.failures import ImageError

    paths = list_images(folder) if folder else ()
    others = Gallery(paths=paths, progress=_show_progress if sys.stderr.isatty() else None)
    if image:
        return open_image(image), others if paths else ()
    if not paths or not all(takes_a_gallery(task) for task in tasks):
        raise UsageError("name the image: --image FILE", hint="advisor try --demo --image FILE")
    if not query and any(looks_for_something(task) for task in tasks):
        raise UsageError(
            "say what to look for in the folder: a text or a image",
            hint="add --query 'a red bicycle' or --image FILE",
        )
    for path in paths:
        try:
            return open_image(path), others
        except ImageError:
            continue
    raise ImageError(
        f"none of the {len(paths)} images in `{folder}` can be read", hint="check the folder"
    )


def page_file(comparison: Comparison, image: OpenedImage) -> str:
    """Return the HTML page with the image in it, and with those of a ranking that are files."""
    from advisor.trial import open_image
    from advisor.trial.acts import ranks_images
    from advisor.trial.html_page import as_html
    from advisor.trial.images import preview

    images = {} if comparison.query else {comparison.image: preview(image)}
    for trial in comparison.trials:
        if ranks_images(trial.task):
            for answer in trial.answers[: comparison.shown]:
                images[answer.text] = preview(open_image(answer.text), 160)
    return as_html(comparison, images)


def _show_progress(done: int, total: int) -> None:
    sys.stderr.write(f"\r  image {done} of {total}")
    sys.stderr.write("\n" if done >= total else "")
    sys.stderr.flush()
