"""Writing tables of predictions, a batch at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from dltool.inference.output_format import OutputFormat

if TYPE_CHECKING:
    from dltool.inference.predict import Columns


def write_tables(tables: Iterable[Columns], sink: IO[bytes], output_format: OutputFormat) -> None:
    """Write tables one after another as one, every text as it is.

    Memory stays constant for ``csv``, ``jsonl`` and ``parquet``; ``npz`` is written at the end.
    """
    if output_format is OutputFormat.NPZ:
        _write_npz(list(tables), sink)
    elif output_format is OutputFormat.JSONL:
        for table in tables:
            sink.write(b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in _rows(table)))
    else:
        _write_arrow(tables, sink, output_format)


def _rows(table: Columns) -> list[dict[str, Any]]:
    columns = [_as_spelt(np.asarray(column)).tolist() for column in table.values()]
    return [dict(zip(table, row, strict=True)) for row in zip(*columns, strict=True)]


def _as_spelt(column: np.ndarray) -> np.ndarray:
    """Return float32 as the float64 that are spelt alike, in as few digits as tell it: 0.1 and not 0.10000000149."""
    if column.dtype != np.float32:
        return column
    import pyarrow as pa

    spelt: np.ndarray = pa.array(column).cast(pa.string()).cast(pa.float64()).to_numpy()
    return spelt


def _write_arrow(tables: Iterable[Columns], sink: IO[bytes], output_format: OutputFormat) -> None:
    import pyarrow as pa

    writer = None
    try:
        for table in tables:
            batch = pa.table(table)
            if writer is None:
                writer = _arrow_writer(output_format, sink, batch.schema)
            writer.write_table(batch)
    finally:
        if writer is not None:
            writer.close()


def _arrow_writer(output_format: OutputFormat, sink: IO[bytes], schema: Any) -> Any:
    if output_format is OutputFormat.PARQUET:
        from pyarrow import parquet

        return parquet.ParquetWriter(sink, schema)
    from pyarrow import csv

    return csv.CSVWriter(sink, schema, write_options=csv.WriteOptions(quoting_style="needed", quoting_header="needed"))


def _write_npz(tables: list[Columns], sink: IO[bytes]) -> None:
    columns: dict[str, Any] = {}
    for name in tables[0] if tables else ():
        column = np.concatenate([np.asarray(table[name]) for table in tables])
        # Texts are stored at a fixed width: an object array would need unpickling.
        columns[name] = column.astype(str) if column.dtype == object else column
    np.savez_compressed(sink, **columns)
