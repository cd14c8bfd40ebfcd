"""An autoencoder's targets are its own input; what is missing there counts nowhere."""

import keras
import numpy as np
import pytest

from dltool.model.autoencoder import Autoencoder

RNG = np.random.default_rng(7)


@pytest.fixture
def model():
    keras.utils.set_random_seed(1)
    given = {"numbers": keras.Input((4,), name="numbers")}
    complete = keras.ops.where(keras.ops.isnan(given["numbers"]), 0.5, given["numbers"])
    made = keras.layers.Dense(4)(keras.layers.Dense(2, "tanh")(complete))
    model = Autoencoder(given, made, keras.Model(given, given["numbers"]))
    model.compile("sgd", "mse", metrics=["mae"], jit_compile=False)
    return model


def test_holes_carry_no_error(model):
    rows = RNG.normal(size=(6, 4)).astype("float32")
    rows[1, 2] = rows[4, 0] = np.nan
    batch = {"numbers": rows}, np.zeros((6, 0), "float32")
    errors = np.where(np.isnan(rows), 0, rows - np.asarray(model(batch[0], training=False)))
    found = {name: float(value) for name, value in model.test_step(batch).items()}
    assert found == {"loss": pytest.approx((errors**2).mean()), "mae": pytest.approx(np.abs(errors).mean())}
    known = (~np.isnan(rows)).sum(axis=1)
    np.testing.assert_allclose(np.asarray(model.row_errors(batch[0]))[:, 0], (errors**2).sum(axis=1) / known, rtol=1e-5)
    # Of the last layer's bias: dL/db = -2/n Σ error, to which a hole adds nothing.
    model.train_step(batch)
    np.testing.assert_allclose(np.asarray(model.layers[-1].bias), 0.01 * 2 / 24 * errors.sum(axis=0), rtol=1e-4)


def test_what_always_puts_out_one_row_is_evaluated_likewise(model):
    rows, row = RNG.normal(size=(9, 4)).astype("float32"), np.array([1, 0, 2, -1], "float32")
    constant = model.constant_model(row)
    constant.compile("sgd", "mse", jit_compile=False)
    assert np.asarray(constant({"numbers": rows})).tolist() == [row.tolist()] * 9
    found = constant.test_step(({"numbers": rows}, np.zeros((9, 0), "float32")))
    assert float(found["loss"]) == pytest.approx(((rows - row) ** 2).mean())
