from __future__ import annotations

import csv
import io
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dltool.config.needs import Needs, TaskName
from dltool.config.table_format import TableFormat
from dltool.contracts.signature import Column, Rows, Signature
from dltool.data import table_source
from dltool.data.column_types import is_plainly_number
from dltool.data.csv_file import open_csv
from dltool.data.held_table import held_table
from dltool.data.table_source import read_labelled
from dltool.errors import DataError, DataWarning, DltoolError, InputMissingError
from tests.support.examples import as_they_are
from tests.support.inputs import seen
from tests.support.tables import load_table

Loader = Callable[..., Any]

DATA = Path(__file__).parents[2] / "data"
BINARY, CATEGORICAL, REGRESSION = TaskName.BINARY, TaskName.CATEGORICAL, TaskName.REGRESSION
GOOD = "a,b,y\n1,2,no\n3,4,yes\n5,6,no\n"


def test_iris(load_data: Loader) -> None:
    data = load_data(CATEGORICAL, source="csv", path=str(DATA / "iris.csv"), targets="species", scaling="none")
    with (DATA / "iris.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert data.signature.classes == ("setosa", "versicolor", "virginica")
    names = [column.name for column in data.signature.columns]
    assert names == ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    np.testing.assert_array_equal(
        seen(data.train.features, data.signature), np.array([[row[name] for name in names] for row in rows], np.float32)
    )
    assert [data.signature.classes[index] for index in data.train.targets] == [row["species"] for row in rows]


def test_diabetes(load_data: Loader) -> None:
    path = str(DATA / "diabetes.csv")
    data = load_data(REGRESSION, source="csv", path=path, targets="target", validation=0.1, test=0.2, scaling="none")
    assert data.rows == Rows(310, 44, 88)
    assert data.signature.input_shape == (10,)
    assert data.train.targets.shape == (310, 1)
    whole = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.float32)
    found = [
        np.hstack([seen(part.features, data.signature), part.targets])
        for part in (data.train, data.validation, data.test)
    ]
    assert sorted(map(tuple, np.concatenate(found))) == sorted(map(tuple, whole))


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=False, allow_infinity=False, width=32),
            st.text(st.characters(codec="utf-8", exclude_categories=["C"], exclude_characters="\0"), max_size=5).map(
                lambda text: f"t{text}t"
            ),
            st.floats(-1e6, 1e6, width=32),
        ),
        min_size=1,
        max_size=15,
    )
)
def test_tables_come_back_as_the_csv_module_wrote_them(
    load_data: Loader, tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, str, float]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("number", "text", "y"), *rows])
    data = load_table(load_data, str(path), REGRESSION)
    numbers, texts, targets = zip(*rows, strict=True)
    vocabulary = sorted(set(texts))
    assert data.signature.columns == (Column("number"), Column("text", tuple(vocabulary), rare=0))
    np.testing.assert_array_equal(seen(data.train.features, data.signature)[:, 0], np.array(numbers, np.float32))
    assert (seen(data.train.features, data.signature)[:, 1] == 0).all()
    assert [vocabulary[hot.argmax()] for hot in seen(data.train.features, data.signature)[:, 2:]] == list(texts)
    assert (seen(data.train.features, data.signature)[:, 1:].sum(axis=1) == 1).all()
    np.testing.assert_array_equal(data.train.targets[:, 0], np.array(targets, np.float32))


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\n\n").encode(),
        b"\n" + GOOD.encode()[:-1],
        b'"a","b",y\n"1",2,no\n3," 4","yes"\n5e0,+6,no\n',
    ],
)
def test_spellings_of_one_table(load_data: Loader, write: Any, content: bytes) -> None:
    data = load_table(load_data, write(content))
    assert seen(data.train.features, data.signature).tolist() == [[1, 2], [3, 4], [5, 6]]
    assert data.train.targets.tolist() == [0, 1, 0]


def test_chosen_columns_and_delimiter(load_data: Loader, write: Any) -> None:
    path = write("a;b;y;note\n1;2;no;x\n3;4;yes;\n")
    data = load_table(load_data, path, features=["b", "a"], delimiter=";")
    assert seen(data.train.features, data.signature).tolist() == [[2, 1], [4, 3]]


@pytest.mark.parametrize(
    ("labels", "classes", "targets"),
    [
        (["2", "10", "2"], ("2", "10"), [0, 1, 0]),
        (["-1", "1", "1.0"], ("-1", "1"), [0, 1, 1]),
        (["true", "false", "true"], ("false", "true"), [1, 0, 1]),
        (["1", "x", "1"], ("1", "x"), [0, 1, 0]),
        (["9007199254740993", "9007199254740992"], ("9007199254740992", "9007199254740993"), [1, 0]),
    ],
)
def test_classes_are_named_by_the_column(
    load_data: Loader,
    make_spec: Any,
    write: Any,
    labels: list[str],
    classes: tuple[str, ...],
    targets: list[int],
) -> None:
    path = write("a,y\n" + "".join(f"1,{label}\n" for label in labels))
    data = load_table(load_data, path)
    assert data.signature.classes == classes
    assert data.train.targets.tolist() == targets
    again = read_labelled(path, data.signature, make_spec(source="csv", path=path, targets="y"))
    assert again.targets.tolist() == targets


def test_several_targets(load_data: Loader, write: Any) -> None:
    path = write("a,u,v\n1,0,1\n2,1,1\n")
    numbers = load_table(load_data, path, REGRESSION, targets=["v", "u"])
    assert numbers.train.targets.tolist() == [[1, 0], [1, 1]]
    assert numbers.signature.targets == ("v", "u")
    assert load_table(load_data, path, BINARY, targets=["u", "v"]).signature.classes == ()


