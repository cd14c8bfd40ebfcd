"""Partial dependence of functions that are known."""

from dataclasses import replace

import numpy as np
import pytest

from dltool.config.needs import TaskName
from dltool.contracts.signature import Column, InputNumbers, Signature, TargetNumbers
from dltool.inference.column_entries import column_entries
from dltool.inference.dependence import partial_dependence

RNG = np.random.default_rng(4)
COLUMNS = (Column("a"), Column("colour", vocabulary=("blue", "red")), Column("area", transform="log"))
NUMBERS = InputNumbers("float32", (5.0, 0, 0, 0, 2.0), (0.5, 1, 1, 1, 4.0), (0.0,) * 5, (9.0,) * 5)
SIGNATURE = Signature(
    TaskName.REGRESSION, (5,), "float32", 2, columns=COLUMNS, input_numbers=NUMBERS,
    target_numbers=TargetNumbers("none", (0.0,) * 2, (1.0,) * 2, (0.0,) * 2, (0.0,) * 2),
)  # fmt: skip
A, COLOUR, AREA = column_entries(SIGNATURE)
RAW = RNG.uniform(0, 10, 200)
LOGARITHMS = RNG.normal(2, 1, 200)
INPUTS = {
    "numbers": np.stack([(RAW - 5) * 0.5, (LOGARITHMS - 2) * 4], axis=1).astype("float32"),
    "categories": RNG.integers(1, 3, (200, 1)).astype("int32"),
}


def answers(inputs):
    """Return 3 a + 10 where it is red + area, and a · area."""
    a, area = inputs["numbers"][:, 0] / 0.5 + 5, np.exp(inputs["numbers"][:, 1] / 4 + 2)
    red = inputs["categories"][:, 0] == 2
    return np.stack([3 * a + 10 * red + area, a * area], axis=1).astype(float)


OUTPUTS = [(0, "sum"), (1, "product")]


def test_of_a_number():
    found = partial_dependence(answers, INPUTS, A, SIGNATURE, OUTPUTS)
    values, areas = np.array(found.positions), np.exp(LOGARITHMS)
    assert len(values) == 20
    np.testing.assert_allclose(values, np.sort(RAW)[np.linspace(0, 199, 20).round().astype(int)], atol=1e-4)
    rest = 10 * (INPUTS["categories"][:, 0] == 2) + areas
    np.testing.assert_allclose(found.means[0], 3 * values + rest.mean(), rtol=1e-4)
    np.testing.assert_allclose(found.means[1], values * areas.mean(), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found.low[0], 3 * values + np.percentile(rest, 10), rtol=1e-3)
    np.testing.assert_allclose(found.high[0], 3 * values + np.percentile(rest, 90), rtol=1e-3)
    assert found.outputs == ("sum", "product")


def test_of_a_logarithm_in_the_tables_unit():
    found = partial_dependence(answers, INPUTS, AREA, SIGNATURE, OUTPUTS)
    assert found.positions[0] == pytest.approx(np.exp(LOGARITHMS.min()), rel=1e-4)
    assert found.positions[-1] == pytest.approx(np.exp(LOGARITHMS.max()), rel=1e-4)
    assert np.ptp(np.array(found.means[0]) - found.positions) < 1e-2


def test_of_a_category():
    found = partial_dependence(answers, INPUTS, COLOUR, SIGNATURE, OUTPUTS)
    assert (found.is_category, found.labels) == (True, ("blue", "red"))
    assert found.means[0][1] - found.means[0][0] == pytest.approx(10)
    assert found.means[1][1] == pytest.approx(found.means[1][0])


def test_a_column_without_a_value_has_none_nor_has_one_without_finite_answers():
    assert partial_dependence(lambda inputs: answers(inputs) + np.inf, INPUTS, A, SIGNATURE, OUTPUTS) is None
    unknown = INPUTS | {"categories": np.zeros((200, 1), "int32")}
    assert partial_dependence(answers, unknown, COLOUR, SIGNATURE, OUTPUTS) is None


def test_the_answer_to_a_hole_stands_at_the_end_where_the_model_can_tell_it():
    """The network reads 3 a + 10 where it is red + 7 at a hole; a hole of a is filled with 6."""
    columns = (Column("a", holes=9, indicator=True), Column("colour", vocabulary=("blue", "red"), holes=1, rare=0))
    numbers = InputNumbers("float32", (5.0, 0, 0, 0, 0), (0.5, 1, 1, 1, 1), (0.0,) * 5, (9.0,) * 5, (6.0, 0, 0, 0, 0))
    signature = replace(SIGNATURE, columns=columns, input_numbers=numbers)
    a, colour = column_entries(signature)
    inputs = {
        "numbers": np.stack([(RAW - 5) * 0.5, np.zeros(200)], axis=1).astype("float32"),
        "categories": INPUTS["categories"],
    }

    def told(inputs):
        value, hole = inputs["numbers"][:, 0] / 0.5 + 5, inputs["numbers"][:, 1]
        return (3 * value + 7 * hole + 10.0 * (inputs["categories"][:, 0] == 2))[:, None].astype(float)

    found = partial_dependence(told, inputs, a, signature, [(0, "sum")])
    red = 10 * (inputs["categories"][:, 0] == 2)
    assert (len(found.labels), found.labels[-1], np.isnan(found.positions[-1])) == (21, "missing", True)
    assert found.means[0][-1] == pytest.approx(3 * 6 + 7 + red.mean(), rel=1e-6)
    assert (found.low[0][-1], found.high[0][-1]) == pytest.approx((25, 35))
    found = partial_dependence(
        lambda inputs: np.where(inputs["numbers"][:, 1:] > 0, np.nan, told(inputs)), inputs, a, signature, [(0, "sum")]
    )
    assert (len(found.labels), np.isfinite(found.positions).all()) == (20, True)
    found = partial_dependence(told, inputs, colour, signature, [(0, "sum")])
    assert (found.labels, found.positions) == (("blue", "red", "missing"), (0, 1, 2))
    assert found.means[0][2] == pytest.approx((3 * RAW).mean(), rel=1e-5)
    colour = replace(colour, column=replace(colour.column, rare=5))
    assert partial_dependence(told, inputs, colour, signature, [(0, "sum")]).labels[2] == "missing or other"
