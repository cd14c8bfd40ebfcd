"""The code of the target: from what the data say to what the network learns, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dltool.config.deployed import Deployed
from dltool.config.losses import Loss
from dltool.config.signature import Signature, TargetNumbers, Task
from dltool.preprocessing.moments import Moments

_LEAST = 1e-7
"""Keras keeps probabilities as far from 0 and 1 before it takes their logarithm."""


def fit_numbers(targets: np.ndarray, transform: str) -> TargetNumbers:
    """Measure the training rows' targets, in float64.

    Args:
        targets: float64, shape (rows, outputs); all of them positive where they are transformed by ``log``.
        transform: ``none`` or ``log``.
    """
    transformed = np.log(targets) if transform == "log" else targets
    moments = Moments(targets.shape[1])
    moments.add(transformed)
    deviation = moments.deviation("float64")
    scale = np.where(deviation > 0, deviation, 1)
    statistics = (moments.mean, scale, targets.mean(axis=0), np.median(targets, axis=0))
    return TargetNumbers(transform, *(tuple(map(float, each)) for each in statistics))


def frequencies(targets: np.ndarray, classes: int) -> tuple[float, ...]:
    """Return the part of the rows that is of each class, or has each label.

    Args:
        targets: class indices of shape (rows,), or 0 and 1 of shape (rows, labels).
        classes: how many there are.
    """
    if targets.ndim == 1:
        return tuple(map(float, np.bincount(targets, minlength=classes) / len(targets)))
    return tuple(map(float, targets.mean(axis=0, dtype=np.float64)))


@dataclass(frozen=True)
class TargetCode:
    """How targets are learnt, and what outputs mean."""

    signature: Signature
    loss: Loss
    standardized: bool = False
    """Whether the network learns targets of mean 0 and deviation 1."""

    @classmethod
    def of(cls, deployed: Deployed) -> TargetCode:
        """Return the code of a trained model."""
        return cls(deployed.signature, deployed.training.loss, deployed.standardized)

    @property
    def numbers(self) -> TargetNumbers | None:
        """What is known of targets that are numbers."""
        return self.signature.target_numbers

    @property
    def offset_and_scale(self) -> np.ndarray:
        """What stands between the (transformed) target and what is learnt: float64, shape (2, outputs)."""
        numbers = self.numbers
        if numbers is None or not self.standardized:
            return np.array([np.zeros(self.signature.outputs), np.ones(self.signature.outputs)])
        return np.array([numbers.offset, numbers.scale])

    @property
    def is_logarithmic(self) -> bool:
        """Whether the network learns the logarithm of the target, and so answers its median rather than its mean."""
        return self.numbers is not None and self.numbers.transform == "log"

    @property
    def changes_outputs(self) -> bool:
        """Whether outputs are numbers in another unit than the target's own."""
        return self.standardized or self.is_logarithmic

    @property
    def unit(self) -> str:
        """What the loss is worked out on, in words; empty where that are the targets as they are."""
        if self.is_logarithmic:
            return "logarithms of targets" + (" in their standard deviations" if self.standardized else "")
        return "targets in standard deviations" if self.standardized else ""

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Return targets as the loss wants them.

        Args:
            targets: class indices of shape (rows,), or numbers of shape (rows, outputs).

        Returns:
            float32 (rows, 1) for two classes, float32 one-hot (rows, classes), int32 (rows, 1) for a sparse loss,
            float32 (rows, labels), or float64 (rows, outputs) for numbers.
        """
        if not self.signature.classes:
            if self.signature.task is not Task.REGRESSION:
                return targets
            transformed = np.log(targets) if self.is_logarithmic else targets
            offset, scale = self.offset_and_scale
            standardized: np.ndarray = (transformed - offset) / scale
            return standardized
        if self.loss.task is Task.BINARY:
            return targets.astype("float32")[:, None]
        if self.loss.sparse:
            return targets[:, None]
        one_hot: np.ndarray = np.eye(self.signature.outputs, dtype="float32")[targets]
        return one_hot

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Return what outputs say, in the target's own unit.

        Args:
            outputs: float32, shape (rows, units); logits turned into probabilities.

        Returns:
            Numbers in float64, shape (rows, outputs); for classes a score for each, shape (rows, classes), of which
            the largest is the predicted class; for several labels the outputs as they are. One output for two classes
            becomes two: the score of the first class is what the second leaves over, so that probabilities add up to
            1 and margins (hinge losses) are mirrored at 0.
        """
        if self.signature.task is Task.REGRESSION:
            offset, scale = self.offset_and_scale
            values: np.ndarray = outputs.astype(np.float64) * scale + offset
            with np.errstate(over="ignore"):
                return np.exp(values) if self.is_logarithmic else values
        if outputs.shape[1] == 1 and len(self.signature.classes) == 2:
            whole = 1 if self.gives_probabilities else 0
            return np.concatenate([whole - outputs, outputs], axis=1)
        return outputs

    @property
    def gives_probabilities(self) -> bool:
        """Whether outputs are probabilities, logits being turned into such."""
        return self.loss.takes_logits or self.loss.activations[:1] in (("sigmoid",), ("softmax",))

    @property
    def trivial_answer(self) -> np.ndarray:
        """What one would answer without looking at the input, as the data have targets: float64.

        For numbers their mean, their median where the loss asks for it, or their geometric mean where logarithms are
        learnt, shape (outputs,); for classes and labels their frequencies, shape (classes,) or (labels,).
        """
        if self.signature.task is not Task.REGRESSION or self.numbers is None:
            return np.array(self.signature.frequencies)
        if self.loss.answers_median:
            return np.array(self.numbers.median)
        return np.exp(self.numbers.offset) if self.is_logarithmic else np.array(self.numbers.mean)

    @property
    def trivial_answer_in_words(self) -> str:
        """What ``trivial_answer`` is, for a person."""
        if self.signature.task is Task.REGRESSION:
            mean = "geometric mean" if self.is_logarithmic else "mean"
            return f"the {'median' if self.loss.answers_median else mean} of the training rows"
        return f"the frequencies of the {'classes' if self.signature.classes else 'labels'} in the training rows"

    @property
    def trivial_output(self) -> np.ndarray:
        """The network's output that says ``trivial_answer``: float64, shape (units,)."""
        answer = self.trivial_answer
        if self.signature.task is Task.REGRESSION:
            output = self.encode(answer[None])[0]
        else:
            binary = self.loss.task is Task.BINARY
            output = answer[1:] if binary and self.signature.classes else answer
            if self.loss.takes_logits:
                kept = np.clip(output, _LEAST, 1 - _LEAST)
                output = np.log(kept / (1 - kept)) if binary else np.log(kept)
            elif not self.gives_probabilities:  # but margins
                output = np.where(output > 0.5, 1.0, -1.0) if binary else np.eye(len(output))[output.argmax()]
        found: np.ndarray = output
        return found
