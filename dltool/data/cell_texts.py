"""Cells that have a type of their own, as a CSV would hold them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute

from dltool.errors import DataError

_TEXTS = pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view
_BYTES = (
    pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary
)  # fmt: skip


def cell_texts(values: Any, name: str, markers: Sequence[str] = ()) -> Any:
    """Return a column as a CSV would hold it.

    Numbers are spelt as shortly as tells them from their neighbours, booleans ``true`` and ``false``, dates and times
    by ISO 8601, times of a zone in UTC, times of day without a fraction of zeros.

    Args:
        values: Arrow column.
        name: of the column, for messages.
        markers: texts that mark a hole.

    Returns:
        Arrow column of texts, null for null, NaN and markers.

    Raises:
        DataError: its values are none that a cell could hold.
    """
    kind = values.type
    if what := no_cells(kind):
        raise DataError(f"{name}: {what}; expected one value a row, a number, a text or a date")
    if isinstance(values, pa.ExtensionArray):
        return cell_texts(values.storage, name, markers)
    if pa.types.is_dictionary(kind):
        return cell_texts(values.dictionary, name, markers).take(values.indices)
    if pa.types.is_floating(kind):
        values = pa.compute.if_else(pa.compute.is_nan(values), None, values)
        # Of 16 bits Arrow writes all digits.
        return pa.compute.cast(values.cast(pa.float32()) if pa.types.is_float16(kind) else values, pa.string())
    if pa.types.is_timestamp(kind):
        values = pa.compute.cast(values, pa.timestamp("us", kind.tz and "UTC"), safe=False)
    if pa.types.is_time(kind):
        values = pa.compute.cast(values, pa.time64("us"), safe=False)
    texts = pa.compute.cast(values, pa.string())
    if pa.types.is_time(kind):  # however fine its unit is: a Parquet file has finer ones than the frame it is made of
        texts = pa.compute.replace_substring_regex(texts, r"\.0+$", "")
    if markers and any(is_text(kind) for is_text in _TEXTS):
        marked = pa.compute.is_in(texts, value_set=pa.array(markers, pa.string()))
        texts = pa.compute.if_else(marked, None, texts)
    return texts


def no_cells(kind: pa.DataType) -> str:
    """Say what values of a type are that no cell could hold; empty for others."""
    if isinstance(kind, pa.BaseExtensionType):
        return no_cells(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return no_cells(kind.value_type)
    if pa.types.is_map(kind):
        return "mappings"
    if pa.types.is_struct(kind):
        return "records of several fields"
    if pa.types.is_nested(kind):
        return "lists"
    if any(is_bytes(kind) for is_bytes in _BYTES):
        return "bytes, no text"
    if pa.types.is_duration(kind) or pa.types.is_interval(kind):
        return "durations"
    return ""
