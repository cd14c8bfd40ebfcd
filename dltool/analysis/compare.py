"""Runs and points side by side: what differs in their configs, in their results, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dltool.analysis.candidates import Candidate, candidates_of, point_name
from dltool.analysis.records import SweepRecord, is_sweep
from dltool.analysis.statistics import (
    SIGNIFICANCE,
    MeanDifference,
    MeanInterval,
    bootstrap_mean,
    holm,
    mcnemar,
    paired,
    unpaired,
)
from dltool.config.metric_names import on_validation, part_of, without_part
from dltool.config.metric_order import direction
from dltool.config.status import Status
from dltool.config.value_text import value_text
from dltool.contracts.events import NOT_METRICS
from dltool.errors import DataError, UsageError
from dltool.runs.changes import differing
from dltool.runs.run import Run
from dltool.runs.trials import mean_of, ranked, standard_error_of
from dltool.tasks import row_scores

# They tell runs apart, and say nothing about how they were trained.
_NAME, _SEED = "name", "seed"


@dataclass(frozen=True)
class Standing:
    """A candidate's result."""

    name: str
    settings: dict[str, Any]
    """The config's values that not all candidates share, by path."""
    status: str
    """``completed`` where all its runs came to a sound end, else what became of those that did not."""
    runs: int
    """Those that the mean is of."""
    trials: int
    """How many there are, or were to be."""
    mean: float | None
    """Of the metric, over the runs; None where no run has a finite value."""
    standard_error: float | None
    """None for fewer than two runs."""
    trivial: float | None
    """What the trivial answer scores, the mean over the runs; None where that is not known."""
    worse_than_trivial: int
    """Runs whose network is worse than that, in their loss or a metric."""

    @property
    def complete(self) -> bool:
        """Whether all its runs came to a sound end and to a finite value: runs that failed may be the worse ones."""
        return self.status == Status.COMPLETED and self.runs == self.trials


@dataclass(frozen=True)
class Difference:
    """How far a candidate is from the best one, and whether that is more than noise."""

    name: str
    quantity: str
    """What ``interval`` is of: the metric, or a score a row."""
    basis: str
    """What was compared: ``the same seeds``, ``all seeds`` or ``the same rows``; empty where nothing could be."""
    interval: MeanInterval | None
    """The candidate less the best one, for itself alone; None where nothing could be compared."""
    p_value: float | None
    """Of this difference for itself: by Student's test or, for two classifiers of a run each, McNemar's."""
    verdict: str
    """``worse``, ``better``, ``within the noise`` or ``unknown``; by the adjusted p value."""
    reason: str = ""
    """Why it is unknown, or why pairing was impossible."""
    adjusted_p_value: float | None = None
    """So large that the verdicts hold together, although the best one was chosen by looking."""


@dataclass(frozen=True)
class Comparison:
    """What ``compare`` found."""

    metric: str
    direction: str
    """``min`` or ``max``: which way the metric is better."""
    standings: tuple[Standing, ...]
    """The best one first; those that cannot be judged, since not all their runs came to a sound end, last."""
    best: str | None
    """The name of the best one; None where none can be called so."""
    differences: tuple[Difference, ...]
    """Of every other candidate from the best one; of runs that weight their rows in other ways, from the first."""
    left_out: tuple[str, ...]
    """The points that have no result at all."""
    reason: str = ""
    """Why there is no best one."""
    loss_unit: str = ""
    """What all the losses are of, in words; empty where that are the targets as they are."""

    def __repr__(self) -> str:
        said = f"best {self.best} ({value_text(self.standings[0].mean)})" if self.best else f"no best: {self.reason}"
        return f"<Comparison of {len(self.standings)} by {self.metric}: {said}>"

    @property
    def part(self) -> str:
        """The part of the data that the metric is of: ``validation`` or ``training``."""
        return part_of(self.metric)


