"""``train`` as scripts see it: its two streams, its exit code, the run that it leaves."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

from tests.support.places import IRIS, XOR
from tests.support.program import COMMAND, run_anew
from tests.support.waiting import has_content, wait_for


def test_train_prints_the_run_alone_on_standard_output_and_a_line_an_epoch_beside_it(tmp_path):
    done = run_anew(["train", XOR, "-s", "training.epochs=30"], tmp_path)
    assert done.code == 0
    assert done.out == "runs/xor-001\n"
    assert len(re.findall(r"^epoch +\d+/30 ", done.err, flags=re.MULTILINE)) == 30
    assert "\x1b" not in done.err
    assert "oneDNN" not in done.err
    run = tmp_path / "runs" / "xor-001"
    assert {p.name for p in run.iterdir()} >= {"config.yaml", "run.json", "metrics.jsonl", "model.keras", "report.html"}
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows] == list(range(1, 31))
    assert json.loads((run / "run.json").read_text())["status"] == "completed"


def test_what_is_made_of_a_table_of_categories_is_made_in_silence(tmp_path):
    """Where a processor lacks what oneDNN would like to have, it complains of other types than float32."""
    rows = [f"{i % 7}.5,{'abc'[i % 3]},{'' if i % 5 == 0 else 'xy'[i % 2]}\n" for i in range(200)]
    (tmp_path / "t.csv").write_text("a,b,c\n" + "".join(rows))
    text = """name: odd
data: {source: csv, path: t.csv, missing: mean}
model: {type: autoencoder, latent_dim: 1}
training: {loss: mean_squared_error, epochs: 1}
"""
    (tmp_path / "c.yaml").write_text(text)
    for words in (["train", "c.yaml", "-q"], ["evaluate", "runs/odd-001"], ["predict", "runs/odd-001", "t.csv"]):
        done = run_anew(words, tmp_path)
        assert done.code == 0, done.err
        assert "oneDNN" not in done.err


def test_a_run_directory_may_have_any_name(tmp_path):
    name = os.fsdecode(b"caf\xe9")
    command = [*COMMAND, "train", XOR, "-q", "-s", "training.epochs=1", "--run-dir", name]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"caf\xe9\n"), done.stderr
    assert json.loads((tmp_path / name / "run.json").read_text())["command"].endswith(r"--run-dir 'caf\xe9'")


def test_the_filled_in_config_repeats_the_run(trainer, tmp_path):
    first = trainer.run(["train", XOR, "-q", "-s", "training.epochs=20"], tmp_path)
    again = trainer.run(["train", tmp_path / first.out.strip() / "config.yaml", "-q"], tmp_path)
    losses = [
        [json.loads(line)["loss"] for line in (tmp_path / run.out.strip() / "metrics.jsonl").read_text().splitlines()]
        for run in (first, again)
    ]
    assert len(losses[0]) == 20
    assert losses[0] == losses[1]


def test_json_is_one_object_an_event_and_ends_with_the_run(trainer, tmp_path):
    done = trainer.run(["train", XOR, "--json", "-s", "training.epochs=3"], tmp_path)
    events = [json.loads(line) for line in done.out.splitlines()]
    assert [event["event"] for event in events if event["event"] != "progress"] == [
        "started", "epoch", "epoch", "epoch", "finished",
    ]  # fmt: skip
    assert events[-1]["run"] == "runs/xor-001"


def test_a_diverged_run_leaves_with_1_and_a_finite_model(trainer, tmp_path):
    words = ("-s", "training.optimizer.learning_rate=1e30", "-s", "training.epochs=50")
    done = trainer.run(["train", XOR, "-q", *words], tmp_path)
    assert done.code == 1
    facts = json.loads((tmp_path / "runs/xor-001/run.json").read_text())
    assert facts["status"] == "diverged"
    assert "not a finite number" in facts["reason"]


FAR = """name: far
data: {source: inline, features: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [0, 1, 1, 0],
  validation: {features: [[0, 0.5], [1, 0.5]], targets: [1, 1]}}
