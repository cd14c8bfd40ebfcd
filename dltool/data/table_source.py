"""Tables, whatever file they come in: columns matched by name, texts encoded by a vocabulary of the training rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from dltool.config.needs import Needs, TaskName
from dltool.config.table_format import TableFormat
from dltool.config.tables import Csv, TableSource
from dltool.contracts.dataset import Batch, Dataset, Part
from dltool.contracts.signature import Column, Rows, Signature
from dltool.data.blocks import scaled
from dltool.data.column_types import is_plainly_number
from dltool.data.columns import check_present, raw_block
from dltool.data.fitted_columns import fit_column
from dltool.data.fitting_rows import fitting_rows, labelled_cells
from dltool.data.held_table import HeldTable
from dltool.data.novelties import Novelties
from dltool.data.number_cells import is_word
from dltool.data.open_table import open_source, open_table
from dltool.data.row_weights import check_weights, refuse_no_weight, row_weights
from dltool.data.split import RowNumbers
from dltool.data.suspicions import warn_of_suspicions, warn_of_twins
from dltool.data.table_split import split_table
from dltool.data.table_targets import raw_targets
from dltool.data.table_warnings import (
    warn_of_a_lost_row,
    warn_of_constant_columns,
    warn_of_divided_groups,
    warn_of_padded_markers,
)
from dltool.data.tables import CellPlace, Cells, Table, positions
from dltool.data.trained_columns import TrainedColumns, as_trained
from dltool.data.training_table import (
    column_types,
    division_keys,
    feature_names,
    table_columns,
    without_holes,
)
from dltool.errors import DataError
from dltool.preprocessing.input_scaler import input_scaler_of
from dltool.tasks.reading import fit_targets, target_reader

_BATCH_BYTES = 64 << 20


def describe(spec: TableSource, needs: Needs, seed: int, held: HeldTable | None = None) -> tuple[Signature, Rows]:
    """Return what is known of the table; vocabularies follow from the split. As ``load``."""
    dataset = load(spec, needs, seed, held)
    return dataset.signature, dataset.rows


def load(spec: TableSource, needs: Needs, seed: int, held: HeldTable | None = None) -> Dataset:
    """Read the table, encode it, and split it by the seed.

    Args:
        spec: what the config says of it.
        needs: what the network and the loss want of the data.
        seed: of the split.
        held: the table, in place of the file.

    Raises:
        InputMissingError: A file does not exist or cannot be read.
        DataError: Its values cannot be used; the message names row and column.
    """
    task = needs.task
    if needs.tokens is not None:
        raise DataError(
            f"{held or spec.path}: a table's columns are no tokens; an embedding takes rows of them from an NPZ file"
        )
    if task is TaskName.CATEGORICAL and len(spec.target_names) > 1:
        raise DataError("data.targets: a loss over classes takes one column of class names; several are given")
    weighed = [spec.weights] if spec.weights else []
    known = list(filter(is_word, (*spec.target_names, *spec.columns, *weighed)))
    with open_source(spec.source, held or spec.path, spec.table_format, known, skips=_skips(spec)) as table:
        names = feature_names(spec, table)
        answered = spec.target_names if task.has_targets else []
        others = [*answered, *weighed, *spec.dividing]

        def is_number(name: str, first: Any) -> bool:
            return name not in others and is_plainly_number(first, table.format, spec.columns.get(name))

        read = Cells.whole(table.read_typed(list(dict.fromkeys([*names, *others])), is_number), table)
        read, decided = fitting_rows(read, names, others, spec, task) if _skips(spec) else (read, {})
        types = column_types(read, names, spec, decided)
        names = [name for name in names if types[name].type != "ignore"]
        used = (*names, *others)
        kept = {name: types[name].cells if name in names else read.columns[name] for name in used}
        cells = without_holes(Cells(kept, read.rows, table), spec, answered, task)
    raw = raw_targets(cells, answered, task)
    reader = fit_targets(needs, raw.values, raw.place, spec.classes, spec.target_transform)
    targets = raw.read(reader)
    asked = {"validation": spec.validation, "test": spec.test}
    divided = {name: None if isinstance(part, str) else part for name, part in asked.items()}
    rows = split_table(targets, divided, seed, division_keys(cells, spec))
    _check_classes_trained(table.name, reader.classes, targets, rows)
    weights = row_weights(cells, spec.weights) if spec.weights else None
    if weights is not None:
        check_weights(weights, [rows.train, rows.validation, rows.test], f"{table.name}, column {spec.weights!r}")
    train = pa.array(rows.train)
    columns = tuple(fit_column(types[name], train, cells, spec, embeds=task.has_targets) for name in names)
    features = TrainedColumns(columns, cells)
    told = read.columns if weights is None else read.columns | dict.fromkeys(weighed, pa.array(weights))
    signature = Signature(
        task=task,
        input_shape=(features.size,),
        input_dtype="float32",
        targets=tuple(answered),
        columns=columns,
        table=table_columns(cells, spec, told, types, columns),
        table_width=None if table.format.header else len(table.header),
        outputs=reader.outputs or features.size,
        classes=reader.classes,
        input_numbers=features.fit(rows.train, spec),
        weights=spec.weights,
        **reader.describe(targets[rows.train], None if weights is None else weights[rows.train]),
    )
    warn_of_constant_columns(cells, names, answered, rows.train)
    warn_of_a_lost_row(cells)
    warn_of_padded_markers(cells, spec)
    parts = {"train": features.part(rows.train, targets, weights, signature)}
    for name, part in asked.items():
        if isinstance(part, str):
            parts[name] = read_labelled(part, signature, spec, skips=_skips(spec))
        elif part is not None:
            some: np.ndarray = getattr(rows, name)
            novelties = Novelties(f"{table.name}, {name} rows", signature, same_table=True)
            parts[name] = features.part(some, targets, weights, signature, novelties)
            novelties.warn()
    if task.has_targets:
        warn_of_suspicions(table.name, signature, parts)
        warn_of_twins(table.name, parts, lambda name, row: _row_in_words(parts[name], row, asked.get(name)))
    warn_of_divided_groups(cells, spec, parts)
    return Dataset.of(signature, parts["train"], parts.get("validation"), parts.get("test"))


def read_labelled(
    path: str | HeldTable,
    signature: Signature,
    spec: TableSource,
    format_: TableFormat | None = None,
    *,
    skips: bool = False,
) -> Part:
    """Read another table with the columns of the training table.

    Args:
        path: of the table, or the table itself.
        signature: what a model was trained on.
        spec: says what to do about holes.
        format_: how the table is written, if it is a CSV; by default as the training table.
        skips: whether rows of a CSV that cannot be read, as ``errors`` has it, are skipped rather than refused.

    Raises:
        InputMissingError, DataError: as ``load`` does.
    """
    names = list(signature.targets)
    weighed = [signature.weights] if signature.weights else []
    types = _types(signature) | dict.fromkeys([*names, *weighed], pa.string())
    with open_table(path, format_ or spec.table_format, list(types), skips=skips) as table:
        name_by_position(table, signature, labelled=bool(names))
        cells = without_holes(labelled_cells(table, types, signature, skips=skips), spec, names, signature.task)
    features = TrainedColumns(signature.columns, cells)
    check_present(signature.columns, features.values, table, cells.rows)
    raw = raw_targets(cells, names, signature.task, signature.classes)
    targets = raw.read(target_reader(signature))
    weights = row_weights(cells, signature.weights) if signature.weights else None
    if weights is not None:
        refuse_no_weight(weights, f"{path}, column {signature.weights!r}")
    novelties = Novelties(str(path), signature)
    part = features.part(np.arange(len(cells.rows)), targets, weights, signature, novelties)
    novelties.warn()
    return part


def read_features(
    path: str | HeldTable, signature: Signature, format_: TableFormat, keep: Sequence[str] = ()
) -> Iterator[Batch]:
    """Yield the rows of a table, or of a CSV on standard input for ``-``, and the columns of ``keep`` as they stand.

    Features are as the network takes them. Of a file, blocks of at most 64 MB are in memory at a time. Columns are
    matched by name and further ones ignored. Without a header they are the features in their order, or all columns of a
    training table that had no header either. A model trained without column names takes numeric columns in their order,
    exactly as many as it needs.

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
        name_by_position(table, signature)
        columns = signature.columns or _columns_in_order(table, signature)
        types = {column.name: _type(column) for column in columns}
        names = list(dict.fromkeys([*types, *keep]))
        table.check_columns(names)
        blocks = table.batches(dict.fromkeys(names, pa.string()) if keep else types)
        yield from _features_of(table, columns, blocks, signature, keep)


