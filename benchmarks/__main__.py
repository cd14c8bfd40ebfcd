"""Run the comparisons of README's table and print them: `python -m benchmarks [NAME …] [--repeats N]`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from pyarrow import csv

from benchmarks.timing import Comparison, Sample, compare, in_turn, run, spread

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "benchmarks" / "scripts"
PYTHON = sys.executable
DLTOOL = (PYTHON, "-m", "dltool")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    against: str
    target: float
    """The least ratio theirs / ours that was promised."""
    unit: str
    comparison: Comparison


def _with(package: str) -> tuple[str, ...]:
    """Return Python with a package of ``.bench`` on its path."""
    return ("env", f"PYTHONPATH={ROOT / '.bench' / package}", PYTHON)


def _wall(sample: Sample) -> float:
    return sample.seconds


def _memory(sample: Sample) -> float:
    return sample.mebibytes


def _training(sample: Sample) -> float:
    return float(sample.facts["training_seconds"])


def _epoch(sample: Sample) -> float:
    """Median seconds of the epochs after the first, which holds the tracing."""
    if sample.output.startswith("{"):
        return float(sample.facts["epoch_seconds"])
    return statistics.median(epoch["seconds"] for epoch in _epochs(sample)[1:])


def _epochs(sample: Sample) -> list[dict[str, float]]:
    lines = (sample.folder / sample.output.strip() / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def _our_training(sample: Sample) -> float:
    return float(json.loads((sample.folder / sample.output.strip() / "run.json").read_text())["training_seconds"])


def _loss(sample: Sample) -> float:
    if sample.output.startswith("{"):
        return float(sample.facts["loss"])
    return float(
        json.loads((sample.folder / sample.output.strip() / "metrics.jsonl").read_text().splitlines()[-1])["loss"]
    )


def _equal_work(name: str, ours: list[Sample], theirs: list[Sample]) -> None:
    losses = [statistics.median(map(_loss, samples)) for samples in (ours, theirs)]
    print(f"  {name}: final training loss {losses[0]:.4g} (ours), {losses[1]:.4g} (theirs)", file=sys.stderr)


def xor(repeats: int) -> Iterator[Row]:
    """XOR, 1000 epochs, against Keras and PyTorch."""
    ours = (*DLTOOL, "train", str(ROOT / "configs/xor.yaml"), "-q")
    samples, keras = in_turn(ours, (PYTHON, str(SCRIPTS / "keras_xor.py")), max(2, repeats // 2))
    _equal_work("XOR, Keras", samples, keras)
    yield Row("XOR, 1000 epochs, whole process", "Keras", 7, "s", compare(_wall, samples, keras))
    yield Row("XOR, the training alone", "Keras `fit`", 40, "s", compare(_our_training, samples, keras, _training))
    samples, torch = in_turn(ours, (*_with("torch"), str(SCRIPTS / "torch_xor.py")), repeats)
    _equal_work("XOR, PyTorch", samples, torch)
    yield Row("XOR, 1000 epochs, whole process", "PyTorch", 1, "s", compare(_wall, samples, torch))


def mnist_cnn(repeats: int) -> Iterator[Row]:
    """Train the network of configs/mnist_cnn.yaml: seconds an epoch and peak memory."""
    yield from _mnist("cnn", 2, max(2, repeats // 2))


def mnist_mlp(repeats: int) -> Iterator[Row]:
    """Train the network of configs/mnist_mlp.yaml: seconds an epoch and peak memory."""
    yield from _mnist("mlp", 3, max(2, repeats // 2))


def _mnist(kind: str, target: float, repeats: int) -> Iterator[Row]:
    config = str(ROOT / f"configs/mnist_{kind}.yaml")
    ours = (*DLTOOL, "train", config, "-q", "-s", "training.epochs=4")
    theirs = (PYTHON, str(SCRIPTS / "keras_mnist.py"), kind, str(ROOT / "data/mnist.npz"), "4")
    samples, keras = in_turn(ours, theirs, repeats)
    _equal_work(f"MNIST {kind.upper()}", samples, keras)
    yield Row(f"MNIST {kind.upper()}, batch 32, an epoch", "Keras `fit`", target, "s", compare(_epoch, samples, keras))
    yield Row(f"MNIST {kind.upper()}, peak memory", "Keras", 1, "MiB", compare(_memory, samples, keras))


def predict(repeats: int) -> Iterator[Row]:
    """Predictions for a CSV of a million rows, against pandas and ``model.predict``."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    table, trained = folder / "million.csv", folder / "run"
    names = "sepal_length,sepal_width,petal_length,petal_width"
    values = np.random.default_rng(7).uniform((4, 2, 1, 0), (8, 4.5, 7, 2.5), (1_000_000, 4))
    np.savetxt(table, values, fmt="%.2f", delimiter=",", header=names, comments="")
    run((*DLTOOL, "train", str(ROOT / "configs/iris.yaml"), "-q", "--run-dir", str(trained)))
    ours = (*DLTOOL, "predict", str(trained), str(table), "-o", str(folder / "ours.csv"))
    script = str(SCRIPTS / "pandas_predict.py")
    theirs = (*_with("pandas"), script, str(trained / "model.keras"), str(table), str(folder / "theirs.csv"))
    samples, pandas = in_turn(ours, theirs, max(2, repeats // 2))
    _equal_predictions(folder / "ours.csv", folder / "theirs.csv")
    yield Row("predictions for a CSV of 1,000,000 rows", "pandas + `predict`", 5, "s", compare(_wall, samples, pandas))


def _equal_predictions(ours: Path, theirs: Path) -> None:
    mine, other = csv.read_csv(ours), csv.read_csv(theirs)
    same = np.mean(np.asarray(mine["label"]) == np.asarray(other["label"]))
    furthest = np.abs(np.asarray(mine["probability"]) - np.asarray(other["probability"])).max()
    print(f"  predictions: {same:.6%} equal labels, probabilities within {furthest:.1e}", file=sys.stderr)


def startup(repeats: int) -> Iterator[Row]:
    """Commands that load no TensorFlow, against the 0.35 seconds promised."""
    for words in (("--help",), ("check", str(ROOT / "configs/mnist_cnn.yaml"))):
        run((*DLTOOL, *words))
        seconds = tuple(run((*DLTOOL, *words)).seconds for _ in range(2 * repeats))
        promised = Comparison(seconds, (0.35,) * len(seconds))
        yield Row(f"`dltool {words[0]}`, whole process", "0.35 s", 1, "s", promised)


BENCHMARKS: dict[str, Callable[[int], Iterator[Row]]] = {
    "xor": xor,
    "mnist_cnn": mnist_cnn,
    "mnist_mlp": mnist_mlp,
    "predict": predict,
    "startup": startup,
}


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "keras") if find_spec(name))
    return f"{processor}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, {packages}"


def main() -> None:
    """Run the named benchmarks, or all, and print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--repeats", type=int, default=5, help="pairs of runs; slow comparisons take half as many")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(BENCHMARKS):
        parser.error(f"unknown: {', '.join(unknown)}")
    print(f"{_machine()}\n")
    print("| what | ours | against | theirs | times | promised |\n| --- | --- | --- | --- | --- | --- |", flush=True)
    for name in arguments.names or BENCHMARKS:
        for row in BENCHMARKS[name](arguments.repeats):
            made = row.comparison
            ours, theirs = f"{spread(made.ours)} {row.unit}", f"{spread(made.theirs)} {row.unit}"
            ratios = f"**{made.ratio:.1f}** ({min(made.ratios):.1f}-{max(made.ratios):.1f})"
            print(f"| {row.what} | {ours} | {row.against} | {theirs} | {ratios} | {row.target:g} |", flush=True)


if __name__ == "__main__":
    main()
