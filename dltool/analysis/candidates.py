"""What can be compared: runs, and the points of sweeps."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite
from pathlib import Path

from dltool.analysis.records import SweepRecord
from dltool.config.config import Config
from dltool.config.metric_names import part_of, without_part
from dltool.config.status import SUCCESSFUL, Status
from dltool.config.tables import TableSource
from dltool.errors import InputMissingError, RefusedError
from dltool.runs.run import Run
from dltool.runs.stored_files import open_regular
from dltool.runs.trials import PointResult


@dataclass(frozen=True)
class Candidate:
    """A run, or a point of a sweep with a run a repeat."""

    name: str
    statuses: tuple[str, ...]
    """Of all its runs."""
    runs: tuple[Run, ...]
    """Those of them that have something to show."""
    config: Config
    metrics: dict[int, dict[str, float]]
    """By seed: those of the epoch whose weights were kept."""
    fingerprint: tuple[str | None, str | None]
    """Of its training and validation parts; None where not known."""
    trivial: dict[int, dict[str, float | None]]
    """By seed: what the trivial answer scores."""
    loss_unit: str
    """What its loss is of, in words; empty where that are the targets as they are."""
    threshold: float | None
    """What decides between two classes in its first run; None for 0.5, and where there are no two."""
    worse_than_trivial: int
    """Runs whose network is worse than the trivial answer."""

    @property
    def loss_kind(self) -> tuple[str, ...]:
        """What must be alike for losses to be ranked, but for weights: formula, unit, the targets that it is of."""
        data, loss = self.config.data, self.config.training.loss
        keys = ["targets", *(["source", "path", "missing"] if self.loss_unit else [])]
        return (loss.model_dump_json(), self.loss_unit, *(repr(getattr(data, key, None)) for key in keys))

    def weighting(self, metric: str) -> str:
        """Return what rows are weighted by in a metric. Classes count alike in the validation part."""
        weights = getattr(self.config.data, "weights", None)
        by_class = part_of(metric) != "validation" and (without_part(metric) == "loss" or weights is not None)
        return repr((weights, self.config.training.class_weight if by_class else None))

    @property
    def validation_file(self) -> str | list[str] | None:
        """Where the table lies that its validation rows are of; None where they are of no table."""
        data = self.config.data
        if not isinstance(data, TableSource):
            return None
        return data.validation if isinstance(data.validation, str) else data.path

    @property
    def status(self) -> str:
        """``completed`` where all runs came to a sound end, else what became of those that did not."""
        return ", ".join(dict.fromkeys(each for each in self.statuses if each not in SUCCESSFUL)) or Status.COMPLETED

    def values(self, metric: str) -> dict[int, float]:
        """Return a metric by seed, where it is a finite number."""
        found = {seed: metrics.get(metric, float("nan")) for seed, metrics in self.metrics.items()}
        return {seed: value for seed, value in found.items() if isfinite(value)}


def candidates_of(source: Run | SweepRecord) -> Iterator[Candidate]:
    """Yield a run, or the points of a sweep that have a result."""
    if isinstance(source, Run):
        yield _candidate(str(source.path), (source.read_facts().status,), [source])
        return
    for point in source.points:
        runs = [source.run(trial) for trial in point.trials if trial.objective is not None]
        if runs:
            yield _candidate(point_name(source, point), tuple(trial.status for trial in point.trials), runs)


def point_name(sweep: SweepRecord, point: PointResult) -> str:
    """Return the name by which a point of a sweep is compared."""
    # A list of configs has runs, and no points.
    return f"{sweep.path} point {point.point}" if sweep.ranks else str(sweep.run(point.trials[0]).path)


def _candidate(name: str, statuses: tuple[str, ...], runs: Sequence[Run]) -> Candidate:
    all_facts = [run.read_facts() for run in runs]
    first = all_facts[0]
    trained = first.data_fingerprint.get("train")
    # Of folds, each validates: together they are the training part.
    validated = trained if first.cross_validation else first.data_fingerprint.get("validation")
    return Candidate(
        name,
        statuses,
        tuple(runs),
        _config_of(runs[0]),
        {facts.seed: run.metrics_of(facts.weights_epoch, facts) for run, facts in zip(runs, all_facts, strict=True)},
        (trained, validated),
        {facts.seed: facts.trivial for facts in all_facts},
        first.loss_unit,
        first.threshold,
        sum(bool(facts.worse_than_trivial) for facts in all_facts),
    )


def _config_of(run: Run) -> Config:
    """Return a run's config; data that a run keeps are called by what they hold, so that equal ones are one."""
    config = run.config()
    path = Path(named) if isinstance(named := getattr(config.data, "path", None), str) else None
    if path is None or not os.path.lexists(Run(path.parent).facts_path):
        return config
    digest = sha256()
    try:
        with open_regular(path) as stream:
            while some := stream.read(1 << 20):
                digest.update(some)
    except (InputMissingError, RefusedError):
        return config
    data = config.data.model_copy(update={"path": f"{path.name} ({digest.hexdigest()[:12]})"})
    return config.model_copy(update={"data": data})