def test_a_vocabulary_comes_from_the_training_rows_alone(load_data: Loader, write: Any) -> None:
    texts = [f"only{number}" if number % 10 == 0 else "common" for number in range(40)]
    path = write("n,t,y\n" + "".join(f"{number},{text},{number % 2}\n" for number, text in enumerate(texts)))
    data = load_table(load_data, path, test=0.5, columns={"n": "number"})
    in_training = {texts[int(number)] for number in seen(data.train.features, data.signature)[:, 0]}
    in_test = [texts[int(number)] for number in seen(data.test.features, data.signature)[:, 0]]
    assert data.signature.columns[1].vocabulary == tuple(sorted(in_training))
    assert len(in_training) < 5
    assert seen(data.test.features, data.signature)[:, 1].tolist() == [text not in in_training for text in in_test]


def test_means_come_from_the_training_rows_alone(load_data: Loader, write: Any) -> None:
    values = {number: number**2 for number in range(1, 40)}
    lines = ["0,,0", *(f"{number},{value},{number % 2}" for number, value in values.items())]
    data = load_table(
        load_data, write("id,n,y\n" + "\n".join(lines)), test=0.5, missing="mean", columns={"id": "number"}
    )
    mean = np.mean([values[int(number)] for number in seen(data.train.features, data.signature)[:, 0] if number])
    assert data.signature.input_numbers.fill[1] == pytest.approx(mean)
    features = np.concatenate([seen(data.train.features, data.signature), seen(data.test.features, data.signature)])
    assert features[features[:, 0] == 0, 1] == pytest.approx(mean)


def test_missing_values_are_dropped_on_request(load_data: Loader, write: Any) -> None:
    path = write("a,t,y\n1,x,0\n,x,1\n3,NA,1\n4,z,nan\n5,z,1\n")
    data = load_table(load_data, path, missing="drop")
    assert seen(data.train.features, data.signature).tolist() == [[1, 0, 1, 0], [5, 0, 0, 1]]


def test_missing_values_become_the_mean_on_request(load_data: Loader, write: Any) -> None:
    path = write("a,t,y\n1,x,0\nnull,x,1\n3,NA,1\n")
    data = load_table(load_data, path, missing="mean")
    assert seen(data.train.features, data.signature).tolist() == [[1, 0, 1], [2, 0, 1], [3, 1, 0]]
    ((_, features),) = read_features(write("t,a\n,\n", "new.csv"), data.signature, TableFormat())
    assert features.tolist() == [[2, 1, 0]]


def test_parts_from_other_files(load_data: Loader, write: Any) -> None:
    other = write("y,b,extra,a\nyes,9,?,8\n", "other.csv")
    data = load_table(load_data, write(GOOD), validation=other, test=other)
    assert data.rows == Rows(3, 1, 1)
    assert seen(data.test.features, data.signature).tolist() == [[8, 9]]
    assert data.test.targets.tolist() == [1]


MANY = "".join(f"word{number},{number % 2}\n" for number in range(30))


HOLES = ",".join(f"c{i}" for i in range(12)) + ",y\n" + "," * 11 + ",no\n" + "1," * 12 + "yes\n"


@pytest.mark.parametrize(
    ("content", "values", "words"),
    [
        ("", {}, ["file is empty"]),
        ("\n\n", {}, ["file is empty"]),
        ("a,b,y\n", {}, ["column names but no rows"]),
        ("a,b,y", {}, ["column names but no rows"]),
        ("a,b,y\n1,2,no\n\n3,yes\n", {}, ["row 2 (line 4)", "2 cells", "expected 3"]),
        ('a,b,y\n1,2,"two\nlines"\n3,4,5,no\n', {}, ["row 2 (line 4)", "4 cells"]),
        ("a,a,y\n1,2,no\n", {}, ["two columns are named 'a'"]),
        ("a,b,y\n1,2,no\n3,x,yes\n5,6,no\n", {}, ["row 2 (line 3)", "column 'b'", "'x'", "2 of 3", "number"]),
        ("a,b,y\n1,2,no\n3,,yes\n5,,no\n", {}, ["row 2 (line 3)", "column 'b'", "2 in 'b'", "data.missing"]),
        ("a,b,y\n1,2,no\n,,yes\n5,,no\n", {}, ["row 2 (line 3), column 'a'", "missing values: 1 in 'a', 2 in 'b'"]),
        (HOLES, {}, ["row 1", "column 'c0'", "1 in 'c7', others in 4 more columns"]),
        ("a,b,y\n1,2,\n3,4,yes\n", {}, ["row 1", "column 'y'", "missing"]),
        ("a,b,y\n1,2,\n3,4,yes\n", {"missing": "mean"}, ["row 1", "column 'y'", "drop"]),
        ("a,b,y\n,2,no\n3,,yes\n", {"missing": "drop"}, ["every row lacks a value"]),
        ("a,b,y\n,2,no\n,3,yes\n", {"missing": "mean", "features": ["a"]}, ["column 'a'", "every value is missing"]),
        ("a,b,y\n1,2,no\n3,inf,yes\n", {}, ["row 2 (line 3)", "column 'b'", "finite"]),
        ("a,b,y\n1,2,no\n3,1e39,yes\n", {}, ["row 2", "column 'b'", "too large for float32"]),
        ("a,b,y\n1,2,1\n3,4,1.7\n", {}, ["row 2", "column 'y'", "class label 1.7", "regression"]),
        ("a,b,y\n1,2,no\n3,4,no\n", {}, ["column 'y'", "class 'no'", "at least two"]),
        ("a,b,y\n1,2,no\n3,4,yes\n", {"targets": "z"}, ["no column 'z'", "a, b, y"]),
        ("a,b,kind\n1,2,no\n", {"targets": "kindd"}, ["no column 'kindd'", "mean 'kind'"]),
        ("y\n1\n2\n", {}, ["no column is left"]),
        ("a;b;y\n1;2;no\n", {}, ["no column 'y'", "'a;b;y'", "delimiter"]),
        ("t,y\n" + MANY, {}, ["column 't'", "30 different texts", "data.features"]),
        (GOOD.encode("utf-16"), {}, ["UTF-16", "save it as CSV in UTF-8"]),
        ("é,y\n1,no\n".encode("latin-1"), {}, ["header is not UTF-8"]),
        ("a,y\n1,no\n2,é\n".encode("latin-1"), {}, ["row 2", "not UTF-8"]),
        ("a,y\n1,no\n2,é,3\n".encode("latin-1"), {}, ["row 2 (line 3)", "3 cells", "expected 2"]),
        (b"PK\x03\x04\0\0", {}, ["a ZIP archive"]),
        ("a,b,y\n1,2,no\n3,4,yes\n", {"validation": 0.1}, ["data.validation", "0.1 of 2 rows"]),
        ("a,b,y\n1,2,no\n3,4,yes\n", {"test": 0.5}, ["1 of 2 rows are left", "2 classes"]),
    ],
)
def test_bad_tables(load_data: Loader, write: Any, content: str | bytes, values: Any, words: list[str]) -> None:
    with pytest.raises(DataError) as error:
        load_table(load_data, write(content), **values)
    assert all(word in str(error.value) for word in words), error.value
    assert "table.csv" in str(error.value) or str(error.value).startswith("data")


