"""Images as the runners take them: upright, RGB, one frame, and within limits of size."""

from __future__ import annotations

import io
import math
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.files import check_regular, know_as_read, read_bounded
from advisor.trial.runtime import ImageError, library

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_FILE = 2**30
"""Maximum size of an image file, in bytes."""
LARGEST_PIXELS = 100_000_000
USEFUL_PIXELS = 20_000_000
"""Checkpoints see far fewer; larger images are downscaled before any other step,
so that one of `LARGEST_PIXELS` takes a gigabyte at most: four bytes a pixel, twice."""
LONGEST_SIDE = 100_000
"""Maximum side in pixels: libraries allocate memory for each row, and for a side they shrink."""
LONGEST_RATIO = 200
"""Maximum ratio of the sides: processors scale the short one to the network's size."""
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "AVIF", "JPEG2000")
"""Formats to decode: others run a program, or contain images of any format and size."""
HELD_MORE_THAN_ONCE = {"AVIF": 40_000_000, "WEBP": 40_000_000}
"""Maximum number of pixels by format, for decoders that keep two or three copies of an image."""
MOST_SCANS = 100
"""Maximum scans of a progressive JPEG; usual files have ten. Each scan decodes the whole image."""
SCAN = re.compile(rb"\xff\xda\0[\x08\x0a\x0c\x0e][\1-\4]")
"""Start of a progressive scan; it is rare in other data, such as a video after the image."""
TILE_SIDES = (322, 323)
"""TIFF tags of the width and height of a tile."""
ORIENTATION = 0x0112
SAVE_AGAIN = "open the image in a viewer and save it again, or use another copy"
SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".jfif", ".png", ".ppm", ".tif", ".tiff", ".webp"}
) | {".jp2", ".heic", ".heif"}  # the last two are of phones: none is opened, each is said to be out


