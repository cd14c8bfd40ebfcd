import io
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image

from dltool.report.thumbnails import thumbnail

RANDOM = np.random.default_rng(0)


def opened(made):
    return Image.open(io.BytesIO(b64decode(made.address.partition(",")[2])))


@pytest.mark.parametrize(("channels", "kept"), [(1, 1), (2, 1), (3, 3), (4, 3)])
def test_of_a_tiny_image_every_pixel_is_kept(channels, kept):
    pixels = RANDOM.integers(0, 256, (7, 40, channels), dtype=np.uint8)
    made = thumbnail(pixels, "of <7>")
    assert made.is_exact
    assert made.description == "of <7>"
    assert made.address.startswith("data:image/png;base64,")
    assert (np.asarray(opened(made)).reshape(7, 40, -1) == pixels[..., :kept]).all()


def test_a_page_may_show_more_of_an_image():
    pixels = RANDOM.integers(0, 256, (64, 200, 3), dtype=np.uint8)
    assert thumbnail(pixels[:, :64], "", exact=64).is_exact
    assert opened(thumbnail(pixels, "", exact=64, longest=100)).size == (100, 32)


def test_a_large_image_is_made_small_in_its_own_proportions():
    pixels = RANDOM.integers(0, 256, (3000, 1500, 3), dtype=np.uint8)
    pixels[..., 0] = 255
    made = thumbnail(pixels, "")
    assert not made.is_exact
    assert opened(made).format == "JPEG"
    assert opened(made).size == (56, 112)
    assert np.asarray(opened(made)).mean(axis=(0, 1)) == pytest.approx([255, 127, 127], abs=6)
    assert len(made.address) < 8000
