"""Forty experiments at once, against a shell loop of the script that a person would write; what a trial costs."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.timing import Command, Comparison, Sample, run

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "benchmarks" / "scripts"
_EXPERIMENTS = 40
_FEW, _MANY = 5, 105
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

    That is the time of a trial in a sweep less the time of the same training in a warm process without either; what
    starts once is taken out by the difference of a long and a short one.
    """
    for _ in range(repeats):
        swept = (_xor_sweep(_MANY).seconds - _xor_sweep(_FEW).seconds) / (_MANY - _FEW)
        bare = (_bare(_MANY) - _bare(_FEW)) / (_MANY - _FEW)
        yield 1000 * (swept - bare)


def long_sweep(repeats: int) -> Comparison:
    """Time what a trial takes beside its training in a sweep of 2,000, in ms: at the end, and at the beginning.

    That is the median, over a hundred trials, of the time from the end of one to the end of the next less what the next
    one's training took. The first hundred are left out: in them the process grows.
    """
    ends, beginnings = [], []
    for _ in range(repeats):
        sample = _xor_sweep(100 * _HUNDREDS, epochs=1)
        runs = sorted((sample.folder / sample.output.strip()).glob("*/run.json"))
        ended = [run.stat().st_mtime_ns / 1e6 for run in runs]
        trained = [1000 * json.loads(run.read_text())["training_seconds"] for run in runs]
        costs = [after - before - own for before, after, own in zip(ended, ended[1:], trained[1:], strict=False)]
        beginnings.append(statistics.median(costs[100:200]))
        ends.append(statistics.median(costs[-100:]))
    return Comparison(tuple(ends), tuple(beginnings))


def _xor_sweep(trials: int, epochs: int = 1000) -> Sample:
    file = Path(tempfile.mkdtemp(prefix="bench-"), "sweep.yaml")
    axes = f"axes: {{training.optimizer.learning_rate: [0.01], training.epochs: [{epochs}]}}"
    file.write_text(f"name: cost\nbase: {ROOT / 'configs/xor.yaml'}\n{axes}\nrepeats: {trials}\n")
    return _sweep(file, 1)


def _bare(trials: int) -> float:
    return run((sys.executable, str(SCRIPTS / "bare_trials.py"), str(ROOT / "configs/xor.yaml"), str(trials))).seconds


def _sweep(file: Path, jobs: int) -> Sample:
    return run((sys.executable, "-m", "dltool", "sweep", str(file), "--jobs", str(jobs), "-q", "--device", "cpu"))
