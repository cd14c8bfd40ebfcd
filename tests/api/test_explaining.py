"""A trained model explained from Python, and its page written."""

import contextlib
import os
import shutil
import sys
import tracemalloc
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

import dltool
from dltool.errors import DataError, DataWarning, OutputError, UsageError
from tests.support.places import REPOSITORY

TABLE = REPOSITORY / "data" / "iris.csv"


def test_rows_of_the_test_part_are_explained(iris):
    found = dltool.explain(iris, device="cpu")
    assert (found.name, found.measured, found.measured_rows) == ("test", "test", 30)
    assert {each.column for each in found.importances} == {"sepal_length", "sepal_width", "petal_length", "petal_width"}
    # Rows are called by their number in the file, and hold what stands there.
    lines = TABLE.read_text().splitlines()
    for example in found.examples:
        assert lines[int(example.id)].split(",")[:4] == [f"{float(value):.1f}" for value in example.values]


def test_rows_of_a_file_are_explained_against_the_runs_own(iris, tmp_path):
    (tmp_path / "one.csv").write_text("".join(TABLE.read_text().splitlines(keepends=True)[:2]))
    found = dltool.explain(iris, [tmp_path / "one.csv"], device="cpu")
    (example,) = found.examples
    assert (example.id, found.measured) == ("1", "test")
    (attribution,) = example.attributions
    assert attribution.values.sum() == pytest.approx(attribution.answer - attribution.baseline, rel=2e-3)
    several = dltool.explain(iris, [tmp_path / "one.csv", TABLE], device="cpu")
    assert [each.id for each in several.examples][:2] == [f"{tmp_path / 'one.csv'}: 1", f"{TABLE}: 1"]
    assert len(several.examples) == 12
    cells = TABLE.read_text().splitlines()[1].split(",")[:4]
    np.savez(tmp_path / "one.npz", x=np.array([cells], "float32"))
    mixed = dltool.explain(iris, [tmp_path / "one.npz", tmp_path / "one.csv"], device="cpu").examples
    np.testing.assert_allclose(*[each.attributions[0].values for each in mixed])


def test_rows_in_memory_are_explained_as_those_of_their_file(iris, tmp_path):
    columns = pa.csv.read_csv(TABLE).slice(0, 3)
    pa.csv.write_csv(columns, tmp_path / "three.csv")
    of_file = dltool.explain(iris, tmp_path / "three.csv", device="cpu").examples
    for held in (columns, columns.to_pydict()):
        found = dltool.explain(iris, held, device="cpu")
        assert found.inputs == ("data in memory",)
        assert [each.id for each in found.examples] == ["1", "2", "3"]
        for mine, theirs in zip(found.examples, of_file, strict=True):
            np.testing.assert_array_equal(mine.attributions[0].values, theirs.attributions[0].values)
            assert [float(cell) for cell in mine.values] == [float(cell) for cell in theirs.values]
    both = dltool.explain(iris, [tmp_path / "three.csv", columns], device="cpu")
    assert [each.id for each in both.examples][2:4] == [f"{tmp_path / 'three.csv'}: 3", "data in memory: 1"]
    page = dltool.write_explanation(iris, found)
    assert page == iris / "explanation-data" / "report.html"
    with pytest.raises(DataError, match="got a ndarray"):
        dltool.explain(iris, np.zeros((1, 4)), device="cpu")


def test_a_model_file_explains_what_it_is_given(iris, tmp_path):
    model = shutil.copy(iris / "model.keras", tmp_path)
    with pytest.raises(UsageError, match="is a model without its data; name an INPUT"):
        dltool.explain(model)
    found = dltool.explain(model, TABLE, device="cpu")
    assert (len(found.examples), found.importances) == (12, ())
    assert "no labelled rows" in found.left_out[0]
    (tmp_path / "one.csv").write_text("".join(TABLE.read_text().splitlines(keepends=True)[:2]))
    with pytest.raises(DataError, match="one row alone has no others to be compared with"):
        dltool.explain(model, [tmp_path / "one.csv"], device="cpu")
    page = dltool.write_explanation(model, found)
    assert page == tmp_path / "explanation-model-file-iris.csv" / "report.html"
    of_stream = replace(found, inputs=("-",), examples=())
    page = dltool.write_explanation(model, of_stream)
    assert page == tmp_path / "explanation-model-standard-input" / "report.html"
    other = shutil.copy(model, tmp_path / "other.keras")
    page = dltool.write_explanation(other, found)
    assert page == tmp_path / "explanation-other-file-iris.csv" / "report.html"
    assert "<h1>other.keras, explained</h1>" in page.read_text()


