"""The config that is written for a folder of images: everything that a config is for can be done with it."""

import numpy as np
import pytest
import yaml

from dltool import api
from tests.support.examples import config_of
from tests.support.images import save

RNG = np.random.default_rng(12)


def pattern(name, side):
    """Draw a disc, stripes or a bar somewhere, in some brightness, on noise."""
    pixels = RNG.integers(0, 60, (side, side, 3)).astype(np.uint8)
    y, x = np.mgrid[:side, :side]
    centre = side / 2 + RNG.integers(-2, 3)
    marked = {
        "disc": (y - centre) ** 2 + (x - centre) ** 2 < (side / 4) ** 2,
        "stripes": (x // 2) % 2 == 0,
        "bar": abs(y - centre) < 2,
    }
    pixels[marked[name]] = RNG.integers(120, 255, 3)
    return pixels


def write(folder, counts, side=16):
    for name, count in counts.items():
        for i in range(count):
            save(folder / name / f"{i}.png", pattern(name, side))


@pytest.mark.parametrize(
    "counts", [{"disc": 60, "stripes": 60}, {"disc": 90, "stripes": 30, "bar": 30}], ids=["2", "3"]
)
def test_what_it_writes_is_checked_and_trains_well(tmp_path, monkeypatch, counts):
    write(tmp_path / "my photos", counts)
    monkeypatch.chdir(tmp_path)
    text = api.draft_images("my photos")
    config = config_of(tmp_path, text.replace("epochs: 200", "epochs: 15"))
    assert ("class_weight: balanced" in text) == (len(counts) == 3)
    planned = api.check(config)
    assert planned.signature.classes == tuple(sorted(counts))
    assert planned.signature.input_shape == (16, 16, 3)
    run = api.train(config, tmp_path / "run", device="cpu")
    (tmp_path / "new").mkdir()
    write(tmp_path / "new", dict.fromkeys(counts, 20))
    evaluation = api.evaluate(run, data=tmp_path / "new")
    assert evaluation.rows == 20 * len(counts)
    assert evaluation.metrics["accuracy"] > 0.9


@pytest.mark.parametrize(
    ("side", "blocks"), [(8, 1), (15, 1), (16, 2), (28, 2), (32, 3), (64, 4), (90, 4)],
)  # fmt: skip
def test_convolutions_suit_the_size(tmp_path, side, blocks):
    write(tmp_path / "set", {"disc": 3, "bar": 3}, side)
    text = api.draft_images(tmp_path / "set")
    assert text.count("conv2d") == text.count("max_pooling2d") == blocks
    assert api.check(config_of(tmp_path, text)).signature.input_shape == (side, side, 3)


def test_many_classes_with_odd_names(tmp_path):
    for i in range(21):
        for j in range(2):
            save(tmp_path / "a: b #1" / f"{i} # c\nmodel: d" / f"{j}.png")
    text = api.draft_images(tmp_path / "a: b #1")
    assert yaml.safe_load(text)["data"]["path"] == str(tmp_path / "a: b #1")
    plan = api.check(config_of(tmp_path, text))
    assert plan.layers[-1].output_shape == (21,)
    assert "top_k_categorical_accuracy" in text
