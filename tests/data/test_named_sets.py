from __future__ import annotations

import gzip
import io
import struct
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.config.needs import Needs, TaskName
from dltool.contracts.signature import Rows
from dltool.data import describe, load
from dltool.data.cifar import read_archive
from dltool.data.named_sets import CIFAR10_CLASSES, CIFAR100_CLASSES, CLOTHES, DIGITS
from dltool.errors import DataError
from tests.support.inputs import seen

Loader = Callable[..., Any]

FIRST_LABELS = [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


@pytest.mark.parametrize("task", [TaskName.CATEGORICAL, TaskName.REGRESSION])
def test_mnist(load_data: Loader, task: TaskName) -> None:
    data = load_data(task, source="mnist")
    assert data.train.targets.ravel()[:10].tolist() == FIRST_LABELS
    assert seen(data.train.features, data.signature).shape == (60_000, 28, 28, 1)
    assert seen(data.train.features, data.signature).dtype == np.uint8
    with np.load(Path(__file__).parents[2] / "data" / "mnist.npz") as arrays:
        np.testing.assert_array_equal(seen(data.test.features, data.signature)[..., 0], arrays["x_test"])


def test_mnist_with_validation(load_data: Loader) -> None:
    data = load_data(TaskName.CATEGORICAL, source="mnist", validation=0.1)
    assert data.rows == Rows(54_000, 6_000, 10_000)
    counts, taken = np.bincount(data.train.targets), np.bincount(data.validation.targets)
    assert (np.abs(taken - (counts + taken) / 10) < 1).all()


def test_describing_named_sets_loads_nothing_heavy() -> None:
    code = """
import sys
from dltool.config.data import NamedSet
from dltool.config.needs import Needs, TaskName
from dltool.data import describe
for name in ("mnist", "fashion_mnist", "cifar10", "cifar100"):
    describe(NamedSet(source=name, validation=0.1), Needs(TaskName.CATEGORICAL), 1)
heavy = {"numpy", "pyarrow", "PIL", "keras", "tensorflow"} & set(sys.modules)
sys.exit(f"loaded {heavy}" if heavy else 0)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_class_names() -> None:
    assert [len(set(names)) for names in (DIGITS, CLOTHES, CIFAR10_CLASSES, CIFAR100_CLASSES)] == [10, 10, 10, 100]
    assert list(CIFAR10_CLASSES) == sorted(CIFAR10_CLASSES)
    assert list(CIFAR100_CLASSES) == sorted(CIFAR100_CLASSES)


def write_idx(path: Path, array: np.ndarray) -> None:
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(head + array.tobytes(), 1))


def write_fashion(home: Path, train_rows: int) -> None:
    for prefix, rows in (("train", train_rows), ("t10k", 10_000)):
        labels = np.arange(rows, dtype=np.uint8) % 10
        images = np.zeros((rows, 28, 28), np.uint8) + labels[:, None, None]
        write_idx(home / "datasets" / "fashion-mnist" / f"{prefix}-images-idx3-ubyte.gz", images)
        write_idx(home / "datasets" / "fashion-mnist" / f"{prefix}-labels-idx1-ubyte.gz", labels)


def test_fashion_mnist_from_kerass_cache(load_data: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    write_fashion(tmp_path, 60_000)
    data = load_data(TaskName.CATEGORICAL, source="fashion_mnist", validation=0.5)
    assert data.signature.classes[9] == "Ankle boot"
    np.testing.assert_array_equal(seen(data.train.features, data.signature)[:, 0, 0, 0], data.train.targets)


def test_a_cached_set_of_the_wrong_size(make_spec: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    write_fashion(tmp_path, 100)
    with pytest.raises(DataError, match=r"train-images.*100 images; expected 60000"):
        load(make_spec(source="fashion_mnist"), Needs(TaskName.CATEGORICAL), 1)


def archive(path: Path, **members: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for name, content in members.items():
            information = tarfile.TarInfo(f"set/{name}.bin")
            information.size = len(content)
            tar.addfile(information, io.BytesIO(content))
    return str(path)


@pytest.mark.parametrize("label_bytes", [1, 2])
def test_cifar_records(tmp_path: Path, label_bytes: int) -> None:
    images = np.random.default_rng(1).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    labels = [3, 1, 4, 1, 5]
    records = [
        bytes([9] * (label_bytes - 1) + [label]) + image.transpose(2, 0, 1).tobytes()
        for label, image in zip(labels, images, strict=True)
    ]
    path = archive(tmp_path / "c.tar.gz", one=b"".join(records[:3]), two=b"".join(records[3:]))
    part = read_archive(path, ["set/one.bin", "set/two.bin"], label_bytes)
    np.testing.assert_array_equal(part.features.read(), images)
    assert part.targets.read().tolist() == labels


def test_cifar100_from_kerass_cache(make_spec: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    records = np.zeros((10_000, 3074), np.uint8)
    records[:, 1] = np.arange(10_000) % 100
    path = tmp_path / "datasets" / "cifar-100-binary.tar.gz"
    path.parent.mkdir()
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for name, repeats in (("train", 5), ("test", 1)):
            information = tarfile.TarInfo(f"cifar-100-binary/{name}.bin")
            information.size = records.nbytes * repeats
            tar.addfile(information, io.BytesIO(records.tobytes() * repeats))
    spec = make_spec(source="cifar100")
    data = load(spec, Needs(TaskName.CATEGORICAL), 1)
    signature, rows = describe(spec, Needs(TaskName.CATEGORICAL), 1)
    assert (data.signature, data.rows) == (replace(signature, frequencies=(0.01,) * 100), rows)
    assert data.test is not None
    assert data.test.targets[:3].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"other": b"\0" * 3073}, ["set/one.bin", "binary version"]),
        ({"one": b"\0" * 3072}, ["set/one.bin", "3072 bytes", "3073"]),
        ({"one": b""}, ["set/one.bin", "0 bytes"]),
        (None, ["cannot be read", "delete"]),
    ],
)
def test_bad_cifar_archives(tmp_path: Path, members: dict[str, bytes] | None, words: list[str]) -> None:
    path = archive(tmp_path / "c.tar.gz", **(members or {"one": b"\0" * 3073}))
    if members is None:
        Path(path).write_bytes(Path(path).read_bytes()[:40])
    with pytest.raises(DataError) as error:
        read_archive(path, ["set/one.bin"], 1)
    assert all(word in str(error.value) for word in words), error.value


def test_offline_the_error_says_what_to_put_where(tmp_path: Path) -> None:
    # In a process of its own: it imports Keras, and reads the proxy from its environment.
    code = """
from dltool.config.data import NamedSet
from dltool.config.needs import Needs, TaskName
from dltool.data import load
from dltool.errors import InputMissingError
try:
    load(NamedSet(source="cifar10"), Needs(TaskName.CATEGORICAL), 1)
except InputMissingError as error:
    print(error)
"""
    closed = "http://127.0.0.1:9"
    environment = {"KERAS_HOME": str(tmp_path), "https_proxy": closed, "HTTPS_PROXY": closed, "PATH": ""}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.startswith(str(tmp_path / "datasets" / "cifar-10-binary.tar.gz"))
    assert "cannot be downloaded" in result.stdout
    assert "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz" in result.stdout
    assert result.stdout.count("\n") == 1
