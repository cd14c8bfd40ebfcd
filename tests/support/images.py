"""Pictures of random colours, and their EXIF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

_RANDOM = np.random.default_rng(0)


def colours(height: int = 4, width: int = 6) -> np.ndarray:
    return _RANDOM.integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(path: Path, pixels: np.ndarray | None = None, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(colours() if pixels is None else pixels).save(path, **options)
    return path


def exif(orientation: int) -> Image.Exif:
    values = Image.Exif()
    values[274] = orientation
    return values
