"""The config that is written for a table: everything that a config is for can be done with it."""

import pyarrow as pa
import pyarrow.parquet
import pytest

from dltool import api
from dltool.errors import UsageError
from tests.support.examples import config_of

TABLES = {
    "regression with everything": (
        ',"the id",when,zip,size in m²,"kind: a",on,"#n","y,z"',
        lambda i: [
            i * 3 + 1, 1000 + i, f"2026-{1 + i % 12:02d}-{1 + i % 28:02d}", f"0{i % 9}100",
            "?" if i % 11 == 4 else i % 17, ["a", "b # c", "", "d: e"][i % 4], ["yes", "no"][i % 2],
            i % 7 if i % 5 else "", "" if i == 3 else 3.5 * (i % 17),
        ],
        "y,z",
    ),
    "classes": ("a;b;no", lambda i: [i % 5, i * 0.37, ["ja", "nein", "doch"][i % 3]], "no"),
    "two classes": ("a\tb\ttrue", lambda i: [i % 5, "NA" if i % 9 == 1 else i * 0.3, i % 2 == 0], "true"),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_what_it_writes_is_checked_trained_evaluated_and_predicted_with(tmp_path, monkeypatch, name):
    header, row, target = TABLES[name]
    delimiter = next(mark for mark in ";\t," if mark in header)
    lines = [header, *(delimiter.join(str(cell) for cell in row(i)) for i in range(80))]
    (tmp_path / "my table.csv").write_text("\n".join(lines) + "\n")
    monkeypatch.chdir(tmp_path)
    text = api.draft("my table.csv", target)
    config = config_of(tmp_path, text.replace("epochs: 500", "epochs: 2"))
    planned = api.check(config)
    named = [column.name for column in planned.signature.table]
    assert len(named) == len(row(0))
    assert {column.type for column in planned.signature.table if column.name == target} == {"target"}
    run = api.train(config, tmp_path / "run", device="cpu")
    assert set(map(str, run.facts["columns"][0])) >= {"name", "type", "why"}
    evaluation = api.evaluate(run, data="my table.csv")
    assert evaluation.rows == (79 if name == "regression with everything" else 80)
    parts = list(api.predict(run, "my table.csv"))
    assert sum(len(part["id"]) for part in parts) == 80


@pytest.mark.parametrize("file", ["2024.csv", "yes.csv", "ü" * 20 + ".csv", "a" * 120 + ".csv", "a\nmodel: b.csv"])
def test_the_run_is_called_like_the_file_as_far_as_it_may(tmp_path, file):
    (tmp_path / file).write_text("a,b,y\n" + "".join(f"{i % 5},{i * 0.5},{i % 2}\n" for i in range(30)))
    folder = tmp_path / "configs"
    folder.mkdir()
    config = config_of(folder, api.draft(tmp_path / file, "y"))
    assert api.check(config).rows.train > 20


@pytest.mark.parametrize(
    ("rows", "rare", "folds", "validation"), [(499, 5, 5, None), (499, 4, None, 0.15), (500, 5, None, 0.15)]
)
def test_few_rows_are_validated_in_folds_where_every_class_has_enough(tmp_path, rows, rare, folds, validation):
    lines = [f"{i % 5},{i * 0.37},{'a' if i < rare else 'bc'[i % 2]}" for i in range(rows)]
    (tmp_path / "t.csv").write_text("\n".join(["x,z,y", *lines]) + "\n")
    data = config_of(tmp_path, api.draft(tmp_path / "t.csv", "y")).data
    assert (data.folds, data.validation) == (folds, validation)


def test_the_rarer_of_two_classes_is_the_second(tmp_path):
    rows = [f"{i % 5},{i * 0.37},{'ja' if i % 9 == 0 else 'nein'}" for i in range(600)]
    (tmp_path / "t.csv").write_text("\n".join(["x,z,y", *rows]) + "\n")
    config = config_of(tmp_path, api.draft(tmp_path / "t.csv", "y"))
    assert config.data.classes == ["nein", "ja"]
    assert api.check(config).signature.classes == ("nein", "ja")
    (tmp_path / "t.csv").write_text("\n".join(["x,z,y", *rows]).replace("ja", "pro").replace("nein", "con") + "\n")
    assert config_of(tmp_path, api.draft(tmp_path / "t.csv", "y")).data.classes is None


@pytest.mark.parametrize(("rare", "hidden_units"), [(900, [128, 64]), (30, [100])])
def test_a_network_is_as_large_as_the_rarest_class_allows(tmp_path, rare, hidden_units):
    rows = [f"{i % 5},{i * 0.37},{'b' if i < rare else 'a'}" for i in range(2000)]
    (tmp_path / "t.csv").write_text("\n".join(["x,z,y", *rows]) + "\n")
    assert config_of(tmp_path, api.draft(tmp_path / "t.csv", "y")).model.hidden_units == hidden_units


@pytest.mark.parametrize(
    ("rare", "line"),
    [
        ({"b": 40}, "threshold: {maximize: f1}"),
        ({"b": 40, "c": 300}, "class_weight: balanced"),
        ({"b": 300}, None),
    ],
)
def test_what_helps_against_a_rare_class_stands_there_to_be_taken(tmp_path, rare, line):
    classes = [name for name, count in rare.items() for _ in range(count)]
    classes += ["a"] * (1000 - len(classes))
    rows = [f"{i * 0.37},{i % 7 * 0.5},{name}" for i, name in enumerate(classes)]
    (tmp_path / "t.csv").write_text("\n".join(["x,z,y", *rows]) + "\n")
    text = api.draft(tmp_path / "t.csv", "y")
    said = [each for each in text.splitlines() if "rarest class" in each]
    if line is None:
        assert said == []
        return
    assert said == [f"  # {line}   # 40 of 1,000 rows have the rarest class, which may never be answered"]
    training = config_of(tmp_path, text.replace(said[0], said[0].replace("# ", "", 1))).training
    assert training.class_weight == "balanced" if "weight" in line else training.threshold.maximize == "f1"


@pytest.mark.parametrize(
    ("rows", "weight_decay"), [(200, 1.0), (201, 0.3), (1000, 0.3), (1001, 0.1), (5000, 0.1), (5001, 0.03)]
)
def test_weights_decay_the_less_the_more_rows_there_are(tmp_path, rows, weight_decay):
    lines = [f"{i % 5},{i * 0.37},{i % 7 * 0.5}" for i in range(rows)]
    (tmp_path / "t.csv").write_text("\n".join(["x,z,y", *lines]) + "\n")
    assert config_of(tmp_path, api.draft(tmp_path / "t.csv", "y")).training.optimizer.weight_decay == weight_decay


@pytest.mark.parametrize("rows", [300, 900])
def test_columns_by_which_rows_may_be_divided_are_named_and_can_be_taken(tmp_path, rows):
    lines = [f"P{i % 60},2024-{i % 12 + 1:02}-03,{i * 0.37},{i % 7 * 0.5}" for i in range(rows)]
    (tmp_path / "t.csv").write_text("\n".join(["patient,day,x,y", *lines]) + "\n")
    text = api.draft(tmp_path / "t.csv", "y")
    starts = "  # validation", "  # folds", "  # test: {"
    by_group, by_time = (line for line in text.splitlines() if line.startswith(starts))
    key = "folds" if rows < 500 else "validation"
    kept = [line for line in text.splitlines() if not line.startswith(f"  {key}:")]
    for comment in (by_group, by_time):
        kept[kept.index(comment)] = comment.replace("# ", "", 1)
    data = config_of(tmp_path, "\n".join(kept) + "\n").data
    assert (getattr(data, key).column, data.test.column) == ("patient", "day")


def test_what_it_writes_of_a_table_in_memory_is_what_it_writes_of_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    columns = {"a": [i / 7 for i in range(120)], "b": ["u", "v", "w"] * 40, "y": ["no", "yes"] * 60}
    pa.parquet.write_table(pa.table(columns), "data.parquet")
    text = api.draft("data.parquet", "y", "parquet")
    lines = text.splitlines()
    for held in (pa.table(columns), columns):
        drafted = api.draft(held, "y").splitlines()
        assert [line for line, same in zip(drafted, lines, strict=True) if line != same] == [
            "# 120 rows of the data frame, 5 numbers a row as the network sees them.",
            "# Train it:                    dltool.train(config, data=frame)",
            "# What became of each column:  dltool.check(config, data=frame)",
            "  path: data.parquet   # what the run calls the frame that it keeps",
        ]
        with pytest.raises(UsageError, match="source: excel says what a file is"):
            api.draft(held, "y", "excel")
    run = api.train(config_of(tmp_path, text), data=columns, device="cpu")
    assert run.facts["status"] in ("completed", "stopped_early")
