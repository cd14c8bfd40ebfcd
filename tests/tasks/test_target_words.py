import numpy as np

from dltool.config.needs import TaskName
from dltool.contracts.signature import Signature, TargetNumbers
from dltool.tasks.target_words import target_words


def test_a_class_is_named():
    signature = Signature(TaskName.CATEGORICAL, (2,), "float32", 3, ("a", "b", "c"), frequencies=(0.4, 0.3, 0.3))
    assert target_words(np.int32(2), signature) == ["c"]


def test_labels_are_those_that_a_row_has():
    signature = Signature(TaskName.BINARY, (2,), "float32", 3, targets=("x", "y", "z"), frequencies=(0.5,) * 3)
    assert target_words(np.array([1, 0, 1], "float32"), signature) == ["x", "z"]
    assert target_words(np.zeros(3, "float32"), signature) == ["no label"]


def test_numbers_stand_by_their_names_or_numbered():
    numbers = TargetNumbers("none", (0.0, 0.0), (1.0, 1.0), (0.0, 0.0), (0.0, 0.0))
    signature = Signature(TaskName.REGRESSION, (2,), "float32", 2, target_numbers=numbers)
    assert target_words(np.array([1234567.0, 0.25]), signature) == ["target 1 1.23457e+06", "target 2 0.25"]
    named = Signature(TaskName.REGRESSION, (2,), "float32", 1, targets=("price",), target_numbers=numbers)
    assert target_words(np.array([3.0]), named) == ["price 3"]


def test_where_the_input_is_learnt_nothing_is_said():
    signature = Signature(TaskName.RECONSTRUCTION, (2,), "float32", 1)
    assert target_words(np.zeros(0), signature) == []
