"""The driver: hands out trials and records how they end; no finished trial is lost if a worker or it is killed."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dltool.config.status import DONE, Status
from dltool.errors import ConfigError
from dltool.experiments.definition import Definition, Point
from dltool.experiments.engine import Engine, EngineEvent, Job, JobCrashed, JobEnded, JobReported, tail
from dltool.experiments.search import report_interval, search_for
from dltool.experiments.sweep_events import SweepEnded, SweepEvent, SweepResult, SweepStarted, TrialEnded, TrialStarted
from dltool.experiments.sweep_spec import Grid
from dltool.runs.sweep_directory import SweepDirectory
from dltool.runs.sweep_facts import Conclusions
from dltool.runs.trials import PointResult, Trial, best_of, point_results

Observe = Callable[[SweepEvent], None]
Conclude = Callable[[Path, Sequence[PointResult], str], Conclusions]


def run_sweep(
    definition: Definition,
    path: Path,
    engine: Engine,
    *,
    resume: bool = False,
    fail_fast: bool = False,
    observe: Observe = lambda event: None,
    conclude: Conclude = lambda path, points, direction: Conclusions(),
) -> SweepResult:
    """Run every trial of a definition that is not done yet.

    Args:
        definition: What to run.
        path: The sweep's directory.
        engine: What carries out the trials; it is closed at the end.
        resume: Whether to go on with the sweep that is in the directory.
        fail_fast: Whether to stop at the first trial that fails.
        observe: Called with every event as it happens.
        conclude: Called once, at the end, if there is a best point: what is read off all points.

    Raises:
        OutputError: The directory is in use for something else, or cannot be written.
        InputMissingError: There is nothing to go on with.
        ConfigError: The directory holds another sweep.
        LockedError: Another driver is at work in the directory.
        KeyboardInterrupt: After the trials that ran were stopped and the sweep was marked ``interrupted``.
    """
    gc.enable()  # `dltool` starts with it disabled, to start quickly
    with SweepDirectory(path).locked(definition.plain, resume=resume) as directory:
        directory.start(definition.plain, definition.facts())
        return _Driver(definition, directory, engine, fail_fast, observe, conclude).run()


class _Driver:
    def __init__(
        self,
        definition: Definition,
        directory: SweepDirectory,
        engine: Engine,
        fail_fast: bool,
        observe: Observe,
        conclude: Conclude,
    ) -> None:
        self.definition, self.directory, self.engine = definition, directory, engine
        self.fail_fast, self.observe, self.conclude = fail_fast, observe, conclude
        search = definition.search
        self.prunes = not isinstance(search, Grid) and search.pruning is not None
        self.search = search_for(definition, directory.journal_path)
        self.earlier_attempts = directory.earlier_attempts()
        self.trials: list[Trial] = []
        self.points: dict[int, Point] = {}  # those with trials to come, by their numbers: configs are large
        self.queue: deque[Trial] = deque()
        self.running: dict[int, Trial] = {}
        self.crashed: set[int] = set()
        self.failed = False
        self.best: PointResult | None = None

    def run(self) -> SweepResult:
        status, conclusions, jobs = Status.FAILED, Conclusions(), self.engine.free()
        try:
            for _ in range(self.search.count_known()):
                self._add_point()
            self._emit_started(jobs)
            self._train()
            if self.best:
                points = point_results(self.trials)
                conclusions = self.conclude(self.directory.path, points, self.definition.direction)
            status = Status.FAILED if self.failed else Status.COMPLETED
        except KeyboardInterrupt:
            self._stop()
            status = Status.INTERRUPTED
            raise
        finally:
            self.engine.close()
            self.directory.end(status, self.trials, conclusions)
            trials, luck, importance = tuple(self.trials), conclusions.luck, conclusions.importance
            result = SweepResult(self.directory.path, status, self.definition, trials, self.best, luck, importance)
            self.observe(SweepEnded(result))
        return result

    def _train(self) -> None:
        """Keep the engine busy until every trial is over, or one failed and that is to end the sweep."""
        while True:
            while self.engine.free() and (trial := self._next_trial()):
                self._submit(trial)
            if self._has_failed_fast():
                self._stop()
                return
            if not self.running:
                return
            # Where the tables on disk lag behind, no longer than until they may be written again.
            for event in self.engine.wait(self.directory.write_if_due(self.trials)):
                self._handle(event)

    def _next_trial(self) -> Trial | None:
        """Return the trial to begin next, if there is one."""
        while not self._has_failed_fast():
            if self.queue:
                return self.queue.popleft()
            if not self._add_point():
                break
            self._emit_ended(trial for trial in self._trials_of(self.trials[-1].point) if _is_over(trial))
        return None

    def _has_failed_fast(self) -> bool:
        return self.failed and self.fail_fast

    def _add_point(self) -> bool:
        """Take the next point from the search, with its trials; returns whether there was one."""
        point = self.search.ask()
        if point is None:
            return False
        self.points[point.number] = point
        seed, reason = self.definition.seed, ""
        try:
            seed = point.config.seed
        except ConfigError as error:
            reason = str(error)
        for repeat in range(1, self.definition.repeats + 1):
            trial = self._new_trial(point, repeat, seed + repeat - 1)
            self.trials.append(trial)
            if reason:
                self._fail(trial, reason)
            elif self.directory.read(trial, self.definition.metric):
                trial.attempts = max(trial.attempts, 1)  # an earlier driver was killed before it noted the first one
                self.directory.store_log(trial)
                self.directory.run(trial).put_seal(self._plain_config(trial))
            else:
                trial.wait()
        self._enqueue(point.number)
        self._finish_point(point.number)
        return True

    def _new_trial(self, point: Point, repeat: int, seed: int) -> Trial:
        number = len(self.trials) + 1
        digits = max(3, len(str(self.definition.total)))
        return Trial(
            trial=number,
            point=point.number,
            repeat=repeat,
            seed=seed,
            values=point.values,
            attempts=self.earlier_attempts.get(number, 0),
            path=f"{number:0{digits}d}",
        )

    def _trials_of(self, point: int) -> list[Trial]:
        repeats = self.definition.repeats
        return self.trials[(point - 1) * repeats : point * repeats]

    def _plain_config(self, trial: Trial) -> dict[str, Any]:
        return {**self.points[trial.point].config.plain(), "seed": trial.seed}

    def _enqueue(self, point: int) -> list[Trial]:
        """Queue the trials of a point: where points are pruned, the first one alone at first.

        Returns those that need not run, since the first one was pruned.
        """
        trials = self._trials_of(point)
        waiting = [trial for trial in trials if trial.status == Status.WAITING]
        if trials[0].status == Status.PRUNED:
            for trial in waiting:
                trial.status, trial.reason = Status.PRUNED, f"the point was pruned in trial {trials[0].trial}"
            return waiting
        first_alone = self.prunes and trials[0].status == Status.WAITING
        self.queue.extend(trials[:1] if first_alone else waiting)
        return []

    def _finish_point(self, point: int) -> None:
        """Once all trials of a point are over, tell the search what it came to; note it if it is the best so far."""
        trials = self._trials_of(point)
        if not all(map(_is_over, trials)):
            return
        del self.points[point]
        result = PointResult(point, trials[0].values, tuple(trials))
        # Pruned or diverged, a point has no objective, and Optuna is to sample others than those near it.
        bad = any(trial.status in (Status.PRUNED, Status.DIVERGED) for trial in trials)
        self.search.tell(point, result.mean if result.complete else None, pruned=bad)
        if self.definition.ranks:
            self.best = best_of([result, *([self.best] if self.best else [])], self.definition.direction)

    def _submit(self, trial: Trial) -> None:
        resume = self.directory.prepare(trial)
        trial.status = Status.RUNNING
        trial.attempts += 1
        self.running[trial.trial] = trial
        self.observe(TrialStarted(trial))
        job = Job(
            trial.trial,
            self._plain_config(trial),
            str(self.directory.run(trial).path),
            str(self.directory.log_path(trial)),
            resume,
        )
        if self.prunes and trial.repeat == 1:
            interval = report_interval(self.points[trial.point].config.training.epochs)
            job = replace(job, report_metric=self.definition.metric, report_every=interval)
        self.engine.submit(job)

    def _handle(self, event: EngineEvent) -> None:
        trial = self.running.get(event.trial)
        if trial is None:
            return  # the last report of a task that was lost meanwhile
        if isinstance(event, JobReported):
            stop = self.search.should_prune(trial.point, event.epoch, event.value)
            self.engine.answer(trial.trial, stop=stop)
            return
        del self.running[trial.trial]
        if isinstance(event, JobCrashed) and trial.trial not in self.crashed:
            self.crashed.add(trial.trial)
            trial.wait()
            self.queue.appendleft(trial)
            return
        if isinstance(event, JobEnded):
            self.directory.read(trial, self.definition.metric)
        elif isinstance(event, JobCrashed):
            log = tail(self.directory.log_path(trial))
            self._fail(trial, f"crashed twice; {event.reason}" + (f"\n{log}" if log else ""))
        else:
            self._fail(trial, event.reason)
        self.directory.store_log(trial)
        pruned = self._enqueue(trial.point) if self.prunes and trial.repeat == 1 else []
        self._finish_point(trial.point)
        self._emit_ended([trial, *pruned])

    def _fail(self, trial: Trial, reason: str) -> None:
        self.failed = True
        trial.status, trial.reason = Status.FAILED, reason

    def _stop(self) -> None:
        """Stop what runs, and note how far it came."""
        self.engine.stop()
        for trial in self.running.values():
            if not self.directory.read(trial, self.definition.metric):
                trial.status = Status.INTERRUPTED
            self.directory.store_log(trial)

    def _emit_started(self, jobs: int) -> None:
        done = sum(trial.status in DONE for trial in self.trials)
        self.observe(SweepStarted(self.directory.path, self.definition, self.definition.total, done, jobs, self.best))
        self._emit_ended(trial for trial in self.trials if trial.status == Status.FAILED)

    def _emit_ended(self, trials: Iterable[Trial]) -> None:
        for trial in trials:
            self.observe(TrialEnded(trial, self.best))


def _is_over(trial: Trial) -> bool:
    return trial.status in (*DONE, Status.FAILED)
