"""Images: the right one, or one clear sentence."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("numpy")

from advisor.trial import list_images, open_image  # noqa: E402
from advisor.trial.runtime import ImageError  # noqa: E402


def two_colours(mode: str = "RGB") -> "Image.Image":
    """Left half red, right half blue, 40 x 20."""
    image = Image.new("RGB", (40, 20), (255, 0, 0))
    image.paste((0, 0, 255), (20, 0, 40, 20))
    return image.convert(mode)


def near(pixel: tuple[int, ...], colour: tuple[int, int, int], by: int = 12) -> bool:
    return all(abs(a - b) <= by for a, b in zip(pixel, colour, strict=True))


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif", "tiff", "webp", "ppm"])
def test_common_formats_open_as_rgb(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"image.{suffix}"
    two_colours().save(path)
    image = open_image(path)
    assert image.pixels.mode == "RGB"
    assert image.pixels.size == (40, 20)
    assert near(image.pixels.getpixel((5, 10)), (255, 0, 0))
    assert image.warnings == ()


def test_a_rotated_photograph_is_set_upright(tmp_path: Path) -> None:
    path = tmp_path / "rotated.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    two_colours().save(path, exif=exif, quality=95)
    image = open_image(path)
    assert image.pixels.size == (20, 40)
    assert near(image.pixels.getpixel((10, 5)), (255, 0, 0), 30)


def test_cmyk_keeps_its_colours(tmp_path: Path) -> None:
    path = tmp_path / "print.tiff"
    two_colours("CMYK").save(path)
    assert near(open_image(path).pixels.getpixel((5, 10)), (255, 0, 0))


def test_cmyk_jpeg_keeps_its_colours(tmp_path: Path) -> None:
    path = tmp_path / "print.jpg"
    two_colours("CMYK").save(path, quality=95)
    assert near(open_image(path).pixels.getpixel((5, 10)), (255, 0, 0), 30)


def test_sixteen_bits_keep_their_grey(tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    Image.new("I;16", (8, 8), 32768).save(path)
    assert near(open_image(path).pixels.getpixel((0, 0)), (128, 128, 128), 1)


def test_a_dark_sixteen_bit_scan_stays_dark(tmp_path: Path) -> None:
    path = tmp_path / "dark.png"
    Image.new("I;16", (8, 8), 2560).save(path)
    assert near(open_image(path).pixels.getpixel((0, 0)), (10, 10, 10), 1)


def test_floating_grey_is_brought_to_eight_bits(tmp_path: Path) -> None:
    path = tmp_path / "float.tiff"
    Image.new("F", (8, 8), 0.5).save(path)
    assert near(open_image(path).pixels.getpixel((0, 0)), (128, 128, 128), 1)


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "YCbCr", "LAB", "HSV"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    image = Image.new("RGB", (4, 4), (255, 0, 0))
    image = image.convert("L").convert(mode) if mode == "LA" else _converted(image, mode)
    assert open_image(image).pixels.mode == "RGB"


def _converted(image: "Image.Image", mode: str) -> "Image.Image":
    if mode == "LAB":
        return Image.new("LAB", image.size, (128, 128, 128))
    return image.convert(mode)


def test_transparent_parts_are_laid_on_white_and_said(tmp_path: Path) -> None:
    path = tmp_path / "logo.png"
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(path)
    image = open_image(path)
    assert image.pixels.getpixel((0, 0)) == (255, 255, 255)
    assert "filled with white" in image.warnings[0]


def test_an_opaque_image_is_not_said_to_have_transparent_parts(tmp_path: Path) -> None:
    path = tmp_path / "opaque.png"
    Image.new("RGBA", (8, 8), (1, 2, 3, 255)).save(path)
    opened = open_image(path)
    assert (opened.pixels.getpixel((4, 4)), opened.warnings) == ((1, 2, 3), ())


def test_of_a_moving_image_the_first_frame_is_taken_and_said(tmp_path: Path) -> None:
    path = tmp_path / "moving.gif"
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "green")]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    image = open_image(path)
    assert near(image.pixels.getpixel((0, 0)), (255, 0, 0))
    assert "3 frames" in image.warnings[0]


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "tiff"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6])
def test_a_file_cut_short_is_named_so(tmp_path: Path, suffix: str, share: float) -> None:
    path = tmp_path / f"cut.{suffix}"
    Image.effect_noise((200, 200), 90).convert("RGB").save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ImageError) as caught:
        open_image(path)
    assert "cut" in str(caught.value)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "content", [b"hello, I am a text file\n", b"\x00" * 64, b"%PDF-1.4\n%...", b"PK\x03\x04rest"]
)
def test_what_is_no_image_is_named_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match="not an image"):
        open_image(path)


def test_folder_missing_and_empty_files_have_their_own_sentences(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    for name, words in (
        ("", "is a folder"),
        ("no.png", "does not exist"),
        ("empty.png", "empty"),
    ):
        with pytest.raises(ImageError, match=words):
            open_image(tmp_path / name)


def test_a_name_no_system_takes_is_an_error_of_ours() -> None:
    for name in ("a\x00b.png", "x" * 5000):
        with pytest.raises(ImageError):
            open_image(name)


def test_a_huge_image_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    for side in (20_000, 60_000):
        path = tmp_path / f"bomb{side}.png"
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        path.write_bytes(
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", header)
            + chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
            + chunk(b"IEND", b"")
        )
        with pytest.raises(ImageError, match="limit") as caught:
            open_image(path)
        assert caught.value.kind == "image-too-large"


def test_a_folder_lists_its_images_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name in ("b/2.JPG", "1.png", ".hidden/3.png", "notes.txt"):
        (tmp_path / name).touch()
    found = [str(path.relative_to(tmp_path)) for path in list_images(tmp_path)]
    assert found == ["1.png", "b/2.JPG"]
    with pytest.raises(ImageError, match="no images"):
        list_images(_bare(tmp_path))


def _bare(tmp_path: Path) -> Path:
    folder = tmp_path / "bare"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "I;16", "L", "CMYK"])
def test_a15_a_large_image_is_read_at_a_smaller_size_with_its_colours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    from advisor.trial import images

    monkeypatch.setattr(images, "USEFUL_PIXELS", 10_000)
    path = tmp_path / "large.tiff"
    image = two_colours().resize((400, 300), Image.Resampling.NEAREST)
    grey = mode in {"I;16", "L"}
    if mode == "I;16":
        levels = image.convert("L").point(lambda level: level * 257, "I")
        levels.convert("I;16").save(path)
    else:
        image.convert(mode).save(path)
    opened = open_image(path)
    assert opened.pixels.width * opened.pixels.height <= 10_000
    assert opened.pixels.width / opened.pixels.height == pytest.approx(4 / 3, rel=0.05)
    assert "pixels and is downscaled before use" in opened.warnings[0]
    small = open_image(two_colours("L" if grey else mode))
    for at in (0.1, 0.9):
        whole = opened.pixels.getpixel((int(opened.pixels.width * at), 10))
        assert near(whole, small.pixels.getpixel((int(40 * at), 10)), 40)


def _within_iptc(image: bytes) -> bytes:
    """A file of IPTC, 16 x 16 by its own word, that holds an image of any format."""

    def field(tag: tuple[int, int], data: bytes) -> bytes:
        return bytes([0x1C, *tag]) + struct.pack(">H", len(data)) + data

    side = struct.pack(">H", 16)
    head = field((3, 60), b"\1\0") + field((3, 20), side) + field((3, 30), side)
    return head + field((3, 120), b"\5") + field((8, 10), image) + field((8, 11), b"")


def _icon(image: bytes) -> bytes:
    """An icon, 16 x 16 by its own word, that holds a PNG of any size."""
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(image), 22)
    return struct.pack("<HHH", 0, 1, 1) + entry + image


@pytest.mark.parametrize("within", [_within_iptc, _icon])
def test_a_format_that_holds_images_of_others_is_not_opened(
    tmp_path: Path, within: Callable[[bytes], bytes]
) -> None:
    inner = io.BytesIO()
    two_colours().save(inner, "PNG")
    path = tmp_path / "holder.png"
    path.write_bytes(within(inner.getvalue()))
    with pytest.raises(ImageError, match="not an image that can be read"):
        open_image(path)


def _tiled(kind: str, *widths: int) -> bytes:
    """A TIFF of 16 x 16 pixels in one tile of as many rows as columns, by each of the widths."""
    order, number = ("<", b"II*\0") if kind == "II" else (">", b"MM\0*")
    data = zlib.compress(bytes(2000))
    entries = [(256, 4, 16), (257, 4, 16), (258, 3, 8), (259, 3, 8), (262, 3, 1), (277, 3, 1)]
    entries += [(tag, 4, width) for tag in (322, 323) for width in widths]
    start = 8 + 2 + 12 * (len(entries) + 2) + 4
    entries += [(324, 4, start), (325, 4, len(data))]
    rows = [
        struct.pack(f"{order}HHI" + ("I" if type == 4 else "H2x"), tag, type, 1, value)
        for tag, type, value in entries
    ]
    head = number + struct.pack(f"{order}IH", 8, len(entries))
    return head + b"".join(rows) + bytes(4) + data


@pytest.mark.parametrize("kind", ["II", "MM"])
def test_a_tile_that_is_far_larger_than_an_image_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "tiles.tiff"
    for widths in ((32,), (16, 30_000)):  # the first is what the decoder takes as well
        path.write_bytes(_tiled(kind, *widths))
        assert open_image(path).pixels.size == (16, 16)
    for widths in ((30_000,), (30_000, 16)):
        path.write_bytes(_tiled(kind, *widths))
        with pytest.raises(ImageError, match="tiles of more than 20 million pixels"):
            open_image(path)


def _scanned(image: bytes, again: int) -> bytes:
    """Return a JPEG with its last scan as often again; a film, as phones add it, comes after."""
    last = image.rindex(b"\xff\xda")
    return image[:last] + image[last:-2] * (1 + again) + image[-2:] + b"\xff\xda" * 1000


@pytest.mark.parametrize("progressive", [True, False])
def test_a_jpeg_that_goes_over_its_pixels_again_and_again_is_refused(
    tmp_path: Path, progressive: bool
) -> None:
    written = io.BytesIO()
    two_colours().save(written, "JPEG", progressive=progressive)
    image = written.getvalue()
    if not progressive:  # a scan for one colour alone, so that others may come
        head = image.index(b"\xff\xda")
        image = image[:head] + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + image[head + 14 :]
    path = tmp_path / "scans.jpg"
    path.write_bytes(_scanned(image, 3))
    open_image(path)
    path.write_bytes(_scanned(image, 200))
    with pytest.raises(ImageError, match=r"has 2\d+ progressive scans"):
        open_image(path)


def test_a_large_image_of_jpeg_2000_is_decoded_at_a_smaller_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Jpeg2KImagePlugin

    from advisor.trial import images

    monkeypatch.setattr(images, "USEFUL_PIXELS", 10_000)
    path = tmp_path / "large.jp2"
    two_colours().resize((400, 300), Image.Resampling.NEAREST).save(path)
    decoded = []
    load = Jpeg2KImagePlugin.Jpeg2KImageFile.load

    def watched(self: "Image.Image") -> object:
        loaded = load(self)
        decoded.append(self.size)
        return loaded

    monkeypatch.setattr(Jpeg2KImagePlugin.Jpeg2KImageFile, "load", watched)
    opened = open_image(path)
    assert decoded[0] == opened.pixels.size == (100, 75)
    assert near(opened.pixels.getpixel((10, 5)), (255, 0, 0), 30)
    assert "pixels and is downscaled before use" in opened.warnings[0]


@pytest.mark.parametrize("suffix", ["webp", "avif"])
def test_what_is_decoded_as_a_whole_may_have_fewer_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    from advisor.trial import images

    monkeypatch.setitem(images.HELD_MORE_THAN_ONCE, suffix.upper(), 700)
    path = tmp_path / f"image.{suffix}"
    two_colours().save(path)
    with pytest.raises(ImageError, match="40 x 20 pixels, and the limit is") as caught:
        open_image(path)
    assert caught.value.kind == "image-too-large"


@pytest.mark.parametrize("size", [(1, 19_999_999), (99_999_999, 1), (150_000, 20)])
def test_an_image_as_long_as_a_thread_is_refused(size: tuple[int, int], tmp_path: Path) -> None:
    image, path = Image.new("1", (8, 8)), tmp_path / "thread.png"
    image.save(path)
    data = path.read_bytes()
    sides = b"".join(side.to_bytes(4, "big") for side in size)
    header = data[12:16] + sides + data[24:29]
    path.write_bytes(data[:12] + header + zlib.crc32(header).to_bytes(4, "big") + data[33:])
    with pytest.raises(ImageError, match="100,000 per side"):
        open_image(path)
