"""The command line as scripts see it: a real process, its two streams, its exit code."""

import csv
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from dltool.cli import app

REPOSITORY = Path(__file__).parent.parent
XOR = REPOSITORY / "configs" / "xor.yaml"
IRIS = REPOSITORY / "configs" / "iris.yaml"


def dltool(*words, folder, stdin=None, **environment):
    command = [sys.executable, "-m", "dltool", *map(str, words)]
    return subprocess.run(
        command,
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=120,
        check=False,
    )


def lines_of(path):
    return path.read_text("utf-8").splitlines()


@pytest.fixture(scope="module")
def iris(tmp_path_factory):
    """A finished run on the irises, made by the command line."""
    folder = tmp_path_factory.mktemp("iris")
    done = dltool("train", IRIS, "-q", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.strip()


def test_train_prints_the_run_alone_on_standard_output_and_a_line_an_epoch_beside_it(tmp_path):
    done = dltool("train", XOR, "-s", "training.epochs=30", folder=tmp_path)
    assert done.returncode == 0
    assert done.stdout == "runs/xor-001\n"
    assert len(re.findall(r"^epoch +\d+/30 ", done.stderr, flags=re.MULTILINE)) == 30
    assert "\x1b" not in done.stderr
    assert "oneDNN" not in done.stderr
    run = tmp_path / "runs" / "xor-001"
    assert {p.name for p in run.iterdir()} >= {"config.yaml", "run.json", "metrics.jsonl", "model.keras", "report.html"}
    rows = [json.loads(line) for line in lines_of(run / "metrics.jsonl")]
    assert [row["epoch"] for row in rows] == list(range(1, 31))
    assert json.loads((run / "run.json").read_text())["status"] == "completed"


def test_a_run_directory_may_have_any_name(tmp_path):
    name = os.fsdecode(b"caf\xe9")
    command = [sys.executable, "-m", "dltool", "train", XOR, "-q", "-s", "training.epochs=1", "--run-dir", name]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"caf\xe9\n"), done.stderr
    assert json.loads((tmp_path / name / "run.json").read_text())["command"].endswith(r"--run-dir 'caf\xe9'")


def test_the_filled_in_config_repeats_the_run(tmp_path):
    first = dltool("train", XOR, "-q", "-s", "training.epochs=20", folder=tmp_path)
    again = dltool("train", tmp_path / first.stdout.strip() / "config.yaml", "-q", folder=tmp_path)
    losses = [
        [json.loads(line)["loss"] for line in lines_of(tmp_path / run.stdout.strip() / "metrics.jsonl")]
        for run in (first, again)
    ]
    assert len(losses[0]) == 20
    assert losses[0] == losses[1]


def test_json_is_one_object_an_event_and_ends_with_the_run(tmp_path):
    done = dltool("train", XOR, "--json", "-s", "training.epochs=3", folder=tmp_path)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events if event["event"] != "progress"] == [
        "started", "epoch", "epoch", "epoch", "finished",
    ]  # fmt: skip
    assert events[-1]["run"] == "runs/xor-001"


def test_a_diverged_run_leaves_with_1_and_a_sound_model(tmp_path):
    words = ("-s", "training.optimizer.learning_rate=1e30", "-s", "training.epochs=50")
    done = dltool("train", XOR, "-q", *words, folder=tmp_path)
    assert done.returncode == 1
    facts = json.loads((tmp_path / "runs/xor-001/run.json").read_text())
    assert facts["status"] == "diverged"
    assert "not a finite number" in facts["reason"]


FAR = """name: far
data: {source: inline, features: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [0, 1, 1, 0],
  validation: {features: [[0, 0.5], [1, 0.5]], targets: [1, 1]}}
model: {type: mlp, hidden_units: [8]}
training: {loss: binary_crossentropy, metrics: [auc], epochs: 4, optimizer: {type: sgd, learning_rate: 1.0e+5}}
"""


