"""Which row of a table goes to which part, where that follows from what its columns hold, or from turns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.config.parts import FoldPart, GroupPart, TimePart
from dltool.data.split import RowNumbers, ranks_of, split_rows
from dltool.errors import DataError

Part = float | GroupPart | TimePart | FoldPart
_GROUP_STREAMS, _FOLD_STREAM = {"test": 0x6409, "validation": 0x640A}, 0xF01D
"""Keep these random numbers apart from others drawn with the same seed."""


def split_table(
    targets: np.ndarray, parts: Mapping[str, Part | None], seed: int, keys: Mapping[str, np.ndarray]
) -> RowNumbers:
    """Divide the rows of a table: the test part is taken of all rows, the validation part of those that are left.

    Args:
        targets: Class indices of shape (rows,), of which random parts and folds get their share; or of another shape.
        parts: What ``validation`` and ``test`` are to be; None for no such part.
        seed: Decides which rows, where the columns do not.
        keys: By the name of a column that a part names, its group's index, or its place in time; shape (rows,).

    Raises:
        DataError: A part would be empty, or nothing would be left to train on.
    """
    if all(part is None or isinstance(part, float) for part in parts.values()):
        return split_rows(targets, parts["validation"], parts["test"], seed)  # type: ignore[arg-type]
    left, chosen = np.arange(len(targets)), {}
    for name in ("test", "validation"):
        part = parts[name]
        taken = np.zeros(len(left), bool) if part is None else _taken(part, name, targets, left, seed, keys)
        chosen[name], left = left[taken], left[~taken]
        if part is not None and not (len(left) and len(chosen[name])):
            by = f" as column {column!r} divides them" if (column := getattr(part, "column", None)) else ""
            key = "folds" if isinstance(part, FoldPart) else name
            raise DataError(
                f"data.{key}: it takes {len(chosen[name])} rows and leaves {len(left)} to train on{by}; take another "
                "fraction, or another column"
            )
    return RowNumbers(left, chosen["validation"], chosen["test"])


def fold_of_rows(targets: np.ndarray, groups: np.ndarray | None, folds: int, seed: int) -> np.ndarray:
    """Deal rows out to folds of like size, each with its share of every class; shape (rows,), counted from 0.

    Groups go whole, the largest first, each to where the classes then are most alike.

    Args:
        targets: Class indices of shape (rows,); of any other shape, the rows are of one class.
        groups: The group of each row, shape (rows,), if rows of one stay together.
        folds: How many.
        seed: Decides which rows.

    Raises:
        DataError: There are fewer rows, or groups, than folds.
    """
    classes = ranks_of(targets)[1] if targets.ndim == 1 else np.zeros(len(targets), np.int64)
    random = np.random.Generator(np.random.PCG64([_FOLD_STREAM, seed]))
    members, count = "rows", len(targets)
    if groups is not None:
        members, count = "groups", len(np.unique(groups))
    if count < folds:
        raise DataError(f"data: {count} {members} cannot be divided into {folds} folds; expected at least one in each")
    if groups is None:
        shuffled = random.permutation(len(targets))
        dealt = np.empty(len(targets), np.int64)
        dealt[shuffled[np.argsort(classes[shuffled], kind="stable")]] = np.arange(len(targets)) % folds
        return dealt
    groups = np.unique(groups, return_inverse=True)[1]
    counts = np.zeros((count, classes.max() + 1))
    np.add.at(counts, (groups, classes), 1)
    shares = counts / counts.sum(axis=0)
    shuffled = random.permutation(count)
    sizes, fold_of_group = counts.sum(axis=1), np.empty(count, np.int64)
    held, rows = np.zeros((folds, counts.shape[1])), np.zeros(folds)
    for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        # The sum of squares grows least where there is least of the group's classes; of equals, the emptiest.
        fold = int(np.lexsort((rows, held @ shares[group]))[0])
        held[fold] += shares[group]
        rows[fold] += sizes[group]
        fold_of_group[group] = fold
    return fold_of_group[groups]


def _taken(
    part: Part, name: str, targets: np.ndarray, left: np.ndarray, seed: int, keys: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return which of the rows that are left a part takes, as booleans."""
    taken = np.zeros(len(left), bool)
    if isinstance(part, float):
        taken[split_rows(targets[left], None, min(part * len(targets) / len(left), 1.0), seed).test] = True
        return taken
    key = None if part.column is None else keys[part.column][left]
    if isinstance(part, FoldPart):
        taken[fold_of_rows(targets[left], key, part.folds, seed) == part.fold - 1] = True
        return taken
    assert key is not None  # noqa: S101  (only a fold may lack one)
    size = round(part.fraction * len(targets))
    if not 0 < size < len(left):
        raise DataError(f"data.{name}: {part.fraction:g} of {len(targets)} rows are {size}, of {len(left)} there are")
    if isinstance(part, TimePart):
        taken[key >= np.sort(key)[-size]] = True
        return taken
    groups, sizes = np.unique(key, return_inverse=True, return_counts=True)[1:]
    chosen, rows = np.zeros(len(sizes), bool), 0
    for group in np.random.Generator(np.random.PCG64([_GROUP_STREAMS[name], seed])).permutation(len(sizes)):
        # A group is taken where that brings the part nearer to its size.
        if rows + sizes[group] / 2 <= size:
            chosen[group] = True
            rows += sizes[group]
    return chosen[groups]