@pytest.mark.parametrize(
    ("content", "task", "values", "words"),
    [
        ("a,y\n1,2\n3,x\n5,6\n", REGRESSION, {}, ["row 2", "column 'y'", "'x'"]),
        ("a,y\n1,u\n3,x\n", REGRESSION, {}, ["row 1", "column 'y'", "'u'", "crossentropy"]),
        ("a,y\n1,2\n3,inf\n", REGRESSION, {}, ["row 2", "column 'y'", "finite"]),
        ("a,y,z\n1,0,1\n3,1,2\n", BINARY, {"targets": ["y", "z"]}, ["row 2", "column 'z'", "0 or 1"]),
        ("a,y,z\n1,0,1\n3,1,0\n", CATEGORICAL, {"targets": ["y", "z"]}, ["data.targets", "one column"]),
    ],
)
def test_bad_targets(
    load_data: Loader, write: Any, content: str, task: TaskName, values: Any, words: list[str]
) -> None:
    with pytest.raises(DataError) as error:
        load_table(load_data, write(content), task, **values)
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize(
    ("content", "error_class", "words"),
    [
        ("a,y\n1,no\n", DataError, ["no column 'b'"]),
        ("a,b,y\n1,x,no\n", DataError, ["row 1 (line 2)", "column 'b'", "'x'", "expected a number"]),
        ("a,b,y\n1,2,maybe\n", DataError, ["row 1 (line 2)", "column 'y'", "'maybe'", "no, yes"]),
        ("a,b,y\n1,,no\n", DataError, ["row 1", "column 'b'", "missing"]),
        (None, InputMissingError, ["other.csv", "no such file"]),
    ],
)
def test_bad_test_files(
    load_data: Loader, write: Any, content: str | None, error_class: type[DltoolError], words: list[str]
) -> None:
    path = write(GOOD)
    other = str(Path(path).with_name("other.csv")) if content is None else write(content, "other.csv")
    with pytest.raises(error_class) as error:
        load_table(load_data, path, test=other)
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize(
    ("content", "targets"),
    [
        ("1,2,0\n3,4,1\n", "y"),
        ("1,2,0\n3,4,1\n", "0"),
        ("1,2,\n3,4,1\n", "y"),
        ("5.1,3.5,setosa\n4.9,3.0,other\n", "species"),
        ("1,1,0\n3,4,1\n", "y"),
    ],
)
def test_a_header_of_numbers_is_refused_with_both_ways_out(
    load_data: Loader, write: Any, content: str, targets: str
) -> None:
    with pytest.raises(DataError) as error:
        load_table(load_data, write(content), targets=targets)
    assert all(word in str(error.value) for word in ["name the columns", "data.header: false", "--no-header"])


@pytest.mark.parametrize("header", ["name,2019,2020,2021,y", "0,1,2,3,y", "1100.5,1102.5,1104.5,1106.5,y"])
def test_numbers_that_name_columns(load_data: Loader, write: Any, header: str) -> None:
    data = load_table(load_data, write(f"{header}\n1,2,3,4,no\n5,6,7,9,yes\n"))
    assert seen(data.train.features, data.signature).tolist() == [[1, 2, 3, 4], [5, 6, 7, 9]]
    ((_, features),) = read_features(
        write(",".join(header.split(",")[:4]) + "\n1,2,3,4\n", "n.csv"), data.signature, TableFormat()
    )
    assert features.tolist() == [[1, 2, 3, 4]]


def test_a_header_that_may_be_a_row_of_words_is_warned_of(load_data: Loader, write: Any) -> None:
    with pytest.warns(DataWarning, match="column 'p' holds a cell that reads like its name.*header: false"):
        load_table(load_data, write("p,x\ne,y\np,z\n"), targets="p")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\n"])
def test_a_table_without_a_header(load_data: Loader, make_spec: Any, write: Any, mark: bytes) -> None:
    path = write(mark + b"1,no,2\n3,yes,4\n5,no,7\n")
    values = {"header": False, "targets": "column_2"}
    data = load_table(load_data, path, **values)
    assert seen(data.train.features, data.signature).tolist() == [[1, 2], [3, 4], [5, 7]]
    assert [column.name for column in data.signature.columns] == ["column_1", "column_3"]
    again = read_labelled(path, data.signature, make_spec(source="csv", path=path, **values))
    assert seen(again.features, data.signature).tolist() == seen(data.train.features, data.signature).tolist()
    assert again.targets.tolist() == [0, 1, 0]
    for content, table_format in (
        ("1,?,2\n3,,4\n", TableFormat(header=False)),
        ("1,2\n3,4\n", TableFormat(header=False)),
        ("p,q\n1,2\n3,4\n", TableFormat()),
        ("column_3,column_1\n2,1\n4,3\n", TableFormat()),
    ):
        ((numbers, features),) = read_features(write(content, "n.csv"), data.signature, table_format)
        assert numbers.tolist() == [1, 2]
        assert features.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(DataError, match=r"4 columns; expected .* 2, or all 3 columns"):
        list(read_features(write("1,2,3,4\n", "n.csv"), data.signature, TableFormat(header=False)))
    with pytest.raises(DataError, match=r"row 2 \(line 2\), column 'column_3': 'x' is not a number"):
        list(read_features(write("1,2\n3,x\n", "n.csv"), data.signature, TableFormat(header=False)))


