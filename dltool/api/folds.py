"""Cross-validation: a training a fold, each in a run directory of its own, and what they come to together."""

from __future__ import annotations

import os
import statistics
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dltool.config.config import Config
from dltool.config.field_types import kind_of
from dltool.config.folds import fold_config, number_of_folds, of_fold, whole_config
from dltool.config.metric_names import is_on_validation, without_part
from dltool.config.status import SUCCESSFUL, Status
from dltool.config.training import ChosenThreshold, Training
from dltool.contracts.events import Event, FoldEnded, FoldStarted, Metrics
from dltool.errors import DataError, DataWarning, DltoolError, Interrupted
from dltool.runs.predictions import Predictions
from dltool.runs.run import Run
from dltool.runs.run_facts import Estimate, RunFacts
from dltool.tasks.contract import Task

if TYPE_CHECKING:
    from dltool.inference.evaluation import Evaluation

FOLDS = "folds"
"""What the rows are called that each were unseen by one of the networks."""


class Train(Protocol):
    """As ``api.train``, device and threads given."""

    def __call__(self, config: Config, run_dir: str, *, resume: bool, observe: Callable[[Event], None]) -> Run:
        """Train."""


@dataclass(frozen=True)
class CrossValidation:
    """The folds of a run, all of them trained."""

    runs: tuple[Run, ...]

    @property
    def failure(self) -> dict[str, str] | None:
        """What ``run.json`` says where a fold diverged or was stopped, so that no network follows; None elsewhere."""
        last = self.runs[-1].read_facts()
        if last.status in SUCCESSFUL:
            return None
        return {"status": last.status, "reason": f"fold {len(self.runs)}: {last.reason}"}

    def whole_config(self, config: Config, steps: int) -> Config:
        """Return the config of the network that is left: it follows the fold that is the median in its best epoch.

        Args:
            config: with folds.
            steps: of an epoch over the rows of all folds.
        """
        epochs = self._epochs
        median = statistics.median_low(epochs)
        rates: list[float] = []
        if config.training.reduce_lr_on_plateau:
            rows = self.runs[epochs.index(median)].metrics()[:median]
            rates = [row["learning_rate"] for row in rows]
        return whole_config(config, max(1, median), rates, steps)

    @property
    def scores(self) -> dict[str, float | None]:
        """The mean of each validation metric over the folds; None where a fold's is not a finite number."""
        return {name: estimate["mean"] for name, estimate in self.facts["cross_validation"].items()}

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What ``run.json`` says of them: scores, trivial scores, the epochs that did best, and what was watched."""
        all_facts = [run.read_facts() for run in self.runs]
        rows = [run.metrics_of(facts.weights_epoch, facts) for run, facts in zip(self.runs, all_facts, strict=True)]
        scores = {name: Estimate.of([row[name] for row in rows]) for name in rows[0] if is_on_validation(name)}
        trivial = {name: Estimate.of([_number(facts, name) for facts in all_facts]).mean for name in scores}
        monitor = all_facts[0].monitor
        return {
            "cross_validation": {name: estimate.model_dump() for name, estimate in scores.items()},
            "fold_epochs": self._epochs,
            "trivial": trivial,
            "monitor": monitor,
            "best_epoch": None,
            "best": scores[monitor].mean if monitor in scores else None,
            "training_seconds": sum(facts.training_seconds or 0.0 for facts in all_facts),
        }

    def predictions(self) -> Predictions:
        """Return what the networks make of all rows, each of the network that had not seen it, in their order.

        Raises:
            DataError: a fold's file is missing or damaged.
        """
        found = [run.predictions() for run in self.runs]
        parts = [part[:3] for part in found if part is not None and part.rows is not None]
        if len(parts) < len(found):
            raise DataError(f"{self.runs[0].path.parent}: a fold has no predictions of its rows; train anew")
        together = [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
        order = np.argsort(together[2])
        targets, outputs, rows = (array[order] for array in together)
        return Predictions(targets, outputs, rows)

    @property
    def _epochs(self) -> list[int]:
        return [run.read_facts().weights_epoch or 0 for run in self.runs]


def evaluate_folds(
    task: Task,
    training: Training,
    predictions: Predictions,
    scores: Mapping[str, float | None],
    trivial: dict[str, float | None],
    worse: Sequence[str] = (),
    *,
    weighted_rows: bool,
) -> Evaluation:
    """Return what the networks of all folds make of the rows that each of them had not seen.

    Args:
        task: what outputs mean.
        training: says what was measured.
        predictions: of all rows.
        scores: the means of the validation metrics. Those that a threshold decides are left out where it was chosen by
            these predictions, since the folds were measured at another one.
        trivial: what the trivial answer scores.
        worse: the validation metrics in which the networks are worse than that.
        weighted_rows: whether the metrics count rows by their weights.
    """
    from dltool.inference.evaluate import judged

    chosen = isinstance(training.threshold, ChosenThreshold)
    decided = {kind_of(type(metric)) for metric in training.metrics if chosen and task.metric_arguments(metric)}
    names = {without_part(name): name for name in scores if without_part(name) not in decided}
    return judged(
        task,
        predictions.targets,
        predictions.outputs,
        FOLDS,
        {name: scores[of] for name, of in names.items()},
        {name: trivial[name] for name in names},
        [without_part(name) for name in worse],
        weighted_rows=weighted_rows,
    )


def fold_runs(run: Run) -> tuple[Run, ...]:
    """Return the runs of a run's folds; none where it has no folds."""
    return tuple(Run(run.folds_path / str(fold)) for fold in range(1, number_of_folds(run.config()) + 1))


