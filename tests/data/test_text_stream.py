"""Files as UTF-8, against Python's own codecs and compressors."""

import bz2
import gzip

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.config.needs import TaskName
from dltool.data.text_stream import open_text
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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1", "windows-1252"])
@pytest.mark.parametrize("compressor", COMPRESSORS)
def test_a_table_is_the_same_however_it_is_written(load_data, write, compressor, encoding):
    plain = load_table(load_data, write(TEXT, "plain.csv"))
    path = write(COMPRESSORS[compressor](TEXT.encode(encoding)), "other")
    other = load_table(load_data, path, encoding=encoding)
    assert seen(other.train.features, other.signature).tolist() == seen(plain.train.features, plain.signature).tolist()
    assert [column.name for column in other.signature.columns] == ["größe", "name"]


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
