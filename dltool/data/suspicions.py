"""What lets a score look better, or a class be learnt worse, than a person would think: said, and left as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from dltool.config.value_text import value_text
from dltool.contracts.dataset import Part
from dltool.contracts.signature import Signature
from dltool.data.constants import listed
from dltool.data.split import ranks_of
from dltool.errors import warn

_FEW_ROWS = 5
"""Of a class: with fewer there is nothing to learn and nothing to measure."""
_ENOUGH_ROWS = 50
"""Of training, from which on anything is said: an example of a few rows is no mistake."""
_MOST_VALUES = 50
"""Different values of a column that may stand for the classes."""
_FIRST = 1000
_HASHED_ROWS = 1 << 13
"""At a time: as many as stay in the processor's cache."""
_CERTAIN = 0.999


def warn_of_suspicions(where: str, signature: Signature, parts: Mapping[str, Part]) -> None:
    """Say which classes of a table are rare, and which of its columns all but repeat the target.

    Args:
        where: names the table for a person.
        signature: says what the columns are.
        parts: ``train`` and perhaps others, scaled.
    """
    train = parts["train"]
    if len(train) < _ENOUGH_ROWS:
        return
    if signature.classes:
        counts = np.bincount(train.targets, minlength=len(signature.classes))
        rare = [signature.classes[i] for i in np.flatnonzero((counts > 0) & (counts < _FEW_ROWS))]
        if rare:
            warn(f"{where}: fewer than {_FEW_ROWS} training rows are of {listed(rare, 'class')}; put them together")
    if copies := _copies_of_the_target(signature, train):
        warn(
            f"{where}: {listed(copies, 'column')} all but repeats the target in the training rows; if nobody knows it "
            f"before the target, leave it out (data.columns: {value_text({copies[0]: 'ignore'})})"
        )


def warn_of_twins(where: str, parts: Mapping[str, Part], place: Callable[[str, int], str]) -> None:
    """Say of which parts several rows stand in the training part too.

    Args:
        where: names the data for a person.
        parts: ``train`` and perhaps others, scaled.
        place: says where a row of a part stands.
    """
    train = parts["train"]
    if len(train) < _ENOUGH_ROWS or len(parts) == 1:
        return
    trained = _hashes(train)
    others = {
        name: own for name, part in parts.items() if name != "train" and _may_be_in(own := _hashes(part), trained)
    }
    if not others:
        return
    hashes = np.sort(trained)
    if 2 * (1 + np.count_nonzero(hashes[1:] != hashes[:-1])) < len(hashes):
        return  # rows are alike because there is little to tell them apart
    for name, own in others.items():
        known = _are_in(own, hashes)
        twins, first = int(np.count_nonzero(known)), int(known.argmax())
        if _are_many(twins, own):
            twin = place("train", int((trained == own[first]).argmax()))
            warn(
                f"{where}: {twins:,} of {len(own):,} {name} rows stand in the training part too, target included, the "
                f"first of them {place(name, first)}, there {twin}; what is measured on them is remembered rather than "
                "predicted"
            )


def _copies_of_the_target(signature: Signature, train: Part) -> list[str]:
    """Return the columns from each of which alone the target follows."""
    numbers, categories = train.features.get("numbers"), train.features.get("categories")
    places = dict.fromkeys(("numbers", "categories"), 0)
    found = []
    for column in signature.columns:
        kind = "numbers" if column.vocabulary is None else "categories"
        values = (numbers if kind == "numbers" else categories)[:, places[kind]]  # type: ignore[index]
        places[kind] += column.width if kind == "numbers" else 1
        if column.moment:
            continue
        follows = _class_follows(values, train.targets) if signature.classes else _number_follows(values, train.targets)
        if follows:
            found.append(column.name)
    return found


def _class_follows(values: np.ndarray, classes: np.ndarray) -> bool:
    """Tell whether each of a few different values goes with one class, in nearly every row."""
    if len(np.unique(values[:_FIRST])) > _MOST_VALUES:
        return False
    if values.dtype.kind == "i":
        count, index = ranks_of(values)
    else:
        distinct, index = np.unique(values, return_inverse=True)
        count = len(distinct)
    present = np.count_nonzero(np.bincount(classes))
    if not 1 < present <= count <= _MOST_VALUES:
        return False
    width = int(classes.max()) + 1
    table = np.bincount(index * np.int64(width) + classes, minlength=count * width)
    return bool(table.reshape(count, width).max(axis=1).sum() > _CERTAIN * len(classes))


def _number_follows(values: np.ndarray, targets: np.ndarray) -> bool:
    """Tell whether a target is a multiple of a column, but for an offset, in nearly every row."""
    deviations = values - values.mean(dtype=np.float64)
    spread = np.sqrt((deviations**2).sum(dtype=np.float64))
    for target in targets.T:
        others = target - target.mean()
        size = spread * np.sqrt((others**2).sum())
        if size > 0 and abs((deviations * others).sum(dtype=np.float64)) > _CERTAIN * size:
            return True
    return False


def _are_many(twins: int, own: np.ndarray) -> bool:
    return 20 * twins > len(own)


def _may_be_in(own: np.ndarray, trained: np.ndarray) -> bool:
    """Tell, in a third of the time that sorting takes, whether many hashes may be among others.

    Of a hash so many bits are looked at that one in 32 agrees with another by chance, at most.
    """
    bits = len(trained).bit_length() + 5
    seen = np.zeros(1 << bits, bool)
    seen[trained >> np.uint64(64 - bits)] = True
    return _are_many(int(np.count_nonzero(seen[own >> np.uint64(64 - bits)])), own)


def _are_in(some: np.ndarray, in_order: np.ndarray) -> np.ndarray:
    """Tell of each of some numbers whether it is among those that stand in order."""
    order = np.argsort(some)  # each is then looked for close to the one before
    places = np.minimum(np.searchsorted(in_order, some[order]), len(in_order) - 1)
    found = np.empty(len(some), bool)
    found[order] = in_order[places] == some[order]
    return found


def _hashes(part: Part) -> np.ndarray:
    """Return a number of 64 bits for each row, equal where all inputs and targets are."""
    columns = [array.reshape(len(part), -1) for array in (*part.features.values(), part.targets)]
    hashes = np.zeros(len(part), np.uint64)
    for start in range(0, len(part), _HASHED_ROWS):
        mixed = hashes[start : start + _HASHED_ROWS]
        for block in columns:
            for word in _words(block[start : start + _HASHED_ROWS]):
                mixed ^= word
                mixed *= np.uint64(0x9E3779B97F4A7C15)
                mixed ^= mixed >> np.uint64(29)
    return hashes


def _words(rows: np.ndarray) -> np.ndarray:
    """Return the columns of some rows as unsigned numbers, eight bytes of a picture at a time."""
    if rows.dtype == np.uint8:
        padded = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 8)))
        return np.ascontiguousarray(padded.view(np.uint64).T)
    # A zero and its negative are one number.
    return np.ascontiguousarray((rows + rows.dtype.type(0)).T).view(f"u{rows.dtype.itemsize}")