def test_a_model_that_knows_names_takes_its_features_in_order(make_spec: Any, write: Any) -> None:
    plain = TableFormat(header=False)
    ((_, features),) = read_features(write("1,tan\n2,red\n"), SIGNATURE, plain)
    assert features.tolist() == [[1, 0, 0, 1], [2, 0, 1, 0]]
    with pytest.raises(DataError, match="3 columns; expected exactly the features"):
        list(read_features(write("1,tan,3\n"), SIGNATURE, plain))
    spec = make_spec(source="csv", path=".", targets="y", header=False)
    with pytest.raises(DataError, match="name them in a first line"):
        read_labelled(write("1,tan,3\n"), SIGNATURE, spec)


def test_a_model_without_names_loses_no_first_row(write: Any) -> None:
    signature, path = Signature(REGRESSION, (2,), "float32", 1, input_numbers=as_they_are(2)), write("1,2\n3,4\n")
    with pytest.raises(DataError, match=r"first line, 1,2,.*--no-header"):
        list(read_features(path, signature, TableFormat()))
    ((_, features),) = read_features(path, signature, TableFormat(header=False))
    assert features.tolist() == [[1, 2], [3, 4]]


def test_quoted_cells_are_texts_and_empty_ones_are_missing(load_data: Loader, write: Any) -> None:
    data = load_table(load_data, write('t,y\n"NA",no\nx,yes\n'))
    assert data.signature.columns == (Column("t", ("NA", "x"), rare=0),)
    with pytest.raises(
        DataError, match=r"row 1 \(line 2\), column 't': 'NA' counts as missing.*quotes.*missing_values"
    ):
        load_table(load_data, write("t,y\nNA,no\nx,yes\n"))
    marked = load_table(load_data, write("t,y\nNA,no\nx,yes\n?,no\n"), missing_values=["?"], missing="drop")
    assert marked.signature.columns == (Column("t", ("NA", "x"), rare=0),)
    for empty in ("", '""', "  ", '" "'):
        with pytest.raises(DataError, match="value is missing"):
            load_table(load_data, write(f"a,y\n{empty},no\n1,yes\n"))
    with pytest.warns(DataWarning, match="row 1 .*' NA' is a text"):
        load_table(load_data, write("t,y\n NA,no\nx,yes\n"))


CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "NA", " NA", "nan", "NAN", "null", "inf", "-Infinity", "0x10", "1_0", "1,5", "1,000", "1 000", "--1",
         "+1", "-0", "1.", ".5", ".", "1e5", "1E+5", "1d5", "1e", "1e999", "1e-50", "007", "\u00a01", "1\u2009",
         "\u0661", "True", "yes", "16777217", "0.1"]
    ),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text("0123456789+-.eE, xn", max_size=6),
)  # fmt: skip


@settings(max_examples=200)
@given(CELLS, st.booleans(), st.sampled_from(["", " ", "\t"]), st.sampled_from(["", " "]))
def test_training_and_predicting_read_every_cell_alike(
    load_data: Loader, tmp_path_factory: pytest.TempPathFactory, cell: str, quoted: bool, before: str, after: str
) -> None:
    text = f"{before}{cell}{after}"
    text = f'"{text}"' if quoted or "," in text else text
    path = tmp_path_factory.getbasetemp() / "cell.csv"
    path.write_text(f"a,y\n{text},1\n" + "".join(f"{row},{row}\n" for row in range(2, 9)), "utf-8")
    signature = Signature(
        REGRESSION, (1,), "float32", 1, targets=("y",), columns=(Column("a"),), input_numbers=as_they_are(1)
    )
    found: list[float | str] = []
    for read in (
        lambda: seen(load_table(load_data, str(path), REGRESSION, scaling="none").train.features),
        lambda: next(read_features(str(path), signature, TableFormat()))[1],
    ):
        try:
            found.append(float(read()[0, 0]))
        except DataError as error:
            assert "row 1 (line 2), column 'a'" in str(error)
            found.append("missing" if re.search("is missing|as missing", str(error)) else "refused")
    assert found[0] == found[1]
    if re.fullmatch(r"[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?", cell) and abs(float(cell)) < 3e38:
        assert found[0] == pytest.approx(float(cell), rel=1e-6, abs=1e-44)


LINES = st.sampled_from(["{}.25", "{}", "1{:03}", "0{:03}", "{}e3", " {} ", '"{}"', "2026-01-{:02}", "word {}"])


