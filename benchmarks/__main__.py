"""Run the comparisons of README's table and print them: `python -m benchmarks [NAME …] [--repeats N] [--quick]`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from benchmarks.batches import cnn_experiments, long_sweep, trial_cost, xor_experiments
from benchmarks.timing import Comparison, Sample, compare, in_turn, run, spread

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "benchmarks" / "scripts"
PYTHON = sys.executable
DLTOOL = (PYTHON, "-m", "dltool")
EPOCHS = {"cnn": "4", "mlp": "8"}
"""Of MNIST; the dense network's are as many as make its steps worth compiling with XLA."""
HEADER = """\
| what | ours | against | theirs | times | promised | met |
| --- | --- | --- | --- | --- | --- | --- |"""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    against: str
    target: float
    """The least ratio theirs / ours that was promised."""
    unit: str
    comparison: Comparison

    @property
    def met(self) -> bool:
        """Whether the median ratio is what was promised."""
        return self.comparison.ratio >= self.target

    def markdown(self) -> str:
        """Return the row of the table."""
        made = self.comparison
        ours, theirs = f"{spread(made.ours)} {self.unit}", f"{spread(made.theirs)} {self.unit}"
        ratios = f"**{made.ratio:.2g}** ({min(made.ratios):.2g}-{max(made.ratios):.2g})"
        met = "yes" if self.met else "no"
        return f"| {self.what} | {ours} | {self.against} | {theirs} | {ratios} | {self.target:.2g} | {met} |"


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


