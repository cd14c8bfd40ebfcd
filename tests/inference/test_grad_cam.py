"""Grad-CAM against NumPy, of a network whose weights are known."""

import numpy as np
import pytest

from dltool.inference.grad_cam import GradCam, spatial_layer
from tests.support.networks import network_of

IMAGES = np.random.default_rng(2).integers(0, 256, (20, 6, 6, 1)).astype("uint8")
CONVOLUTION = "{type: conv2d, filters: 3, kernel_size: 3, activation: relu}"


def of_images(folder, layers, loss="categorical_crossentropy", classes=3):
    np.savez(folder / "t.npz", x_train=IMAGES, y_train=np.arange(20) % classes)
    return network_of(
        folder,
        "name: t\ndata: {source: npz, path: t.npz, scaling: rescaling}\n"
        f"model: {{type: sequential, layers: [{layers}]}}\ntraining: {{loss: {loss}, epochs: 1}}\n",
    )


def convolved(image, kernel, bias):
    """Return relu(convolution + bias), "valid", of one channel: (height, width, filters)."""
    pixels, size = image[..., 0] / 255, len(image) - 2
    windows = np.array([[pixels[i : i + 3, j : j + 3] for j in range(size)] for i in range(size)])
    return np.maximum(np.einsum("ijab,abf->ijf", windows, kernel[:, :, 0]) + bias, 0)


def stretched(values, size):
    """Return a map stretched bilinearly, pixel centres at halves, beyond them as at the edge."""
    scale = len(values) / size
    places = np.clip((np.arange(size) + 0.5) * scale - 0.5, 0, len(values) - 1)
    low = np.floor(places).astype(int)
    high, part = np.minimum(low + 1, len(values) - 1), places - low
    rows = values[low] * (1 - part)[:, None] + values[high] * part[:, None]
    return rows[:, low] * (1 - part) + rows[:, high] * part


@pytest.mark.parametrize("output", [0, 2])
@pytest.mark.parametrize("pooling", ["flatten", "global_average_pooling2d"])
@pytest.mark.parametrize("as_layer", [False, True], ids=["argument", "layer"])
def test_it_equals_numpys(tmp_path, output, pooling, as_layer):
    head = "{type: dense, units: 3}, {type: activation, activation: softmax}"
    head = head if as_layer else "{type: dense, units: 3, activation: softmax}"
    made = of_images(tmp_path, f"{CONVOLUTION}, {{type: {pooling}}}, {head}")
    kernel, bias, dense, _ = (each.numpy().astype(float) for each in made.model.weights)
    layer = spatial_layer(made.description.plan)
    assert layer.name == "conv2d"
    found = GradCam(made.model, made.description.plan, made.task, layer).of({"images": IMAGES[:4]}, output, (6, 6))
    for image, map_ in zip(IMAGES, found, strict=False):
        seen = convolved(image, kernel, bias)
        # The logit is linear in what was seen; its gradient is the dense kernel, spread over the places if pooled.
        gradient = (
            dense[:, output].reshape(4, 4, 3) if pooling == "flatten" else np.tile(dense[:, output] / 16, (4, 4, 1))
        )
        expected = stretched(np.maximum((seen * gradient).sum(axis=2), 0), 6)
        np.testing.assert_allclose(map_, expected / (expected.max() or 1), atol=1e-4)
    assert found.max() == pytest.approx(1)


def test_what_speaks_for_one_of_two_classes_speaks_against_the_other(tmp_path):
    layers = f"{CONVOLUTION}, {{type: global_average_pooling2d}}, {{type: dense, units: 1, activation: sigmoid}}"
    made = of_images(tmp_path, layers, "binary_crossentropy", 2)
    made.model.get_layer("dense").kernel.assign([[1.0], [-1.0], [0.0]])
    made.model.get_layer("conv2d").kernel.assign(np.abs(made.model.get_layer("conv2d").kernel))
    cam = GradCam(made.model, made.description.plan, made.task, spatial_layer(made.description.plan))
    first, second = (cam.of({"images": IMAGES[:1]}, i, (4, 4))[0] for i in range(2))
    assert not ((first > 0) & (second > 0)).any()
    assert ((first > 0) | (second > 0)).all()


def test_the_last_layer_that_sees_places_is_taken(tmp_path):
    pooled = f"{CONVOLUTION}, {{type: max_pooling2d, pool_size: 2}}, {{type: flatten}}, "
    head = "{type: dense, units: 3, activation: softmax}"
    assert spatial_layer(of_images(tmp_path, pooled + head).description.plan).name == "max_pooling2d"
    assert spatial_layer(of_images(tmp_path, f"flatten, {head}").description.plan) is None