def _features_of(
    table: Table,
    columns: Sequence[Column],
    blocks: Iterable[tuple[int, pa.RecordBatch]],
    signature: Signature,
    keep: Sequence[str],
) -> Iterator[Batch]:
    """Yield the rows of a table's blocks, each with the number of its first row; where some are kept all are texts."""
    types = {column.name: _type(column) for column in columns}
    rows, scaler, novelties = 0, input_scaler_of(signature), Novelties(table.name, signature)
    most = max(1, _BATCH_BYTES // (12 * signature.input_shape[0]))
    for first, texts in blocks:
        rows = first + texts.num_rows
        for start in range(0, texts.num_rows, most):
            batch, row = texts.slice(start, most), first + start
            kept = {name: batch[name].fill_null("") for name in keep}
            if keep:
                batch = table.typed(batch.select(list(types)), types, row)
            cells = as_trained(columns, batch.columns, table, _place_from(table, row))
            check_present(columns, cells, table, range(row, row + batch.num_rows))
            block = raw_block(columns, cells, _place_from(table, row), novelties)
            yield Batch(np.arange(row + 1, row + 1 + batch.num_rows), scaled(block, scaler, signature), kept)
    table.check_rows(rows)
    novelties.warn()


def _row_in_words(part: Part, row: int, asked: Any) -> str:
    """Say where a row of a part stands, which may be of another file."""
    assert part.rows is not None  # noqa: S101  (a table's)
    return f"row {part.rows[row] + 1}" + (f" of {asked}" if isinstance(asked, str) else "")


def _place_from(table: Table, first: int) -> CellPlace:
    return lambda row, name: table.place(first + row, name)


def name_by_position(table: Table, signature: Signature, labelled: bool = False) -> None:
    """Name the columns of a table by their order, where it or the training table has no header.

    Args:
        table: is given its names.
        signature: of the model.
        labelled: whether it has targets too.

    Raises:
        DataError: there is no telling which column is which.
    """
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
    return pa.string() if column.moment or column.vocabulary is not None else pa.float64()


def _types(signature: Signature) -> dict[str, Any]:
    return {column.name: _type(column) for column in signature.columns}


def _check_classes_trained(table: str, classes: Sequence[str], targets: np.ndarray, rows: RowNumbers) -> None:
    """Refuse a division of the rows that leaves no row of a class to train on."""
    if not classes:
        return
    every, trained = (np.bincount(some, minlength=len(classes)) for some in (targets, targets[rows.train]))
    lost = np.flatnonzero((every > 0) & (trained == 0))
    if len(lost):
        raise DataError(
            f"{table}: no row of class {classes[lost[0]]!r} is left to train on, as data.validation, data.test or "
            "data.folds divide the rows; divide them in another way, or leave the class out"
        )


def _skips(spec: TableSource) -> bool:
    return isinstance(spec, Csv) and spec.errors == "skip"
