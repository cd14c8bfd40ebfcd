"""One of two classes, one output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from dltool.config.field_types import kind_of
from dltool.config.layer import Shape
from dltool.config.losses import Loss, Metric
from dltool.errors import Problem
from dltool.tasks.classes import LEAST_PROBABILITY, Classes

if TYPE_CHECKING:
    import numpy as np


class Binary(Classes):
    """One of two classes, one output: the score of the second."""

    @property
    def problems(self) -> list[Problem]:
        """More than two classes."""
        if self.signature.outputs == 2:
            return []
        message = f"loss {kind_of(type(self.loss))} is for two classes, the targets have {self.signature.outputs}"
        return [Problem(message, ("training", "loss"), "use categorical_crossentropy")]

    @property
    def output_shape(self) -> Shape:
        """One output for both classes."""
        return (1,)

    @property
    def output_in_words(self) -> str:
        """What the last layer has to make, for a message."""
        return f"1 unit for {self.signature.outputs} classes with {kind_of(type(self.loss))}"

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Return class indices (rows,) as float32 (rows, 1)."""
        return targets.astype("float32")[:, None]

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Return a score for each class, (rows, 2).

        That of the first class is what the second leaves over, so that probabilities add up to 1 and margins (hinge
        losses) are mirrored at 0.
        """
        import numpy as np

        whole = 1 if self.loss.gives_probabilities else 0
        return np.concatenate([whole - outputs, outputs], axis=1)

    @property
    def probabilities(self) -> Literal["sigmoid", "softmax"] | None:
        """A logit becomes a probability by the sigmoid."""
        return "sigmoid" if self.loss.takes_logits else None

    @property
    def trivial_output(self) -> np.ndarray:
        """The frequency of the second class, its logit, or a margin: (1,)."""
        return binary_output(self.trivial_answer[1:], self.loss)

    @property
    def threshold_refusal(self) -> str:
        """Margins are no probabilities."""
        return "" if self.loss.gives_probabilities else f"loss {kind_of(type(self.loss))} gives margins"

    @property
    def decision(self) -> str:
        """The threshold, where it is another than 0.5."""
        if self.threshold in (None, 0.5):
            return ""
        return f"{self.signature.classes[1]} where its probability is above {self.threshold:.4g}"

    def metric_arguments(self, metric: Metric) -> dict[str, Any]:
        """Return the threshold above which the second class is predicted."""
        return threshold_arguments(metric, _cut(self.loss, self.threshold))

    def ranked(self, outputs: np.ndarray, top: int) -> np.ndarray:
        """Return the class that is predicted, by the threshold, and the other one: indices, (rows, top)."""
        import numpy as np

        predicted = (outputs[:, 1] > _cut(self.loss, self.threshold)).astype(int)
        return np.stack([predicted, 1 - predicted], axis=1)[:, :top]

    def scores(self, targets: np.ndarray, outputs: np.ndarray) -> dict[str, Any]:
        """Return the confusion of the classes, what follows of it, and what decides."""
        return {**super().scores(targets, outputs), "threshold": self.threshold, "decision": self.decision}

    def columns(self, outputs: np.ndarray, top: int) -> dict[str, np.ndarray]:
        """Return the columns of ``Classes`` and, unless both classes are ranked, the second's score under its name."""
        table = super().columns(outputs, top)
        return table if top > 1 else table | {f"{self.score_name}_{self.signature.classes[1]}": outputs[:, 1]}

    @staticmethod
    def row_scores(
        loss: Loss, targets: np.ndarray, outputs: np.ndarray, threshold: float | None = None
    ) -> tuple[np.ndarray, str]:
        """Return 1 where the class that is predicted, by the threshold, is right, else 0."""
        return ((outputs[:, -1] > _cut(loss, threshold)) == targets).astype(float), "accuracy"


def _cut(loss: Loss, threshold: float | None) -> float:
    """Return the score above which the second class is predicted: a float32, lest float64s divide a row otherwise."""
    import numpy as np

    return loss.threshold if threshold is None else float(np.float32(threshold))


def binary_output(answer: np.ndarray, loss: Loss) -> np.ndarray:
    """Return the outputs that say probabilities of yes, by a loss; of the same shape."""
    import numpy as np

    if loss.takes_logits:
        clipped = np.clip(answer, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
        logits: np.ndarray = np.log(clipped / (1 - clipped))
        return logits
    return answer if loss.gives_probabilities else np.where(answer > 0.5, 1.0, -1.0)


def threshold_arguments(metric: Metric, threshold: float) -> dict[str, Any]:
    """Return the threshold of a metric that has one and does not say it itself."""
    found: dict[str, Any] = {"threshold": threshold} if kind_of(type(metric)) == "accuracy" else {}
    unsaid = [name for name in type(metric).model_fields if getattr(metric, name) is None]
    return found | {name: threshold for name in ("threshold", "thresholds") if name in unsaid}
