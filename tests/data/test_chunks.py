"""Rows of columns that lie in pieces."""

import numpy as np
import pyarrow as pa
import pytest

from dltool.data.chunks import Chunks

PIECES = [["a", "b", None], [], ["c"], ["d", "a", "e"]]


@pytest.mark.parametrize("rows", [[0], [2], [3], [6], [0, 2, 3], [1, 4, 6], [4, 4, 5], [0, 1, 2, 3, 4, 5, 6]])
def test_rows_of_any_pieces_are_those_of_the_whole(rows):
    column = pa.chunked_array(PIECES, pa.string())
    whole = [cell for piece in PIECES for cell in piece]
    for each in (column, column.combine_chunks(), column.dictionary_encode(), column.combine_chunks().slice(0)):
        taken = Chunks(each).take(np.array(rows))
        assert taken.to_pylist() == [whole[row] for row in rows]
        assert taken.null_count == rows.count(2)
