"""How training time and memory grow: `python -m benchmarks.growth` prints tables and writes growth.svg beside them."""

from __future__ import annotations

import json
import re
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.timing import run
from dltool.report.drawing import Line, logarithmic_scale, plot, text

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


SERIES = {"rows": rows, "parameters": parameters, "epochs": epochs}
_STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #5f7183; } .name { font-weight: 600; } .guide { stroke: #8884; }
.line { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; }
.line.rows { stroke: #2f6fde; } text.rows { fill: #2f6fde; }
.line.parameters { stroke: #e07b1f; } text.parameters { fill: #e07b1f; }
.line.epochs { stroke: #1c7f47; } text.epochs { fill: #1c7f47; }
</style>"""


def main() -> None:
    """Print a table a series, and write the plot."""
    lines = []
    for name, points in SERIES.items():
        print(f"| {name} | seconds an epoch | seconds of training | peak MiB |\n| ---: | ---: | ---: | ---: |")
        line = []
        for point in points():
            print(f"| {point.size:,} | {point.epoch:.3g} | {point.training:.3g} | {point.mebibytes:.0f} |", flush=True)
            line.append((point.size, point.training if name == "epochs" else point.epoch))
        lines.append(Line(line, name))
        print()
    sizes, seconds = zip(*(point for line in lines for point in line.points), strict=True)
    x, y = logarithmic_scale(min(sizes), max(sizes)), logarithmic_scale(min(seconds), max(seconds))
    picture = plot(lines, x, y, "how many of them", f"seconds by number of {', '.join(SERIES)}")
    # On a page the picture is as wide as its place; as a file it needs a size of its own.
    picture = re.sub('style="[^"]*"', 'x="60" width="600" height="320" overflow="visible"', picture, count=1)
    legend = "".join(text("68", 30 + 20 * i, f"seconds by {name}", "start", name) for i, name in enumerate(SERIES))
    file = ROOT / "benchmarks" / "growth.svg"
    file.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 330">{_STYLE}{legend}{picture}</svg>\n')
    print(f"{file.relative_to(ROOT)} written", file=sys.stderr)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        tempfile.tempdir = folder
        main()
