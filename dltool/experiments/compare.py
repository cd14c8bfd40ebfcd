"""Runs and points side by side: what differs in their configs, in their results, and how sure that is."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from dltool.config.schema import Config
from dltool.config.signature import Task
from dltool.errors import DataError, UsageError
from dltool.experiments.records import FACTS, SweepRecord
from dltool.experiments.statistics import (
    Interval,
    bootstrap_interval,
    mcnemar,
    paired_interval,
    unpaired_interval,
)
from dltool.experiments.trials import point_results
from dltool.runs.changes import changes
from dltool.runs.run import Run
from dltool.training.watch import direction, part_of

# What tells runs apart without saying anything about them.
_NOT_COMPARED = ("name", "seed")


@dataclass(frozen=True)
class Contender:
    """A run, or a point of a sweep with a run a repeat."""

    name: str
    runs: tuple[Run, ...]
    config: Config
    metrics: dict[int, dict[str, float]]
    """By seed: those of the epoch whose weights were kept."""
    fingerprint: str

    def values(self, metric: str) -> dict[int, float]:
        """Return a metric by seed, where it is a finite number."""
        found = {seed: metrics.get(metric, float("nan")) for seed, metrics in self.metrics.items()}
        return {seed: value for seed, value in found.items() if isfinite(value)}


@dataclass(frozen=True)
class Standing:
    """A contender's result."""

    name: str
    settings: dict[str, Any]
    """The config's values that not all contenders share, by path."""
    runs: int
    mean: float | None
    """Of the metric, over the runs; None where no run has a finite value."""
    standard_error: float | None
    """None for fewer than two runs."""


@dataclass(frozen=True)
class Difference:
    """How far a contender is from the best one, and whether that is more than noise."""

    name: str
    quantity: str
    """What ``interval`` is of: the metric, or a score a row."""
    basis: str
    """What was compared: ``the same seeds``, ``all seeds`` or ``the same rows``; empty where nothing could be."""
    interval: Interval | None
    """The contender less the best one; None where nothing could be compared."""
    p_value: float | None
    """Of McNemar's test, for two classifiers of a run each."""
    verdict: str
    """``worse``, ``better``, ``within the noise`` or ``unknown``."""
    reason: str = ""
    """Why it is unknown, or why pairing was impossible."""


@dataclass(frozen=True)
class Comparison:
    """What ``compare`` found."""

    metric: str
    direction: str
    """``min`` or ``max``: which way the metric is better."""
    standings: tuple[Standing, ...]
    """The best one first."""
    differences: tuple[Difference, ...]
    """Of every other contender from the best one."""

    @property
    def part(self) -> str:
        """The part of the data that the metric is of: ``validation`` or ``training``."""
        return part_of(self.metric)


def compare(paths: Sequence[Path], metric: str | None = None) -> Comparison:
    """Compare runs, and the points of sweeps.

    Args:
        paths: of run directories and sweep directories.
        metric: by default ``validation_loss`` where all of them have it, else ``loss``.

    Raises:
        UsageError: there are fewer than two to compare, or they lack the metric.
        InputMissingError: one of them is no run and no sweep.
        DataError: a file of one is damaged.
    """
    contenders = [contender for path in paths for contender in _contenders(path)]
    if len(contenders) < 2:
        raise UsageError("nothing to compare: name at least two runs, or a sweep of several points")
    common = set.intersection(
        *({name for found in contender.metrics.values() for name in found} for contender in contenders)
    )
    if metric is None:
        metric = "validation_loss" if "validation_loss" in common else "loss"
    if metric not in common:
        raise UsageError(f"not all of them have the metric {metric!r}; in common: {', '.join(sorted(common))}")
    better = direction(metric)
    settings = _settings(contenders)
    standings = [_standing(contender, found, metric) for contender, found in zip(contenders, settings, strict=True)]
    sign = -1 if better == "max" else 1
    order = sorted(
        range(len(contenders)),
        key=lambda i: (standings[i].mean is None, sign * (standings[i].mean or 0.0)),
    )
    best = contenders[order[0]]
    differences = [_difference(contenders[i], best, metric, better) for i in order[1:]]
    return Comparison(metric, better, tuple(standings[i] for i in order), tuple(differences))