@settings(max_examples=200)
@given(
    st.lists(LINES, min_size=2, max_size=3),
    st.integers(1, 200),
    st.lists(st.tuples(st.integers(0, 119), st.integers(0, 2), CELLS, st.booleans()), max_size=4),
    st.sampled_from(["refuse", "mean", "drop"]),
    st.booleans(),
)
def test_a_large_table_read_as_numbers_is_the_same_as_one_read_as_texts(
    tmp_path_factory: pytest.TempPathFactory,
    make_spec: Any,
    kinds: list[str],
    distinct: int,
    odd: list[tuple[int, int, str, bool]],
    missing: str,
    declared: bool,
) -> None:
    rows = [[kind.format(i % distinct) for kind in kinds] for i in range(120)]
    for row, column, cell, quoted in odd:
        rows[row][column % len(kinds)] = f'"{cell}"' if quoted or "," in cell else cell
    path = tmp_path_factory.getbasetemp() / "large.csv"
    names = "abc"[: len(kinds)]
    lines = [",".join((*row, "no" if i % 3 else "yes")) for i, row in enumerate(rows)]
    path.write_text("\n".join([",".join((*names, "y")), *lines]), "utf-8")
    spec = make_spec(
        source="csv", path=str(path), targets="y", validation=0.2, missing=missing,
        columns={"a": "number"} if declared else {},
    )  # fmt: skip
    found = []
    for large in (0, 1 << 40):
        with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            patch.setattr("dltool.data.csv_file._LARGE", large)
            try:
                dataset = table_source.load(spec, Needs(BINARY), 1)
                what: Any = dataset.fingerprint, dataset.signature, dataset.train.features["numbers"].tobytes()
            except (DataError, KeyError) as error:
                what = str(error)
            found.append((what, [str(each.message) for each in said]))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([f"{i}.5" for i in range(200)], "double"),
        ([str(i) for i in range(200)], "double"),
        (["", "NA"] + [f"{i}.5" for i in range(198)], "double"),
        ([f"{i}.5" for i in range(199)] + ["?"], "string"),
        ([f"1{i:03}" for i in range(200)], "string"),  # codes, should one begin with 0
        (["0", "1"] * 100, "string"),  # perhaps booleans
        (["1.5"] * 200, "string"),  # perhaps of one value
        ([f"{i}.5" for i in range(199)] + [str(2**53 + 1)], "string"),
        ([f"{i}.5" for i in range(99)], "string"),
    ],
)
def test_what_a_large_table_is_read_as(
    write: Any, monkeypatch: pytest.MonkeyPatch, cells: list[str], kind: str
) -> None:
    monkeypatch.setattr("dltool.data.csv_file._LARGE", 0)
    path = write("a,b\n" + "".join(f"{cell},word\n" for cell in cells))
    with open_csv(path, TableFormat()) as table:
        read = table.read_typed(["b", "a"], lambda name, first: is_plainly_number(first, table.format, None))
    assert [str(column.type) for column in read.values()] == ["string", kind]
    assert read["b"].to_pylist() == ["word"] * len(cells)
    expected: list[Any] = [None if cell in ("", "NA") else cell for cell in cells]
    if kind == "double":
        expected = [cell and float(cell) for cell in expected]
    assert read["a"].to_pylist() == expected


def test_a_large_table_may_begin_with_a_row_longer_than_what_is_looked_at_first(
    write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dltool.data.csv_file._LARGE", 0)
    monkeypatch.setattr("dltool.data.csv_file._FIRST_BYTES", 1 << 10)
    rows = [(f"{i}.5", "word" * (20_000 if i == 0 else 1)) for i in range(300)]
    with open_csv(write("b,a\n" + "".join(f"{b},{a}\n" for a, b in rows)), TableFormat()) as table:
        read = table.read_typed(["b", "a"], lambda name, first: is_plainly_number(first, table.format, None))
    assert [(cells["a"], cells["b"]) for cells in pa.table(read).to_pylist()] == rows


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["x", '"y\nz"', '"q,\nr,\ns"', "a long text", '"y\rz"', '"y\r\n"', '"1""\n"']),
        st.sampled_from(["1", "2.5"]),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=300)
@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.booleans())
# Left to itself, Arrow takes the end of the third row for all of it.
@example([('"q,\nr,\ns"', "1"), ("a long text", "2.5"), ('"y\nz"', "1"), ("x", "1")], "\n", True)
def test_no_row_of_a_large_table_is_divided_where_its_cells_hold_line_ends(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], end: str, ends: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.csv"
    text = end.join(["a,b", *map(",".join, rows)]) + end * ends
    path.write_bytes(text.encode())
    expected = [[cell, float(number)] for cell, number in list(csv.reader(io.StringIO(text, newline="")))[1:]]
    plain = all("\n" not in cell and "\r" not in cell for cell, _ in rows)
    with pytest.MonkeyPatch.context() as patch, open_csv(str(path), TableFormat()) as table:
        patch.setattr("dltool.data.csv_file._BLOCK_BYTES", 32)
        patch.setattr("dltool.data.csv_file._BYTES_A_CELL", 16)
        try:
            found = [list(row.values()) for block in table.cells(["a"], ["b"]) for row in block.to_pylist()]
        except pa.ArrowInvalid:
            assert not plain
        else:
            assert found == expected


def test_a_blank_line_in_a_single_column_is_a_missing_value(write: Any) -> None:
    signature = Signature(REGRESSION, (1,), "float32", 1, columns=(Column("a"),), input_numbers=as_they_are(1))
    with pytest.raises(DataError, match=r"row 2 \(line 3\).*missing"):
        list(read_features(write("a\n1\n\n3\n"), signature, TableFormat()))
    ((numbers, features),) = read_features(write("\na\n1\n3\n\n\n"), signature, TableFormat())
    assert (numbers.tolist(), features.tolist()) == ([1, 2], [[1], [3]])


def test_dropped_rows_and_vanished_classes_are_said(load_data: Loader, make_spec: Any, write: Any) -> None:
    path = write("a,b,y\n1,1,cat\n,2,dog\n2,,dog\n4,3,bird\n5,4,cat\n")
    said = (
        r"2 of 5 rows are dropped \(missing values: 1 in 'a', 1 in 'b'\); "
        "with them goes every row of class 'dog' in column 'y'"
    )
    with pytest.warns(DataWarning, match=said):
        data = load_table(load_data, path, CATEGORICAL, missing="drop")
    assert data.signature.classes == ("bird", "cat")
    spec = make_spec(source="csv", path=path, targets="y", missing="drop")
    with pytest.warns(DataWarning, match=said):
        read_labelled(path, data.signature, spec)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ("True TRUE false False", ("false", "true")),
        ("yes no yes no", ("no", "yes")),
        ("Y n Y n", ("Y", "n")),
        ("1 true 0 false", ("false", "true")),
        ("on on off off", ("off", "on")),
        ("1 0 1 0", ("0", "1")),
        ("yes no maybe No", ("No", "maybe", "no", "yes")),
        ("N Y F N", ("F", "N", "Y")),  # of two pairs: three kinds of something
        ("Y yes no N", ("N", "Y", "no", "yes")),
    ],
)
def test_booleans_are_one_kind(
    load_data: Loader, make_spec: Any, write: Any, labels: str, classes: tuple[str, ...]
) -> None:
    cells = labels.split()
    path = write("t,y\n" + "".join(f"{cell},{cell}\n" for cell in cells))
    data = load_table(load_data, path, CATEGORICAL)
    assert data.signature.classes == classes
    if len(classes) > 2 or classes == ("0", "1"):
        return
    assert data.signature.columns[0].vocabulary == classes
    wanted = [cell.lower() in ("true", "yes", "y", "on", "1") for cell in cells]
    assert [
        data.signature.classes[index].lower() in ("true", "yes", "y", "on") for index in data.train.targets
    ] == wanted
    false, true = sorted(classes, key=lambda name: name.lower() in ("true", "yes", "y", "on"))
    other = write(f"t,y\n{true.upper()},0\n 0,{true.lower()}\n{false.capitalize()},1\n", "other.csv")
    part = read_labelled(other, data.signature, make_spec(source="csv", path=other, targets="y"))
    assert [data.signature.classes[index] == true for index in part.targets] == [False, True, True]
    assert seen(part.features, data.signature)[:, 1 + classes.index(true)].tolist() == [1, 0, 0]
    assert seen(part.features, data.signature)[:, 0].tolist() == [0, 0, 0]


