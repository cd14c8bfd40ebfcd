"""One of several classes, an output each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dltool.config.field_types import kind_of
from dltool.config.losses import Loss
from dltool.tasks.class_scores import average_scores, class_scores, confused_pairs
from dltool.tasks.contract import Task

if TYPE_CHECKING:
    import numpy as np

_MOST_PAIRS = 20
LEAST_PROBABILITY = 1e-7
"""Keras keeps probabilities as far from 0 and 1 before it takes their logarithm."""


class Classes(Task):
    """One of several classes, an output each."""

    noun: ClassVar = "classes"
    ranks: ClassVar = True

    @property
    def is_described(self) -> bool:
        """Each class has a name and a frequency."""
        return super().is_described and len(self.signature.classes) == self.signature.outputs

    @property
    def threshold_refusal(self) -> str:
        """There is an output for each class."""
        return f"loss {kind_of(type(self.loss))} has an output for each class"

    def output_noun(self, count: int) -> str:
        """Return ``classes``."""
        return self.noun

    @property
    def target_width(self) -> int:
        """A class index, or a number a class."""
        return 1 if self.loss.sparse else super().target_width

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Return class indices (rows,) as int32 (rows, 1) for a sparse loss, else one-hot: float32 (rows, classes)."""
        import numpy as np

        if self.loss.sparse:
            return targets[:, None]
        one_hot: np.ndarray = np.eye(self.signature.outputs, dtype="float32")[targets]
        return one_hot

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Return a score for each class, (rows, classes), of which the largest is the predicted class."""
        return outputs

    @property
    def probabilities(self) -> Literal["sigmoid", "softmax"] | None:
        """Logits of classes become probabilities by softmax."""
        return "softmax" if self.loss.takes_logits else None

    @property
    def trivial_answer(self) -> np.ndarray:
        """The frequencies of the classes, shape (classes,)."""
        import numpy as np

        return np.array(self.signature.frequencies)

    @property
    def trivial_answer_in_words(self) -> str:
        """The frequencies."""
        return "the frequencies of the classes in the training rows"

    @property
    def trivial_output(self) -> np.ndarray:
        """Frequencies, their logarithms, or the most frequent class by a margin: (classes,)."""
        import numpy as np

        answer: np.ndarray = self.trivial_answer
        if self.loss.takes_logits:
            answer = np.log(np.clip(answer, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY))
        elif not self.loss.gives_probabilities:  # but margins
            answer = np.eye(len(answer))[answer.argmax()]
        return answer

    def ranked(self, outputs: np.ndarray, top: int) -> np.ndarray:
        """Return the classes of each row, the one that is predicted first: indices, (rows, top).

        Args:
            outputs: decoded.
            top: at most how many.
        """
        import numpy as np

        if top == 1:
            best: np.ndarray = outputs.argmax(axis=1)[:, None]
            return best
        return np.argsort(-outputs, axis=1, kind="stable")[:, :top]

    def scores(self, targets: np.ndarray, outputs: np.ndarray) -> dict[str, Any]:
        """Return the confusion of the classes, and what follows of it."""
        import numpy as np

        classes = self.signature.classes
        counts = np.zeros((len(classes),) * 2, dtype=int)
        np.add.at(counts, (targets, self.ranked(outputs, 1)[:, 0]), 1)
        confusion = tuple(tuple(int(count) for count in row) for row in counts)
        return {
            "classes": classes,
            "confusion": confusion,
            "class_scores": tuple(class_scores(classes, confusion)),
            "averages": tuple(average_scores(classes, confusion)),
            "confused_pairs": tuple(confused_pairs(classes, confusion, _MOST_PAIRS)),
        }

    @staticmethod
    def row_scores(loss: Loss, targets: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, str]:
        """Return 1 where the likeliest class is right, else 0."""
        del loss
        return (outputs.argmax(axis=1) == targets).astype(float), "accuracy"

    @property
    def score_name(self) -> str:
        """What the score of a class is called in a table of predictions."""
        return "probability" if self.loss.gives_probabilities else "score"

    def columns(self, outputs: np.ndarray, top: int) -> dict[str, np.ndarray]:
        """Return ``label`` and ``probability`` of the predicted class, then ``label_2`` and so on.

        Margins are called ``score``.
        """
        import numpy as np

        names = np.asarray(self.signature.classes, dtype=object)
        ranked = self.ranked(outputs, top)
        scores = np.take_along_axis(outputs, ranked, axis=1)
        table: dict[str, np.ndarray] = {}
        for place in range(ranked.shape[1]):
            suffix = f"_{place + 1}" if place else ""
            table[f"label{suffix}"] = names[ranked[:, place]]
            table[f"{self.score_name}{suffix}"] = scores[:, place]
        return table