model: {type: mlp, hidden_units: [8]}
training: {loss: binary_crossentropy, metrics: [auc], epochs: 4, optimizer: {type: sgd, learning_rate: 1.0e+5}}
"""


def test_a_model_far_from_its_best_epoch_is_warned_of_and_an_undefined_area_does_not_exist(trainer, tmp_path):
    (tmp_path / "far.yaml").write_text(FAR)
    warning = "warning: the model holds the weights of epoch 4, whose validation_loss is "
    done = trainer.run(["train", "far.yaml"], tmp_path)
    assert done.code == 0
    assert "validation_auc -  " in done.err
    assert "nan" not in done.err
    assert warning in done.err
    assert "Warning: the model holds the weights of epoch 4" in (tmp_path / "runs/far-001/report.html").read_text()
    done = trainer.run(["train", "far.yaml", "--json"], tmp_path)
    *epochs, finished = [json.loads(line) for line in done.out.splitlines() if '"epoch"' in line or "finished" in line]
    assert all(event["metrics"]["validation_auc"] is None for event in epochs)
    assert done.err.startswith(warning)
    lost, worse = done.err.splitlines()
    assert lost == f"warning: {finished['warning']}"
    assert worse.startswith("warning: the network is worse than the trivial answer: validation_loss ")
    done = trainer.run(["evaluate", "runs/far-002", "--split", "validation", "--json"], tmp_path)
    assert json.loads(done.out)["metrics"]["auc"] is None
    assert json.loads((tmp_path / "runs/far-001/run.json").read_text())["trivial"]["validation_auc"] is None


def test_bad_config_names_every_problem_and_writes_nothing(program, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(XOR.read_text().replace("type: adam", "type: adma").replace("seed: 7", "sead: 7"))
    done = program.run(["train", bad], tmp_path)
    assert done.code == 78
    assert f"{bad}:4:1: error: unknown key 'sead'" in done.err
    assert "error: unknown optimizer 'adma' (training.optimizer.type)" in done.err
    assert "did you mean 'adam'?" in done.err
    assert f"2 problems in {bad}" in done.err
    assert done.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["bad.yaml"]


def test_a_used_run_directory_is_left_alone(program, tmp_path):
    used = tmp_path / "used"
    used.mkdir()
    (used / "mine.txt").write_text("mine")
    done = program.run(["train", XOR, "--run-dir", used], tmp_path)
    assert done.code == 73
    assert str(used) in done.err
    assert [path.name for path in used.iterdir()] == ["mine.txt"]


def test_ctrl_c_stops_at_once_marks_the_run_and_names_the_whole_command_that_goes_on(trainer, tmp_path):
    (tmp_path / "my xor.yaml").write_text(XOR.read_text())
    given = ["-s", "training.epochs=100000000", "-s", "training.metrics=[accuracy, auc]", "--device", "cpu"]
    run = tmp_path / "runs" / "xor-001"
    with trainer.begun(["train", "my xor.yaml", *given], tmp_path) as running:
        wait_for(lambda: has_content(run / "metrics.jsonl"))
        os.kill(running.pid, signal.SIGINT)
        done = running.end()
    assert done.code == 130
    _, _, command = done.err.rstrip("\n").rpartition("interrupted by SIGINT; go on with ")
    assert shlex.split(command)[:6] == ["dltool", "train", "--run-dir", "runs/xor-001", "--resume", "my xor.yaml"]
    assert shlex.split(command)[6:] == given
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    assert (run / "model.keras").exists()
    before = (run / "metrics.jsonl").stat().st_size
    with trainer.begun(shlex.split(command)[1:], tmp_path) as running:
        wait_for(lambda: (run / "metrics.jsonl").stat().st_size > before)
        os.kill(running.pid, signal.SIGINT)
        said = running.end().err
    assert said.startswith("going on after epoch ")
    assert said.endswith(f"go on with {command}\n")


def test_a_finished_run_has_nothing_to_resume_unless_epochs_are_raised(program, iris, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(iris, run)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    done = program.run(["train", IRIS, "--run-dir", run, "--resume"], tmp_path)
    assert (done.code, done.out) == (0, f"{run}\n")
    assert "nothing to do: the run is finished (" in done.err
    changed = program.run(["train", IRIS, "--run-dir", run, "--resume", "-s", "seed=99"], tmp_path)
    assert changed.code == 78
    assert re.search(r"^  seed: \d+ -> 99$", changed.err, flags=re.MULTILINE)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


NOT_UTF8 = os.fsdecode(b"\xe9")


def test_configs_may_have_any_path(trainer, tmp_path):
    folder = tmp_path / f"caf{NOT_UTF8}"
    folder.mkdir()
    base, other, sweep = folder / f"{NOT_UTF8}.yaml", folder / "other.yaml", folder / f"s{NOT_UTF8}.yaml"
    base.write_text(XOR.read_text())
    other.write_text("extends: base.yaml\nseed: 3\n")
    (folder / "base.yaml").write_text(XOR.read_text())
    sweep.write_text("name: s\nbase: other.yaml\naxes: {seed: [1]}\n")
    for words, out in (
        (["check", base], None),
        (["train", base, "-q", "--run-dir", "run", "-s", "training.epochs=1"], "run\n"),
        (["train", base, "-q", "--run-dir", "run", "-s", "training.epochs=2", "--resume"], "run\n"),
        (["reproduce", "run"], "identical\n"),
        (["train", base, other, "-q", "-s", "training.epochs=1"], "runs/batch-001\n"),
        (["sweep", sweep, "-q"], "runs/s\n"),
    ):
        done = trainer.run(words, tmp_path)
        assert (done.code, out or done.out) == (0, done.out), done.err
    table = json.loads((tmp_path / "runs" / "batch-001" / "sweep.json").read_text())
    assert [Path(trial["values"]["config"]).name for trial in table["trials"]] == [r"\xe9.yaml", "other.yaml"]