def test_numbers_are_no_booleans_but_labels_of_0_and_1_may_be_words(
    load_data: Loader, make_spec: Any, write: Any
) -> None:
    data = load_table(load_data, write("a,y\n1,0\n0,1\n"))
    other = write("a,y\n1,True\n0,no\n", "other.csv")
    spec = make_spec(source="csv", path=other, targets="y")
    assert read_labelled(other, data.signature, spec).targets.tolist() == [1, 0]
    with pytest.raises(DataError, match=r"'True' is not a number.*write 1"):
        list(read_features(write("a\nTrue\n", "n.csv"), data.signature, TableFormat()))


def test_several_labels_may_be_words(load_data: Loader, write: Any) -> None:
    path = write("a,u,v\n1,True,no\n2,FALSE,yes\n3,1,off\n")
    assert load_table(load_data, path, targets=["u", "v"]).train.targets.tolist() == [[1, 0], [0, 1], [1, 0]]
    with pytest.raises(DataError, match=r"row 1 .*'cat' is not a number; expected 0 or 1, or true or false") as error:
        load_table(load_data, write("a,u,v\n1,1,cat\n2,0,dog\n"), targets=["u", "v"])
    assert "crossentropy" not in str(error.value)


def test_spaces_around_a_column_s_name_do_not_count(load_data: Loader, write: Any) -> None:
    assert load_table(load_data, write("a, b , y\n1,2,no\n3,4,yes\n")).signature.columns[1].name == "b"
    with pytest.raises(DataError, match="two columns are named 'a'"):
        load_table(load_data, write("a, a,y\n1,2,no\n"))


def read_features(path, signature, format_):
    for batch in table_source.read_features(path, signature, format_):
        yield batch.ids, seen(batch.features, signature)


SIGNATURE = Signature(
    REGRESSION,
    (4,),
    "float32",
    1,
    targets=("y",),
    columns=(Column("a"), Column("t", ("red", "tan"))),
    input_numbers=as_they_are(4),
)


def test_new_rows_are_matched_by_name(write: Any) -> None:
    path = write("t,extra,a\nred,?,1\ngrey,?,2\ntan,?,3\n")
    ((numbers, features),) = read_features(path, SIGNATURE, TableFormat())
    assert numbers.tolist() == [1, 2, 3]
    assert features.dtype == np.float32
    assert features.tolist() == [[1, 0, 1, 0], [2, 1, 0, 0], [3, 0, 0, 1]]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a,t\n1,red\n2,tan\n")))
    ((numbers, features),) = read_features("-", SIGNATURE, TableFormat())
    assert numbers.tolist() == [1, 2]
    assert features[:, 0].tolist() == [1, 2]


def test_rows_in_order_where_the_model_has_no_column_names(write: Any) -> None:
    signature = Signature(REGRESSION, (2,), "float32", 1, input_numbers=as_they_are(2))
    ((_, features),) = read_features(write("q,p\n1,2\n"), signature, TableFormat())
    assert features.tolist() == [[1, 2]]
    with pytest.raises(DataError, match=r"3 columns; .*\(2,\)"):
        list(read_features(write("q,p,r\n1,2,3\n"), signature, TableFormat()))


def test_a_long_table_comes_in_blocks_with_true_row_numbers(write: Any) -> None:
    values = np.arange(1_500_000)
    path = write("a,t\n" + "\n".join(f"{value},red" for value in values) + "\n")
    blocks = list(read_features(path, SIGNATURE, TableFormat()))
    assert len(blocks) > 1
    np.testing.assert_array_equal(np.concatenate([numbers for numbers, _ in blocks]), values + 1)
    np.testing.assert_array_equal(np.concatenate([features[:, 0] for _, features in blocks]), values)


def test_a_problem_late_in_a_long_table_is_found_where_it_is(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dltool.data.csv_file._BLOCK_BYTES", 1 << 14)
    rows = ["1,red"] * 12_000
    for problem, words in (("x,red", "'x' is not a number"), (",red", "missing"), ("1", "1 cells")):
        rows[11_000] = problem
        with pytest.raises(DataError, match=rf"row 11001 \(line 11002\).*{words}"):
            list(read_features(write("a,t\n" + "\n".join(rows)), SIGNATURE, TableFormat()))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,tt\n1,red\n", ["no column 't'", "there is: a, tt"]),
        ("a,t\n", ["column names but no rows"]),
        ("", ["empty"]),
        ("a,t\n1,red\n1e60,tan\n", ["row 2", "column 'a'", "finite"]),
        ("a,t\n1,\n", ["row 1", "column 't'", "missing"]),
    ],
)
def test_bad_new_rows(write: Any, content: str, words: list[str]) -> None:
    with pytest.raises(DataError) as error:
        list(read_features(write(content), SIGNATURE, TableFormat()))
    assert all(word in str(error.value) for word in words), error.value


