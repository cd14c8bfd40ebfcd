"""A table is opened as what its first bytes say, whatever its name."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dltool.config.table_format import TableFormat
from dltool.data.open_table import open_source, open_table
from dltool.errors import DataError, InputMissingError


@pytest.fixture
def folder(tmp_path):
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), tmp_path / "parquet.csv")
    (tmp_path / "csv.parquet").write_text("a;b\n1;x\n2;y\n")
    return tmp_path


@pytest.mark.parametrize("name", ["parquet.csv", "csv.parquet", "parq*.csv"])
def test_a_table_is_what_its_bytes_say(folder, name):
    with open_table(str(folder / name), TableFormat(";")) as table:
        assert table.header == ["a", "b"]
        texts = table.read({"a": pa.string(), "b": pa.string()})
    assert {key: cells.to_pylist() for key, cells in texts.items()} == {"a": ["1", "2"], "b": ["x", "y"]}


def test_a_source_is_what_the_config_says(folder):
    with (
        pytest.raises(DataError, match="no Parquet file"),
        open_source("parquet", str(folder / "csv.parquet"), TableFormat()),
    ):
        pass
    with (
        pytest.raises(DataError, match="a Parquet file, no CSV"),
        open_source("csv", str(folder / "parquet.csv"), TableFormat()),
    ):
        pass
    with pytest.raises(InputMissingError, match="no such file"), open_table(str(folder / "none"), TableFormat()):
        pass
