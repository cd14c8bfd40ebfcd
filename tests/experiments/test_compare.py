"""Comparing, listing and reproducing runs that were really trained."""

import csv
import io
import json
import os
import shutil

import numpy as np
import pytest

from dltool import api
from dltool.console.comparison import print_comparison, print_entries, write_comparison
from dltool.errors import DataError, InputMissingError, UsageError
from dltool.runs.run import Run

TABLE = """
name: small
seed: 3
data: {source: csv, path: table.csv, targets: kind, validation: 0.4}
model: {type: mlp, hidden_units: [UNITS]}
training: {optimizer: {type: adam, learning_rate: 0.05}, loss: categorical_crossentropy, epochs: 6, batch_size: 10}
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(150, 2))
    lines = [f"{a:.4f},{b:.4f},{'abc'[int(a > 0) + int(b > 0)]}" for a, b in rows]
    (folder / "table.csv").write_text("\n".join(["x,y,kind", *lines]) + "\n")
    for name, units in (("wide", 12), ("narrow", 1)):
        (folder / f"{name}.yaml").write_text(TABLE.replace("UNITS", str(units)))
        api.train(api.load_config(folder / f"{name}.yaml"), folder / name, device="cpu")
    return folder


def right_rows(run):
    targets, outputs = run.predictions()
    return outputs.argmax(axis=1) == targets


def test_predictions_of_the_validation_rows_are_kept(runs):
    run = Run.open(runs / "wide")
    targets, outputs = run.predictions()
    assert outputs.shape == (60, 3)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-5)
    picked = outputs[np.arange(60), targets]
    assert -np.log(picked).mean() == pytest.approx(run.metrics()[-1]["validation_loss"], rel=1e-4)


def test_two_classifiers_row_by_row(runs):
    comparison = api.compare([runs / "narrow", runs / "wide"])
    assert comparison.metric == "validation_loss"
    best, other = comparison.standings
    assert (best.name, other.name) == (str(runs / "wide"), str(runs / "narrow"))
    assert (best.settings, other.settings) == ({"model.hidden_units[0]": 12}, {"model.hidden_units[0]": 1})
    difference = comparison.differences[0]
    wide, narrow = (right_rows(Run.open(runs / name)) for name in ("wide", "narrow"))
    assert difference.quantity == "accuracy"
    assert difference.basis == "the same rows"
    assert difference.interval.mean == pytest.approx(narrow.mean() - wide.mean())
    assert 0 <= difference.p_value <= 1
    assert difference.verdict == ("worse" if difference.interval.high < 0 else "within the noise")


def test_the_same_run_twice_differs_by_noise_alone(runs, tmp_path, capsys):
    shutil.copytree(runs / "wide", tmp_path / "again")
    comparison = api.compare([runs / "wide", tmp_path / "again"])
    difference = comparison.differences[0]
    assert (difference.interval.mean, difference.p_value, difference.verdict) == (0, 1, "within the noise")
    assert comparison.standings[0].settings == {}
    print_comparison(comparison)
    assert "within the noise" in capsys.readouterr().out
    write_comparison(comparison)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["verdict"] for row in rows] == ["best", "within the noise"]


def test_other_data_cannot_be_paired(runs, tmp_path):
    shutil.copytree(runs / "wide", tmp_path / "other")
    facts = tmp_path / "other" / "run.json"
    facts.write_text(json.dumps(json.loads(facts.read_text()) | {"data_fingerprint": "another"}))
    difference = api.compare([runs / "wide", tmp_path / "other"]).differences[0]
    assert difference.verdict == "unknown"
    assert "cannot be paired" in difference.reason


def test_what_cannot_be_compared_is_said(runs, tmp_path):
    with pytest.raises(UsageError, match="at least two runs"):
        api.compare([runs / "wide"])
    with pytest.raises(UsageError, match=r"metric 'accuracy'; in common: .*validation_loss"):
        api.compare([runs / "wide", runs / "narrow"], "accuracy")
    with pytest.raises(InputMissingError, match="nothing"):
        api.compare([runs / "wide", runs / "nothing"])
    shutil.copytree(runs / "wide", tmp_path / "damaged")
    (tmp_path / "damaged" / "predictions.safetensors").write_bytes(b"x" * 40)
    with pytest.raises(DataError, match=r"predictions\.safetensors is damaged"):
        api.compare([runs / "wide", tmp_path / "damaged"])


def test_a_listing(runs, tmp_path, capsys):
    for name in ("wide", "narrow"):
        shutil.copytree(runs / name, tmp_path / name)
    facts = tmp_path / "narrow" / "run.json"
    facts.write_text(json.dumps(json.loads(facts.read_text()) | {"status": "running"}))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    entries, problems = api.list_runs(tmp_path)
    found = {entry.path.name: entry for entry in entries}
    assert {name: entry.status for name, entry in found.items()} == {"wide": "completed", "narrow": "killed"}
    rows = Run.open(runs / "wide").metrics()
    assert found["wide"].best == pytest.approx(min(row["validation_loss"] for row in rows))
    assert (found["wide"].metric, found["wide"].epochs) == ("validation_loss", 6)
    assert len(problems) == 1
    assert "broken/run.json: damaged" in problems[0]
    print_entries(entries)
    assert "killed" in capsys.readouterr().out
    (tmp_path / "narrow" / ".lock").write_text(f"process {os.getpid()} on {os.uname().nodename}")
    assert {entry.status for entry in api.list_runs(tmp_path)[0]} == {"completed", "running"}
    with pytest.raises(InputMissingError, match="no folder"):
        api.list_runs(tmp_path / "nowhere")


def test_a_run_is_reproduced_to_the_bit(runs):
    reproduction = api.reproduce(runs / "wide")
    assert reproduction.identical
    assert reproduction.changed == ()


def test_the_first_difference_and_what_changed_are_named(runs, tmp_path):
    shutil.copytree(runs / "narrow", tmp_path / "run")
    log = tmp_path / "run" / "metrics.jsonl"
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    was = rows[3]["loss"]
    rows[3]["loss"] = was + 1
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    facts["versions"]["keras"] = "3.0"
    (tmp_path / "run" / "run.json").write_text(json.dumps(facts))
    reproduction = api.reproduce(tmp_path / "run")
    assert reproduction.difference == f"loss of epoch 4 was {was + 1!r}, now it is {was!r}"
    assert [place for place, _, _ in reproduction.changed] == ["versions.keras"]
    facts["status"] = "interrupted"
    (tmp_path / "run" / "run.json").write_text(json.dumps(facts))
    with pytest.raises(DataError, match="has not come to its end"):
        api.reproduce(tmp_path / "run")
