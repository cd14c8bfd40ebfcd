import math

import pytest

from dltool.config.metric_order import direction, is_better


def test_a_loss_is_minimised_and_the_config_has_the_last_word():
    assert direction("loss") == direction("validation_loss") == "min"
    assert direction("loss", "max") == "max"


@pytest.mark.parametrize(
    ("value", "than", "way", "min_delta", "better"),
    [
        (0.5, 0.6, "min", 0, True),
        (0.5, 0.6, "max", 0, False),
        (0.6, 0.6, "min", 0, False),
        (0.5, 0.75, "min", 0.25, False),
        (0.5, 0.76, "min", 0.25, True),
        (1.0, math.nan, "min", 0, True),
        (1.0, None, "max", 0, True),
        (math.nan, 1.0, "min", 0, False),
        (None, 1.0, "max", 0, False),
        (None, None, "max", 0, False),
        (-math.inf, 1.0, "min", 0, True),
    ],
)
def test_any_number_is_better_than_none(value, than, way, min_delta, better):
    assert is_better(value, than, way, min_delta) == better
