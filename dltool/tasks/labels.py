"""Several yes/no labels at once, an output each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dltool.config.losses import Loss, Metric
from dltool.tasks.binary import binary_output, threshold_arguments
from dltool.tasks.contract import Task
from dltool.tasks.regression import value_names

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class LabelScores:
    """How well one of several labels is told; None where there is nothing to count."""

    name: str
    accuracy: float
    trivial_accuracy: float
    """Of always answering what is more frequent in the training rows."""
    precision: float | None
    recall: float | None
    f1: float | None
    rows: int
    """Rows that have the label."""


class Labels(Task):
    """Several yes/no labels at once, an output each."""

    noun: ClassVar = "several labels at once"

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Return the labels, float32 (rows, labels), as they are."""
        return targets

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Return the outputs, (rows, labels), as they are."""
        return outputs

    @property
    def probabilities(self) -> Literal["sigmoid", "softmax"] | None:
        """A logit becomes a probability by the sigmoid."""
        return "sigmoid" if self.loss.takes_logits else None

    @property
    def trivial_answer(self) -> np.ndarray:
        """The frequencies of the labels, shape (labels,)."""
        import numpy as np

        return np.array(self.signature.frequencies)

    @property
    def trivial_answer_in_words(self) -> str:
        """The frequencies."""
        return "the frequencies of the labels in the training rows"

    @property
    def trivial_output(self) -> np.ndarray:
        """Frequencies, their logits, or margins: (labels,)."""
        return binary_output(self.trivial_answer, self.loss)

    def metric_arguments(self, metric: Metric) -> dict[str, Any]:
        """Return the threshold above which a label is predicted."""
        return threshold_arguments(metric, self.loss.threshold)

    def scores(self, targets: np.ndarray, outputs: np.ndarray) -> dict[str, Any]:
        """Return ``LabelScores`` a label."""
        names = self.signature.targets or [f"label_{i + 1}" for i in range(targets.shape[1])]
        return {"labels": tuple(self._label(i, name, targets, outputs) for i, name in enumerate(names))}

    def _label(self, i: int, name: str, targets: np.ndarray, outputs: np.ndarray) -> LabelScores:
        has, told = targets[:, i] > 0.5, outputs[:, i] > self.loss.threshold
        right, rows, found = int((has & told).sum()), int(has.sum()), int(told.sum())
        usual = self.trivial_answer[i] > 0.5
        return LabelScores(
            name,
            float((has == told).mean()),
            float((has == usual).mean()),
            right / found if found else None,
            right / rows if rows else None,
            2 * right / (rows + found) if rows + found else None,
            rows,
        )

    @staticmethod
    def row_scores(loss: Loss, targets: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, str]:
        """Return the share of a row's labels that is right."""
        return ((outputs > loss.threshold) == (targets > 0.5)).mean(axis=1), "share of right labels"

    def columns(self, outputs: np.ndarray, top: int) -> dict[str, np.ndarray]:
        """Return ``probability_`` and the name of each label."""
        del top
        return {name: outputs[:, i] for i, name in enumerate(value_names(self.signature, "probability"))}
