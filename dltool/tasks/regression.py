"""One or more numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.config.losses import Loss
from dltool.contracts.signature import Signature, TargetNumbers
from dltool.tasks.contract import Task

if TYPE_CHECKING:
    import numpy as np

_STANDARDIZED = "targets in standard deviations"
LOGARITHMIC_UNITS = ("logarithms of targets", "logarithms of targets in their standard deviations")
"""The units of losses where the answer is the median of the target rather than its mean."""
LEARNT_UNITS = (_STANDARDIZED, *LOGARITHMIC_UNITS)
"""The units of losses where targets are learnt in another than their own, in which errors are."""


@dataclass(frozen=True)
class TargetScores:
    """How far off one of several numbers is, in its own unit."""

    name: str
    mean_absolute_error: float
    trivial: float
    """The mean absolute error of the trivial answer."""
    root_mean_squared_error: float
    r2_score: float | None
    """None where the targets do not vary."""


class Regression(Task):
    """One or more numbers."""

    noun: ClassVar = "numbers"
    scaling_refusal: ClassVar = ""

    @property
    def is_described(self) -> bool:
        """Each number has its statistics."""
        found, numbers = self.signature, self.signature.target_numbers
        return not found.frequencies and numbers is not None and numbers.fits(found.outputs)

    @property
    def numbers(self) -> TargetNumbers:
        """What the training rows say of the targets."""
        if self.signature.target_numbers is None:
            raise ValueError("the training rows of this signature were not read")
        return self.signature.target_numbers

    @property
    def offset_and_scale(self) -> np.ndarray:
        """What stands between the (transformed) target and what is learnt: float64, shape (2, outputs)."""
        import numpy as np

        if not self.standardized:
            return np.array([np.zeros(self.signature.outputs), np.ones(self.signature.outputs)])
        return np.array([self.numbers.offset, self.numbers.scale])

    @property
    def is_logarithmic(self) -> bool:
        """Whether the network learns the logarithm of the target, and so answers its median rather than its mean."""
        return self.numbers.transform == "log"

    @property
    def changes_outputs(self) -> bool:
        """Whether outputs are numbers in another unit than the target's own."""
        return self.standardized or self.is_logarithmic

    @property
    def unit(self) -> str:
        """What the loss is worked out on, in words; empty where that are the targets as they are."""
        if self.is_logarithmic:
            return LOGARITHMIC_UNITS[self.standardized]
        return _STANDARDIZED if self.standardized else ""

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Return numbers, float64 (rows, outputs), transformed and standardised as they are learnt."""
        import numpy as np

        transformed = np.log(targets) if self.is_logarithmic else targets
        offset, scale = self.offset_and_scale
        standardized: np.ndarray = (transformed - offset) / scale
        return standardized

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Return numbers in the target's own unit, float64 (rows, outputs)."""
        import numpy as np

        offset, scale = self.offset_and_scale
        values: np.ndarray = outputs.astype(np.float64) * scale + offset
        with np.errstate(over="ignore"):
            return np.exp(values) if self.is_logarithmic else values

    @property
    def trivial_answer(self) -> np.ndarray:
        """The mean, the median where the loss asks for it, or the geometric mean of logarithms: (outputs,)."""
        import numpy as np

        if self.loss.answers_median:
            return np.array(self.numbers.median)
        return np.exp(self.numbers.offset) if self.is_logarithmic else np.array(self.numbers.mean)

    @property
    def trivial_answer_in_words(self) -> str:
        """The mean, or what stands in for it."""
        mean = "geometric mean" if self.is_logarithmic else "mean"
        return f"the {'median' if self.loss.answers_median else mean} of the training rows"

    @property
    def trivial_output(self) -> np.ndarray:
        """The trivial answer as it is learnt: (outputs,)."""
        output: np.ndarray = self.encode(self.trivial_answer[None])[0]
        return output

    def scores(self, targets: np.ndarray, outputs: np.ndarray) -> dict[str, Any]:
        """Return ``TargetScores`` a number, where there are several."""
        import numpy as np

        if self.signature.outputs == 1:
            return {}
        names = self.signature.targets or [f"target_{i + 1}" for i in range(targets.shape[1])]
        errors, spread = outputs - targets, ((targets - targets.mean(axis=0)) ** 2).sum(axis=0)
        trivial = np.abs(targets - self.trivial_answer).mean(axis=0)
        with np.errstate(over="ignore", divide="ignore"):  # errors may be too large to be squared, or all too small
            return {
                "targets": tuple(
                    TargetScores(
                        name,
                        float(np.abs(errors[:, i]).mean()),
                        float(trivial[i]),
                        float((errors[:, i] ** 2).mean() ** 0.5),
                        float(1 - (errors[:, i] ** 2).sum() / spread[i]) if np.ptp(targets[:, i]) else None,
                    )
                    for i, name in enumerate(names)
                )
            }

    @staticmethod
    def row_scores(loss: Loss, targets: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, str]:
        """Return the mean over a row's numbers of (output - target)²."""
        import numpy as np

        del loss
        errors = (outputs - targets.reshape(outputs.shape)).astype(float)
        with np.errstate(over="ignore"):
            return (errors**2).mean(axis=1), "squared error"

    def columns(self, outputs: np.ndarray, top: int) -> dict[str, np.ndarray]:
        """Return ``prediction_`` and the name of each target."""
        del top
        return {name: outputs[:, i] for i, name in enumerate(value_names(self.signature, "prediction"))}


def value_names(signature: Signature, kind: str) -> list[str]:
    """Return the names of output columns, a target or label each: its own behind ``kind``, or its number."""
    if signature.targets:
        return [f"{kind}_{name}" for name in signature.targets]
    return [kind] if signature.outputs == 1 else [f"{kind}_{i + 1}" for i in range(signature.outputs)]
