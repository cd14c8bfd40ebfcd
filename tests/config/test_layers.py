"""The pure-Python arithmetic of shapes and parameters equals what Keras builds."""

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dltool.backend.start import start
from dltool.config.field_types import kind_of
from dltool.config.layer import ShapeError
from dltool.config.layers import LAYERS
from dltool.model.build import keras_object

start("cpu", 0, threads=(1, 2))

small = st.integers(1, 4)
size = st.one_of(small, st.lists(small, min_size=2, max_size=2))
axis = st.integers(1, 12)
axes = st.sampled_from([-4, -3, -2, -1, 0, 1, 2, 3, 4])
vectors = st.tuples(axis)
series = st.tuples(axis, st.integers(1, 5))
images = st.tuples(axis, axis, st.integers(1, 4))
anything = st.one_of(vectors, series, images)
padding = st.sampled_from(["valid", "same"])
flag = st.booleans()
fraction = st.floats(0.05, 0.9)


def convolution(**more):
    window = {"kernel_size": size, "strides": size, "dilation_rate": st.just(1) | size}
    return {**window, "padding": padding, "use_bias": flag, **more}


def convolution1d(**more):
    return convolution(kernel_size=small, strides=small, dilation_rate=st.just(1) | small, **more)


# For each layer: the shapes it may be given, and the arguments it may carry.
STRATEGIES = {
    "dense": (vectors, {"units": small, "use_bias": flag}),
    "conv1d": (series, convolution1d(filters=small, groups=st.sampled_from([1, 1, 2]))),
    "conv2d": (images, convolution(filters=small, groups=st.sampled_from([1, 1, 2]))),
    "separable_conv2d": (images, convolution(filters=small, depth_multiplier=small)),
    "depthwise_conv2d": (images, convolution(depth_multiplier=small)),
    "max_pooling1d": (series, {"pool_size": small, "strides": st.none() | small, "padding": padding}),
    "average_pooling1d": (series, {"pool_size": small, "strides": st.none() | small, "padding": padding}),
    "max_pooling2d": (images, {"pool_size": size, "strides": st.none() | size, "padding": padding}),
    "average_pooling2d": (images, {"pool_size": size, "strides": st.none() | size, "padding": padding}),
    "global_max_pooling1d": (series, {"keepdims": flag}),
    "global_max_pooling2d": (images, {"keepdims": flag}),
    "global_average_pooling1d": (series, {"keepdims": flag}),
    "global_average_pooling2d": (images, {"keepdims": flag}),
    "flatten": (anything, {}),
    "reshape": (anything, {"target_shape": st.lists(st.sampled_from([-1, 1, 2, 3, 4, 6]), min_size=1, max_size=3)}),
    "dropout": (anything, {"rate": fraction}),
    "spatial_dropout2d": (images, {"rate": fraction}),
    "batch_normalization": (anything, {"axis": axes, "center": flag, "scale": flag}),
    "layer_normalization": (anything, {"axis": axes, "center": flag, "scale": flag}),
    "activation": (anything, {"activation": st.sampled_from(["relu", "tanh", "gelu"])}),
    "rescaling": (anything, {"scale": fraction, "offset": fraction}),
    "normalization": (anything, {"axis": st.none() | axes, "invert": flag}),
    "zero_padding2d": (images, {"padding": st.integers(0, 3) | st.lists(st.integers(0, 3), min_size=2, max_size=2)}),
    "gaussian_noise": (anything, {"stddev": fraction}),
    "random_flip": (images, {"mode": st.sampled_from(["horizontal", "vertical"])}),
    "random_rotation": (images, {"factor": fraction}),
    "random_zoom": (images, {"height_factor": fraction}),
    "random_translation": (images, {"height_factor": fraction, "width_factor": fraction}),
    "random_contrast": (images, {"factor": fraction}),
    "up_sampling2d": (images, {"size": size, "interpolation": st.sampled_from(["nearest", "bilinear"])}),
    "embedding": (vectors, {"input_dim": small, "output_dim": small}),
    "lstm": (series, {"units": small, "use_bias": flag, "return_sequences": flag, "go_backwards": flag}),
    "gru": (series, {"units": small, "use_bias": flag, "return_sequences": flag, "reset_after": flag}),
    "bidirectional": (series, {
        "layer": st.fixed_dictionaries(
            {"type": st.sampled_from(["lstm", "gru"]), "units": small, "use_bias": flag, "return_sequences": flag}
        ),
        "merge_mode": st.sampled_from(["concat", "sum", "mul", "ave"]),
    }),
    "multi_head_attention": (series, {
        "num_heads": small, "key_dim": small, "value_dim": st.none() | small, "use_bias": flag,
    }),
}  # fmt: skip


def test_every_layer_has_a_strategy():
    assert set(STRATEGIES) == {kind_of(spec) for spec in LAYERS}


def built(spec, shape):
    """Return the output shape and the parameters of the Keras layer that a spec stands for."""
    layer, given = keras_object(spec), keras.Input(shape)
    model = keras.Model(given, layer(given, given) if spec.attends_to_itself else layer(given))
    if isinstance(layer, keras.layers.Normalization):
        layer.adapt(np.zeros((2, *shape), "float32"))
    output = model(np.zeros((1, *shape), "float32"), training=True).shape
    assert output[1:] == model.output_shape[1:]
    return output[1:], layer.count_params()


@pytest.mark.parametrize("spec_class", LAYERS, ids=kind_of)
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_shapes_and_parameters_are_keras_own(spec_class, data):
    kind = kind_of(spec_class)
    shapes, strategies = STRATEGIES[kind]
    shape = data.draw(shapes)
    arguments = {name: data.draw(values) for name, values in strategies.items()}
    spec = spec_class(type=kind, **arguments)
    try:
        ours = spec.infer(shape)[:2]
    except ShapeError as error:
        if "0 is the batch" in str(error) and arguments.get("axis") in (0, -1 - len(shape)):
            return  # Keras would normalize over the batch, which then must never change its size
        # What else is refused Keras refuses too, or makes nothing of it.
        try:
            output, _ = built(spec, shape)
        except Exception:
            return
        assert 0 in output
        return
    output, parameters = built(spec, shape)
    assert (tuple(output), parameters) == ours


@pytest.mark.parametrize("spec_class", [s for s in LAYERS if s.axes], ids=kind_of)
def test_an_input_with_other_axes_is_refused_with_the_shape_expected(spec_class):
    with pytest.raises(ShapeError, match="expects an input of shape"):
        spec_class.model_construct(type=kind_of(spec_class)).infer((2, 3, 4, 5))