def _half(repeats: int) -> int:
    return max(min(2, repeats), repeats // 2)


def xor(repeats: int, warm_up: bool) -> Iterator[Row]:
    """XOR, 1000 epochs, against Keras, PyTorch, and what loading TensorFlow takes."""
    ours = (*DLTOOL, "train", str(ROOT / "configs/xor.yaml"), "-q")
    samples, keras = in_turn(ours, (PYTHON, str(SCRIPTS / "keras_xor.py")), _half(repeats), warm_up=warm_up)
    _equal_work("XOR, Keras", samples, keras)
    yield Row("XOR, 1000 epochs, whole process", "Keras", 7, "s", compare(_wall, samples, keras))
    yield Row(
        "XOR, 1000 epochs, the training alone",
        "Keras `fit`",
        55,
        "s",
        compare(_our_training, samples, keras, _training),
    )
    samples, torch = in_turn(ours, (*_with("torch"), str(SCRIPTS / "torch_xor.py")), repeats, warm_up=warm_up)
    _equal_work("XOR, PyTorch", samples, torch)
    yield Row("XOR, 1000 epochs, whole process", "PyTorch", 1.1, "s", compare(_wall, samples, torch))
    samples, imports = in_turn(ours, (PYTHON, "-c", "import tensorflow"), repeats, warm_up=warm_up)
    made = compare(_wall, samples, imports)
    yield Row("XOR, 1000 epochs, whole process", "`import tensorflow` alone", 1 / 1.45, "s", made)


def xor_long(repeats: int, warm_up: bool) -> Iterator[Row]:
    """XOR, 100,000 epochs, the training alone, against JAX."""
    ours = (*DLTOOL, "train", str(ROOT / "configs/xor.yaml"), "-q", "-s", "training.epochs=100000")
    theirs = (*_with("jax"), str(SCRIPTS / "jax_mlp.py"), "xor", "none", "100000")
    samples, jax = in_turn(ours, theirs, _half(repeats), warm_up=warm_up)
    _equal_work("XOR, 100,000 epochs, JAX", samples, jax)
    made = compare(_our_training, samples, jax, _training)
    yield Row("XOR, 100,000 epochs, the training alone", "JAX", 1, "s", made)


def iris(repeats: int, warm_up: bool) -> Iterator[Row]:
    """Train on the irises, 100 epochs watched by early stopping: the training with its tracing."""
    words = ("-s", "training.epochs=100", "-s", "training.early_stopping.patience=100")
    ours = (*DLTOOL, "train", str(ROOT / "configs/iris.yaml"), "-q", *words)
    theirs = (PYTHON, str(SCRIPTS / "keras_iris.py"), str(ROOT / "data/iris.csv"), "100")
    samples, keras = in_turn(ours, theirs, repeats, warm_up=warm_up)
    _equal_work("Iris, Keras", samples, keras)
    made = compare(_our_training, samples, keras, _training)
    yield Row("Iris, 100 epochs, early stopping, the training alone", "Keras `fit`", 15, "s", made)


def table(repeats: int, warm_up: bool) -> Iterator[Row]:
    """Train a network of 128 and 64 units on a table of 50,000 rows of 30 numbers: seconds an epoch."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    random = np.random.default_rng(7)
    values = random.normal(size=(50_000, 30)).astype("float32")
    scores = np.tanh(values @ random.normal(size=(30, 8))) @ random.normal(size=(8, 3))
    np.savez(folder / "table.npz", x=values, y=scores.argmax(1))
    config = folder / "table.yaml"
    config.write_text(
        "name: table\ndata: {source: npz, path: table.npz, features: x, targets: y}\n"
        "model: {type: sequential, layers: [{type: dense, units: 128, activation: relu}, "
        "{type: dense, units: 64, activation: relu}, {type: dense, units: 3, activation: softmax}]}\n"
        "training: {loss: sparse_categorical_crossentropy, metrics: [accuracy], epochs: 6, batch_size: 256}\n"
    )
    ours = (*DLTOOL, "train", str(config), "-q")
    script, data = str(SCRIPTS / "table.py"), str(folder / "table.npz")
    for python, library, name, target in (
        ((PYTHON,), "keras", "Keras `fit`", 5),
        (_with("sklearn"), "sklearn", "scikit-learn's MLP", 12),
    ):
        samples, others = in_turn(ours, (*python, script, library, data, "6"), _half(repeats), warm_up=warm_up)
        _equal_work(f"table, {name}", samples, others)
        what = "table of 50,000 x 30, batch 256, an epoch"
        yield Row(what, name, target, "s", compare(_epoch, samples, others))


def mnist_cnn(repeats: int, warm_up: bool) -> Iterator[Row]:
    """Train the network of configs/mnist_cnn.yaml: seconds an epoch and peak memory."""
    yield from _mnist("cnn", 3.3, repeats, warm_up)
    yield from _mnist_torch("cnn", 3, repeats, warm_up)


def mnist_mlp(repeats: int, warm_up: bool) -> Iterator[Row]:
    """Train the network of configs/mnist_mlp.yaml: seconds an epoch and peak memory."""
    yield from _mnist("mlp", 5.5, repeats, warm_up)
    yield from _mnist_torch("mlp", 2, repeats, warm_up)
    script = (str(SCRIPTS / "jax_mlp.py"), "mnist", str(ROOT / "data/mnist.npz"), EPOCHS["mlp"])
    for words, name, target in ((("taskset", "-c", "0"), "JAX on one core", 1), ((), "JAX", 0.8)):
        samples, jax = in_turn(_our_mnist("mlp"), (*words, *_with("jax"), *script), _half(repeats), warm_up=warm_up)
        _equal_work(f"MNIST MLP, {name}", samples, jax)
        yield Row("MNIST MLP, batch 32, an epoch", name, target, "s", compare(_epoch, samples, jax))


def large(repeats: int, warm_up: bool) -> Iterator[Row]:
    """Train networks whose steps are large: a convolution of 64 filters, and a dense layer of 1024 units."""
    for kind, key, width in (("cnn", "model.layers.0.filters", 64), ("mlp", "model.hidden_units.0", 1024)):
        settings = ("-s", f"{key}={width}", "-s", "training.batch_size=128")
        samples, keras = in_turn(
            (*_our_mnist(kind), *settings), _keras_mnist(kind, 128, width), _half(repeats), warm_up=warm_up
        )
        _equal_work(f"{kind.upper()} of {width}, Keras", samples, keras)
        what = f"MNIST {kind.upper()} of {width} {'filters' if kind == 'cnn' else 'units'}, batch 128, an epoch"
        yield Row(what, "Keras `fit`", 1.3, "s", compare(_epoch, samples, keras))


def _our_mnist(kind: str) -> tuple[str, ...]:
    config = str(ROOT / f"configs/mnist_{kind}.yaml")
    # The scripts lower no rate on a plateau either.
    settings = ("-s", f"training.epochs={EPOCHS[kind]}", "-s", "training.reduce_lr_on_plateau=null")
    return (*DLTOOL, "train", config, "-q", *settings)


def _keras_mnist(kind: str, batch_size: int, width: int) -> tuple[str, ...]:
    data = str(ROOT / "data/mnist.npz")
    return (PYTHON, str(SCRIPTS / "keras_mnist.py"), kind, data, EPOCHS[kind], str(batch_size), str(width))


def _mnist(kind: str, target: float, repeats: int, warm_up: bool) -> Iterator[Row]:
    theirs = _keras_mnist(kind, 32, 32 if kind == "cnn" else 128)
    samples, keras = in_turn(_our_mnist(kind), theirs, _half(repeats), warm_up=warm_up)
    _equal_work(f"MNIST {kind.upper()}", samples, keras)
    what = f"MNIST {kind.upper()}, batch 32, an epoch"
    yield Row(what, "Keras `fit`", target, "s", compare(_epoch, samples, keras))
    yield Row(f"MNIST {kind.upper()}, peak memory", "Keras", 1, "MiB", compare(_memory, samples, keras))


def _mnist_torch(kind: str, target: float, repeats: int, warm_up: bool) -> Iterator[Row]:
    # The threads with which each is quickest on two cores.
    threads = "2" if kind == "cnn" else "1"
    words = kind, str(ROOT / "data/mnist.npz"), EPOCHS[kind], threads
    theirs = (*_with("torch"), str(SCRIPTS / "torch_mnist.py"), *words)
    samples, torch = in_turn(_our_mnist(kind), theirs, _half(repeats), warm_up=warm_up)
    _equal_work(f"MNIST {kind.upper()}, PyTorch", samples, torch)
    yield Row(f"MNIST {kind.upper()}, batch 32, an epoch", "PyTorch", target, "s", compare(_epoch, samples, torch))


def predict(repeats: int, warm_up: bool) -> Iterator[Row]:
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
    samples, pandas = in_turn(ours, theirs, _half(repeats), warm_up=warm_up)
    _equal_predictions(folder / "ours.csv", folder / "theirs.csv")
    yield Row("predictions for a CSV of 1,000,000 rows", "pandas + `predict`", 5, "s", compare(_wall, samples, pandas))


def _equal_predictions(ours: Path, theirs: Path) -> None:
    mine, other = csv.read_csv(ours), csv.read_csv(theirs)
    same = np.mean(np.asarray(mine["label"]) == np.asarray(other["label"]))
    furthest = np.abs(np.asarray(mine["probability"]) - np.asarray(other["probability"])).max()
    print(f"  predictions: {same:.6%} equal labels, probabilities within {furthest:.1e}", file=sys.stderr)


_MILLION = """\
name: million
data: {source: csv, path: million.csv, targets: y, missing: mean, validation: 0.1}
model: {type: mlp, hidden_units: [128, 64]}
training: {loss: binary_crossentropy, metrics: [accuracy], epochs: 1, batch_size: 1024}
"""


def million(repeats: int, warm_up: bool) -> Iterator[Row]:
    """Train on a CSV of a million rows and twenty columns for an epoch, against pandas, scikit-learn and `fit`."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    random, rows = np.random.default_rng(7), 1_000_000
    columns = {f"number_{i}": random.normal(size=rows).round(4) for i in range(16)}
    for i in range(3):
        columns[f"number_{i}"][random.random(rows) < 0.05] = np.nan
    for size in (5, 20, 200):
        columns[f"text_{size}"] = np.array([f"value {i}" for i in range(size)])[random.integers(0, size, rows)]
    signal = columns["number_4"] * columns["number_5"] + (columns["text_20"] < "value 15")
    columns["y"] = np.where(signal + random.normal(size=rows) > 0.5, "yes", "no")
    csv.write_csv(
        pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()}), folder / "million.csv"
    )
    (folder / "million.yaml").write_text(_MILLION)
    ours = (*DLTOOL, "train", str(folder / "million.yaml"), "--json", "--run-dir", "run")
    packages = os.pathsep.join(str(ROOT / ".bench" / name) for name in ("sklearn", "pandas"))
    theirs = ("env", f"PYTHONPATH={packages}", PYTHON, str(SCRIPTS / "pandas_table.py"), str(folder / "million.csv"))
    samples, pandas = in_turn(ours, theirs, _half(repeats), warm_up=warm_up)
    found = [json.loads(samples[0].output.splitlines()[-2])["metrics"]["validation_loss"], pandas[0].facts["loss"]]
    print(f"  a million rows: validation loss {found[0]:.4f}, theirs {found[1]:.4f}", file=sys.stderr)
    what = "a table of 1,000,000 × 20, whole process, one epoch"
    yield Row(what, "pandas, scikit-learn, `fit`", 3, "s", compare(_wall, samples, pandas))
    yield Row(f"{what}, peak memory", "the same", 2, "MiB", compare(_memory, samples, pandas))