def _contenders(path: Path) -> Iterator[Contender]:
    if (path / FACTS).is_file():
        record = SweepRecord.read(path)
        for result in point_results(record.trials):
            runs = [record.run(trial) for trial in result.trials if trial.objective is not None]
            if runs:
                yield _contender(f"{path} point {result.point}", runs)
    else:
        yield _contender(str(path), [Run.open(path)])


def _contender(name: str, runs: Sequence[Run]) -> Contender:
    metrics = {}
    for run in runs:
        facts = run.facts
        metrics[int(facts.get("seed", 0))] = run.metrics_of(facts.get("weights_epoch"))
    return Contender(name, tuple(runs), runs[0].config(), metrics, str(runs[0].facts.get("data_fingerprint")))


def _settings(contenders: Sequence[Contender]) -> list[dict[str, Any]]:
    configs = [
        {k: v for k, v in contender.config.plain().items() if k not in _NOT_COMPARED} for contender in contenders
    ]
    found = [{place: (old, new) for place, old, new in changes(configs[0], config)} for config in configs]
    first = {place: old for one in found for place, (old, _) in one.items()}
    return [{place: one[place][1] if place in one else old for place, old in first.items()} for one in found]


def _standing(contender: Contender, settings: dict[str, Any], metric: str) -> Standing:
    values = list(contender.values(metric).values())
    mean = statistics.fmean(values) if values else None
    error = statistics.stdev(values) / sqrt(len(values)) if len(values) > 1 else None
    return Standing(contender.name, settings, len(contender.runs), mean, error)


def _difference(contender: Contender, best: Contender, metric: str, better: str) -> Difference:
    mine, theirs = contender.values(metric), best.values(metric)
    if len(mine) > 1 and len(theirs) > 1:
        if mine.keys() == theirs.keys() and contender.fingerprint == best.fingerprint:
            interval, basis = paired_interval([mine[seed] - theirs[seed] for seed in mine]), "the same seeds"
        else:
            interval, basis = unpaired_interval([*mine.values()], [*theirs.values()]), "all seeds"
        return Difference(contender.name, metric, basis, interval, None, _verdict(interval, better))
    if len(contender.runs) == len(best.runs) == 1:
        return _row_difference(contender, best)
    reason = "one has a single run, the other several; train as many of each"
    return Difference(contender.name, metric, "", None, None, "unknown", reason)


def _row_difference(contender: Contender, best: Contender) -> Difference:
    scores = []
    for one in (contender, best):
        kept = one.runs[0].predictions()
        if kept is None:
            reason = f"{one.name} has no predictions of validation rows; set data.validation, or train repeats"
            return Difference(contender.name, "", "", None, None, "unknown", reason)
        scores.append((kept[0], *_row_scores(one, *kept)))
    (rows, mine, quantity), (other_rows, theirs, other_quantity) = scores
    if contender.fingerprint != best.fingerprint or not np.array_equal(rows, other_rows):
        reason = "their validation rows differ, so they cannot be paired; train repeats of both, with other seeds"
        return Difference(contender.name, quantity, "", None, None, "unknown", reason)
    if quantity != other_quantity:
        reason = f"one is measured by its {quantity}, the other by its {other_quantity}"
        return Difference(contender.name, quantity, "", None, None, "unknown", reason)
    interval = bootstrap_interval(mine - theirs)
    p_value = None
    if quantity == "accuracy":
        p_value = mcnemar(int((mine > theirs).sum()), int((mine < theirs).sum()))
    verdict = _verdict(interval, "min" if quantity == "squared error" else "max")
    return Difference(contender.name, quantity, "the same rows", interval, p_value, verdict)


def _row_scores(contender: Contender, targets: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, str]:
    """Return a score a row, shape (rows,), and what it is."""
    task = contender.config.training.loss.task
    try:
        if task is Task.REGRESSION:
            errors = (outputs - targets.reshape(outputs.shape)).astype(float)
            return (errors**2).mean(axis=1), "squared error"
        if targets.ndim == 1:
            return (outputs.argmax(axis=1) == targets).astype(float), "accuracy"
        return ((outputs > 0.5) == (targets > 0.5)).mean(axis=1), "share of right labels"
    except ValueError as error:
        raise DataError(f"{contender.runs[0].predictions_path} is damaged: {error}") from None


def _verdict(interval: Interval, better: str) -> str:
    if not interval.beyond_noise:
        return "within the noise"
    return "better" if (interval.mean > 0) == (better == "max") else "worse"