def compare(paths: Sequence[Path], metric: str | None = None) -> Comparison:
    """Compare runs, and the points of sweeps.

    Args:
        paths: Of run directories and sweep directories.
        metric: As in a sweep file, of the validation part where all of them have one. By default the objective where
            there is but one sweep to compare, else ``validation_loss`` where all of them have it, else ``loss``.

    Raises:
        UsageError: There are fewer than two to compare, or they lack the metric.
        InputMissingError: One of them is no run and no sweep.
        DataError: A file of one is damaged.
    """
    sources = [SweepRecord.read(path) if is_sweep(path) else Run.open(path) for path in paths]
    candidates = [candidate for source in sources for candidate in candidates_of(source)]
    sweeps = [source for source in sources if isinstance(source, SweepRecord)]
    left_out = [point_name(sweep, point) for sweep in sweeps for point in sweep.points if not point.objectives]
    if len(candidates) < 2:
        raise UsageError("nothing to compare: name at least two runs, or a sweep of several points with results")
    only = sweeps[0] if sweeps and len(sources) == 1 else None
    metric = _metric(candidates, only.metric if only and metric is None else metric)
    better = direction(metric)
    if only and only.metric == metric:
        better = "max" if only.direction == "maximize" else "min"
    settings = _settings(candidates)
    unsorted = [_standing(candidate, own, metric) for candidate, own in zip(candidates, settings, strict=True)]
    standings = ranked(unsorted, "maximize" if better == "max" else "minimize")
    reason = _unranked(metric, candidates, standings)
    differences = []
    if not reason:
        named = {candidate.name: candidate for candidate in candidates}
        first = named[standings[0].name]
        differences = judged([_difference(named[each.name], each, first, metric, better) for each in standings[1:]])
        reason = _unlike_weights(metric, candidates)
    best = None if reason else standings[0].name
    units = {candidate.loss_unit for candidate in candidates}
    unit = units.pop() if len(units) == 1 else ""
    return Comparison(metric, better, tuple(standings), best, tuple(differences), tuple(left_out), reason, unit)


def _unranked(metric: str, candidates: Sequence[Candidate], standings: Sequence[Standing]) -> str:
    """Say why none of them can be called the best; empty where the first one is."""
    if len({candidate.config.reconstructed for candidate in candidates}) > 1:
        return (
            "they reconstruct other inputs, or inputs that are scaled in other ways, so their errors have other units"
        )
    kinds = {candidate.loss_kind for candidate in candidates}
    if without_part(metric) == "loss" and len(kinds) > 1:
        return "their losses are of different kinds, units or targets; name another metric with --metric"
    return "" if standings[0].complete else "none came to a sound end in all its runs"


def _unlike_weights(metric: str, candidates: Sequence[Candidate]) -> str:
    """Say that a metric counts rows in several ways; empty where it does not."""
    if len({candidate.weighting(metric) for candidate in candidates}) == 1:
        return ""
    return f"their rows are weighted in other ways, so {metric} is not of the same thing in all of them"


def _metric(candidates: Sequence[Candidate], asked: str | None) -> str:
    """Return the metric to compare by: one that all have that completed an epoch."""
    rows = [row for candidate in candidates if (row := set().union(*candidate.metrics.values()))]
    if not rows:
        raise UsageError("nothing to compare: none of them has completed an epoch")
    common = set.intersection(*rows) - {*NOT_METRICS}
    metric = asked or "loss"
    if on_validation(metric) in common:
        return on_validation(metric)
    if metric not in common:
        raise UsageError(f"not all of them have the metric {metric!r}; in common: {', '.join(sorted(common))}")
    return metric


