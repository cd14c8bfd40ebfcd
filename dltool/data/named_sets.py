"""Well-known sets of images. Describing them loads nothing: their facts stand here."""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dltool.config.data import NamedSet
from dltool.config.needs import Needs, TaskName
from dltool.contracts.signature import Rows, Signature
from dltool.data.sizes import split_sizes
from dltool.environment import keras_untouched
from dltool.errors import DataError, InputMissingError
from dltool.shipped import shipped

if TYPE_CHECKING:
    from dltool.contracts.dataset import Dataset
    from dltool.data.arrays import Labelled

_FASHION_MNIST = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_WITH_CLASSES = (TaskName.BINARY, TaskName.CATEGORICAL)
_CIFAR = "https://www.cs.toronto.edu/~kriz/"

DIGITS = tuple("0123456789")
CLOTHES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
CIFAR100_CLASSES = (
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
    "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
    "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur",
    "dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard",
    "lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
    "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree",
    "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket",
    "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider",
    "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger",
    "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
)  # fmt: skip


def _mnist() -> tuple[Labelled, Labelled]:
    from dltool.data import npz

    path = str(shipped("mnist.npz"))
    return npz.labelled(path, "x_train", "y_train"), npz.labelled(path, "x_test", "y_test")


def _fashion_mnist() -> tuple[Labelled, Labelled]:
    from dltool.data.arrays import Labelled
    from dltool.data.idx import open_array

    def part(prefix: str) -> Labelled:
        files = (f"{prefix}-images-idx3-ubyte.gz", f"{prefix}-labels-idx1-ubyte.gz")
        return Labelled(*(open_array(_cached("fashion-mnist", file, _FASHION_MNIST)) for file in files))

    return part("train"), part("t10k")


def _cifar10() -> tuple[Labelled, Labelled]:
    from dltool.data.cifar import read_archive

    path = _cached("", "cifar-10-binary.tar.gz", _CIFAR, "c32a1d4ab5d03f1284b67883e8d87530")
    folder = "cifar-10-batches-bin"
    train = [f"{folder}/data_batch_{number}.bin" for number in range(1, 6)]
    return read_archive(path, train, 1), read_archive(path, [f"{folder}/test_batch.bin"], 1)


def _cifar100() -> tuple[Labelled, Labelled]:
    from dltool.data.cifar import read_archive

    path = _cached("", "cifar-100-binary.tar.gz", _CIFAR, "03b5dce01913d631647c71ecec9e9cb8")
    folder = "cifar-100-binary"
    return read_archive(path, [f"{folder}/train.bin"], 2), read_archive(path, [f"{folder}/test.bin"], 2)


@dataclass(frozen=True)
class _Facts:
    input_shape: tuple[int, int, int]
    train: int
    """Rows to train on."""
    test: int
    """Rows to test on."""
    classes: tuple[str, ...]
    read: Callable[[], tuple[Labelled, Labelled]]
    """Returns the training and the test part."""


_SETS = {
    "mnist": _Facts((28, 28, 1), 60_000, 10_000, DIGITS, _mnist),
    "fashion_mnist": _Facts((28, 28, 1), 60_000, 10_000, CLOTHES, _fashion_mnist),
    "cifar10": _Facts((32, 32, 3), 50_000, 10_000, CIFAR10_CLASSES, _cifar10),
    "cifar100": _Facts((32, 32, 3), 50_000, 10_000, CIFAR100_CLASSES, _cifar100),
}


def describe(spec: NamedSet, needs: Needs, seed: int) -> tuple[Signature, Rows]:
    """Return what is known of the set without reading it; the seed changes nothing.

    Raises:
        DataError: A part would have no row.
    """
    facts = _SETS[spec.source]
    classes = facts.classes if needs.task in _WITH_CLASSES else ()
    signature = Signature(
        task=needs.task,
        input_shape=facts.input_shape,
        input_dtype="uint8",
        outputs=len(classes) or (1 if needs.task.has_targets else math.prod(facts.input_shape)),
        classes=classes,
        image={
            "color_mode": "grayscale" if facts.input_shape[2] == 1 else "rgb",
            "interpolation": "bilinear",
        },
    )
    sizes = split_sizes(facts.train, spec.validation, None, len(classes) or 1)
    return signature, Rows(sizes.train, sizes.validation, facts.test)


def load(spec: NamedSet, needs: Needs, seed: int) -> Dataset:
    """Return the images, split by the seed; downloads them through Keras if they are not in its cache.

    Raises:
        InputMissingError: They cannot be downloaded.
        DataError: A cached file is damaged.
    """
    from dltool.data import arrays

    facts = _SETS[spec.source]
    train, test = facts.read()
    for part, rows in ((train, facts.train), (test, facts.test)):
        if part.features.shape[0] != rows:
            raise DataError(
                f"{part.features.name}: {part.features.shape[0]} images; expected {rows} "
                "(delete the file, so that it is downloaded again)"
            )
    classes = facts.classes if needs.task in _WITH_CLASSES else None
    source = arrays.ArraySource(
        train, spec.validation, test, classes, scaling=spec.scaling, target_transform=spec.target_transform
    )
    return arrays.load(source, needs, seed)


def _cached(folder: str, file: str, origin: str, file_hash: str | None = None) -> str:
    """Return the path of a file in Keras's cache, downloading it if need be."""
    home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    path = home / "datasets" / folder / file
    if not path.exists():
        # Keras takes seconds to import, and reports its progress on standard output.
        with keras_untouched():
            import keras

        try:
            with contextlib.redirect_stdout(sys.stderr):
                keras.utils.get_file(
                    file,
                    origin=origin + file,
                    file_hash=file_hash,
                    cache_dir=str(home),
                    cache_subdir=str(Path("datasets") / folder),
                )
        except Exception as error:
            path.unlink(missing_ok=True)
            raise InputMissingError(
                f"{path}: not there, and cannot be downloaded: {error}. Connect to the network, "
                f"or fetch {origin + file} elsewhere and put it there"
            ) from error
    return str(path)
