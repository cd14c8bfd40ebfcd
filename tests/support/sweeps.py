"""Sweeps of a small config, and an engine that makes run directories without training."""

from collections import deque
from pathlib import Path

import pytest
import yaml

from dltool import api
from dltool.contracts.events import EpochEnded
from dltool.errors import ConfigError
from dltool.experiments.driver import run_sweep
from dltool.experiments.engine import JobCrashed, JobEnded, JobFailed, JobReported
from dltool.runs.run import Run
from dltool.runs.sweep_directory import SweepDirectory
from dltool.runs.sweep_facts import Conclusions

BASE = """name: xor
seed: 7
data:
  source: inline
  features: [[0, 0], [0, 1], [1, 0], [1, 1]]
  targets: [0, 1, 1, 0]
model: {type: mlp, hidden_units: [4]}
training:
  optimizer: {type: adam, learning_rate: 0.01}
  loss: binary_crossentropy
  metrics: [accuracy]
  epochs: 20
  batch_size: 4
"""
SWEEP = """name: rates
base: base.yaml
axes:
  training.optimizer.learning_rate: [0.1, 0.01]
  model.hidden_units: [[4], [8]]
repeats: 2
"""


def sweep_of(axes, **more):
    """Return the text of a sweep file with some axes."""
    return yaml.safe_dump({"name": "s", "base": "base.yaml", "axes": axes, **more}, sort_keys=False)


def problems_of(path):
    """Return what is said to be wrong with a sweep file, paths relative to its folder."""
    with pytest.raises(ConfigError) as caught:
        api.read_sweep(path)
    return str(caught.value).replace(f"{path.parent}/", "")


class PaperEngine:
    """Writes what a training would write: the loss at epoch e is ``loss(config) / e``.

    ``outcomes`` says what happens to a trial instead, attempt by attempt: "crash", "fail" or "diverge";
    "interrupt" stands for Ctrl-C at the moment when the trial is begun.
    """

    def __init__(self, jobs=1, loss=lambda config: config["training"]["optimizer"]["learning_rate"], outcomes=None):
        self.jobs, self.loss, self.outcomes = jobs, loss, outcomes or {}
        self.submitted, self.happened, self.told = [], deque(), {}
        self.running = {}
        self.stopped = self.closed = False

    def free(self):
        return self.jobs - len(self.running)

    def submit(self, job):
        self.submitted.append(job)
        self.running[job.trial] = job
        outcome = self.outcomes.get(job.trial, [])
        outcome = outcome.pop(0) if outcome else ""
        if outcome == "interrupt":
            raise KeyboardInterrupt
        if outcome == "crash":
            Path(job.log).write_text("one\nterminate called\n")
            self.happened.append(JobCrashed(job.trial, "the worker was ended by SIGABRT"))
        elif outcome == "fail":
            self.happened.append(JobFailed(job.trial, "no such file"))
        else:
            self.train(job, outcome)

    def train(self, job, outcome):
        epochs = job.config["training"]["epochs"]
        losses = [self.loss(job.config) / epoch for epoch in range(1, epochs + 1)]
        for epoch in range(job.report_every, epochs + 1, job.report_every) if job.report_metric else ():
            self.happened.append(JobReported(job.trial, epoch, losses[epoch - 1]))
        self.happened.append(JobEnded(job.trial))
        with Run.create("x", job.run_dir) as run:
            run.start(job.config, seed=job.config["seed"])
            run.append_metrics(
                [
                    EpochEnded(i, {"loss": loss, "accuracy": 0.5}, 0.1, 0.1, 40.0, i, loss)
                    for i, loss in enumerate(losses, 1)
                ]
            )
            status = "diverged" if outcome == "diverge" else "completed"
            run.end(status=status, reason="", epochs=epochs, training_seconds=1.5, weights_epoch=epochs)

    def wait(self, seconds=None):
        event = self.happened.popleft()
        if not isinstance(event, JobReported):
            del self.running[event.trial]
        return [event]

    def answer(self, trial, *, stop):
        self.told.setdefault(trial, []).append(stop)
        if stop:
            Run(Path(self.running[trial].run_dir)).record(
                status="pruned", reason="worse than others", weights_epoch=None
            )
            while self.happened[0] != JobEnded(trial):
                self.happened.popleft()

    def stop(self):
        self.stopped = True
        for job in self.running.values():
            if (Path(job.run_dir) / "run.json").exists():
                Run(Path(job.run_dir)).record(status="interrupted")

    def close(self):
        self.closed = True


@pytest.fixture
def write(tmp_path):
    """Write a sweep file beside its base, and return its path."""

    def write(text=SWEEP, base=BASE):
        (tmp_path / "base.yaml").write_text(base)
        (tmp_path / "sweep.yaml").write_text(text)
        return tmp_path / "sweep.yaml"

    return write


@pytest.fixture
def sweep(tmp_path, write):
    """Run a sweep on paper, and return its result and its engine."""

    def sweep(
        text=SWEEP,
        *,
        path=None,
        observe=lambda event: None,
        conclude=lambda *found: Conclusions(),
        resume=False,
        fail_fast=False,
        **engine,
    ):
        engine = PaperEngine(**engine)
        result = run_sweep(
            api.read_sweep(write(text)),
            path or tmp_path / "out",
            engine,
            resume=resume,
            fail_fast=fail_fast,
            observe=observe,
            conclude=conclude,
        )
        return result, engine

    return sweep


@pytest.fixture
def directory(tmp_path):
    return SweepDirectory(tmp_path / "out")
