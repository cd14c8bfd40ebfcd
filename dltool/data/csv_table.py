"""Tables in CSV files: columns matched by name, texts encoded by a vocabulary of the training rows."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from dltool.config.data import Csv
from dltool.config.needs import Needs, TaskName
from dltool.config.suggestions import did_you_mean_name
from dltool.config.table_format import TableFormat
from dltool.contracts.dataset import Dataset, Digest, Inputs, Part
from dltool.contracts.signature import Column, InputNumbers, Rows, Signature, number_features
from dltool.data.blocks import RawBlock, in_blocks, read_scaled, scaled
from dltool.data.columns import (
    check_present,
    feature_matrix,
    numbers_of,
    raw_block,
    texts_of,
    unify_booleans,
)
from dltool.data.novelties import Novelties, sample_rows, with_enough_precision
from dltool.data.split import split_rows
from dltool.data.table_targets import raw_targets
from dltool.data.table_warnings import (
    counts_of_holes,
    warn_of_a_lost_row,
    warn_of_constant_columns,
    warn_of_dropped,
    warn_of_padded_markers,
)
from dltool.data.tables import STANDARD_INPUT, CellPlace, Cells, Table, is_word, open_table, positions, to_numpy
from dltool.errors import DataError, warn
from dltool.preprocessing.input_scaler import InputScaler, input_scaler_of
from dltool.preprocessing.near_duplicates import near_duplicates, padded_name
from dltool.tasks.reading import fit_targets, target_reader

_MOST_TEXTS = 1000
_BATCH_BYTES = 64 << 20


def describe(spec: Csv, needs: Needs, seed: int) -> tuple[Signature, Rows]:
    """Return what is known of the table; vocabularies follow from the split. Raises as ``load`` does."""
    dataset = load(spec, needs, seed)
    return dataset.signature, dataset.rows


def load(spec: Csv, needs: Needs, seed: int) -> Dataset:
    """Read the table, encode it, and split it by the seed.

    Raises:
        InputMissingError: A file does not exist or cannot be read.
        DataError: Its values cannot be used; the message names row and column.
    """
    task = needs.task
    if needs.tokens is not None:
        raise DataError(
            f"{spec.path}: a table's columns are no tokens; an embedding takes rows of them from an NPZ file"
        )
    if task is TaskName.CATEGORICAL and len(spec.target_names) > 1:
        raise DataError("data.targets: a loss over classes takes one column of class names; several are given")
    with open_table(spec.path, spec.table_format, list(filter(is_word, spec.target_names))) as table:
        names = _feature_names(spec, table)
        answered = spec.target_names if task.has_targets else []
        cells = _read_cells(table, dict.fromkeys([*names, *answered], pa.string()), names, spec, answered, task)
    raw, place = raw_targets(cells, answered, task), cells.target_place(answered)
    reader = fit_targets(task, raw, place, transform=spec.target_transform)
    targets = reader.read(raw, place)
    rows = split_rows(targets, _fraction(spec.validation), _fraction(spec.test), seed)
    columns = tuple(_fit_column(name, cells.columns[name].take(pa.array(rows.train)), cells) for name in names)
    features = _Features(columns, cells)
    signature = Signature(
        task=task,
        input_shape=(features.size,),
        input_dtype="float32",
        targets=tuple(answered),
        columns=columns,
        table_width=None if spec.header else len(table.header),
        outputs=reader.outputs or features.size,
        classes=reader.classes,
        input_numbers=features.fit(rows.train, spec.scaling, filled=spec.missing == "mean"),
        **reader.describe(targets[rows.train]),
    )
    warn_of_constant_columns(cells, names, answered, rows.train)
    warn_of_a_lost_row(cells)
    warn_of_padded_markers(cells, spec)
    parts = {"train": features.part(rows.train, targets[rows.train], signature)}
    for name, part in (("validation", spec.validation), ("test", spec.test)):
        if isinstance(part, str):
            parts[name] = read_labelled(part, signature, spec)
        elif part is not None:
            some: np.ndarray = getattr(rows, name)
            novelties = Novelties(f"{spec.path}, {name} rows", signature)
            parts[name] = features.part(some, targets[some], signature, novelties)
            novelties.warn()
    return Dataset.of(signature, parts["train"], parts.get("validation"), parts.get("test"))


def read_labelled(path: str, signature: Signature, spec: Csv) -> Part:
    """Read another table with the columns of the training table. Raises as ``load`` does."""
    names = list(signature.targets)
    types = _types(signature) | dict.fromkeys(names, pa.string())
    with open_table(path, spec.table_format, list(types)) as table:
        _name_by_position(table, signature, labelled=bool(names))
        cells = _read_cells(table, types, [], spec, names, signature.task)
    features = _Features(signature.columns, cells)
    if not signature.fills_holes:
        check_present(signature.columns, features.values, table, cells.rows)
    raw = raw_targets(cells, names, signature.task, signature.classes)
    targets = target_reader(signature).read(raw, cells.target_place(names))
    novelties = Novelties(path, signature)
    part = features.part(np.arange(len(cells.rows)), targets, signature, novelties)
    novelties.warn()
    return part


def read_features(path: str, signature: Signature, format_: TableFormat) -> Iterator[tuple[np.ndarray, Inputs]]:
    """Yield row numbers, counted from 1, and features of a CSV file, or of standard input for ``-``.

    Features are as the network takes them. Blocks of at most 64 MB are in memory at a time. Columns are matched by
    name and further ones ignored. Without a header they are the features in their order, or all columns of a training
    table that had no header either. A model trained without column names takes numeric columns in their order, exactly
    as many as it needs.

    Raises:
        InputMissingError: The file does not exist or cannot be read.
        DataError: Its values cannot be used; the message names row and column.
    """
    if signature.input_numbers is None:
        what = next(iter(signature.inputs))
        raise DataError(
            f"{path}: the model takes {what} of shape {signature.input_shape}, no table; give it an NPZ file"
        )
    with open_table(path, format_, [column.name for column in signature.columns]) as table:
        _name_by_position(table, signature)
        columns = signature.columns or _columns_in_order(table, signature)
        types = {column.name: _type(column) for column in columns}
        table.check_columns(list(types))
        yield from _features_of(table, columns, table.batches(types), signature)


def read_columns(columns: Mapping[str, Any], signature: Signature) -> Iterator[tuple[np.ndarray, Inputs]]:
    """Yield what ``read_features`` does of a table in memory: values by column name, an array or a list each.

    None, NaN and empty texts are missing.

    Raises:
        DataError: Values cannot be used; the message names row and column.
    """
    table = Table("the mapping", STANDARD_INPUT, TableFormat(), [str(name) for name in columns], io.BytesIO())
    types = _types(signature)
    if lacking := [name for name in types if name not in columns]:
        raise DataError(f"{table.name}: no column {lacking[0]!r}{did_you_mean_name(lacking[0], table.header)}")
    texts = {name: texts_of(columns[name], f"{table.name}, column {name!r}") for name in types}
    (first, rows), *others = [(name, len(values)) for name, values in texts.items()]
    for name, count in others:
        if count != rows:
            raise DataError(f"{table.name}: {count} values of {name!r}, {rows} of {first!r}; expected as many")
    if not rows:
        raise DataError(f"{table.name}: columns without a value; expected at least one row")
    batch = table.typed(pa.RecordBatch.from_arrays([*texts.values()], names=[*texts]), types, 0)
    yield from _features_of(table, signature.columns, [(0, batch)], signature)


def _features_of(
    table: Table, columns: Sequence[Column], blocks: Iterable[tuple[int, pa.RecordBatch]], signature: Signature
) -> Iterator[tuple[np.ndarray, Inputs]]:
    """Yield row numbers and features of a table's blocks, each with the number of its first row."""
    rows, scaler, novelties = 0, input_scaler_of(signature), Novelties(table.name, signature)
    most = max(1, _BATCH_BYTES // (12 * signature.input_shape[0]))
    for first, texts in blocks:
        rows = first + texts.num_rows
        for start in range(0, texts.num_rows, most):
            batch, row = texts.slice(start, most), first + start
            cells = _as_trained(columns, batch.columns)
            if not signature.fills_holes:
                check_present(columns, cells, table, range(row, row + batch.num_rows))
            block = raw_block(columns, cells, _place_from(table, row), novelties)
            yield np.arange(row + 1, row + 1 + batch.num_rows), scaled(block, scaler, signature)
    table.check_rows(rows)
    novelties.warn()


class _Features:
    """The feature columns of a table in memory, made into what the network takes a block of rows at a time."""

    def __init__(self, columns: Sequence[Column], cells: Cells) -> None:
        self._columns, self._cells = columns, cells
        self.values = _as_trained(columns, [cells.columns[column.name] for column in columns])
        self.size = sum(column.width for column in columns)

    def fit(self, rows: np.ndarray, scaling: str, *, filled: bool) -> InputNumbers:
        """Measure the numbers of the training rows, and say where float32 cannot tell them apart."""
        numeric = [i for i, column in enumerate(self._columns) if column.vocabulary is None]
        blocks = (self._raw(some).numbers for some in in_blocks(rows, (self.size,)))
        scaler = InputScaler.fit(blocks, len(numeric), scaling, filled=filled)
        sample = sample_rows(rows, self.size)
        originals = [self.values[i].take(pa.array(sample)).drop_null() for i in numeric]
        names = [f"column {self._columns[i].name!r}" for i in numeric]
        where, raw = self._cells.table.name, self._raw(sample).numbers
        numbers = with_enough_precision(scaler, where, names, originals, raw, scaling).numbers
        return numbers.spread(number_features(self._columns), self.size, filled=filled)

    def part(
        self, rows: np.ndarray, targets: np.ndarray, signature: Signature, novelties: Novelties | None = None
    ) -> Part:
        """Return some rows, scaled, with their targets."""
        digest = Digest()

        def raw(some: np.ndarray) -> RawBlock:
            block = self._raw(some, novelties)
            digest.update(feature_matrix(self._columns, block))
            return block

        return Part(read_scaled(rows, raw, input_scaler_of(signature), signature), targets, digest.text)

    def _raw(self, rows: np.ndarray, novelties: Novelties | None = None) -> RawBlock:
        taken = [values.take(pa.array(rows)) for values in self.values]

        def place(row: int, name: str | None) -> str:
            return self._cells.place(int(rows[row]), name)

        return raw_block(self._columns, taken, place, novelties)


def _place_from(table: Table, first: int) -> CellPlace:
    return lambda row, name: table.place(first + row, name)


def _as_trained(columns: Sequence[Column], cells: Sequence[Any]) -> list[Any]:
    """Spell the cells of boolean columns as in training."""
    return [
        values if column.vocabulary is None else unify_booleans(values, column.vocabulary)
        for column, values in zip(columns, cells, strict=True)
    ]


def _name_by_position(table: Table, signature: Signature, labelled: bool = False) -> None:
    """Name the columns of a table by their order, where it or the training table has no header."""
    names = [column.name for column in signature.columns]
    width = signature.table_width
    if not names or (table.format.header and (width is None or set(names) <= set(table.header))):
        return
    found = len(table.header)
    if found == width:
        table.header = positions(width)
    elif found == len(names) and not labelled:
        table.header = names
    elif labelled and width is None:
        raise DataError(
            f"{table.name}: without a header there is no telling targets from features, since the model knows its "
            "columns by name; name them in a first line"
        )
    else:
        ways = [f"exactly the features in their order, which are {len(names)},"] * (not labelled)
        ways += [f"all {width} columns of the training table"] * (width is not None)
        raise DataError(f"{table.name}: {found} columns; expected {' or '.join(ways).rstrip(',')}")


def _columns_in_order(table: Table, signature: Signature) -> tuple[Column, ...]:
    if signature.input_shape != (len(table.header),):
        raise DataError(
            f"{table.name}: {len(table.header)} columns; the model takes examples of shape {signature.input_shape}"
        )
    return tuple(Column(name) for name in table.header)


def _type(column: Column) -> Any:
    return pa.float64() if column.vocabulary is None else pa.string()


def _types(signature: Signature) -> dict[str, Any]:
    return {column.name: _type(column) for column in signature.columns}


def _fraction(part: float | str | None) -> float | None:
    return None if isinstance(part, str) else part


def _feature_names(spec: Csv, table: Table) -> list[str]:
    table.check_columns([*spec.target_names, *(spec.features or [])])
    targets = set(spec.target_names)
    names = spec.features or [name for name in table.header if name not in targets]
    if not names:
        raise DataError(f"{table.name}: no column is left to predict from; expected one besides the targets")
    if "" in names:
        raise DataError(
            f"{table.name}: column {table.header.index('') + 1} has no name; name it in the header, "
            "or list the columns to use under data.features"
        )
    return names


def _read_cells(
    table: Table, types: dict[str, Any], numeric: list[str], spec: Csv, answered: list[str], task: TaskName
) -> Cells:
    """Read the whole table, make numbers of the ``numeric`` columns that hold some, deal with missing values."""
    table.check_columns(list(types))
    batches = [batch for _, batch in table.batches(types)]
    table.check_rows(sum(batch.num_rows for batch in batches))
    read = pa.Table.from_batches(batches)
    columns = {name: read[name] for name in types}
    for name in numeric:
        columns[name] = unify_booleans(columns[name])
        numbers = numbers_of(columns[name], name, table.place)
        columns[name] = columns[name] if numbers is None else numbers
    rows = np.arange(len(read))
    checked = answered if spec.missing == "mean" else list(types)
    holed = [name for name in checked if columns[name].null_count]
    if not holed:
        return Cells(columns, rows, table)
    if spec.missing != "drop":
        row = columns[holed[0]].is_null().to_pylist().index(True)
        raise DataError(
            f"{table.missing(row, holed[0])} (missing values: {counts_of_holes(columns, holed)}); mend the file, or "
            f"set data.missing to drop{'' if spec.missing == 'mean' else ' or mean'}; a text that is no hole "
            "stands in quotes, or is left out of data.missing_values"
        )
    missing = np.any([to_numpy(columns[name].is_null()) for name in holed], axis=0)
    rows = np.flatnonzero(~missing)
    if not len(rows):
        raise DataError(f"{table.name}: every row lacks a value, so that dropping them leaves none")
    warn_of_dropped(table, columns, holed, rows, [] if task is TaskName.REGRESSION else answered)
    return Cells({name: column.take(pa.array(rows)) for name, column in columns.items()}, rows, table)


def _fit_column(name: str, values: Any, cells: Cells) -> Column:
    """Take the vocabulary from the training rows of a column."""
    if values.null_count == len(values):
        raise DataError(f"{cells.table.name}, column {name!r}: every value is missing; leave the column out")
    if not pa.types.is_string(values.type):
        return Column(name, holes=values.null_count)
    vocabulary = tuple(sorted(pa.compute.unique(values.drop_null()).to_pylist()))
    if len(vocabulary) > _MOST_TEXTS or (len(vocabulary) > 20 and len(vocabulary) > 0.9 * len(values)):
        raise DataError(
            f"{cells.table.name}, column {name!r}: {len(vocabulary)} different texts in {len(values)} training rows "
            "are no categories; leave the column out (list the columns to use under data.features)"
        )
    if padded := padded_name(vocabulary):
        row = pa.compute.index(cells.columns[name], padded).as_py()
        raise DataError(f"{cells.place(row, name)}: {padded!r} and {padded.strip()!r} differ in spaces alone; mend one")
    for alike in near_duplicates(vocabulary):
        warn(f"{cells.table.name}, column {name!r}: {alike}, and are two categories; mend one if they mean the same")
    return Column(name, vocabulary, holes=values.null_count)