def test_dates_are_read_alike_in_training_and_afterwards(load_data: Loader, make_spec: Any, write: Any) -> None:
    header, lines = "when,y\n", [f"{1 + i % 28}.{1 + i % 12}.2025,{i % 2}\n" for i in range(30)]
    path = write(header + "".join(lines))
    columns = {"when": {"type": "date", "format": "%d.%m.%Y"}}
    data = load_table(load_data, path, columns=columns, scaling="normalization")
    assert data.signature.input_shape == (5,)
    part = read_labelled(path, data.signature, make_spec(source="csv", path=path, targets="y"))
    np.testing.assert_array_equal(part.features["numbers"], data.train.features["numbers"])
    with pytest.raises(DataError, match=r"row 1.*'soon' is no date.*%d.%m.%Y"):
        read_labelled(
            write(header + "soon,1\n", "other.csv"), data.signature, make_spec(source="csv", path=path, targets="y")
        )


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,5", "-2", "1000,25"], {"decimal": ","}),
        (["1.5", "-2", "1,000.25"], {"thousands": ","}),
        (["1,5", "-2", "1.000,25"], {"decimal": ",", "thousands": "."}),
        (["1,5", " -2 ", "1 000,25"], {"decimal": ",", "thousands": " "}),
        (["1.5", "-2", "1'000.25"], {"thousands": "'"}),
    ],
)
def test_numbers_in_other_spellings(
    load_data: Loader, make_spec: Any, write: Any, cells: list[str], values: dict[str, str]
) -> None:
    path = write("a;w;y\n" + "".join(f"{cell};{'p,q.r'[i:]};{cell}\n" for i, cell in enumerate(cells)))
    spec = {"delimiter": ";", **values}
    data = load_table(load_data, path, REGRESSION, **spec)
    assert seen(data.train.features, data.signature)[:, 0].tolist() == [1.5, -2, 1000.25]
    assert data.train.targets.ravel().tolist() == [1.5, -2, 1000.25]
    assert data.signature.columns[1].vocabulary == (",q.r", "p,q.r", "q.r")
    part = read_labelled(path, data.signature, make_spec(source="csv", path=path, targets="y", **spec))
    assert part.features["numbers"].tolist() == data.train.features["numbers"].tolist()
    bad = write("a;w;y\n1,5;q.r;1\n1.5;q.r;1\n", "bad.csv")
    with pytest.raises(DataError, match="is not a number"):
        read_labelled(bad, data.signature, make_spec(source="csv", path=bad, targets="y", delimiter=";", decimal=","))


@pytest.mark.parametrize(
    ("format_", "cell"),
    [({"thousands": ","}, "1,5"), ({"thousands": "."}, "3.5"), ({"thousands": ",", "decimal": "."}, "12,34,567")],
)
def test_a_mark_that_groups_no_three_digits_is_no_mark_of_thousands(
    load_data: Loader, write: Any, format_: dict[str, str], cell: str
) -> None:
    format_ = {"decimal": ","} | format_ if format_["thousands"] == "." else format_
    path = write("a;y\n1;1\n2;2\n" + f"{cell};3\n")
    with pytest.raises(DataError, match=rf"row 3.*'{re.escape(cell)}'"):
        load_table(load_data, path, REGRESSION, delimiter=";", **format_)


