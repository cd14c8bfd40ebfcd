"""Sentences that stand beside metrics: what they are of, and what is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dltool.config.metric_names import part_of
from dltool.tasks.regression import LEARNT_UNITS, LOGARITHMIC_UNITS
from dltool.wording.formatting import number
from dltool.wording.history import Row, row_of_epoch

if TYPE_CHECKING:
    from dltool.assessment.assess import Assessment
    from dltool.inference.evaluation import Evaluation

_Metrics = Mapping[str, float | None]
_MOST_LOST = 0.25
_OF_FOLDS = (
    "metrics are means over the folds, each of rows that its network had not seen; curves, calibration and "
    "scores by column are of all rows together"
)
_MOST_AXES = 5
REST = "interactions and chance"
"""What the axes of a sweep do not explain by themselves."""


def evaluation_notes(evaluation: Evaluation) -> list[str]:
    """Say what metrics are of, what a temperature does to them, what intervals hold, and what counts by weights."""
    return [
        *metric_notes(evaluation.trivial_answer, evaluation.loss_unit, evaluation.decision),
        *[_OF_FOLDS] * (evaluation.split == "folds"),
        *(calibration_notes(asdict(evaluation.calibration)) if evaluation.calibration else ()),
        *filter(None, (coverage_note(evaluation.interval_coverage), weights_note(evaluation))),
    ]


def metric_notes(trivial_answer: str, loss_unit: str, decision: str = "") -> list[str]:
    """Say what the trivial answer is, the loss's unit where it is not the targets' own, and what decides.

    Args:
        trivial_answer: in words.
        loss_unit: in words, as ``Task.unit`` says it; empty where it is the targets' own.
        decision: what decides between two classes, in words; empty where that is the likelier one.
    """
    notes = [f"trivial: always answering {trivial_answer}"]
    if loss_unit:
        own = "; errors in the target's own unit" if loss_unit in LEARNT_UNITS else ""
        notes.append(f"loss: of {loss_unit}{own}")
    if loss_unit in LOGARITHMIC_UNITS:
        notes.append("answers: the median of the target rather than its mean, since logarithms are learnt")
    if decision:
        notes.append(f"predicted: {decision}")
    return notes


def calibration_notes(calibration: Mapping[str, Any] | None) -> list[str]:
    """Say what a temperature is good for, and how sure that is; nothing where there is none.

    Args:
        calibration: a ``Calibration``, field by field.
    """
    if not calibration:
        return []
    temperature, part = calibration["temperature"], calibration["part"]
    parts = {"folds": "the folds", **{each: f"the {each} part" for each in ("train", "validation", "test")}}
    where = parts.get(part, part)
    before, after = (
        [number(calibration[f"{name}_{when}"]) for name in ("negative_log_likelihood", "expected_calibration_error")]
        for when in ("before", "after")
    )
    notes = [
        f"calibrated: logits divided by {temperature:.4g}; on {where}, the negative log "
        f"likelihood went from {before[0]} to {after[0]}, the expected calibration error from {before[1]} to {after[1]}"
    ]
    low, high = calibration["gain_low"], calibration["gain_high"]
    unsure = "" if low > 0 or high < 0 else ", so that chance may have brought it"
    flatters = "; these rows chose the temperature, and others tell more honestly" if calibration["chosen"] else ""
    gain = number(calibration["gain"])
    notes.append(f"gain: {gain}, with a 95% interval from {number(low)} to {number(high)}{unsure}{flatters}")
    return notes


def weights_note(evaluation: Evaluation) -> str:
    """Say what counts rows by their weights, and what does not; empty where they have none."""
    if not evaluation.weighted_rows:
        return ""
    # Which weights the rows of folds have is known where they are trained alone.
    what = "metrics and what a temperature gains" if evaluation.split == "folds" else "metrics, curves and calibration"
    return f"weights: {what} count rows by their weights, all else counts them alike"


def coverage_note(coverage: Sequence[float]) -> str:
    """Say which part of the rows the 90 % intervals hold, the least and the most of several targets; empty for none."""
    if not coverage:
        return ""
    least, most = f"{min(coverage):.1%}", f"{max(coverage):.1%}"
    return f"90% intervals hold {least if least == most else f'{least} to {most}, target by target,'} of the rows"


def assessment_notes(assessment: Assessment) -> list[str]:
    """Say how well scores tell apart, and whether probabilities hold, in a sentence each."""
    notes = []
    if len(assessment.ranked) == 1:
        (only,) = assessment.ranked
        areas = number(only.roc.area), number(only.precision_recall.area)
        notes.append(f"area under the ROC curve {areas[0]}, average precision {areas[1]}, of {only.name}")
    notes += [f"left out: {each}" for each in assessment.left_out]
    if reliability := assessment.reliability:
        notes.append(f"expected calibration error {number(reliability.error)}")
    return notes


def worse_than_trivial_answer(worse: Sequence[str], metrics: _Metrics, trivial: _Metrics) -> str:
    """Say so, in a sentence, if a network is worse than the trivial answer; empty where it is not.

    Args:
        worse: the names of the metrics in which it is.
        metrics: the network's.
        trivial: the trivial answer's, by the same names.
    """
    known = [name for name in worse if name in metrics]
    if not known:
        return ""
    compared = ", ".join(f"{name} {number(metrics[name])} against {number(trivial.get(name))}" for name in known)
    return (
        f"the network is worse than the trivial answer: {compared}; "
        "another learning rate, more epochs or fewer, another loss or other features may mend it"
    )


def lost_since_best(facts: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """Say so, in a sentence, if the model's weights are far from the best ones; empty where they are not.

    Far: of what the monitored metric had gained from the first epoch to the best one, more than a quarter is lost
    again. A run that only got worse since its first epoch, and so gained nothing, is told of whatever it lost.

    Args:
        facts: what ``run.json`` holds.
        rows: what ``metrics.jsonl`` holds, a mapping an epoch.
    """
    name, best, final = facts.get("monitor", ""), facts["best"], row_of_epoch(facts["weights_epoch"], rows)
    first = next((row for row in rows if math.isfinite(row.get(name, math.nan))), None)
    if best is None or not facts["best_epoch"] or final is None or first is None or math.isnan(final[name]):
        return ""
    # No direction is asked for: the best value is the best, so whatever differs from it is worse.
    if abs(best - final[name]) <= _MOST_LOST * abs(best - first[name]):
        return ""
    return (
        f"the model holds the weights of epoch {final['epoch']:,}, whose {name} is {number(final[name])}; "
        f"the best was {number(best)}, in epoch {facts['best_epoch']:,}: training.early_stopping keeps the best "
        "weights, and a smaller learning_rate may be steadier"
    )


def luck_text(probability: float, points: int, over: str, expected: float) -> str:
    """Say how much of the best point's lead is luck.

    Args:
        probability: that it is truly the best.
        points: how many took part.
        over: ``seeds`` or ``rows``: what would tell.
        expected: what its objective is to be expected to be.
    """
    percent = "over 99" if probability > 0.99 else "under 1" if probability < 0.01 else f"{100 * probability:.0f}"
    others = "seeds" if over == "seeds" else "validation rows"
    return (
        f"luck: truly the best of {points:,} points with a probability of {percent} %; "
        f"expect {number(expected)} with other {others}, since a chosen score flatters"
    )


def importance_text(axes: Sequence[tuple[str, float, float, float]], rest: float) -> str:
    """Say how much each axis of a sweep matters.

    Args:
        axes: the name, share, low and high end of each, the most important first.
        rest: the share that no axis explains by itself.
    """
    shares = [f"{name} {share_text(share, low, high)}" for name, share, low, high in axes[:_MOST_AXES]]
    if more := axes[_MOST_AXES:]:
        shares.append(f"{len(more)} more {percent_text(sum(share for _, share, _, _ in more))}")
    return f"importance: {'; '.join(shares)}; {REST} {percent_text(rest)}"


def share_text(share: float, low: float, high: float) -> str:
    """Write the share that an axis explains, with its 95 % interval."""
    chance = ", not told apart from chance" if low == 0 else ""
    return f"{percent_text(share)} ({100 * low:.0f} to {100 * high:.0f}{chance})"


def percent_text(share: float) -> str:
    """Write a share in whole percent."""
    return f"{100 * share:.0f} %"


def selection_text(metric: str) -> str:
    """Say by which part of the data the best point was chosen."""
    text = f"selected on the {part_of(metric)} part, by {metric}"
    return text if part_of(metric) == "validation" else f"{text}: the config has no validation part"
