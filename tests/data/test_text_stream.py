"""Files as UTF-8, against Python's own codecs and compressors."""

import bz2
import csv
import gzip
import io
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.config.needs import TaskName
from dltool.config.table_format import TableFormat
from dltool.data.csv_file import open_csv
from dltool.data.table_source import read_features
from dltool.data.text_stream import CountedLines, UnbrokenLineEnds, open_text, rows_alone
from dltool.errors import DataError
from tests.support.inputs import seen
from tests.support.tables import load_table

COMPRESSORS = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "zstd": lambda content: pa.compress(content, "zstd", asbytes=True),
}
TEXT = "größe,name,y\n" + "".join(f"{i % 7},Zoë {i % 3},{i % 2}\n" for i in range(60))


@given(st.text(st.characters(codec="windows-1252")), st.sampled_from(sorted(COMPRESSORS)))
def test_every_text_comes_back(tmp_path_factory, text, compressor):
    path = tmp_path_factory.getbasetemp() / "text"
    for encoding in ("utf-8", "utf-16", "windows-1252"):
        path.write_bytes(
            COMPRESSORS[compressor](b" " + text.encode(encoding) if encoding != "utf-16" else text.encode(encoding))
        )
        with open_text(path, encoding) as stream:
            assert stream.read().decode() == ("" if encoding == "utf-16" else " ") + text


@given(st.text("a\r\n", max_size=30), st.integers(2, 9))
def test_no_piece_ends_within_a_line_end(text, size):
    stream, pieces = UnbrokenLineEnds(io.BytesIO(text.encode())), []
    while piece := stream.read(size):
        pieces.append(piece)
    assert b"".join(pieces) == text.encode()
    assert all(len(piece) <= size for piece in pieces)
    assert not any(before[-1:] + after[:1] == b"\r\n" for before, after in pairwise(pieces))
    assert UnbrokenLineEnds(io.BytesIO(text.encode())).read() == text.encode()


def test_line_ends_in_quotes_stay_whole_wherever_blocks_end(write, monkeypatch):
    rows = ["x" + "\r\n" * (10 + i % 7) for i in range(3000)]
    text = "a,b,y\r\n" + "".join(f'"{cell}",{i},{i % 2}\r\n' for i, cell in enumerate(rows))
    path = write(text)
    monkeypatch.setattr("dltool.data.csv_file._BLOCK_BYTES", 1 << 12)
    with open_csv(path, TableFormat()) as table:
        found = table.read({"a": pa.string()})["a"].to_pylist()
    with Path(path).open(newline="") as stream:
        assert found == [row[0] for row in csv.reader(stream)][1:] == rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1", "windows-1252"])
@pytest.mark.parametrize("compressor", COMPRESSORS)
def test_a_table_is_the_same_however_it_is_written(load_data, write, compressor, encoding):
    plain = load_table(load_data, write(TEXT, "plain.csv"))
    path = write(COMPRESSORS[compressor](TEXT.encode(encoding)), "other")
    other = load_table(load_data, path, encoding=encoding)
    assert seen(other.train.features, other.signature).tolist() == seen(plain.train.features, plain.signature).tolist()
    assert [column.name for column in other.signature.columns] == ["größe", "name"]


@given(st.text(["a", "\n", "\r"]), st.integers(1, 5))
def test_lines_are_counted_in_whatever_pieces_they_are_read(text, size):
    stream = CountedLines(io.BytesIO(text.encode()))
    assert b"".join(iter(lambda: stream.read(size), b"")) == text.encode()
    assert stream.count == len(text.splitlines())