def test_where_the_data_are_gone_what_needs_them_is_left_out_by_name(iris, tmp_path):
    run = shutil.copytree(iris, tmp_path / "run")
    (run / "config.yaml").write_text((run / "config.yaml").read_text() + "# from elsewhere\n")
    found = dltool.explain(run, [TABLE], device="cpu")
    assert found.importances == ()
    assert "was not made here" in found.left_out[0]
    with pytest.raises(dltool.errors.RefusedError, match="was not made here"):
        dltool.explain(run, device="cpu")


def test_a_header_goes_with_an_input(iris):
    with pytest.raises(UsageError, match="go with an INPUT, a file"):
        dltool.explain(iris, pa.csv.read_csv(TABLE), header=False)
    with pytest.raises(UsageError, match="go with an INPUT"):
        dltool.explain(iris, header=True)


def test_the_page_takes_the_place_of_an_earlier_one_and_of_nothing_else(iris, tmp_path):
    run = shutil.copytree(iris, tmp_path / "run")
    found = dltool.explain(run, device="cpu")
    found = replace(found, examples=found.examples[:2], dependences=found.dependences[:1])
    page = dltool.write_explanation(run, found)
    assert page == run / "explanation" / "report.html"
    with contextlib.chdir(run):
        assert "<h1>run, explained</h1>" in dltool.write_explanation(".", found).read_text()
    files = {path.name for path in page.parent.iterdir()}
    assert {"importance.svg", "importance.png", "example_02.png", "attributions.csv"} < files
    assert dltool.write_explanation(run, found) == page
    assert {path.name for path in page.parent.iterdir()} == files
    (page.parent / "page.json").unlink()
    with pytest.warns(DataWarning, match="holds other files, .* no page was made"):
        assert dltool.write_explanation(run, found) is None
    with pytest.raises(OutputError, match="holds other files"):
        dltool.write_explanation(run, found, page.parent)


def test_the_page_of_an_input_takes_the_place_of_none_of_another_name(iris, tmp_path):
    run = shutil.copytree(iris, tmp_path / "run")
    found = replace(dltool.explain(run, [TABLE], device="cpu"), dependences=())
    assert found.inputs == (str(TABLE),)
    assert dltool.write_explanation(run, found) == run / "explanation-file-iris.csv" / "report.html"
    assert dltool.write_explanation(run, found, tmp_path / "here") == tmp_path / "here" / "report.html"
    assert not (run / "explanation").exists()


def test_names_that_are_no_text_are_written_with_escapes(iris, tmp_path):
    run = shutil.copytree(iris, tmp_path / os.fsdecode(b"caf\xe9"))
    table = shutil.copy(TABLE, tmp_path / os.fsdecode(b"\xe8.csv"))
    found = dltool.explain(run, [table, TABLE], device="cpu")
    assert found.name == f"{tmp_path}/\\xe8.csv, {TABLE}"
    assert found.examples[0].id == f"{tmp_path}/\\xe8.csv: 1"
    page = dltool.write_explanation(run, found).read_text()
    assert "<h1>caf\\xe9, explained</h1>" in page


