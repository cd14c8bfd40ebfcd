from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dltool.config.signature import Column, Rows, Signature, TableFormat, Task
from dltool.data.csv_table import read_features, read_labelled
from dltool.errors import DataError, DltoolError, InputMissingError

Loader = Callable[..., Any]

DATA = Path(__file__).parents[2] / "data"
BINARY, CATEGORICAL, REGRESSION = Task.BINARY, Task.CATEGORICAL, Task.REGRESSION
GOOD = "a,b,y\n1,2,no\n3,4,yes\n5,6,no\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    def write_table(content: str | bytes, name: str = "table.csv") -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write_table


def load_table(load_data: Loader, path: str, task: Task = BINARY, **values: Any) -> Any:
    return load_data(task, **{"source": "csv", "path": path, "targets": "y"} | values)


def test_iris(load_data: Loader) -> None:
    data = load_data(CATEGORICAL, source="csv", path=str(DATA / "iris.csv"), targets="species")
    with (DATA / "iris.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert data.signature.classes == ("setosa", "versicolor", "virginica")
    names = [column.name for column in data.signature.columns]
    assert names == ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    np.testing.assert_array_equal(
        data.train.features, np.array([[row[name] for name in names] for row in rows], np.float32)
    )
    assert [data.signature.classes[index] for index in data.train.targets] == [row["species"] for row in rows]


def test_diabetes(load_data: Loader) -> None:
    path = str(DATA / "diabetes.csv")
    data = load_data(REGRESSION, source="csv", path=path, targets="target", validation=0.1, test=0.2)
    assert data.rows == Rows(310, 44, 88)
    assert data.signature.input_shape == (10,)
    assert data.train.targets.shape == (310, 1)
    whole = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.float32)
    found = [np.hstack([part.features, part.targets]) for part in (data.train, data.validation, data.test)]
    assert sorted(map(tuple, np.concatenate(found))) == sorted(map(tuple, whole))


@settings(max_examples=50, deadline=None)
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
    assert data.signature.columns == (Column("number"), Column("text", tuple(vocabulary)))
    np.testing.assert_array_equal(data.train.features[:, 0], np.array(numbers, np.float32))
    assert (data.train.features[:, 1] == 0).all()
    assert [vocabulary[hot.argmax()] for hot in data.train.features[:, 2:]] == list(texts)
    assert (data.train.features[:, 1:].sum(axis=1) == 1).all()
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
    assert data.train.features.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert data.train.targets.tolist() == [0, 1, 0]


def test_chosen_columns_and_delimiter(load_data: Loader, write: Any) -> None:
    path = write("a;b;y;note\n1;2;no;x\n3;4;yes;\n")
    data = load_table(load_data, path, features=["b", "a"], delimiter=";")
    assert data.train.features.tolist() == [[2, 1], [4, 3]]


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
    assert load_table(load_data, path, BINARY, targets=["u", "v"]).signature.multi_label


def test_a_vocabulary_comes_from_the_training_rows_alone(load_data: Loader, write: Any) -> None:
    texts = [f"only{number}" if number % 10 == 0 else "common" for number in range(40)]
    path = write("n,t,y\n" + "".join(f"{number},{text},{number % 2}\n" for number, text in enumerate(texts)))
    data = load_table(load_data, path, test=0.5)
    in_training = {texts[int(number)] for number in data.train.features[:, 0]}
    in_test = [texts[int(number)] for number in data.test.features[:, 0]]
    assert data.signature.columns[1].vocabulary == tuple(sorted(in_training))
    assert len(in_training) < 5
    assert data.test.features[:, 1].tolist() == [text not in in_training for text in in_test]


def test_means_come_from_the_training_rows_alone(load_data: Loader, write: Any) -> None:
    values = {number: number**2 for number in range(1, 40)}
    lines = ["0,,0", *(f"{number},{value},{number % 2}" for number, value in values.items())]
    data = load_table(load_data, write("id,n,y\n" + "\n".join(lines)), test=0.5, missing="mean")
    mean = np.mean([values[int(number)] for number in data.train.features[:, 0] if number])
    assert data.signature.columns[1].fill == pytest.approx(mean)
    features = np.concatenate([data.train.features, data.test.features])
    assert features[features[:, 0] == 0, 1] == pytest.approx(mean)


def test_missing_values_are_dropped_on_request(load_data: Loader, write: Any) -> None:
    path = write("a,t,y\n1,x,0\n,x,1\n3,NA,1\n4,z,nan\n5,z,1\n")
    data = load_table(load_data, path, missing="drop")
    assert data.train.features.tolist() == [[1, 0, 1, 0], [5, 0, 0, 1]]


def test_missing_values_become_the_mean_on_request(load_data: Loader, write: Any) -> None:
    path = write("a,t,y\n1,x,0\nnull,x,1\n3,NA,1\n")
    data = load_table(load_data, path, missing="mean")
    assert data.train.features.tolist() == [[1, 0, 1], [2, 0, 1], [3, 1, 0]]
    ((_, features),) = read_features(write("t,a\n,\n", "new.csv"), data.signature, TableFormat())
    assert features.tolist() == [[2, 1, 0]]