@pytest.mark.parametrize(
    ("spec", "cells", "later"),
    [
        ("boolean", ["yes", "no", "no", "yes"] * 10, ["YES", "No", "1", "0"]),
        ("boolean", ["1", "0", "0", "1"] * 10, ["TRUE", "false", "1", "0"]),
        ("category", ["Yes", "yes", "No", "no"] * 10, ["Yes", "yes", "No", "no"]),
    ],
)
def test_what_is_declared_is_read_alike_afterwards(
    load_data: Loader, make_spec: Any, write: Any, spec: str, cells: list[str], later: list[str]
) -> None:
    path = write("a,b,y\n" + "".join(f"{cell},{i % 7},{i % 2}\n" for i, cell in enumerate(cells)))
    data = load_table(load_data, path, columns={"a": spec})
    other = write("a,b,y\n" + "".join(f"{cell},{i % 7},{i % 2}\n" for i, cell in enumerate(later)), "other.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        part = read_labelled(other, data.signature, make_spec(source="csv", path=other, targets="y"))
    expected = data.train.features["categories"][:4] if spec == "category" else [[2], [1], [2], [1]]
    assert part.features["categories"].tolist() == np.asarray(expected).tolist()
    assert 0 not in data.train.features["categories"]


def test_logarithms_are_taken_alike_of_training_rows_and_new_ones(
    load_data: Loader, make_spec: Any, write: Any
) -> None:
    rng = np.random.default_rng(3)
    amounts = np.exp(rng.normal(8, 2, 40)).round(2)
    path = write("a,b,y\n" + "".join(f"{a},{i % 7},{i % 2}\n" for i, a in enumerate(amounts)))
    columns = {"a": {"type": "number", "transform": "log"}}
    data = load_table(load_data, path, columns=columns, scaling="normalization")
    logs = np.log(amounts)
    np.testing.assert_allclose(data.train.features["numbers"][:, 0], (logs - logs.mean()) / logs.std(), atol=1e-5)
    spec = make_spec(source="csv", path=path, targets="y")
    new = list(table_source.read_features(path, data.signature, spec.table_format))
    columns_held = {"a": amounts, "b": np.arange(40) % 7}
    held = list(table_source.read_features(held_table(columns_held), data.signature, spec.table_format))
    for batch in (*new, *held, read_labelled(path, data.signature, spec)):
        np.testing.assert_array_equal(batch.features["numbers"], data.train.features["numbers"])
    for cell, shown in (("0", "0"), ("-2.5", "-2.5")):
        path = write(f"a,b,y\n3,1,0\n{cell},1,1\n", "new.csv")
        with pytest.raises(DataError, match=rf"row 2 \(line 3\), column 'a': {shown} has no logarithm"):
            list(table_source.read_features(path, data.signature, spec.table_format))
        with pytest.raises(DataError, match=rf"row 2 \(line 3\), column 'a': {shown} has no logarithm.*config without"):
            load_table(load_data, path, columns=columns)


def test_times_with_zones_stay_apart_from_those_without(load_data: Loader, make_spec: Any, write: Any) -> None:
    rows = [f"2026-03-{1 + i % 28:02d}T10:00{{zone}},{i % 2}\n" for i in range(30)]
    for trained, later, said in (("+02:00", "", "names no zone"), ("", "Z", "names a zone")):
        data = load_table(load_data, write("at,y\n" + "".join(row.format(zone=trained) for row in rows)))
        path = write("at,y\n" + "".join(row.format(zone=later) for row in rows), "later.csv")
        with pytest.raises(DataError, match=f"row 1.*{said}"):
            read_labelled(path, data.signature, make_spec(source="csv", path=path, targets="y"))


RAGGED = 'a,b,y\n1,u,no\n2,v\n\n3,"u\nu",yes\n4,v,no,extra\n5,u,yes\n6\n7,v,no,more,still\n8,v,x8\n'


def test_rows_of_other_widths_are_skipped_where_that_is_asked_for(load_data: Loader, write: Any) -> None:
    path = write(RAGGED)
    with pytest.raises(DataError, match=r"row 2 \(line 3\): 2 cells; expected 3"):
        load_table(load_data, path, CATEGORICAL)
    with pytest.warns(DataWarning) as told:
        data = load_table(load_data, path, CATEGORICAL, errors="skip", features=["a"])
    assert seen(data.train.features).tolist() == [[1], [3], [5], [8]]
    words = (
        "4 rows are skipped, as data.errors says: expected 3 cells, got row 2 (line 3) of 2, row 4 (line 7) of 4, "
        "row 6 (line 9) of 1, …"
    )
    assert any(words in str(warning.message) for warning in told)


def test_the_place_of_a_row_counts_those_that_are_skipped(load_data: Loader, write: Any) -> None:
    path = write(RAGGED.replace("no", "1").replace("yes", "2"))
    with pytest.warns(DataWarning, match=r"1 of 4 rows is skipped.*row 8 \(line 11\), column 'y': 'x8' is no "):
        data = load_table(load_data, path, REGRESSION, errors="skip", features=["a"])
    assert data.train.rows.tolist() == [0, 1, 2]


def test_what_is_said_of_all_rows_is_not_said_of_those_left_as_well(load_data: Loader, write: Any) -> None:
    rows = [f"{12345678901234567000 + i},{i},{'ab'[i % 2]}" for i in range(12)]
    path = write("\n".join(["id,x,y", *rows, "oops,1,a", "12345678901234568000,oops,b"]) + "\n")
    with pytest.warns(DataWarning, match="more digits") as told:
        load_table(load_data, path, errors="skip")
    (said,) = {str(each.message) for each in told if "more digits" in str(each.message)}
    assert "12 different numbers become 1" in said


@pytest.mark.parametrize(
    ("cells", "declared", "said"),
    [
        (
            ["true", "false", "true", "maybe"],
            {},
            r"row 4 .*: 'maybe' among booleans makes .*categories \(3 such cells\)",
        ),
        (
            ["yes", "?", "no", "?", "yes"],
            {},
            r"row 2 .*: '\?' among booleans makes .*categories \(6 such cells\)",
        ),
        (["yes", "?", "no", "?", "?"], {}, None),
        (["yes", "a", "yes", "yes"], {}, None),
        (["0", "1", "1", "maybe"], {}, None),
        (["true", "false", "true", "maybe"], {"b": "category"}, None),
    ],
)
def test_a_word_among_booleans_is_said_where_bad_cells_are_skipped(load_data, write, cells, declared, said):
    lines = [f"{i},{cell},{'ab'[i % 2]}" for i, cell in enumerate(cells * 3)]
    path = write("\n".join(["a,b,y", *lines]) + "\n")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", DataWarning)
        load_table(load_data, path, errors="skip", columns=declared)
    found = {str(each.message) for each in told if "among booleans" in str(each.message)}
    assert len(found) == (said is not None)
    assert said is None or re.search(said, found.pop())


def test_a_column_is_named_as_it_stands_in_yaml(load_data, write):
    name = "größe, in: m"
    lines = [f"{i},{cell},{'ab'[i % 2]}" for i, cell in enumerate(["true", "false", "true", "maybe"] * 3)]
    path = write("\n".join([f'a,"{name}",y', *lines]) + "\n")
    with pytest.warns(DataWarning, match="among booleans") as told:
        load_table(load_data, path, errors="skip")
    (said,) = {str(each.message) for each in told if "among booleans" in str(each.message)}
    written = re.search(r"data\.(columns: .*) skips such rows", said)
    assert written and yaml.safe_load(written[1]) == {"columns": {name: "boolean"}}
    assert name in written[1]


def test_rows_are_skipped_in_training_alone(load_data: Loader, write: Any, make_spec: Any) -> None:
    good, bad = write("a,y\n1,no\n2,yes\n"), write("a,y\n1,no\n2\n3,yes\n", "bad.csv")
    with pytest.warns(DataWarning, match=r"bad\.csv: 1 row is skipped"):
        data = load_table(load_data, good, errors="skip", validation=bad)
    assert data.rows == Rows(2, 2)
    spec = make_spec(source="csv", path=good, targets="y", errors="skip")
    for use in (
        lambda: read_labelled(bad, data.signature, spec),
        lambda: list(table_source.read_features(bad, data.signature, spec.table_format)),
    ):
        with pytest.raises(DataError, match=r"row 2 \(line 3\): 1 cells; expected 2"):
            use()


def test_a_row_to_be_skipped_that_is_no_text(load_data: Loader, write: Any, capfd: Any) -> None:
    path = write(b"a,y\n1,no\n2,yes,\xff\n3,yes\n")
    with pytest.raises(DataError, match=r"no text in utf-8; data\.encoding may name another"):
        load_table(load_data, path, errors="skip")
    assert capfd.readouterr().err == ""
