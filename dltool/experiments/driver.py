"""The driver: hands out trials, takes in what becomes of them, and survives whatever happens to either side."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from dltool.config.schema import Config
from dltool.errors import ConfigError
from dltool.experiments.definition import Definition
from dltool.experiments.engine import Crashed, Ended, Engine, Happening, Job, Reported, tail
from dltool.experiments.events import SweepEnded, SweepEvent, SweepResult, SweepStarted, TrialEnded, TrialStarted
from dltool.experiments.search import report_interval, search_for
from dltool.experiments.spec import Grid
from dltool.runs.sweep_directory import SweepDirectory
from dltool.runs.trials import DONE, PointResult, Trial, Values, best_of

Observe = Callable[[SweepEvent], None]


def run_sweep(
    definition: Definition,
    path: Path,
    engine: Engine,
    *,
    resume: bool = False,
    fail_fast: bool = False,
    observe: Observe = lambda event: None,
) -> SweepResult:
    """Run every trial of a definition that is not done yet.

    Args:
        definition: what to run.
        path: the sweep's directory.
        engine: what carries out the trials; it is closed at the end.
        resume: whether to go on with the sweep that is in the directory.
        fail_fast: whether to stop at the first trial that fails.
        observe: called with every event as it happens.

    Raises:
        OutputError: the directory is in use for something else, or cannot be written.
        InputMissingError: there is nothing to go on with.
        ConfigError: the directory holds another sweep.
        LockedError: another driver is at work in the directory.
        KeyboardInterrupt: after the trials that ran were stopped and the sweep was marked ``interrupted``.
    """
    gc.enable()  # the program starts without
    with SweepDirectory(path).locked(definition.plain, resume=resume) as directory:
        directory.start(definition.plain, definition.facts())
        return _Driver(definition, directory, engine, fail_fast, observe).run()


class _Driver:
    def __init__(
        self, definition: Definition, directory: SweepDirectory, engine: Engine, fail_fast: bool, observe: Observe
    ) -> None:
        self.definition, self.directory, self.engine = definition, directory, engine
        self.fail_fast, self.observe = fail_fast, observe
        search = definition.search
        self.prunes = not isinstance(search, Grid) and search.pruning is not None
        self.search = search_for(definition, directory.journal_path)
        self.attempts = directory.earlier_attempts()
        self.trials: list[Trial] = []
        self.waiting: deque[Trial] = deque()
        self.running: dict[int, Trial] = {}
        self.crashed: set[int] = set()
        self.failed = False
        self.best: PointResult | None = None

    def run(self) -> SweepResult:
        status, jobs = "failed", self.engine.free()
        try:
            for _ in range(self.search.known()):
                self._add_point()
            done = sum(trial.status in DONE for trial in self.trials)
            self.observe(
                SweepStarted(self.directory.path, self.definition, self.definition.total, done, jobs, self.best)
            )
            self._say_over(trial for trial in self.trials if trial.status == "failed")
            self._work()
            status = "failed" if self.failed else "completed"
        except KeyboardInterrupt:
            self._stop()
            status = "interrupted"
            raise
        finally:
            self.engine.close()
            self.directory.end(status, self.trials)
            result = SweepResult(self.directory.path, status, self.definition, tuple(self.trials), self.best)
            self.observe(SweepEnded(result))
        return result

    def _work(self) -> None:
        while True:
            while self.engine.free() and (trial := self._next()):
                self._submit(trial)
            if self._gives_up():
                self._stop()
            if self._gives_up() or not self.running:
                return
            # Now, and as long as the tables lag behind no longer than until they may be written again.
            for happening in self.engine.wait(self.directory.write_if_due(self.trials)):
                self._take(happening)

    def _gives_up(self) -> bool:
        return self.failed and self.fail_fast

    def _next(self) -> Trial | None:
        """Return the trial to begin next, if there is one."""
        while not self._gives_up():
            if self.waiting:
                return self.waiting.popleft()
            if not self._add_point():
                break
            self._say_over(trial for trial in self._trials_of(self.trials[-1].point) if _is_over(trial))
        return None

    def _add_point(self) -> bool:
        """Take the next point from the search, with its trials; returns whether there was one."""
        values = self.search.ask()
        if values is None:
            return False
        repeats = self.definition.repeats
        point = len(self.trials) // repeats + 1
        seed, plain, reason = self.definition.seed, {}, ""
        try:
            config = self._config(point, values)
            seed, plain = config.seed, config.plain()
        except ConfigError as error:
            reason = str(error)
        for repeat in range(1, repeats + 1):
            number = len(self.trials) + 1
            path = f"{number:0{max(3, len(str(self.definition.total)))}d}"
            trial = Trial(
                trial=number,
                point=point,
                repeat=repeat,
                seed=seed + repeat - 1,
                values=values,
                attempts=self.attempts.get(number, 0),
                path=path,
            )
            self.trials.append(trial)
            if reason:
                self._fail(trial, reason)
            elif self.directory.read(trial, self.definition.metric):
                trial.attempts = max(trial.attempts, 1)  # the driver of the first one may have had no time to note it
                self.directory.put_log_away(trial)
                self.directory.run(trial).put_seal({**plain, "seed": trial.seed})
            else:
                trial.wait()
        self._line_up(point)
        self._weigh(point)
        return True

    def _config(self, point: int, values: Values) -> Config:
        known = self.definition.points[point - 1 : point]
        # What a random search draws may have changed since its journal was written, with Optuna's version.
        if known and known[0].values == values:
            return known[0].config
        assert self.definition.make is not None  # noqa: S101  (otherwise all points are known)
        return self.definition.make(point, values).config

    def _trials_of(self, point: int) -> list[Trial]:
        repeats = self.definition.repeats
        return self.trials[(point - 1) * repeats : point * repeats]

    def _line_up(self, point: int) -> list[Trial]:
        """Let the trials of a point wait for their turn: where points are pruned, the first one alone at first.

        Returns those that need not run, since the first one was pruned.
        """
        trials = self._trials_of(point)
        waiting = [trial for trial in trials if trial.status == "waiting"]
        if trials[0].status == "pruned":
            for trial in waiting:
                trial.status, trial.reason = "pruned", f"the point was pruned in trial {trials[0].trial}"
            return waiting
        if self.prunes and waiting and waiting[0] is trials[0]:
            self.waiting.append(trials[0])
        else:
            self.waiting.extend(waiting)
        return []

    def _weigh(self, point: int) -> None:
        """Once a point is over, tell the search what it came to, and note it if it is the best so far."""
        trials = self._trials_of(point)
        if not all(map(_is_over, trials)):
            return
        result = PointResult(point, trials[0].values, tuple(trials))
        # Where the loss is not finite there is nothing to tell but that the place is a bad one.
        bad = any(trial.status in ("pruned", "diverged") for trial in trials)
        self.search.tell(point, result.mean if result.complete else None, pruned=bad)
        if self.definition.ranks:
            self.best = best_of([result, *([self.best] if self.best else [])], self.definition.direction)

    def _submit(self, trial: Trial) -> None:
        config = self._config(trial.point, trial.values)
        resume = self.directory.make_ready(trial)
        trial.status = "running"
        trial.attempts += 1
        self.running[trial.trial] = trial
        self.observe(TrialStarted(trial))
        job = Job(
            trial.trial,
            {**config.plain(), "seed": trial.seed},
            str(self.directory.run(trial).path),
            str(self.directory.log_path(trial)),
            resume,
        )
        if self.prunes and trial.repeat == 1:
            every = report_interval(config.training.epochs)
            job = replace(job, report_metric=self.definition.metric, report_every=every)
        self.engine.submit(job)

    def _take(self, happening: Happening) -> None:
        if happening.trial not in self.running:
            return  # the last report of a task that is lost by now
        trial = self.running[happening.trial]
        if isinstance(happening, Reported):
            hopeless = self.search.hopeless(trial.point, happening.epoch, happening.value)
            self.engine.answer(trial.trial, stop=hopeless)
            return
        del self.running[trial.trial]
        if isinstance(happening, Crashed) and trial.trial not in self.crashed:
            self.crashed.add(trial.trial)
            trial.wait()
            self.waiting.appendleft(trial)
            return
        if isinstance(happening, Ended):
            self.directory.read(trial, self.definition.metric)
        elif isinstance(happening, Crashed):
            log = tail(self.directory.log_path(trial))
            self._fail(trial, f"crashed twice; {happening.reason}" + (f"\n{log}" if log else ""))
        else:
            self._fail(trial, happening.reason)
        self.directory.put_log_away(trial)
        pruned = self._line_up(trial.point) if self.prunes and trial.repeat == 1 else []
        self._weigh(trial.point)
        self._say_over([trial, *pruned])

    def _say_over(self, trials: Iterable[Trial]) -> None:
        for trial in trials:
            self.observe(TrialEnded(trial, self.best))

    def _fail(self, trial: Trial, reason: str) -> None:
        self.failed = True
        trial.status, trial.reason = "failed", reason

    def _stop(self) -> None:
        """Stop what runs, and note how far it came."""
        self.engine.stop()
        for trial in self.running.values():
            if not self.directory.read(trial, self.definition.metric):
                trial.status = "interrupted"
            self.directory.put_log_away(trial)


def _is_over(trial: Trial) -> bool:
    return trial.status in (*DONE, "failed")