@pytest.mark.parametrize("compressor", ["gzip", "bz2", "zstd"])
def test_a_damaged_file_is_refused(load_data, write, compressor):
    lines = TEXT + "".join(f"{i},{i * 7919 % 1009},1\n" for i in range(5000))
    content = COMPRESSORS[compressor](lines.encode())
    with pytest.raises(DataError, match="damaged, or ends early"):
        load_table(load_data, write(content[: len(content) // 2]))


def test_a_cell_in_a_compressed_file_has_its_place(load_data, write):
    bad = TEXT + '"1\n",Zoë,5,6\n'
    with pytest.raises(DataError, match=r"row 61 \(line 62\): 4 cells; expected 3"):
        load_table(load_data, write(gzip.compress(bad.encode())))


def test_another_encoding_than_is_said(load_data, write):
    with pytest.raises(DataError, match="no text in utf-16"):
        load_table(load_data, write("a,y\n1,é\n2".encode("latin-1")), encoding="utf-16")
    with pytest.raises(DataError, match=r"data\.encoding: windows-1252"):
        load_table(load_data, write("a,y\n1,é\n2,a\n".encode("latin-1")), TaskName.BINARY)


CELL = st.text(st.sampled_from("a#,'\n \""), max_size=4)


@given(
    st.lists(st.one_of(st.lists(CELL, min_size=2, max_size=3), st.sampled_from(["#", "# a, b", "#'x", '# "y']))),
    st.sampled_from("'\""),
    st.integers(0, 3),
    st.sampled_from(["", "\ufeff"]),
    st.booleans(),
)
def test_comments_and_first_lines_are_left_out(rows, quote, skip_rows, mark, ended):
    """A row is written by Python's own module; a comment stands between two rows."""
    text, kept, left_out, line = io.StringIO(), [], [], skip_rows
    for row in rows:
        written = io.StringIO()
        if isinstance(row, str):
            written.write(row + "\n")
            left_out.append(line + 1)
        else:
            csv.writer(written, quotechar=quote, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(row)
            kept.append(row)
        line += written.getvalue().count("\n")
        text.write(written.getvalue())
    before = "".join(f"line {i} 'of \" a note\n" for i in range(skip_rows))
    content = (mark + before + text.getvalue()).removesuffix("\n" if not ended else "")
    stream, numbers = rows_alone(
        io.BufferedReader(io.BytesIO(content.encode())), TableFormat(quote=quote, comment="#", skip_rows=skip_rows)
    )
    read = stream.read().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(read, newline=""), quotechar=quote)) == kept
    assert list(numbers) == [*range(1, skip_rows + 1), *left_out]


LAID_OUT = """made by 'us'
on Monday
# the first row names them
a;b;y
1;'u;#1';0
# a note; with 'marks
2;'two

# lines';1
# another
3;u;0
"""


def test_quotes_comments_and_first_lines(load_data, write, make_spec):
    layout = {"delimiter": ";", "quote": "'", "comment": "#", "skip_rows": 2}
    path = write(LAID_OUT)
    data = load_table(load_data, path, columns={"b": "category"}, **layout)
    assert data.signature.columns[1].vocabulary == ("two\n\n# lines", "u", "u;#1")
    assert seen(data.train.features, data.signature)[:, 0].tolist() == [1, 2, 3]
    format_ = make_spec(source="csv", path=path, targets="y", **layout).table_format
    (batch,) = read_features(path, data.signature, format_)
    assert seen(batch.features, data.signature)[:, 0].tolist() == [1, 2, 3]
    for bad, said in (
        ("x;u;0\n", r"row 4 \(line 13\), column 'a': 'x' is no"),
        ("4;u\n", r"row 4 \(line 13\): 2 cells"),
    ):
        with pytest.raises(DataError, match=said):
            load_table(load_data, write(LAID_OUT + "#\n" + bad), columns={"a": "number"}, **layout)


def test_a_comment_in_a_table_of_one_column_is_no_hole(load_data, write):
    data = load_table(load_data, write("a,y\n1,0\n2,1\n"))
    for content in ("a\n1\n# no row\n2\n", "# none\na\n#\n1\n2\n#"):
        (batch,) = read_features(write(content, "new.csv"), data.signature, TableFormat(comment="#"))
        assert seen(batch.features).tolist() == [[1], [2]]


def test_lines_before_the_header_are_hinted_at(load_data, write):
    with pytest.raises(DataError, match=r"the only one is 'A report': .*data\.skip_rows"):
        load_table(load_data, write("A report\na,y\n1,0\n"))
