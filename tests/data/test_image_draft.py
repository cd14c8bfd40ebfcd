"""What a folder of images says of the config that it needs."""

import numpy as np
import pytest
from PIL import Image

from dltool.data.image_draft import draft_folder
from dltool.errors import DataError, InputMissingError
from tests.support.images import exif, save


def grey(height, width):
    return np.full((height, width, 3), 90, np.uint8) + np.arange(width, dtype=np.uint8)[None, :, None]


def write(folder, sizes, make=grey):
    """Save images of given sizes, by turns of two classes."""
    for i, (height, width) in enumerate(sizes):
        save(folder / "ab"[i % 2] / f"{i}.png", make(height, width))
    return draft_folder(str(folder))


@pytest.mark.parametrize(
    ("sizes", "expected", "words"),
    [
        ([(28, 28)] * 4, (28, 28), "every image is 28 x 28"),
        ([(20, 90)] * 4, (20, 90), "every image is 20 x 90"),
        ([(4, 4)] * 4, (8, 8), "every image is 4 x 4"),
        ([(300, 200)] * 4, (96, 64), "every image is 300 x 200"),
        ([(100, 150), (101, 150), (200, 300), (400, 600)], (64, 96), "they are 100 x 150 to 400 x 600"),
        ([(100, 150), (150, 100), (80, 60), (50, 50)], (80, 80), "they are 50 x 50 to 150 x 100"),
        ([(10, 300), (300, 10), (12, 12), (11, 11)], (8, 8), "they are 11 x 11 to"),
    ],
)
def test_a_size_that_suits_a_network(tmp_path, sizes, expected, words):
    found = write(tmp_path, sizes)
    assert found.image_size == expected
    assert words in found.sizes


def test_images_are_measured_as_they_are_shown(tmp_path):
    for name in ("a/1.jpg", "b/1.jpg"):
        save(tmp_path / name, grey(30, 50), exif=exif(6))
    assert draft_folder(str(tmp_path)).image_size == (50, 30)


def test_colours_are_looked_for(tmp_path):
    assert write(tmp_path / "grey", [(20, 20)] * 6).color_mode == "grayscale"
    noisy = tmp_path / "jpeg" / "a" / "1.jpg"
    save(noisy, grey(20, 20))
    save(tmp_path / "jpeg" / "b" / "1.jpg", grey(20, 20))
    assert draft_folder(str(tmp_path / "jpeg")).color_mode == "grayscale"
    red = grey(20, 20)
    red[5:9, 5:9, 0] = 255
    save(noisy, red)
    assert draft_folder(str(tmp_path / "jpeg")).color_mode == "rgb"


def test_classes_are_counted(tmp_path):
    for i in range(7):
        save(tmp_path / ("many" if i else "few") / f"{i}.png", grey(9, 9))
    found = draft_folder(str(tmp_path))
    assert (found.classes, found.images, found.imbalance) == ({"few": 1, "many": 6}, 7, 6)


def test_what_cannot_be_drafted(tmp_path):
    with pytest.raises(InputMissingError):
        draft_folder(str(tmp_path / "none"))
    save(tmp_path / "one" / "a" / "1.png")
    with pytest.raises(DataError, match="one folder of images, 'a'"):
        draft_folder(str(tmp_path / "one"))
    for part in ("train", "test"):
        save(tmp_path / "parts" / part / "a" / "1.png")
    with pytest.raises(DataError, match="parts rather than classes"):
        draft_folder(str(tmp_path / "parts"))
    (tmp_path / "one" / "b").mkdir()
    (tmp_path / "one" / "b" / "2.png").write_text("no picture")
    with pytest.raises(DataError, match=r"2\.png: cannot be read as"):
        draft_folder(str(tmp_path / "one"))
    deep = Image.new("I;16", (9, 9))
    deep.save(tmp_path / "one" / "b" / "2.png")
    with pytest.raises(DataError, match="more than 8 bits"):
        draft_folder(str(tmp_path / "one"))
