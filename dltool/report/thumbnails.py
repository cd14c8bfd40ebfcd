"""Images small enough to stand in a page, as part of it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO

import numpy as np

_EXACT, _LONGEST = 40, 112
"""In pixels: up to which every pixel is kept, and the longest side of what is made smaller."""
_QUALITY = 80


@dataclass(frozen=True)
class Thumbnail:
    """An image in a page."""

    address: str
    """A data URI: PNG of a tiny image, JPEG of another."""
    is_exact: bool
    """Whether each pixel is one of the image's own, and is to be seen as such."""
    description: str
    """What it shows, in words."""


def thumbnail(pixels: np.ndarray, description: str, *, exact: int = _EXACT, longest: int = _LONGEST) -> Thumbnail:
    """Return an image as part of a page.

    Args:
        pixels: uint8, shape (height, width, channels): the first channel is drawn in grey, of three and more the first
            three are red, green and blue.
        description: what it shows.
        exact: up to which size every pixel is kept.
        longest: the longest side of what is made smaller, in pixels.
    """
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(pixels[..., :3] if pixels.shape[-1] >= 3 else pixels[..., 0]))
    is_exact = max(picture.size) <= exact
    picture.thumbnail((longest, longest))
    stream = BytesIO()
    if is_exact:
        picture.save(stream, "PNG", optimize=True)
    else:
        picture.save(stream, "JPEG", quality=_QUALITY)
    kind = "png" if is_exact else "jpeg"
    return Thumbnail(f"data:image/{kind};base64,{b64encode(stream.getvalue()).decode()}", is_exact, description)