def startup(repeats: int, warm_up: bool) -> Iterator[Row]:
    """Commands that load no TensorFlow, against the 0.35 seconds promised."""
    for words in (("--help",), ("check", str(ROOT / "configs/mnist_cnn.yaml"))):
        if warm_up:
            run((*DLTOOL, *words))
        seconds = tuple(run((*DLTOOL, *words)).seconds for _ in range(2 * repeats))
        promised = Comparison(seconds, (0.35,) * len(seconds))
        yield Row(f"`dltool {words[0]}`, whole process", "0.35 s", 1, "s", promised)


def batches(repeats: int, warm_up: bool) -> Iterator[Row]:
    """Forty experiments in a sweep, against a shell loop of the Keras scripts; what a trial costs beside training."""
    del warm_up  # a sweep of forty is its own
    loop = "a loop of Keras scripts"
    yield Row("40 XOR experiments, 2 jobs", loop, 200, "s", xor_experiments(_half(repeats)))
    yield Row("40 small CNN experiments, 2 jobs", loop, 4, "s", cnn_experiments(_half(repeats)))
    costs = tuple(trial_cost(repeats))
    yield Row("driver and run directory, a trial", "30 ms", 1, "ms", Comparison(costs, (30.0,) * len(costs)))
    made = long_sweep(1)
    yield Row("a trial beside its training, the last of 2,000", "the first ones", 1 / 1.2, "ms", made)


BENCHMARKS: dict[str, Callable[[int, bool], Iterator[Row]]] = {
    "xor": xor,
    "xor_long": xor_long,
    "iris": iris,
    "table": table,
    "mnist_cnn": mnist_cnn,
    "mnist_mlp": mnist_mlp,
    "large": large,
    "predict": predict,
    "million": million,
    "startup": startup,
    "batches": batches,
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
    parser.add_argument("--quick", action="store_true", help="one pair of each, nothing run beforehand: a rough look")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="also write every figure as JSON")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(BENCHMARKS):
        parser.error(f"unknown: {', '.join(unknown)}")
    repeats = 1 if arguments.quick else arguments.repeats
    warm_up = not arguments.quick
    print(f"{_machine()}; {datetime.now(UTC):%Y-%m-%d}\n")
    print(HEADER, flush=True)
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        tempfile.tempdir = folder
        for name in arguments.names or BENCHMARKS:
            for row in BENCHMARKS[name](repeats, warm_up):
                print(row.markdown(), flush=True)
                rows.append(asdict(row))
    if arguments.output:
        results = {"machine": _machine(), "date": f"{datetime.now(UTC):%Y-%m-%d}", "rows": rows}
        arguments.output.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