def _settings(candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    """Return what their configs do not share. A seed is said of single runs, and last; those of a point are many."""
    found = differing(
        [{k: v for k, v in each.config.plain().items() if k not in (_NAME, _SEED)} for each in candidates]
    )
    if all(len(candidate.statuses) == 1 for candidate in candidates):
        found += differing([{_SEED: candidate.config.seed} for candidate in candidates])
    return [{place: values[i] for place, values in found} for i in range(len(candidates))]


def _standing(candidate: Candidate, settings: dict[str, Any], metric: str) -> Standing:
    values = list(candidate.values(metric).values())
    trivial = [found for each in candidate.trivial.values() if (found := each.get(metric)) is not None]
    return Standing(
        candidate.name,
        settings,
        candidate.status,
        len(values),
        len(candidate.statuses),
        mean_of(values),
        standard_error_of(values),
        mean_of(trivial),
        candidate.worse_than_trivial,
    )


def _difference(candidate: Candidate, standing: Standing, best: Candidate, metric: str, better: str) -> Difference:
    if not standing.complete:
        reason = f"not all its runs came to a sound end: {candidate.status}"
        if candidate.status == Status.COMPLETED:
            reason = f"its {metric} is not a finite number in all its runs"
        return Difference(candidate.name, metric, "", None, None, "unknown", reason)
    mine, theirs = candidate.values(metric), best.values(metric)
    if len(candidate.runs) + len(best.runs) > 2 and (reason := _unlike_weights(metric, [candidate, best])):
        return Difference(candidate.name, metric, "", None, None, "unknown", f"{reason}; compare single runs by rows")
    if len(mine) > 1 and len(theirs) > 1:
        if mine.keys() == theirs.keys() and candidate.fingerprint == best.fingerprint:
            estimate, basis = paired([mine[seed] - theirs[seed] for seed in mine]), "the same seeds"
        else:
            estimate, basis = unpaired([*mine.values()], [*theirs.values()]), "all seeds"
        verdict = _verdict(estimate.mean, better)
        return Difference(candidate.name, metric, basis, estimate.interval, estimate.p_value, verdict)
    if len(candidate.runs) == len(best.runs) == 1:
        return _row_difference(candidate, best)
    reason = "one has a single run, the other several; train as many of each"
    return Difference(candidate.name, metric, "", None, None, "unknown", reason)


def _row_difference(candidate: Candidate, best: Candidate) -> Difference:
    scores, places = [], []
    for one in (candidate, best):
        predictions = one.runs[0].predictions()
        if predictions is None:
            was_evaluated = one.values(on_validation("loss"))
            advice = "the file is missing" if was_evaluated else "set data.validation, or train repeats"
            reason = f"{one.name} has no predictions of validation rows; {advice}"
            return Difference(candidate.name, "", "", None, None, "unknown", reason)
        scores.append((predictions.targets, *_row_scores(one, predictions.targets, predictions.outputs)))
        places.append(None if predictions.rows is None else (one.validation_file, predictions.rows.tolist()))
    (rows, mine, quantity), (other_rows, theirs, other_quantity) = scores
    same = candidate.fingerprint[1] == best.fingerprint[1]
    if candidate.config.data != best.config.data:
        # What a network sees of a row, and how much it counts, may differ as the configs say: the row is the same.
        same |= places[0] is not None and places[0] == places[1]
    if not (same and np.array_equal(rows, other_rows)):
        reason = "their validation rows differ, so they cannot be paired; train repeats of both, with other seeds"
        if _settings([candidate, best])[0].keys() == {_SEED} and _are_drawn(candidate.config.data):
            reason = "only their seeds differ, which choose the validation rows too: the difference is luck"
        return Difference(candidate.name, quantity, "", None, None, "unknown", reason)
    if quantity != other_quantity:
        reason = f"one is measured by its {quantity}, the other by its {other_quantity}"
        return Difference(candidate.name, quantity, "", None, None, "unknown", reason)
    if not (np.isfinite(mine).all() and np.isfinite(theirs).all()):
        reason = f"the {quantity} of some rows is not a finite number"
        return Difference(candidate.name, quantity, "", None, None, "unknown", reason)
    interval = bootstrap_mean(mine - theirs)
    if quantity == "accuracy":
        p_value = mcnemar(int((mine > theirs).sum()), int((mine < theirs).sum()))
    else:
        p_value = _p_value_of_rows(mine - theirs)
    verdict = _verdict(interval.mean, "min" if quantity == "squared error" else "max")
    return Difference(candidate.name, quantity, "the same rows", interval, p_value, verdict)


def _are_drawn(data: Any) -> bool:
    """Tell whether the seed chooses the validation rows: it does so but for files, examples and the latest rows."""
    validation = getattr(data, "validation", None)
    by = getattr(validation, "by", None)
    return isinstance(validation, float) or by in ("group", "fold") or getattr(data, "folds", None) is not None


def _p_value_of_rows(differences: np.ndarray) -> float:
    """Return Student's; drawing rows anew could not tell p values below one in so many draws apart."""
    rows = len(differences)
    if rows == 1:
        return 1.0
    with np.errstate(over="ignore"):
        return MeanDifference(float(differences.mean()), float(differences.std(ddof=1) / rows**0.5), rows - 1).p_value


def _row_scores(candidate: Candidate, targets: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, str]:
    """Return a score a row, shape (rows,), and what it is."""
    try:
        return row_scores(candidate.config.training.loss, targets, outputs, candidate.threshold)
    except ValueError as error:
        raise DataError(f"{candidate.runs[0].predictions_path} is damaged: {error}") from None


def _verdict(mean: float, better: str) -> str:
    """Say what a difference means, if it is more than noise."""
    return "better" if (mean > 0) == (better == "max") else "worse"


def judged(differences: Sequence[Difference]) -> list[Difference]:
    """Adjust the p values for one another, and let the verdicts follow.

    The best one was chosen by looking, so any pair of candidates might have been compared: so many hypotheses there
    are.
    """
    p_values = [each.p_value for each in differences if each.p_value is not None]
    adjusted = iter(holm(p_values, len(p_values) * (len(p_values) + 1) // 2))
    return [each if each.p_value is None else _judge(each, next(adjusted)) for each in differences]


def _judge(difference: Difference, p_value: float) -> Difference:
    verdict = difference.verdict if p_value < SIGNIFICANCE else "within the noise"
    return replace(difference, adjusted_p_value=p_value, verdict=verdict)
