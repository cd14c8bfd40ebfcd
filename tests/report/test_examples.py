import base64
import io

import numpy as np
from PIL import Image

from dltool.report.examples import image_example, numbers_example, row_example


def opened(example):
    return Image.open(io.BytesIO(base64.b64decode(example.image.removeprefix("data:image/png;base64,"))))


def test_a_small_image_keeps_its_pixels():
    image = np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype="uint8")
    shown = image_example(image)
    assert shown.pixels
    assert np.array_equal(np.asarray(opened(shown)), image)
    gray = image_example(image[..., :1])
    assert np.array_equal(np.asarray(opened(gray)), image[..., 0])


def test_a_large_image_is_made_smaller():
    shown = image_example(np.zeros((1000, 500, 3), "uint8"))
    assert not shown.pixels
    assert opened(shown).size == (64, 128)


def test_a_hole_is_an_empty_cell_and_of_many_numbers_the_first_are_shown():
    assert row_example({"a": None, "b": "1"}).cells == {"a": "", "b": "1"}
    assert numbers_example(np.arange(3) / 2).text == "0, 0.5, 1"
    assert numbers_example(np.zeros((4, 5))).text == ", ".join("0" * 12) + ", …"