STORED_REGIONS = (".npz", ".h5")
"""Suffixes of files that hold a detector's region features of an image instead of pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedImage:
    """An upright RGB image, its name, and warnings on how it was changed.

    For stored region features, `regions` is the path, and `pixels` is a single white pixel.
    """

    pixels: Image
    name: str
    warnings: tuple[str, ...] = ()
    regions: str = ""


def open_image(source: str | Path | Image) -> OpenedImage:
    """Open a file, or take a Pillow image, as an upright RGB image.

    Transparent parts become white, and only the first frame is used; `warnings` says so. Files of
    region features are not read here. Raises ImageError if the image cannot be used.
    """
    pillow = library("PIL.Image")
    if isinstance(source, pillow.Image):
        return _prepared(source, "image")
    name = str(source)
    stored = name.partition("::")[0]
    try:
        if stored.lower().endswith(STORED_REGIONS):
            check_regular(stored, Path(stored).stat())
            know_as_read(stored)
            return OpenedImage(pixels=pillow.new("RGB", (1, 1), "white"), name=name, regions=name)
        data = read_bounded(name, LARGEST_FILE)
    except FileNotFoundError as error:
        message = f"the file `{name}` does not exist"
        raise ImageError(message, hint="check the path", kind="not-found") from error
    except (OSError, ValueError) as error:
        message = f"`{name}` cannot be opened: {_plain(error)}"
        raise ImageError(message, hint="pass an image file") from error
    return open_encoded(data, name)


def open_encoded(data: bytes, name: str) -> OpenedImage:
    """Open the bytes of an image file as `open_image` opens a file; messages call it `name`."""
    if not data:
        raise ImageError(f"`{name}` is empty", hint="use another copy of the image")
    pillow = library("PIL.Image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pillow.init()
            formats = [each for each in FORMATS if each in pillow.ID]  # safe, and it can decode it
            with pillow.open(io.BytesIO(data), formats=formats) as opened:
                return _prepared(opened, name)
    except ImageError:
        raise
    except (pillow.DecompressionBombError, MemoryError) as error:
        raise _too_large(name, "too many") from error
    except pillow.UnidentifiedImageError as error:
        raise ImageError(
            f"`{name}` is not an image that can be read",
            hint="use a PNG, JPEG, WebP, TIFF, BMP or GIF file",
        ) from error
    except Exception as error:
        raise ImageError(
            f"`{name}` is damaged or truncated: {_plain(error)}",
            hint=SAVE_AGAIN,
        ) from error


def list_images(folder: str | Path) -> tuple[Path, ...]:
    """Return the sorted image files under a folder, without hidden ones; ImageError if none."""
    root = Path(folder)
    if not root.is_dir():
        raise ImageError(f"`{folder}` is not a folder", hint="pass a folder with images")
    paths = sorted(
        path
        for path in root.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
    )
    if not paths:
        raise ImageError(
            f"`{folder}` has no images", hint=f"known suffixes: {', '.join(sorted(SUFFIXES))}"
        )
    return tuple(paths)


def preview(image: OpenedImage, longest_side: int = 800) -> str:
    """Return an image as a `data:` URL, downscaled to fit; small images are PNG, others JPEG."""
    import base64

    pixels = image.pixels.copy()
    media = "png" if max(pixels.size) <= min(longest_side, 400) else "jpeg"
    pixels.thumbnail((longest_side, longest_side))  # it never enlarges
    buffer = io.BytesIO()
    pixels.save(buffer, media.upper(), **({"quality": 85} if media == "jpeg" else {}))
    return f"data:image/{media};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _prepared(image: Any, name: str) -> OpenedImage:
    """Return a decoded image upright, in RGB, downscaled if large; refuse too large ones."""
    width, height = image.size
    most = HELD_MORE_THAN_ONCE.get(image.format, LARGEST_PIXELS)
    longest = max(width, height)
    if width * height > most or longest > min(LONGEST_SIDE, LONGEST_RATIO * min(width, height)):
        raise _too_large(name, f"{width} x {height}", most)
    _refuse_endless_work(image, name)
    notes = []
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        image.seek(0)
        notes.append(f"`{name}` has {frames} frames or pages. Only the first is used")
    share = math.sqrt(USEFUL_PIXELS / (width * height))
    if share < 1:
        notes.append(f"`{name}` has {width} x {height} pixels and is downscaled before use")
        if image.format == "JPEG2000":  # which takes twenty bytes for each pixel that it decodes
            image.reduce = math.ceil(-math.log2(share))
            image.load()
        if image.mode.startswith("I;16"):  # which cannot be averaged
            whole, image = image, image.convert("I")
            image.getexif().update(whole.getexif())
        if not getattr(image, "tile", None):
            image = image.copy()  # what was passed in stays as it is
        image.thumbnail((width * share, height * share))
    image.load()
    if image.getexif().get(ORIENTATION, 1) != 1:
        image = library("PIL.ImageOps").exif_transpose(image)
    return OpenedImage(pixels=_as_rgb(image, name, notes), name=name, warnings=tuple(notes))


def _refuse_endless_work(image: Any, name: str) -> None:
    """Raise ImageError if decoding would take minutes or gigabytes despite a small file."""
    if not getattr(image, "tile", None):
        return  # it is decoded already
    endless = ""
    if image.format in ("JPEG", "MPO"):
        here = image.fp.tell()
        image.fp.seek(0)
        scans = len(SCAN.findall(image.fp.read()))
        image.fp.seek(here)
        if scans > MOST_SCANS:
            endless = f"has {scans} progressive scans"
    tiles = [getattr(image, "tag_v2", {}).get(side, 1) for side in TILE_SIDES]
    if math.prod(tiles) > USEFUL_PIXELS:
        endless = f"has tiles of more than {USEFUL_PIXELS / 1e6:g} million pixels"
    if endless:
        raise ImageError(f"`{name}` {endless}, which would take minutes to decode", hint=SAVE_AGAIN)


def _as_rgb(image: Any, name: str, notes: list[str]) -> Any:
    """Return the image in RGB, and append to `notes` how it was changed."""
    mode = image.mode
    if mode in {"I", "F"} or mode.startswith("I;16"):
        return _eight_bit(image)
    if mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        notes.append(f"`{name}` is CMYK without an Adobe marker. Its colors may be inverted")
    if mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        layered = image.convert("RGBA")
        lowest, _ = layered.getchannel("A").getextrema()
        if lowest < 255:
            notes.append(f"`{name}` has transparent parts, which are filled with white")
        ground = library("PIL.Image").new("RGBA", layered.size, (255, 255, 255, 255))
        ground.alpha_composite(layered)
        return ground.convert("RGB")
    return image if mode == "RGB" else image.convert("RGB")


def _eight_bit(image: Any) -> Any:
    """Convert grey levels of 16 bits, 32 bits or floating point to 8 bits, as RGB.

    16-bit levels keep their high byte and floats in 0..1 are scaled to 255. Other levels are
    stretched only if they leave 0..255.
    """
    numpy = library("numpy")
    values = numpy.nan_to_num(numpy.asarray(image, dtype="float32"))
    low, high = float(values.min()), float(values.max())
    if image.mode.startswith("I;16") or (image.mode == "I" and low >= 0 and 255 < high <= 65535):
        values = values // 256
    elif image.mode == "F" and low >= 0 and high <= 1:
        values = values * 255
    elif low < 0 or high > 255:
        values = (values - low) / max(high - low, 1e-12) * 255
    return library("PIL.Image").fromarray(values.round().astype("uint8")).convert("RGB")


def _too_large(name: str, pixels: str, most: int = LARGEST_PIXELS) -> ImageError:
    return ImageError(
        f"`{name}` has {pixels} pixels, and the limit is {most / 1e6:g} million, {LONGEST_SIDE:,} "
        f"per side, and one side at most {LONGEST_RATIO} times as long as the other",
        hint="resize the image first, or cut it into parts",
        kind="image-too-large",
    )


def _plain(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())
