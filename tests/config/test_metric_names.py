"""Metrics and the part of the data that they are computed on."""

import pytest

from dltool.config.metric_names import is_on_validation, on_validation, part_of, without_part


@pytest.mark.parametrize(
    ("name", "metric", "part"),
    [
        ("loss", "loss", "training"),
        ("validation_loss", "loss", "validation"),
        ("validation_r2_score", "r2_score", "validation"),
        ("validation", "validation", "training"),
    ],
)
def test_a_name_says_which_metric_it_is_and_of_which_part(name, metric, part):
    assert (without_part(name), part_of(name), is_on_validation(name)) == (metric, part, part == "validation")
    assert (on_validation(metric) == name) == (part == "validation")
