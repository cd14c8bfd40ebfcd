"""What evaluating a model yields; loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dltool.contracts.calibration import Calibration
from dltool.tasks.class_scores import ClassScores, ConfusedPair
from dltool.tasks.labels import LabelScores
from dltool.tasks.reconstruction import RowErrors
from dltool.tasks.regression import TargetScores

if TYPE_CHECKING:
    import numpy as np

    from dltool.assessment.assess import Assessment


@dataclass(frozen=True)
class Evaluation:
    """What a model achieves on some rows."""

    split: str
    """The part that it was evaluated on, or the file."""
    rows: int
    metrics: dict[str, float | None]
    """The loss and the config's metrics; None for one that does not exist on these rows."""
    classes: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    """Rows by true class (first index) and predicted class; empty where there are no classes."""
    class_scores: tuple[ClassScores, ...] = ()
    """A class each, in the order of ``classes``."""
    averages: tuple[ClassScores, ...] = ()
    """Over the classes: where they count alike, and where rows do."""
    confused_pairs: tuple[ConfusedPair, ...] = ()
    """The pairs of classes confused most often, the worst first, at most 20."""
    threshold: float | None = None
    """The probability above which the second of two classes counts as predicted; None for 0.5, and elsewhere."""
    decision: str = ""
    """What decides between two classes, in words; empty where that is the likelier one."""
    labels: tuple[LabelScores, ...] = ()
    """A label each, where there are several; empty elsewhere."""
    targets: tuple[TargetScores, ...] = ()
    """A number to predict each, where there are several; empty elsewhere."""
    row_errors: RowErrors | None = None
    """How the errors of the rows are spread, where the input is reconstructed; None elsewhere."""
    interval_coverage: tuple[float, ...] = ()
    """The part of the rows that the 90 % interval of a target holds, target by target; empty where that says nothing:
    for answers that are no numbers, a model without intervals, and the validation rows, which those follow from."""
    calibration: Calibration | None = None
    """What the model's temperature is good for on these rows; None for a model that has none."""
    trivial: dict[str, float | None] = field(kw_only=True)
    """What the trivial answer scores, by the same names; None likewise."""
    trivial_answer: str = field(kw_only=True)
    """What that is, in words."""
    loss_unit: str = field(kw_only=True)
    """What the loss is of, in words; empty where that are the targets as they are."""
    worse_than_trivial: tuple[str, ...] = field(kw_only=True)
    """The metrics in which the model does worse than the trivial answer, as far as that can be judged."""
    weighted_rows: bool = field(default=False, kw_only=True)
    """Whether metrics count rows by their weights (``data.weights``)."""
    assessment: Assessment | None = field(default=None, kw_only=True, compare=False)
    """How sure the metrics are, and where answers are wrong; None while a model is trained."""
    outputs: np.ndarray = field(kw_only=True, compare=False)
    """A score for each class or label, float32, the numbers, float64, or an error a row: shape (rows, …)."""

    def __repr__(self) -> str:
        metrics = ", ".join(
            f"{name} {'-' if value is None else f'{value:.6g}'}" for name, value in self.metrics.items()
        )
        return f"<Evaluation of {self.split}, {self.rows:,} rows: {metrics}>"
