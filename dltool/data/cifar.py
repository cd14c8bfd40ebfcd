"""CIFAR archives in their binary version, read in memory; the Python version is pickled and never read.

A record is one label byte or, for CIFAR-100, a coarse and a fine one, then 3072 bytes: the red, green and
blue planes of 32 x 32 pixels.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Sequence

import numpy as np

from dltool.data.arrays import Array, Labelled
from dltool.data.paths import find_file
from dltool.errors import DataError

_PIXELS = 3 * 32 * 32
_MOST_RECORDS = 50_000


def read_archive(path: str, members: Sequence[str], label_bytes: int) -> Labelled:
    """Return the images and labels of members of a ``.tar.gz``.

    Args:
        path: The archive.
        members: Names of the files in it, whose rows follow one another.
        label_bytes: Bytes before the pixels of a record, the last of which is the label.

    Returns:
        Images, uint8 of shape (rows, 32, 32, 3), and labels, uint8 of shape (rows,).

    Raises:
        InputMissingError: The archive does not exist or cannot be read.
        DataError: It is damaged, or lacks a member.
    """
    size = label_bytes + _PIXELS
    blocks = []
    try:
        with tarfile.open(find_file(path), "r:gz") as archive:
            for name in members:
                blocks.append(_read_member(archive, path, name, size))
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {error}; delete it to have it downloaded anew") from error
    records = np.concatenate(blocks)
    planes = records[:, label_bytes:].reshape(-1, 3, 32, 32)
    images = np.ascontiguousarray(planes.transpose(0, 2, 3, 1))
    return Labelled(Array.held(f"{path}, images", images), Array.held(f"{path}, labels", records[:, label_bytes - 1]))


def _read_member(archive: tarfile.TarFile, path: str, name: str, size: int) -> np.ndarray:
    try:
        information = archive.getmember(name)
    except KeyError:
        raise DataError(f"{path}: holds no {name}; expected the binary version of the set") from None
    if not information.isreg() or information.size % size or not 0 < information.size <= _MOST_RECORDS * size:
        raise DataError(f"{path}, {name}: {information.size} bytes; expected records of {size} bytes each")
    stream = archive.extractfile(information)
    data = stream.read() if stream else b""
    if len(data) != information.size:
        raise DataError(f"{path}, {name}: ends after {len(data)} of {information.size} bytes")
    return np.frombuffer(data, np.uint8).reshape(-1, size)
