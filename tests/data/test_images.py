"""Every image is read in one way: as it is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dltool.data.images import ImageReader
from tests.support.images import colours, exif, save


def test_nearest_takes_the_pixel_under_the_centre(tmp_path: Path) -> None:
    pixels = colours(4, 4)
    read = ImageReader("rgb", "nearest", (2, 2)).read(save(tmp_path / "a.png", pixels))
    np.testing.assert_array_equal(read, pixels[1::2, 1::2])


def test_grey_is_the_luma_of_itu_r_601(tmp_path: Path) -> None:
    pixels = colours()
    read = ImageReader("grayscale", "bilinear").read(save(tmp_path / "a.png", pixels))
    np.testing.assert_allclose(read[..., 0], pixels @ [0.299, 0.587, 0.114], atol=1)


def test_other_kinds_of_picture_become_colours(tmp_path: Path) -> None:
    reader = ImageReader("rgb", "bilinear")
    grey = save(tmp_path / "grey.png", np.array([[0, 7], [200, 255]], np.uint8))
    np.testing.assert_array_equal(reader.read(grey)[..., 0], [[0, 7], [200, 255]])
    palette = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.save(tmp_path / "p.png", transparency=b"\x00\xff")
    assert reader.read(tmp_path / "p.png").tolist() == [[[10, 20, 30], [40, 50, 60]]]
    clear = np.dstack([colours(), np.zeros((4, 6), np.uint8)])
    np.testing.assert_array_equal(reader.read(save(tmp_path / "rgba.png", clear)), clear[..., :3])
    black_and_white = Image.new("1", (2, 1), 1)
    black_and_white.save(tmp_path / "one.png")
    assert reader.read(tmp_path / "one.png").tolist() == [[[255] * 3] * 2]


# Where the first row and the first column of the stored picture belong, says the EXIF standard (4.6.5, Orientation).
SHOWN: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda stored: stored,  # top, left
    2: lambda stored: stored[:, ::-1],  # top, right
    3: lambda stored: stored[::-1, ::-1],  # bottom, right
    4: lambda stored: stored[::-1],  # bottom, left
    5: lambda stored: stored.swapaxes(0, 1),  # left, top
    6: lambda stored: stored[::-1].swapaxes(0, 1),  # right, top
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),  # right, bottom
    8: lambda stored: stored[:, ::-1].swapaxes(0, 1),  # left, bottom
    0: lambda stored: stored,  # none of the standard's
    9: lambda stored: stored,
}


@pytest.mark.parametrize("orientation", SHOWN)
@pytest.mark.parametrize("suffix", ["png", "webp", "jpg"])
def test_pictures_are_read_as_shown(tmp_path: Path, orientation: int, suffix: str) -> None:
    path = save(tmp_path / f"a.{suffix}", colours(8, 16), exif=exif(orientation), lossless=True)
    stored = np.asarray(Image.open(path))
    read = ImageReader("rgb", "bilinear").read(path)
    np.testing.assert_array_equal(read, SHOWN[orientation](stored))
    assert ImageReader("rgb", "bilinear").size_of_all([path], "") == read.shape[:2]
    # Nearest takes the pixel under the centre: it has to be turned before.
    small = ImageReader("rgb", "nearest", (4, 4)).read(path)
    rows, columns = read.shape[0] // 4, read.shape[1] // 4
    np.testing.assert_array_equal(small, read[rows // 2 :: rows, columns // 2 :: columns])


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # as the module has it, outside of tests
@pytest.mark.parametrize("suffix", ["png", "webp", "jpg"])
def test_damaged_exif_counts_as_none(tmp_path: Path, suffix: str) -> None:
    random = np.random.default_rng(0)
    whole = exif(6).tobytes()
    blocks = [b"Exif\0\0", b"Exif\0\0nonsense", *(whole[:length] for length in range(7, len(whole)))]
    blocks += [whole[:8] + random.bytes(40) for _ in range(40)]
    for block in blocks:
        path = save(tmp_path / f"a.{suffix}", colours(4, 6), exif=block)
        reader = ImageReader("rgb", "bilinear")
        assert reader.size_of_all([path], "") == reader.read(path).shape[:2]