def test_a_model_far_from_its_best_epoch_is_warned_of_and_an_undefined_area_does_not_exist(tmp_path):
    (tmp_path / "far.yaml").write_text(FAR)
    warning = "warning: the model holds the weights of epoch 4, whose validation_loss is "
    done = dltool("train", "far.yaml", folder=tmp_path)
    assert done.returncode == 0
    assert "validation_auc -  " in done.stderr
    assert "nan" not in done.stderr
    assert warning in done.stderr
    assert "Warning: the model holds the weights of epoch 4" in (tmp_path / "runs/far-001/report.html").read_text()
    done = dltool("train", "far.yaml", "--json", folder=tmp_path)
    *epochs, finished = [
        json.loads(line) for line in done.stdout.splitlines() if '"epoch"' in line or "finished" in line
    ]
    assert all(event["metrics"]["validation_auc"] is None for event in epochs)
    assert done.stderr.startswith(warning)
    lost, worse = done.stderr.splitlines()
    assert lost == f"warning: {finished['warning']}"
    assert worse.startswith("warning: the network is worse than the trivial answer: validation_loss ")
    done = dltool("evaluate", "runs/far-002", "--split", "validation", "--json", folder=tmp_path)
    assert json.loads(done.stdout)["metrics"]["auc"] is None
    assert json.loads((tmp_path / "runs/far-001/run.json").read_text())["trivial"]["validation_auc"] is None