def test_parts_from_other_files(load_data: Loader, write: Any) -> None:
    other = write("y,b,extra,a\nyes,9,?,8\n", "other.csv")
    data = load_table(load_data, write(GOOD), validation=other, test=other)
    assert data.rows == Rows(3, 1, 1)
    assert data.test.features.tolist() == [[8, 9]]
    assert data.test.targets.tolist() == [1]


MANY = "".join(f"word{number},{number % 2}\n" for number in range(30))


HOLES = ",".join(f"c{i}" for i in range(12)) + ",y\n" + "," * 11 + ",no\n"


@pytest.mark.parametrize(
    ("content", "values", "words"),
    [
        ("", {}, ["file is empty"]),
        ("\n\n", {}, ["file is empty"]),
        ("a,b,y\n", {}, ["a header but no rows"]),
        ("a,b,y", {}, ["a header but no rows"]),
        ("a,b,y\n1,2,no\n\n3,yes\n", {}, ["row 2 (line 4)", "2 cells", "expected 3"]),
        ('a,b,y\n1,2,"two\nlines"\n3,4,5,no\n', {}, ["row 2 (line 4)", "4 cells"]),
        ("a,a,y\n1,2,no\n", {}, ["two columns are named 'a'"]),
        (",b,y\n1,2,no\n", {}, ["column 1 has no name", "data.features"]),
        ("a,b,y\n1,2,no\n3,x,yes\n5,6,no\n", {}, ["row 2 (line 3)", "column 'b'", "'x'", "2 of 3", "number"]),
        ("a,b,y\n1,2,no\n3,,yes\n5,,no\n", {}, ["row 2 (line 3)", "column 'b'", "2 in 'b'", "data.missing"]),
        ("a,b,y\n1,2,no\n,,yes\n5,,no\n", {}, ["row 2 (line 3), column 'a'", "missing values: 1 in 'a', 2 in 'b'"]),
        (HOLES, {}, ["row 1", "column 'c0'", "1 in 'c7', others in 4 more columns"]),
        ("a,b,y\n1,2,\n3,4,yes\n", {}, ["row 1", "column 'y'", "missing"]),
        ("a,b,y\n1,2,\n3,4,yes\n", {"missing": "mean"}, ["row 1", "column 'y'", "drop"]),
        ("a,b,y\n,2,no\n3,,yes\n", {"missing": "drop"}, ["every row lacks a value"]),
        ("a,b,y\n,2,no\n,3,yes\n", {"missing": "mean"}, ["column 'a'", "every value is missing"]),
        ("a,b,y\n1,2,no\n3,inf,yes\n", {}, ["row 2 (line 3)", "column 'b'", "finite"]),
        ("a,b,y\n1,2,no\n3,1e39,yes\n", {}, ["row 2", "column 'b'", "too large for float32"]),
        ("a,b,y\n1,2,1\n3,4,1.7\n", {}, ["row 2", "column 'y'", "class label 1.7", "regression"]),
        ("a,b,y\n1,2,no\n3,4,no\n", {}, ["column 'y'", "class 'no'", "at least two"]),
        ("a,b,y\n1,2,no\n3,4,yes\n", {"targets": "z"}, ["no column 'z'", "a, b, y"]),
        ("a,b,kind\n1,2,no\n", {"targets": "kindd"}, ["no column 'kindd'", "mean 'kind'"]),
        ("y\n1\n2\n", {}, ["no column is left"]),
        ("a;b;y\n1;2;no\n", {}, ["no column 'y'", "'a;b;y'", "delimiter"]),
        ("t,y\n" + MANY, {}, ["column 't'", "30 different texts", "leave the column out"]),
        (GOOD.encode("utf-16"), {}, ["UTF-16", "save it as CSV in UTF-8"]),
        ("é,y\n1,no\n".encode("latin-1"), {}, ["header is not UTF-8"]),
        ("a,y\n1,no\n2,é\n".encode("latin-1"), {}, ["row 2", "not UTF-8"]),
        (b"PK\x03\x04\0\0", {}, ["not UTF-8 text"]),
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
def test_bad_targets(load_data: Loader, write: Any, content: str, task: Task, values: Any, words: list[str]) -> None:
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


SIGNATURE = Signature(
    REGRESSION, (4,), "float32", 1, targets=("y",), columns=(Column("a"), Column("t", ("red", "tan")))
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
    signature = Signature(REGRESSION, (2,), "float32", 1)
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


def test_a_problem_late_in_a_long_table_is_found_where_it_is(write: Any) -> None:
    rows = ["1,red"] * 1_200_000
    for problem, words in (("x,red", "'x' is not a number"), (",red", "missing"), ("1", "1 cells")):
        rows[1_100_000] = problem
        with pytest.raises(DataError, match=rf"row 1100001 \(line 1100002\).*{words}"):
            list(read_features(write("a,t\n" + "\n".join(rows)), SIGNATURE, TableFormat()))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,tt\n1,red\n", ["no column 't'", "mean 'tt'"]),
        ("a,t\n", ["a header but no rows"]),
        ("", ["empty"]),
        ("a,t\n1,red\n1e60,tan\n", ["row 2", "column 'a'", "finite"]),
        ("a,t\n1,\n", ["row 1", "column 't'", "missing"]),
    ],
)
def test_bad_new_rows(write: Any, content: str, words: list[str]) -> None:
    with pytest.raises(DataError) as error:
        list(read_features(write(content), SIGNATURE, TableFormat()))
    assert all(word in str(error.value) for word in words), error.value
