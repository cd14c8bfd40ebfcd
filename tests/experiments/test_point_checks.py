"""Points that cannot be trained are put down to the value of the sweep file that causes it."""

import shutil

import pytest

from dltool import api
from dltool.errors import InputMissingError
from tests.support.places import REPOSITORY
from tests.support.sweeps import problems_of, sweep_of

IMAGES = (REPOSITORY / "configs" / "mnist_cnn.yaml").read_text()


def test_a_shape_that_cannot_be_is_put_down_to_the_value_that_brings_it_about(write):
    axes = {"model.layers[0].filters": [8, 16], "model.layers[0].kernel_size": [3, 5, 29]}
    message = problems_of(write(sweep_of(axes), base=IMAGES))
    assert "sweep.yaml:10:5: error: a point with filters 8, kernel_size 29 cannot be: layer 1 (conv2d)" in message
    assert message.endswith("1 problem in sweep.yaml")


def test_points_of_a_search_are_checked_at_every_value_and_both_ends(write):
    axes = {"model.layers[0].kernel_size": {"low": 3, "high": 29}, "model.layers[0].filters": [4, 0]}
    message = problems_of(write(sweep_of(axes, search={"type": "tpe", "trials": 3}), base=IMAGES))
    assert "sweep.yaml:5:5: error: a point with kernel_size 29, filters 4 cannot be" in message
    assert "expected a value greater than 0, got 0" in message


def test_data_that_are_missing_for_one_point_are_put_down_to_it(write):
    axes = {"where": {"here": {"seed": 1}, "there": {"data": {"source": "csv", "path": "nowhere.csv", "targets": "y"}}}}
    message = problems_of(write(sweep_of(axes)))
    assert "a point with where there cannot be" in message
    assert "nowhere.csv" in message


@pytest.mark.parametrize("paths", [["typo.csv", "good.csv"], ["good.csv", "typo.csv"], ["typo.csv", "tpyo.csv"]])
def test_what_is_wrong_with_a_point_is_said_alike_wherever_the_point_stands(write, tmp_path, paths):
    shutil.copy(REPOSITORY / "data" / "iris.csv", tmp_path / "good.csv")
    base = (REPOSITORY / "configs" / "iris.yaml").read_text()
    message = problems_of(write(sweep_of({"data.path": paths}), base=base))
    for index, path in enumerate(paths):
        line = f"sweep.yaml:{5 + index}:5: error: a point with path {path} cannot be: {path}: no such file"
        assert (line in message) == (path != "good.csv")


def test_data_that_are_missing_for_all_are_an_input_that_is_missing(write):
    base = (REPOSITORY / "configs" / "iris.yaml").read_text().replace("../data/iris.csv", "nowhere.csv")
    with pytest.raises(InputMissingError, match=r"nowhere\.csv"):
        api.read_sweep(write(sweep_of({"seed": [1, 2]}), base=base))
