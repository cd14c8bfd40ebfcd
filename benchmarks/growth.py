"""How training time and memory grow: `python -m benchmarks.growth` prints tables and writes growth.svg beside them."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pygal
from pygal.style import CleanStyle

from benchmarks.timing import run

ROOT = Path(__file__).parent.parent
DLTOOL = (sys.executable, "-m", "dltool", "train", "-q")
MLP = str(ROOT / "configs/mnist_mlp.yaml")
XOR = str(ROOT / "configs/xor.yaml")


@dataclass(frozen=True)
class Point:
    """One run."""

    size: int
    epoch: float
    """Seconds of an epoch, the first one left out: it holds the tracing."""
    training: float
    """Seconds of the whole training."""
    mebibytes: float
    """Peak memory of the process."""


def _point(size: int, *command: str) -> Point:
    sample = run((*DLTOOL, *command))
    folder = sample.folder / sample.output.strip()
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    seconds = [json.loads(line)["seconds"] for line in lines]
    training = float(json.loads((folder / "run.json").read_text())["training_seconds"])
    return Point(size, statistics.median(seconds[1:] or seconds), training, sample.mebibytes)


def rows() -> Iterator[Point]:
    """Yield MNIST MLP runs on more and more rows."""
    with np.load(ROOT / "data/mnist.npz") as arrays:
        features, targets = arrays["x_train"], arrays["y_train"]
    for size in (1_000, 3_000, 9_000, 27_000, 54_000):
        file = Path(tempfile.mkdtemp()) / "mnist.npz"
        np.savez(file, x_train=features[:size], y_train=targets[:size])
        source = f"data={{source: npz, path: {file}}}"
        yield _point(size, MLP, "-s", source, "-s", "training.epochs=3")


def parameters() -> Iterator[Point]:
    """Yield MNIST MLP runs with more and more hidden units."""
    for units in (16, 64, 256, 1024):
        yield _point(units * 795 + 10, MLP, "-s", f"model.hidden_units=[{units}]", "-s", "training.epochs=2")


def epochs() -> Iterator[Point]:
    """Yield XOR runs of more and more epochs."""
    for count in (1, 10, 100, 1_000, 10_000):
        yield _point(count, XOR, "-s", f"training.epochs={count}")


SERIES = {
    "rows": ("MNIST MLP by training rows, an epoch", rows),
    "parameters": ("MNIST MLP by parameters, an epoch", parameters),
    "epochs": ("XOR by epochs, the whole training", epochs),
}


def main() -> None:
    """Print a table a series, and write the plot."""
    chart = pygal.XY(
        style=CleanStyle,
        js=[],
        logarithmic=True,
        width=720,
        height=420,
        x_title="rows, parameters or epochs",
        y_title="seconds",
        legend_at_bottom=True,
        legend_at_bottom_columns=1,
    )
    for name, (title, points) in SERIES.items():
        print(f"| {name} | seconds an epoch | seconds of training | peak MiB |\n| ---: | ---: | ---: | ---: |")
        line = []
        for point in points():
            print(f"| {point.size:,} | {point.epoch:.3g} | {point.training:.3g} | {point.mebibytes:.0f} |", flush=True)
            line.append((point.size, point.training if name == "epochs" else point.epoch))
        chart.add(title, line)
        print()
    file = ROOT / "benchmarks" / "growth.svg"
    file.write_bytes(chart.render())
    print(f"{file.relative_to(ROOT)} written", file=sys.stderr)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        tempfile.tempdir = folder
        main()
