"""Files of pictures of plain shapes."""

from __future__ import annotations

import io


def picture(colour: str, shape: str, *, size: int = 64, format: str = "PNG", at: int = 12) -> bytes:
    """Return the file of a picture of one shape on white."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (size, size), "white")
    drawing = ImageDraw.Draw(image)
    box = (at, at, at + size // 2, at + size // 2)
    if shape == "circle":
        drawing.ellipse(box, fill=colour)
    elif shape == "rectangle":
        drawing.rectangle(box, fill=colour)
    else:
        left, top, right, bottom = box
        drawing.polygon([(left, bottom), (right, bottom), ((left + right) // 2, top)], fill=colour)
    file = io.BytesIO()
    image.save(file, format)
    return file.getvalue()
