import base64
import io

import numpy as np
from PIL import Image

from dltool.report.examples import image_example, numbers_example, row_example


def test_an_image_stands_in_the_page():
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28, 1), dtype="uint8")
    shown = image_example(pixels)
    with Image.open(io.BytesIO(base64.b64decode(shown.image.removeprefix("data:image/png;base64,")))) as image:
        assert np.array_equal(np.asarray(image), pixels[..., 0])
    assert shown.pixels
    assert not image_example(np.zeros((1000, 500, 3), "uint8")).pixels


def test_a_hole_is_an_empty_cell_and_of_many_numbers_the_first_are_shown():
    assert row_example({"a": None, "b": "1", "c": "x" * 41}).cells == {"a": "", "b": "1", "c": "x" * 39 + "…"}
    assert numbers_example(np.arange(3) / 2).text == "0, 0.5, 1"
    assert numbers_example(np.zeros((4, 5))).text == ", ".join("0" * 12) + ", …"