def test_bad_config_names_every_problem_and_writes_nothing(tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(XOR.read_text().replace("type: adam", "type: adma").replace("seed: 7", "sead: 7"))
    done = dltool("train", bad, folder=tmp_path)
    assert done.returncode == 78
    assert f"{bad}:4:1: error: unknown key 'sead'" in done.stderr
    assert "error: unknown optimizer 'adma' (training.optimizer.type)" in done.stderr
    assert "did you mean 'adam'?" in done.stderr
    assert f"2 problems in {bad}" in done.stderr
    assert done.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["bad.yaml"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["train", "nowhere.yaml"], 66, "nowhere.yaml"),
        (["evaluate", "runs/nothing"], 66, "runs/nothing"),
        (["train", str(XOR), "--nonsense"], 2, "--nonsense"),
        (["train", str(XOR), "-s", "training.epoch=3"], 78, "did you mean 'epochs'?"),
        (["train", str(XOR), "--resume"], 2, "--resume needs --run-dir"),
        (["train", str(XOR), "--resume", "--run-dir", "nowhere"], 66, "there is no run directory nowhere"),
        (["train", str(XOR), "--device", "tpu"], 2, "expected auto, cpu, gpu or gpu:N"),
        (["check", str(XOR), "-s", "data.targets=[0, 1, 1]"], 78, "4 rows"),
        (["check", str(IRIS), "-s", "data.path=nothing.csv"], 66, "nothing.csv"),
        (["check", str(IRIS), "-s", "data.targets=nothing"], 65, "nothing"),
    ],
)
def test_what_a_user_does_wrong_gets_a_sentence_and_its_own_exit_code(tmp_path, words, code, said):
    done = dltool(*words, folder=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_used_run_directory_is_left_alone(tmp_path):
    used = tmp_path / "used"
    used.mkdir()
    (used / "mine.txt").write_text("mine")
    done = dltool("train", XOR, "--run-dir", used, folder=tmp_path)
    assert done.returncode == 73
    assert str(used) in done.stderr
    assert [path.name for path in used.iterdir()] == ["mine.txt"]


def test_ctrl_c_stops_at_once_marks_the_run_and_names_the_whole_command_that_goes_on(tmp_path):
    (tmp_path / "my xor.yaml").write_text(XOR.read_text())
    given = ["-s", "training.epochs=100000000", "-s", "training.metrics=[accuracy, auc]", "--device", "cpu"]
    words = [sys.executable, "-m", "dltool", "train", "my xor.yaml", *given]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        metrics = tmp_path / "runs" / "xor-001" / "metrics.jsonl"
        deadline = time.monotonic() + 60
        while not (metrics.exists() and metrics.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)[1].decode()
        assert process.returncode == 130
    said, _, command = said.rstrip("\n").rpartition("interrupted by SIGINT; go on with ")
    assert shlex.split(command)[:6] == ["dltool", "train", "--run-dir", "runs/xor-001", "--resume", "my xor.yaml"]
    assert shlex.split(command)[6:] == given
    run = tmp_path / "runs" / "xor-001"
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    assert (run / "model.keras").exists()
    with subprocess.Popen([sys.executable, "-m", *shlex.split(command)], cwd=tmp_path, stderr=subprocess.PIPE) as again:
        assert again.stderr.readline().startswith(b"going on after epoch ")
        again.send_signal(signal.SIGINT)
        assert again.communicate(timeout=20)[1].decode().endswith(f"go on with {command}\n")


def test_a_finished_run_has_nothing_to_resume_unless_epochs_are_raised(iris, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(iris, run)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    done = dltool("train", IRIS, "--run-dir", run, "--resume", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{run}\n")
    assert "nothing to do: the run is finished (" in done.stderr
    changed = dltool("train", IRIS, "--run-dir", run, "--resume", "-s", "seed=99", folder=tmp_path)
    assert changed.returncode == 78
    assert re.search(r"^  seed: \d+ -> 99$", changed.stderr, flags=re.MULTILINE)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_evaluate_gives_metrics_and_a_confusion_matrix(iris):
    done = dltool("evaluate", iris, "--json", folder=iris.parent)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    confusion = np.array(facts["confusion"])
    assert facts["rows"] == confusion.sum() == 30
    assert np.trace(confusion) / 30 == pytest.approx(facts["metrics"]["accuracy"])
    assert facts["metrics"]["accuracy"] >= 0.9
    shown = dltool("evaluate", iris, folder=iris.parent)
    assert all(word in shown.stdout for word in ("accuracy", "versicolor", "precision", "recall"))


def test_predict_takes_a_table_without_labels_in_any_order_of_columns(iris):
    rows = list(csv.DictReader(lines_of(REPOSITORY / "data" / "iris.csv")))
    names = ["petal_width", "sepal_length", "petal_length", "sepal_width"]
    table = "\n".join([",".join(names), *(",".join(row[name] for name in names) for row in rows)])
    done = dltool("predict", iris, "-", "--top", "2", folder=iris.parent, stdin=table + "\n")
    assert done.returncode == 0, done.stderr
    predicted = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(predicted[0]) == ["id", "label", "probability", "label_2", "probability_2"]
    right = sum(p["label"] == row["species"] for p, row in zip(predicted, rows, strict=True))
    assert right >= 140
    assert all(float(p["probability"]) >= float(p["probability_2"]) for p in predicted)


@pytest.mark.parametrize("form", ["csv", "jsonl", "npz", "parquet"])
def test_predictions_are_the_same_in_every_form(iris, form):
    import pyarrow.parquet

    output = iris.parent / f"predictions.{form}"
    done = dltool("predict", iris, REPOSITORY / "data" / "iris.csv", "-o", output, folder=iris.parent)
    assert done.returncode == 0, done.stderr
    if form == "csv":
        labels = [row["label"] for row in csv.DictReader(lines_of(output))]
    elif form == "jsonl":
        labels = [json.loads(line)["label"] for line in lines_of(output)]
    elif form == "npz":
        with np.load(output, allow_pickle=False) as arrays:
            labels = arrays["label"].tolist()
    else:
        labels = pyarrow.parquet.read_table(output)["label"].to_pylist()
    species = [row["species"] for row in csv.DictReader(lines_of(REPOSITORY / "data" / "iris.csv"))]
    assert sum(a == b for a, b in zip(labels, species, strict=True)) >= 140


def test_predict_names_a_missing_column(iris):
    done = dltool("predict", iris, "-", folder=iris.parent, stdin="sepal_length,sepal_width,petal_lenth\n1,2,3\n")
    assert done.returncode == 65
    assert "petal_length" in done.stderr
    assert done.stdout == ""


def test_check_prints_the_expanded_layers_without_tensorflow(tmp_path):
    mnist = REPOSITORY / "configs" / "mnist_cnn.yaml"
    done = dltool("check", mnist, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    for said in ("rescaling", "conv2d", "26 x 26 x 32", "54,410", "1,688"):
        assert said in done.stdout
    facts = json.loads(dltool("check", mnist, "--json", folder=tmp_path).stdout)
    assert facts["parameters"] == 3 * 3 * 32 + 32 + 13 * 13 * 32 * 10 + 10
    code = (
        "import sys; sys.argv = ['dltool', 'check', sys.argv[1]]\n"
        "import dltool.cli\n"
        "dltool.cli.app(standalone_mode=False)\n"
        "print([name for name in ('tensorflow', 'keras', 'numpy') if name in sys.modules])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code, str(mnist)], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert loaded.stdout.splitlines()[-1] == "[]"


def test_schema_and_init_print_what_can_be_used(tmp_path):
    schema = json.loads(dltool("schema", folder=tmp_path).stdout)
    assert schema["properties"]["training"]
    assert json.loads(dltool("schema", "config", folder=tmp_path).stdout) == schema
    sweeps = json.loads(dltool("schema", "sweep", folder=tmp_path).stdout)
    assert sweeps["properties"]["axes"]
    starter = dltool("init", "csv", folder=tmp_path).stdout
    assert yaml.safe_load(starter)["data"]["source"] == "csv"


def test_help_names_every_command(tmp_path):
    shown = dltool("--help", folder=tmp_path).stdout
    commands = [command.callback.__name__ for command in app.registered_commands]
    assert "train" in commands
    for command in commands:
        assert re.search(rf"^  {command} +[A-Z]", shown, flags=re.MULTILINE), command


def test_no_escape_codes_in_a_pipe(iris):
    for words in (["--help"], ["evaluate", iris], ["check", str(XOR)]):
        done = dltool(*words, folder=iris.parent, FORCE_COLOR="", TERM="xterm-256color")
        assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("command", "mebibytes"),
    [("check", 128), ("check", 600), ("train", 600), ("train", 1700), ("predict", 1700), ("evaluate", 1700)],
)
def test_a_limit_on_memory_too_small_for_the_libraries_is_said_and_leaves_nothing(iris, tmp_path, command, mebibytes):
    limited = ["sh", "-c", f'ulimit -v {mebibytes * 1024}; exec "$@"', "sh", sys.executable, "-m", "dltool"]
    words = {"predict": [iris, REPOSITORY / "data" / "iris.csv"], "evaluate": [iris]}.get(command, [IRIS])
    program = [*limited, command, *map(str, words)]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (71, ""), done.stderr
    assert re.fullmatch(r"error: the memory of this process is limited .*: ulimit -v unlimited\n", done.stderr)
    assert not [path for path in tmp_path.rglob("*") if path.name != "runs"]


NOT_UTF8 = os.fsdecode(b"\xe9")


def test_configs_may_have_any_path(tmp_path):
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
        done = dltool(*words, folder=tmp_path)
        assert (done.returncode, out or done.stdout) == (0, done.stdout), done.stderr
    table = json.loads((tmp_path / "runs" / "batch-001" / "sweep.json").read_text())
    assert [Path(trial["values"]["config"]).name for trial in table["trials"]] == [r"\xe9.yaml", "other.yaml"]


@pytest.mark.parametrize(
    "module",
    ["dltool.wording.formatting", "dltool.cli", "typer", "pydantic_core", "dltool.api", "numpy", "pyarrow",
     "keras", "tensorflow", "tensorflow.python.framework.ops", "keras.src.models.sequential", "dltool.model.build"],
)  # fmt: skip
@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_ctrl_c_during_an_import_ends_the_program(iris, tmp_path, command, module):
    program = f"""
import os, runpy, signal, sys

class Finder:
    def find_spec(self, name, *_):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
runpy.run_module("dltool", run_name="__main__", alter_sys=True)
"""
    words = [sys.executable, "-c", program, command, str(IRIS if command == "train" else iris)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr in ("", "interrupted by SIGINT\n")
    assert list(tmp_path.rglob("*")) in ([], [tmp_path / "runs"])