def test_a_part_of_one_row_is_passed_over(tmp_path):
    lines = [f"{i},{i % 3},{i % 2}\n" for i in range(12)]
    (tmp_path / "train.csv").write_text("a,b,y\n" + "".join(lines))
    (tmp_path / "test.csv").write_text("a,b,y\n" + lines[0])
    data = {"source": "csv", "path": str(tmp_path / "train.csv"), "test": str(tmp_path / "test.csv"), "targets": "y"}
    training = {"loss": "mean_squared_error", "epochs": 1}
    config = dltool.load_config(
        {"name": "few", "data": data, "model": {"type": "mlp", "hidden_units": [2]}, "training": training}
    )
    found = dltool.explain(dltool.train(config, tmp_path / "run", device="cpu"), device="cpu")
    assert (found.name, found.measured, found.measured_rows, len(found.examples)) == ("train", "train", 12, 12)


def test_images_of_a_folder_need_nothing_of_the_runs_data(tmp_path):
    from PIL import Image

    for name in ("cat", "dog"):
        for i in range(4):
            (tmp_path / "photos" / name).mkdir(parents=True, exist_ok=True)
            pixels = np.random.default_rng(i).integers(0, 256, (8, 8, 3)).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{i}.png")
    config = dltool.load_config(
        {
            "name": "photos", "data": {"source": "image_folder", "path": str(tmp_path / "photos")},
            "model": {"type": "cnn", "filters": [2]}, "training": {"loss": "categorical_crossentropy", "epochs": 1},
        }
    )  # fmt: skip
    run = dltool.train(config, tmp_path / "run", device="cpu")
    one = tmp_path / "photos" / "dog" / "2.png"
    shutil.copy(one, tmp_path)
    shutil.rmtree(tmp_path / "photos")
    found = dltool.explain(run, [tmp_path / "2.png"], device="cpu")
    (example,) = found.examples
    assert example.id == str(tmp_path / "2.png")
    assert example.image.shape == (*example.attributions[0].values.shape, 3)
    assert example.attributions[0].grad_cam is not None


def test_rows_of_a_part_are_those_to_ask_about_and_their_holes_are_called_so(tmp_path):
    lines = [f"{'' if i % 5 == 0 else i % 3},{'' if i % 4 == 0 else 'xy'[i % 2]},{i % 2}\n" for i in range(40)]
    (tmp_path / "t.csv").write_text("a,c,y\n" + "".join(lines))
    data = {"source": "csv", "path": str(tmp_path / "t.csv"), "targets": "y", "missing": "median"}
    training = {"loss": "mean_squared_error", "epochs": 1}
    config = dltool.load_config(
        {"name": "holed", "data": data, "model": {"type": "mlp", "hidden_units": [2]}, "training": training}
    )
    run = dltool.train(config, tmp_path / "run", device="cpu")
    found = dltool.explain(run, device="cpu")
    for example in found.examples:
        i = int(example.id) - 1
        # The median of 0, 1 and 2 stands in for a hole of the number.
        assert example.values == ("missing (1)" if i % 5 == 0 else f"{i % 3}", "missing" if i % 4 == 0 else "xy"[i % 2])
        assert example.true == f"y {i % 2}"
        is_above = example.attributions[0].answer > i % 2
        assert example.why == "closest" or is_above == (example.why == "furthest above")
    assert [each.why for each in found.examples] == ["furthest above"] * 4 + ["furthest below"] * 4 + ["closest"] * 4
    of_file = dltool.explain(run, [tmp_path / "t.csv"], device="cpu")
    assert of_file.examples[0].values == ("missing (1)", "missing")
    assert (of_file.examples[0].why, of_file.examples[0].true) == ("", "")


def test_of_a_large_table_the_first_rows_alone_are_held_as_texts(iris, tmp_path):
    header, *lines = TABLE.read_text().splitlines(keepends=True)
    (tmp_path / "large.csv").write_text(header + "".join(lines * 400))
    of_cells = 4 * 400 * len(lines) * sys.getsizeof("5.1")
    dltool.explain(iris, [TABLE], device="cpu")
    tracemalloc.start()
    try:
        found = dltool.explain(iris, [tmp_path / "large.csv"], device="cpu")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < of_cells
    assert [each.id for each in found.examples] == [str(i + 1) for i in range(12)]
    assert [each.values for each in found.examples] == [
        each.values for each in dltool.explain(iris, [TABLE], device="cpu").examples
    ]
