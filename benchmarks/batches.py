"""Forty experiments at once, against a shell loop of the script that a person would write; what a trial costs."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.timing import Command, Comparison, Sample, run

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "benchmarks" / "scripts"
_EXPERIMENTS = 40
_TRIALS, _WARMING = 65, 5
_HUNDREDS = 20


def experiments(
    sweep: str, script: Command, repeats: int, base: str = "", files: dict[str, np.ndarray] | None = None
) -> Comparison:
    """Time a sweep of forty experiments, two at a time, in turn with one run of a script, which counts forty times.

    Args:
        sweep: the sweep file.
        script: the command of one experiment, with ``{folder}`` for the folder of ``files``.
        repeats: how many pairs.
        base: a config beside the sweep file, ``base.yaml``.
        files: arrays that both read, in an NPZ called ``data.npz``.
    """
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    if files:
        np.savez(folder / "data.npz", **files)
    definition = folder / "sweep.yaml"
    definition.write_text(sweep)
    (folder / "base.yaml").write_text(base)
    ours, theirs = [], []
    for _ in range(repeats):
        ours.append(_sweep(definition, 2).seconds)
        theirs.append(_EXPERIMENTS * run([word.replace("{folder}", str(folder)) for word in script]).seconds)
    return Comparison(tuple(ours), tuple(theirs))


def xor_experiments(repeats: int) -> Comparison:
    """Time forty XOR networks, 1000 epochs each: eight rates, five seeds."""
    sweep = f"""
name: xor
base: {ROOT / "configs/xor.yaml"}
axes: {{training.optimizer.learning_rate: [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1]}}
repeats: 5
"""
    return experiments(sweep, (sys.executable, str(SCRIPTS / "keras_xor.py")), repeats)


def cnn_experiments(repeats: int) -> Comparison:
    """Time forty networks of configs/mnist_cnn.yaml, an epoch each of 2,000 images, a tenth for validation."""
    with np.load(ROOT / "data/mnist.npz") as arrays:
        files = {name: arrays[name][:2000] for name in ("x_train", "y_train")}
    base = f"""
extends: {ROOT / "configs/mnist_cnn.yaml"}
data: {{source: npz, path: data.npz, validation: 0.1, scaling: rescaling}}
training: {{epochs: 1, reduce_lr_on_plateau: null}}
"""
    sweep = """
name: cnn
base: base.yaml
axes: {training.optimizer.learning_rate: [0.0002, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.007, 0.01]}
repeats: 5
"""
    script = (sys.executable, str(SCRIPTS / "keras_mnist.py"), "cnn", "{folder}/data.npz", "1", "32", "32")
    return experiments(sweep, script, repeats, base, files)


def trial_cost(repeats: int) -> Iterator[float]:
    """Yield what the driver and the run directories cost a trial, in milliseconds.

    That is the median time from the end of a trial to the end of the next one in a sweep, less that from the end of a
    training to the end of the next in a warm process without either. The first trials are left out: the process grows.
    """
    for _ in range(repeats):
        yield _between(_ends(_xor_sweep(_TRIALS))) - _between(_bare_ends(_TRIALS))


def long_sweep(repeats: int) -> Comparison:
    """Time what a trial takes beside its training in a sweep of 2,000, in ms: at the end, and at the beginning.

    That is the median, over a hundred trials, of the time from the end of one to the end of the next less what the next
    one's training took. The first hundred are left out: in them the process grows.
    """
    ends, beginnings = [], []
    for _ in range(repeats):
        sample = _xor_sweep(100 * _HUNDREDS, epochs=1)
        ended = _ends(sample)
        trained = [1000 * json.loads(run.read_text())["training_seconds"] for run in _runs(sample)]
        costs = [after - before - own for before, after, own in zip(ended, ended[1:], trained[1:], strict=False)]
        beginnings.append(statistics.median(costs[100:200]))
        ends.append(statistics.median(costs[-100:]))
    return Comparison(tuple(ends), tuple(beginnings))


def _xor_sweep(trials: int, epochs: int = 1000) -> Sample:
    file = Path(tempfile.mkdtemp(prefix="bench-"), "sweep.yaml")
    axes = f"axes: {{training.optimizer.learning_rate: [0.01], training.epochs: [{epochs}]}}"
    file.write_text(f"name: cost\nbase: {ROOT / 'configs/xor.yaml'}\n{axes}\nrepeats: {trials}\n")
    return _sweep(file, 1)


def _bare_ends(trials: int) -> list[float]:
    """Return when each training of a warm process ended, in milliseconds."""
    command = sys.executable, str(SCRIPTS / "bare_trials.py"), str(ROOT / "configs/xor.yaml"), str(trials)
    return [1000 * seconds for seconds in run(command).facts["ended"]]


def _ends(sweep: Sample) -> list[float]:
    """Return when each trial of a sweep ended, in milliseconds."""
    return [run.stat().st_mtime_ns / 1e6 for run in _runs(sweep)]


def _runs(sweep: Sample) -> list[Path]:
    return sorted((sweep.folder / sweep.output.strip()).glob("*/run.json"))


def _between(ends: list[float]) -> float:
    return statistics.median(after - before for before, after in pairwise(ends[_WARMING:]))


def _sweep(file: Path, jobs: int) -> Sample:
    return run((sys.executable, "-m", "dltool", "sweep", str(file), "--jobs", str(jobs), "-q", "--device", "cpu"))
