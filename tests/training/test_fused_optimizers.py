"""Kernels step as Keras's own optimizers do."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from dltool.training.fused_optimizers import fuse

OPTIMIZERS = keras.optimizers
CLIPPING = st.sampled_from(["clipnorm", "clipvalue", "global_clipnorm"])
SHARED = st.fixed_dictionaries({}, optional={"weight_decay": st.just(0.01)})
BETAS = {"beta_1": st.sampled_from([0.0, 0.5, 0.9]), "beta_2": st.sampled_from([0.9, 0.99, 0.999])}
DRAWN = {
    OPTIMIZERS.SGD: {"momentum": st.sampled_from([0.0, 0.5, 0.9]), "nesterov": st.booleans()},
    OPTIMIZERS.Adam: {**BETAS, "epsilon": st.sampled_from([1e-7, 1e-3])},
    OPTIMIZERS.AdamW: BETAS,
    OPTIMIZERS.RMSprop: {
        "rho": st.sampled_from([0.5, 0.9]), "momentum": st.sampled_from([0.5, 0.9]), "centered": st.booleans(),
    },
    OPTIMIZERS.Adagrad: {"initial_accumulator_value": st.sampled_from([0.1, 1.0])},
    OPTIMIZERS.Adadelta: {"rho": st.sampled_from([0.5, 0.95])},
}  # fmt: skip
RATES = st.sampled_from([0.01, "falling"])


def stepped(optimizer, arguments, rate, shapes, seed, steps, fused):
    """Return variables and the optimizer's own, after steps with gradients that follow from the seed."""
    rng = np.random.default_rng(seed)
    variables = [keras.Variable(rng.normal(size=shape).astype("float32")) for shape in shapes]
    if rate == "falling":
        rate = keras.optimizers.schedules.CosineDecay(0.01, 2 * steps)
    made = optimizer(rate, **arguments)
    made.build(variables)
    assert not fused or fuse(made)

    def step(i):
        made.apply([each[i] for each in gradients], variables)
        return (i + 1,)

    scales = 10.0 ** rng.uniform(-3, 1, len(shapes))
    drawn = [scale * rng.normal(size=(steps, *shape)) for scale, shape in zip(scales, shapes, strict=True)]
    gradients = [tf.constant(each, tf.float32) for each in drawn]
    tf.function(lambda: tf.while_loop(lambda i: i < steps, step, (tf.constant(0),)), autograph=False)()
    return [keras.ops.convert_to_numpy(each) for each in [*variables, *made.variables]]


@pytest.mark.parametrize("optimizer", DRAWN, ids=lambda optimizer: optimizer.__name__)
@settings(max_examples=3)
@given(data=st.data(), seed=st.integers(0, 2**31), rate=RATES, shared=SHARED, clipping=CLIPPING, most=st.floats(0.1, 2))
def test_a_thousand_steps_end_where_keras_ends(optimizer, data, seed, rate, shared, clipping, most):
    arguments = shared | {clipping: most} | data.draw(st.fixed_dictionaries(DRAWN[optimizer]))
    shapes = data.draw(st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=3), min_size=1, max_size=3))
    expected, found = (stepped(optimizer, arguments, rate, shapes, seed, 1000, fused) for fused in (False, True))
    for mine, theirs in zip(found, expected, strict=True):
        assert np.abs(mine - theirs).max() <= 1e-5 * np.abs(theirs).max()


@pytest.mark.parametrize(
    "optimizer",
    [
        OPTIMIZERS.Adam(amsgrad=True),
        OPTIMIZERS.Adam(beta_2=0.99999),  # 1 - beta_2 is off by a thousandth in float32
        OPTIMIZERS.Adam(beta_1=0.9999),
        OPTIMIZERS.RMSprop(momentum=0.5, rho=0.9999),
        OPTIMIZERS.Adadelta(rho=0.9999),
        OPTIMIZERS.Adam(use_ema=True),
        OPTIMIZERS.Adam(gradient_accumulation_steps=2),
        OPTIMIZERS.Adagrad(epsilon=0.1),
        OPTIMIZERS.RMSprop(),
        OPTIMIZERS.Nadam(),
    ],
)
def test_what_no_kernel_equals_is_left_to_keras(optimizer):
    optimizer.build([keras.Variable([1.0])])
    assert not fuse(optimizer)


def test_gradients_of_single_rows_are_left_to_keras():
    gradient = tf.IndexedSlices(tf.constant([[1.0, 2.0]]), tf.constant([1]), tf.constant([3, 2]))
    ends = []
    for fused in (False, True):
        variable, optimizer = keras.Variable(np.ones((3, 2), "float32")), OPTIMIZERS.Adam(0.1)
        optimizer.build([variable])
        assert not fused or fuse(optimizer)
        optimizer.apply([gradient], [variable])
        ends.append(variable.numpy())
    assert (ends[0] == ends[1]).all()
    assert ends[0][1, 0] < 0.95


def test_a_fused_optimizer_is_saved_as_keras_saves_it():
    plain, fused = (OPTIMIZERS.Adam(0.1, name="adam") for _ in range(2))
    fused.build([keras.Variable([1.0])])
    assert fuse(fused)
    assert keras.optimizers.serialize(fused) == keras.optimizers.serialize(plain)
