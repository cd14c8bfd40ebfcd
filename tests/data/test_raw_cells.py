import gzip
import warnings
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dltool.config.data import Data
from dltool.config.needs import Needs, TaskName
from dltool.config.table_format import TableFormat
from dltool.config.tables import Csv, Parquet
from dltool.data import table_source
from dltool.data.raw_cells import cells_of, own_cells
from dltool.errors import DataError, DataWarning

TEXT = "id;name;x;y\n7;a, b;?;1\n8; c;0.50;2\n9;;1e3;3\n"


def spec(path, **more) -> Data:
    return Csv(source="csv", path=str(path), targets=["y"], delimiter=";", missing_values=["?"], **more)


def test_cells_are_those_of_the_file_and_holes_are_none(tmp_path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    found = own_cells(spec(path), np.array([2, 0]), ["id", "name", "x", "y"])
    assert found == {"id": ["9", "7"], "name": [None, "a, b"], "x": ["1e3", None], "y": ["3", "1"]}
    assert own_cells(spec(path), np.array([1]), ["x"]) == {"x": ["0.50"]}


def test_rows_stand_where_a_part_says_that_they_do(tmp_path):
    path = tmp_path / "t.csv"
    rows = [((11 * i) % 31, (7 * i) % 31) for i in range(31)]
    path.write_text("x;y\n" + "".join(f"{x};{'' if x % 5 == 0 else y}\n" for x, y in rows))
    made = spec(path, missing="drop", validation=0.3)
    part = table_source.load(made, Needs(TaskName.REGRESSION), 3).validation
    found = own_cells(made, part.rows, ["y"])
    assert [float(cell) for cell in found["y"]] == part.targets[:, 0].tolist()


def test_what_was_said_when_the_table_was_read_is_not_said_again(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x;y\n1;2\n3;4;5\n6;7\n")
    made = spec(path, errors="skip")
    with pytest.warns(DataWarning, match="1 row is skipped"):
        signature = table_source.load(made, Needs(TaskName.REGRESSION), 0).signature
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert own_cells(made, np.array([1]), ["x", "y"]) == {"x": ["6"], "y": ["7"]}
        found = cells_of(str(path), signature, TableFormat(delimiter=";"), np.array([1]), ["x"], skips=True)
    assert found == {"x": ["6"]}


def test_an_unknown_column_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(TEXT)
    with pytest.raises(DataError, match=r"no column 'nme'.*name"):
        own_cells(spec(path), np.array([0]), ["nme"])


def test_another_table_without_names_has_those_of_training(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n1,5\n3,6\n2,7\n4,9\n")
    signature = table_source.load(
        Csv(source="csv", path=str(path), targets=["y"]), Needs(TaskName.REGRESSION), 0
    ).signature
    bare = tmp_path / "bare.csv"
    bare.write_text("8\n9\n")
    unlabelled = replace(signature, targets=())
    found = cells_of(str(bare), unlabelled, TableFormat(header=False), np.array([1]), ["x"])
    assert found == {"x": ["9"]}


def test_what_no_cell_could_hold_is_left_out_where_that_is_asked_for(tmp_path):
    columns = {"x": [1.0, 2.0], "tags": [["a"], ["b", "c"]], "y": [3.0, 4.0]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    stored = Parquet(source="parquet", path=str(tmp_path / "t.parquet"), targets=["y"], columns={"tags": "ignore"})
    found = own_cells(stored, np.array([1]), ["x", "tags"], cells_alone=True)
    assert found == {"x": ["2"]}
    with pytest.raises(DataError, match=r"tags.*lists"):
        own_cells(stored, np.array([1]), ["x", "tags"])
