"""The contract that all tasks keep."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dltool.config.counts import counted
from dltool.config.field_types import kind_of
from dltool.config.layer import Shape
from dltool.config.losses import Loss, Metric
from dltool.contracts.signature import Signature
from dltool.errors import Problem

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Task(ABC):
    """How targets are learnt, what outputs mean, and how both are compared."""

    signature: Signature
    loss: Loss
    standardized: bool = False
    """Whether the network learns targets of mean 0 and deviation 1."""
    threshold: float | None = None
    """The probability above which the second of two classes is predicted; None for 0.5, and where there are no two."""

    noun: ClassVar[str]
    """What a target is, in words, in the plural."""
    beyond: ClassVar[str] = "their input lies too far from what training saw"
    """Why answers are no finite numbers, in words."""
    ranks: ClassVar[bool] = False
    """Whether an answer is one of several classes, of which the likeliest may be listed."""

    @property
    def scaling_refusal(self) -> str:
        """Why targets may not be scaled before they are learnt; empty where they may."""
        return f"loss {kind_of(type(self.loss))} is for {self.loss.task} targets, which are no numbers to predict"

    @property
    def threshold_refusal(self) -> str:
        """Why no threshold decides what is predicted; empty where one does."""
        return f"the targets are {self.noun}"

    @property
    def decision(self) -> str:
        """Which class is predicted, in words, where that is not the likeliest; empty elsewhere."""
        return ""

    @property
    def problems(self) -> list[Problem]:
        """Why the loss cannot take targets such as these."""
        return []

    @property
    def metric_refusal(self) -> str:
        """Why there is no metric for other targets, for a message."""
        return f"with loss {kind_of(type(self.loss))} they are {self.signature.task}"

    @property
    def is_described(self) -> bool:
        """Whether the signature says of the targets what the task needs to know."""
        found, outputs = self.signature, self.signature.outputs
        return found.target_numbers is None and len(found.frequencies) == outputs

    @property
    def output_shape(self) -> Shape:
        """The shape of an output, without the batch."""
        return (self.signature.outputs,)

    @property
    def output_in_words(self) -> str:
        """What the last layer has to make, for a message."""
        units = self.output_shape[0]
        return f"{counted(units, 'unit')} for {units} {self.output_noun(units)}"

    def output_noun(self, count: int) -> str:
        """Return what so many outputs are, in words."""
        return "target columns" if count > 1 else "target column"

    @property
    def target_width(self) -> int:
        """How many numbers a row's learnt target takes."""
        return self.output_shape[0]

    @abstractmethod
    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Return targets as the loss wants them: rows along the first axis."""

    @abstractmethod
    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Return what outputs say, in the target's own unit.

        Args:
            outputs: float32, shape (rows, *output_shape), logits turned into probabilities by ``probabilities``.
        """

    @property
    def probabilities(self) -> Literal["sigmoid", "softmax"] | None:
        """The function that makes probabilities of the network's outputs; None where they are what they are to be."""
        return None

    @property
    def changes_outputs(self) -> bool:
        """Whether the network's outputs are in another unit than the target's own."""
        return False

    @property
    def unit(self) -> str:
        """What the loss is worked out on, in words; empty where that are the targets as they are."""
        return ""

    @property
    @abstractmethod
    def trivial_answer(self) -> np.ndarray:
        """What one would answer without looking at the input, as the data have targets: float64."""

    @property
    @abstractmethod
    def trivial_answer_in_words(self) -> str:
        """What ``trivial_answer`` is, for a person."""

    @property
    @abstractmethod
    def trivial_output(self) -> np.ndarray:
        """The network's output that says ``trivial_answer``: float64, of ``output_shape``."""

    def metric_arguments(self, metric: Metric) -> dict[str, Any]:
        """Return the arguments of a metric's Keras class that follow from the task."""
        del metric
        return {}

    def scores(self, targets: np.ndarray, outputs: np.ndarray) -> dict[str, Any]:
        """Return what an evaluation says beside its metrics, by the field of ``Evaluation``.

        Args:
            targets: as a ``Part`` holds them.
            outputs: decoded.
        """
        del targets, outputs
        return {}

    @staticmethod
    @abstractmethod
    def row_scores(loss: Loss, targets: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, str]:
        """Return a score a row, float64 of shape (rows,), and what it is, such as ``accuracy``.

        Args:
            loss: how answers are judged.
            targets: as a ``Part`` holds them.
            outputs: decoded.
        """

    @abstractmethod
    def columns(self, outputs: np.ndarray, top: int) -> dict[str, np.ndarray]:
        """Return the columns of a table of predictions, each of shape (rows,); none is called ``id``.

        Args:
            outputs: decoded.
            top: how many of the likeliest classes to name, where ``ranks``.
        """
