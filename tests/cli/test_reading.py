"""``compare``, ``runs`` and ``reproduce`` as scripts see them: a real process, its two streams, its exit code."""

import csv
import io
import json
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.experiments.conftest import SWEEP
from tests.test_cli import REPOSITORY, XOR, dltool

TABLE = """
name: small
seed: 3
data: {source: csv, path: PATH, targets: species, validation: 0.2}
model: {type: mlp, hidden_units: [UNITS]}
training: {optimizer: {type: adam, learning_rate: 0.05}, loss: categorical_crossentropy, epochs: 5, batch_size: 50}
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with two finished runs on the irises, ``wide`` and ``narrow``."""
    folder = tmp_path_factory.mktemp("runs")
    for name, units in (("wide", "16"), ("narrow", "1")):
        text = TABLE.replace("UNITS", units).replace("PATH", str(REPOSITORY / "data" / "iris.csv"))
        (folder / f"{name}.yaml").write_text(text)
        done = dltool("train", f"{name}.yaml", "-q", "--run-dir", name, folder=folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["compare"], 2, "Missing argument"),
        (["compare", "nothing", "nowhere"], 66, "there is no run directory nothing"),
        (["compare", "a", "b", "--json", "--csv"], 2, "--json and --csv exclude each other"),
        (["runs"], 66, "there is no folder runs"),
        (["reproduce", "nothing"], 66, "there is no run directory nothing"),
    ],
)
def test_what_a_user_does_wrong_gets_a_sentence_and_its_own_exit_code(tmp_path, words, code, said):
    done = dltool(*words, folder=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_compare_in_its_three_forms(runs):
    shown = dltool("compare", "narrow", "wide", folder=runs)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "against wide, the best of them" in shown.stdout
    facts = json.loads(dltool("compare", "narrow", "wide", "--json", folder=runs).stdout)
    assert (facts["metric"], facts["direction"], facts["best"]) == ("validation_loss", "min", "wide")
    assert facts["selected_on"] == "validation"
    losses = [json.loads((runs / name / "metrics.jsonl").read_text().splitlines()[-1]) for name in ("wide", "narrow")]
    assert [each["mean"] for each in facts["standings"]] == [each["validation_loss"] for each in losses]
    done = dltool("compare", "narrow", "wide", "--csv", folder=runs)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["run"], row["model.hidden_units[0]"]) for row in rows] == [("wide", "16"), ("narrow", "1")]
    assert [float(row["validation_loss"]) for row in rows] == [each["mean"] for each in facts["standings"]]
    assert float(rows[1]["low"]) == facts["differences"][0]["interval"]["low"]
    lacking = dltool("compare", "narrow", "wide", "--metric", "auc", folder=runs)
    assert (lacking.returncode, lacking.stdout) == (2, "")
    assert "not all of them have the metric 'auc'; in common: loss, validation_loss" in lacking.stderr


def test_compare_names_the_best_point_of_a_sweep_as_its_report_does(sweep, tmp_path):
    sweep(SWEEP, mishaps={6: ["diverge"]})
    facts = json.loads(dltool("compare", "out", "--json", folder=tmp_path).stdout)
    assert [(each["name"], each["runs"], each["trials"]) for each in facts["standings"]] == [
        ("out point 4", 2, 2), ("out point 1", 2, 2), ("out point 2", 2, 2), ("out point 3", 1, 2),
    ]  # fmt: skip
    assert (facts["best"], facts["selected_on"]) == ("out point 4", "training")
    assert facts["standings"][0]["mean"] == pytest.approx(0.01 / 20)
    verdicts = {each["name"]: each["verdict"] for each in facts["differences"]}
    # Both seeds of a point have the same loss on paper, so that any difference is beyond noise.
    assert verdicts == {"out point 1": "worse", "out point 2": "worse", "out point 3": "unknown"}


def test_runs_lists_runs_sweeps_and_what_cannot_be_read(runs, sweep, tmp_path):
    sweep()
    shutil.copytree(runs / "wide", tmp_path / "wide")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    done = dltool("runs", ".", "--json", folder=tmp_path)
    assert done.returncode == 0
    found = {facts["path"]: facts for facts in map(json.loads, done.stdout.splitlines())}
    assert set(found) == {"out", "wide"}
    assert (found["out"]["done"], found["out"]["trials"], found["out"]["selected_on"]) == (8, 8, "training")
    assert (found["wide"]["epochs"], found["wide"]["selected_on"]) == (5, "validation")
    assert done.stderr.startswith("warning: broken/run.json: damaged")
    shown = dltool("runs", ".", folder=tmp_path)
    assert "8 of 8 trials" in shown.stdout
    assert "(training part)" in shown.stdout
    trials = dltool("runs", "out", "--json", folder=tmp_path)
    assert len(trials.stdout.splitlines()) == 8
    empty = dltool("runs", "broken", folder=tmp_path)
    assert (empty.returncode, empty.stdout, empty.stderr) == (0, "", "no runs in broken\n")


def test_reproduce_leaves_with_0_if_identical_and_with_1_if_not(runs, tmp_path):
    done = dltool("reproduce", "wide", folder=runs)
    assert (done.returncode, done.stdout) == (0, "identical\n"), done.stderr
    shutil.copytree(runs / "wide", tmp_path / "other")
    log = tmp_path / "other" / "metrics.jsonl"
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    was, rows[2]["loss"] = rows[2]["loss"], 9.0
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    different = dltool("reproduce", "other", "--json", folder=tmp_path)
    assert different.returncode == 1
    assert json.loads(different.stdout) == {
        "identical": False, "difference": f"loss of epoch 3 was 9.0, now it is {was!r}", "changed": [],
    }  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_reproduce_answers_a_signal_with_its_own_exit_code(tmp_path, number):
    done = dltool("train", XOR, "-q", "-s", "training.epochs=2", "--run-dir", "run", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    config = tmp_path / "run" / "config.yaml"
    config.write_text(config.read_text().replace("epochs: 2", "epochs: 100000000"))
    words = [sys.executable, "-m", "dltool", "reproduce", "run", "--run-dir", "again", "--json"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        log = tmp_path / "again" / "metrics.jsonl"
        deadline = time.monotonic() + 60
        while not (log.exists() and log.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        out, said = process.communicate(timeout=60)
    assert (process.returncode, out, said) == (128 + number, "", f"interrupted by {number.name}\n")
