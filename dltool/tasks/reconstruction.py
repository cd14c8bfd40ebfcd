"""The input itself, as it is scaled: what an autoencoder learns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.config.field_types import kind_of
from dltool.config.layer import Shape
from dltool.config.losses import Loss
from dltool.errors import Problem
from dltool.tasks.contract import Task

if TYPE_CHECKING:
    import numpy as np

_MOST_NUMBERS = 1_000_000
"""The model file says the mean of each."""
_QUANTILES = (0.5, 0.9, 0.99, 1.0)


@dataclass(frozen=True)
class RowErrors:
    """How the errors of the rows are spread; an error is the mean of (input - reconstruction)² over a row."""

    quantiles: tuple[tuple[float, float], ...]
    """Parts of the rows, and the error that they do not exceed."""


class Reconstruction(Task):
    """The input itself, as it is scaled; it is made of the input in each step, and stored nowhere.

    Holes and unknown categories carry no error. The outputs that are handed on are an error a row, float32 (rows, 1).
    """

    noun: ClassVar = "the input itself"
    beyond: ClassVar = "their input lies too far from what training saw, or all of it is missing"

    @property
    def scaling_refusal(self) -> str:
        """Return that the input is scaled by data.scaling."""
        return "an autoencoder learns the input as data.scaling scales it"

    @property
    def problems(self) -> list[Problem]:
        """More numbers than the model file says the mean of; a loss that does not compare numbers."""
        problems = []
        if (outputs := self.signature.outputs) > _MOST_NUMBERS:
            message = f"an example holds {outputs:,} numbers, and an autoencoder takes up to {_MOST_NUMBERS:,}"
            problems.append(Problem(message, ("data",), "make the images smaller (data.image_size)"))
        if not self.loss.scalable:
            message = f"loss {kind_of(type(self.loss))} does not compare an input with its reconstruction"
            hint = "use mean_squared_error, mean_absolute_error, huber or log_cosh"
            problems.append(Problem(message, ("training", "loss"), hint))
        return problems

    @property
    def metric_refusal(self) -> str:
        """Return which metrics there are."""
        return "an autoencoder has mean_squared_error, root_mean_squared_error and mean_absolute_error"

    @property
    def is_described(self) -> bool:
        """Nothing is said of targets."""
        found = self.signature
        known = len(found.typical) in (0, found.outputs) and found.outputs == math.prod(found.input_shape)
        return known and found.target_numbers is None and not found.frequencies and not found.classes

    @property
    def output_shape(self) -> Shape:
        """The shape of an input."""
        return self.signature.input_shape

    @property
    def output_in_words(self) -> str:
        """What the last layer has to make, for a message."""
        return f"that of the input, {self.signature.input_shape}"

    @property
    def target_width(self) -> int:
        """Nothing is stored."""
        return 0

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Return what stands for targets, (rows, 0)."""
        return targets

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Return the error of each row, (rows, 1), as it is."""
        return outputs

    @property
    def unit(self) -> str:
        """The error is of the input as it is scaled."""
        return "the input as it is scaled"

    @property
    def trivial_answer(self) -> np.ndarray:
        """The mean of the training rows, of the input's shape."""
        import numpy as np

        return np.array(self.signature.typical).reshape(self.output_shape)

    @property
    def trivial_answer_in_words(self) -> str:
        """The mean."""
        return "the mean of the training rows"

    @property
    def trivial_output(self) -> np.ndarray:
        """The mean of the training rows, of the input's shape."""
        return self.trivial_answer

    def scores(self, targets: np.ndarray, outputs: np.ndarray) -> dict[str, Any]:
        """Return ``RowErrors``."""
        del targets
        errors = sorted(map(float, outputs[:, 0]))
        return {
            "row_errors": RowErrors(tuple((part, errors[math.ceil(part * len(errors)) - 1]) for part in _QUANTILES))
        }

    @staticmethod
    def row_scores(loss: Loss, targets: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, str]:
        """Return the error of each row."""
        del loss, targets
        return outputs[:, 0].astype("float64"), "squared error"

    def columns(self, outputs: np.ndarray, top: int) -> dict[str, np.ndarray]:
        """Return ``error``."""
        del top
        return {"error": outputs[:, 0]}
