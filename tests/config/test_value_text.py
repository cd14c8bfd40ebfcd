"""Values and paths in few words."""

from dltool.config.value_text import short_names, values_text


def test_names_are_as_short_as_they_can_be():
    names = ["training.optimizer.learning_rate", "model.layers[0].filters", "model.layers[2].filters", "filters"]
    assert list(short_names(names).values()) == ["learning_rate", "layers[0].filters", "layers[2].filters", "filters"]
    assert values_text({"a.rate": 0.123456, "b.units": [4]}) == "rate 0.1235, units [4]"