def train_folds(
    config: Config,
    run: Run,
    train: Train,
    facts: Mapping[str, Any],
    observe: Callable[[Event], None],
    *,
    resume: bool,
) -> CrossValidation:
    """Train every fold of a config that is not trained yet, one after another in this process, which stays warm.

    Args:
        config: with folds.
        run: keeps the folds' runs.
        train: trains one of them.
        facts: what ``run.json`` says of the data and the machine.
        resume: whether the run was begun before.
        observe: called with the events of each, between ``FoldStarted`` and ``FoldEnded``.

    Raises:
        DltoolError: as ``api.train`` does.
        Interrupted: a signal came; the folds that are done need not be done again.
    """
    if resume:
        run.record(status=Status.RUNNING)
    else:
        run.start(config.plain(), **facts)
    try:
        return CrossValidation(tuple(_fold_runs(config, run.folds_path, train, observe)))
    except Interrupted as interrupted:
        run.end(status=Status.INTERRUPTED, reason=str(interrupted))
        interrupted.run_dir = run.path
        raise
    except BaseException as error:
        with suppress(DltoolError):  # the first error is the one to be reported
            run.end(status=Status.FAILED, reason=f"{type(error).__name__}: {error}")
        raise


def _fold_runs(config: Config, folder: Path, train: Train, observe: Callable[[Event], None]) -> Iterator[Run]:
    folds = number_of_folds(config)
    for fold in range(1, folds + 1):
        path = folder / str(fold)
        observe(FoldStarted(fold, folds))
        with warnings.catch_warnings():
            # What is odd about the table was said of the whole.
            warnings.simplefilter("ignore", DataWarning)
            begun = os.path.lexists(Run(path).facts_path)
            with of_fold(fold, folds):
                trained = train(fold_config(config, fold), str(path), resume=begun, observe=observe)
        facts = trained.read_facts()
        row = trained.metrics_of(facts.weights_epoch, facts)
        metrics: Metrics = {name: value for name, value in row.items() if is_on_validation(name)}
        observe(FoldEnded(fold, folds, facts.weights_epoch or 0, facts.epochs, metrics, facts.training_seconds or 0.0))
        yield trained
        if facts.status not in SUCCESSFUL:
            return


def _number(facts: RunFacts, name: str) -> float:
    value = facts.trivial.get(name)
    return float("nan") if value is None else value
