import keras
import numpy as np
import pytest

from dltool.api.data_view import leading_augmentation
from dltool.api.training import check
from dltool.data import load
from dltool.model.augmentation import augmented
from tests.support.examples import config_of

CONFIG = """
name: t
data: {{source: npz, path: a.npz, scaling: {scaling}}}
model: {{type: sequential, layers: [{layers}, flatten, {{type: dense, units: 1, activation: sigmoid}}]}}
training: {{loss: binary_crossentropy, epochs: 1}}
"""
FLIP = "{type: random_flip, mode: horizontal}"
SHIFT = "{type: random_translation, height_factor: 0.3, width_factor: 0.3, fill_mode: constant, fill_value: FILL}"
IMAGES = np.random.default_rng(0).integers(0, 256, (20, 6, 8, 3), dtype=np.uint8)


def seen(folder, layers, scaling="rescaling", images=IMAGES, versions=8):
    np.savez(folder / "a.npz", x_train=images, y_train=np.arange(len(images)) % 2)
    config = config_of(folder, CONFIG.format(scaling=scaling, layers=layers))
    plan, dataset = check(config), load(config.data, config.needs, config.seed)
    keras.utils.set_random_seed(3)
    train = dataset.train.features
    (own,) = train.values()
    return augmented(plan, leading_augmentation(plan), train, own[:4], versions), own[:4], plan


def distances(made, images):
    """How far each version is from its image, and from its mirror image."""
    others = images[:, None], images[:, None, :, ::-1]
    return [np.abs(made - other).reshape(*made.shape[:2], -1).max(axis=-1) for other in others]


@pytest.mark.parametrize("scaling", ["rescaling", "normalization", "none"])
def test_a_flipped_image_is_the_image_or_its_mirror_in_its_own_unit(tmp_path, scaling):
    made, images, _ = seen(tmp_path, FLIP, scaling)
    assert made.shape == (4, 8, 6, 8, 3)
    same, mirrored = distances(made, images)
    assert ((same < 1e-2) != (mirrored < 1e-2)).all()
    assert 0 < (same < 1e-2).sum() < 32


def test_images_of_floats_are_changed_as_they_are_scaled(tmp_path):
    floats = IMAGES.astype(np.float32) / 50 - 2
    made, images, _ = seen(tmp_path, FLIP, "normalization", floats)
    assert np.minimum(*distances(made, images)).max() < 1e-4


def test_what_comes_from_outside_has_the_value_that_the_layer_fills_with(tmp_path):
    dark = IMAGES // 4
    made, *_ = seen(tmp_path, SHIFT.replace("FILL", "1.0"), images=dark)
    assert made.max() == pytest.approx(255, abs=1e-3)  # 1 of what is scaled
    made, *_ = seen(tmp_path, SHIFT.replace("FILL", "0.0"), images=dark)
    assert made.max() <= dark.max() + 1e-3


def test_only_layers_before_all_others_are_looked_at(tmp_path):
    *_, plan = seen(tmp_path, f"{FLIP}, {{type: conv2d, filters: 2, kernel_size: 3}}, {FLIP}")
    assert [layer.type for layer in plan.layers[: leading_augmentation(plan)]] == ["rescaling", "random_flip"]
    *_, plan = seen(tmp_path, FLIP)
    assert leading_augmentation(plan) == 2
