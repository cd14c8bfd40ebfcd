"""Real sweeps: worker processes that train, crash, and are interrupted. Each of them loads TensorFlow."""

import contextlib
import json
import os
import pty
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from dltool import api
from dltool.errors import DataNote, Interrupted, UsageError
from dltool.experiments.engine import Job, JobEnded
from dltool.experiments.local import LocalEngine
from dltool.runs.run import Run
from tests.support.program import COMMAND, Done
from tests.support.waiting import has_content, wait_for

REPOSITORY = Path(__file__).parent.parent.parent
BASE = (REPOSITORY / "configs" / "xor.yaml").read_text()


def start(*words, folder, options=(), environment=(), **more):
    command = [sys.executable, *options, "-m", "dltool", *map(str, words)]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)} | dict(environment)
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **more
    )


def dltool(*words, folder, **more):
    with start(*words, folder=folder, **more) as process:
        out, err = process.communicate(timeout=180)
    return Done(process.returncode, out, err)


def write(folder, epochs, axes="training.optimizer.learning_rate: [0.1, 0.01]", **more):
    (folder / "xor.yaml").write_text(BASE.replace("epochs: 1000", f"epochs: {epochs}"))
    lines = [f"{key}: {value}" for key, value in more.items()]
    (folder / "sweep.yaml").write_text("\n".join(["name: small", "base: xor.yaml", "axes:", f"  {axes}", *lines]))


def facts_of(folder):
    return json.loads((folder / "runs" / "small" / "sweep.json").read_text())


def has_begun(folder, *trials):
    logs = [folder / "runs" / "small" / trial / "metrics.jsonl" for trial in trials]
    return lambda: all(map(has_content, logs))


def workers_of(driver):
    return [int(word) for word in Path(f"/proc/{driver}/task/{driver}/children").read_text().split()]


def is_alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def finished(program, tmp_path_factory):
    """A sweep of two points, two runs each, by two workers, and its two streams."""
    folder = tmp_path_factory.mktemp("sweep")
    write(folder, 30, repeats=2)
    done = program.run(["sweep", "sweep.yaml", "--jobs", 2], folder)
    assert done.code == 0, done.err
    return folder, done


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of the finished sweep, to be changed."""
    return shutil.copytree(finished[0], tmp_path / "copy")


def test_every_trial_is_a_run_directory_like_any_other(finished):
    folder, done = finished
    assert done.out == "runs/small\n"
    facts = facts_of(folder)
    assert facts["status"] == "completed"
    for trial in facts["trials"]:
        run = Run.open(folder / "runs" / "small" / trial["path"])
        assert run.facts["status"] == trial["status"] == "completed"
        assert run.metrics()[-1]["loss"] == trial["objective"] == trial["metrics"]["loss"]
        assert {path.name for path in run.path.iterdir()} >= {"config.yaml", "model.keras", "report.html"}
        assert run.facts["threads"] == 1
        assert run.facts["seed"] == trial["seed"]
    assert [path.name for path in (folder / "runs" / "small").glob("*.log")] == []


def test_what_takes_a_run_takes_the_sweep_for_its_best_run_and_says_so(trainer, finished):
    folder, done = finished
    best = min(facts_of(folder)["trials"], key=lambda trial: trial["objective"])
    run = f"runs/small/{best['path']}"
    note = f"note: runs/small is a sweep; taking {run}, its best run of its best point (learning_rate 0.1; loss "
    evaluated = trainer.run(["evaluate", "runs/small", "--split", "train", "--json"], folder)
    assert evaluated.code == 0, evaluated.err
    assert evaluated.err.startswith(note)
    assert len(evaluated.err.splitlines()) == 1
    assert evaluated.out == trainer.run(["evaluate", run, "--split", "train", "--json"], folder).out
    np.savez(folder / "x.npz", x=[[0, 1], [1, 1]])
    predicted = trainer.run(["predict", "runs/small", "x.npz"], folder)
    assert predicted.err.startswith(note)
    assert predicted.out == trainer.run(["predict", run, "x.npz"], folder).out
    assert "evaluate  dltool evaluate runs/small --split train\n" in done.err
    assert "predict   dltool predict runs/small INPUT\n" in done.err
    listed = trainer.run(["runs", "runs/small"], folder)
    assert [line.split()[0] for line in listed.out.splitlines() if "completed, best" in line] == [run]
    with pytest.warns(DataNote):
        evaluation = api.evaluate(folder / "runs" / "small", split="train")
    assert evaluation.metrics["loss"] == json.loads(evaluated.out)["metrics"]["loss"]


def test_a_trial_ends_as_plain_training_of_its_config_does(trainer, finished):
    import keras

    folder, _ = finished
    trial = folder / "runs" / "small" / "004"  # the second that its worker trained
    done = trainer.run(["train", trial / "config.yaml", "-q", "--run-dir", "plain"], folder)
    assert done.code == 0, done.err
    plain = folder / "plain"
    assert [row["loss"] for row in Run.open(plain).metrics()] == [row["loss"] for row in Run.open(trial).metrics()]
    weights = [keras.saving.load_model(path / "model.keras").get_weights() for path in (plain, trial)]
    assert all((a == b).all() for a, b in zip(*weights, strict=True))


def test_the_log_has_a_line_a_trial_and_the_points_with_their_winner(finished):
    _, done = finished
    lines = done.err.splitlines()
    assert lines[0] == "small: 4 trials (2 points, 2 runs each), 2 at a time"
    assert [line.split("  ")[0] for line in lines[1:5]] == ["1/4", "2/4", "3/4", "4/4"]
    assert "±" in done.err
    assert "selected on the training part, by loss: the config has no validation part" in done.err
    assert "luck:" not in done.err  # of two seeds
    assert "\x1b" not in done.err
    assert "oneDNN" not in done.err


def test_what_is_finished_stays_as_it_is(program, finished):
    folder, _ = finished
    before = {path: path.stat().st_mtime_ns for path in (folder / "runs" / "small").glob("0*/*")}
    assert program.run(["sweep", "sweep.yaml"], folder).code == 73
    again = program.run(["sweep", "sweep.yaml", "--resume", "--json"], folder)
    assert again.code == 0
    events = [json.loads(line) for line in again.out.splitlines()]
    assert [event["event"] for event in events] == ["started", "finished"]
    assert events[0]["done"] == 4
    assert events[1]["selected_on"] == "training"
    assert {path: path.stat().st_mtime_ns for path in (folder / "runs" / "small").glob("0*/*")} == before


def test_the_filled_in_file_repeats_the_sweep(program, finished, tmp_path):
    folder, _ = finished
    shown = program.run(["sweep", folder / "runs" / "small" / "sweep.yaml", "--dry-run", "--json"], tmp_path)
    assert [point["values"] for point in json.loads(shown.out)["points"]] == [
        {"training.optimizer.learning_rate": 0.1},
        {"training.optimizer.learning_rate": 0.01},
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_killed_worker_costs_its_own_trial_and_a_killed_driver_nothing(tmp_path):
    # So long that no trial is over before the other's worker is missed; XLA, which would hurry, takes no 16 bits.
    write(tmp_path, 15_000)
    with (tmp_path / "xor.yaml").open("a") as config:
        config.write("\n  dtype_policy: mixed_bfloat16\n")
    with start("sweep", "sweep.yaml", "--jobs", 2, folder=tmp_path) as driver:
        wait_for(has_begun(tmp_path, "001", "002"))
        first, second = workers_of(driver.pid)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: len(set(workers_of(driver.pid)) - {first, second}) == 1)
        wait_for(has_begun(tmp_path, "001", "002"))
        other = start("sweep", "sweep.yaml", "--resume", folder=tmp_path)
        assert other.wait(60) == 75
        assert "is in use by process" in other.communicate()[1]
        workers = workers_of(driver.pid)
        driver.kill()
        driver.communicate()
    wait_for(lambda: not any(map(is_alive, workers)))
    done = dltool("sweep", "sweep.yaml", "--resume", folder=tmp_path)
    assert done.code == 0, done.err
    trials = facts_of(tmp_path)["trials"]
    assert [trial["status"] for trial in trials] == ["completed"] * 2
    assert sum(trial["attempts"] for trial in trials) >= 3
    for trial in trials:
        rows = Run.open(tmp_path / "runs" / "small" / trial["path"]).metrics()
        assert [row["epoch"] for row in rows] == list(range(1, 15_001))


def test_an_interrupted_trial_begins_anew_on_another_machine_and_keeps_its_threads_on_the_same(program, copied):
    same, other = (copied / "runs" / "small" / trial for trial in ("001", "002"))
    for run, change in ((same, {}), (other, {"versions": {"tensorflow": "1.0"}, "device": "gpu:0 (a toaster)"})):
        facts = json.loads((run / "run.json").read_text())
        (run / "run.json").write_text(json.dumps({**facts, **change, "threads": 2, "status": "interrupted"}))
    again = program.run(["sweep", "sweep.yaml", "--resume"], copied)
    assert again.code == 0, again.err
    assert [trial["status"] for trial in facts_of(copied)["trials"]] == ["completed"] * 4
    facts = [json.loads((run / "run.json").read_text()) for run in (same, other)]
    assert ["resumed" in each for each in facts] == [True, False]
    assert facts[0]["threads"] == 2
    assert facts[1]["versions"]["tensorflow"] != "1.0"
    said = (other / "worker.log").read_text()
    assert said.startswith("begun anew: ")
    assert "versions.tensorflow" in said


def test_data_that_changed_since_are_no_matter_of_the_machine(program, copied):
    path = copied / "runs" / "small" / "001" / "run.json"
    facts = json.loads(path.read_text()) | {"status": "interrupted", "data_fingerprint": {"train": "other"}}
    path.write_text(json.dumps(facts))
    again = program.run(["sweep", "sweep.yaml", "--resume"], copied)
    assert again.code == 1
    assert 'data_fingerprint.train: "other" ->' in again.err


def test_ctrl_c_stops_cleanly_and_marks_the_sweep(tmp_path):
    write(tmp_path, 100_000_000)
    with start("sweep", "sweep.yaml", "--jobs", 2, folder=tmp_path, start_new_session=True) as driver:
        wait_for(has_begun(tmp_path, "001", "002"))
        workers = workers_of(driver.pid)
        os.killpg(driver.pid, signal.SIGINT)  # as a terminal does it
        assert driver.wait(60) == 128 + signal.SIGINT
        said = driver.communicate()[1].splitlines()[-1]
    command = "dltool sweep --run-dir runs/small --resume sweep.yaml --jobs 2"
    assert said == f"interrupted by SIGINT; what is done is kept; go on with {command}"
    assert not any(map(is_alive, workers))
    facts = facts_of(tmp_path)
    assert facts["status"] == "interrupted"
    assert [trial["status"] for trial in facts["trials"]] == ["interrupted"] * 2
    for trial in ("001", "002"):
        run = Run.open(tmp_path / "runs" / "small" / trial)
        assert run.facts["status"] == "interrupted"
        assert run.model_path.exists()


def test_on_a_terminal_too_the_command_that_goes_on_is_left_to_be_read(tmp_path):
    write(tmp_path, 100_000_000)
    words = [*COMMAND, "sweep", "sweep.yaml", "--device", "cpu"]
    terminal, inside = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "TERM": "xterm"}
    with subprocess.Popen(words, cwd=tmp_path, stdout=inside, stderr=inside, env=environment) as driver:
        os.close(inside)
        wait_for(has_begun(tmp_path, "001"))
        driver.send_signal(signal.SIGINT)
        shown = b""
        with contextlib.suppress(OSError):  # how the other end of a terminal says that it is closed
            while text := os.read(terminal, 1 << 16):
                shown += text
    os.close(terminal)
    # What comes last erases nothing.
    assert b"go on with dltool sweep" in shown[shown.rindex(b"\x1b[2K") :]


def test_a_list_of_configs_is_a_batch(program, tmp_path):
    (tmp_path / "a.yaml").write_text(BASE)
    (tmp_path / "b.yaml").write_text(BASE.replace("learning_rate: 0.01", "learning_rate: 1.0e+30"))
    done = program.run(["train", "a.yaml", "b.yaml", "-s", "training.epochs=20"], tmp_path)
    assert done.code == 1  # one of them diverged
    assert done.out == "runs/batch-001\n"
    facts = json.loads((tmp_path / "runs" / "batch-001" / "sweep.json").read_text())
    assert [(trial["values"], trial["status"]) for trial in facts["trials"]] == [
        ({"config": "a.yaml"}, "completed"),
        ({"config": "b.yaml"}, "diverged"),
    ]
    words = ("-s", "training.epochs=20", "--run-dir", "runs/batch-001", "--resume")
    again = program.run(["train", "a.yaml", "b.yaml", *words], tmp_path)
    assert again.code == 1
    assert "2 trials done already" in again.err


def test_where_steps_differ_in_size_every_trial_has_the_threads_that_it_would_have_alone(program, trainer, tmp_path):
    from keras.saving import load_model

    random = np.random.default_rng(0)
    np.savez(tmp_path / "images.npz", x=random.integers(0, 256, (96, 32, 32, 1), np.uint8), y=np.arange(96) % 3)
    layers = (
        "[{type: conv2d, filters: 32, kernel_size: 3}, {type: flatten}, {type: dense, units: 3, activation: softmax}]"
    )
    (tmp_path / "large.yaml").write_text(
        "name: large\nseed: 1\ndata: {source: npz, path: images.npz, features: x, targets: y, scaling: rescaling}\n"
        f"model: {{type: sequential, layers: {layers}}}\n"
        "training: {optimizer: adam, loss: sparse_categorical_crossentropy, epochs: 2, batch_size: 96}\n"
    )
    (tmp_path / "small.yaml").write_text(BASE.replace("epochs: 1000", "epochs: 20"))
    (tmp_path / "smaller.yaml").write_text(BASE.replace("epochs: 1000", "epochs: 10"))
    done = program.run(["train", "small.yaml", "large.yaml", "smaller.yaml", "--run-dir", "batch"], tmp_path)
    assert done.code == 0, done.err
    runs = [Run.open(tmp_path / "batch" / trial) for trial in ("001", "002", "003")]
    assert [run.facts["threads"] for run in runs] == [1, len(os.sched_getaffinity(0)), 1]
    assert not (runs[1].path / "worker.log").exists()
    done = trainer.run(["train", "large.yaml", "-q", "--run-dir", "alone"], tmp_path)
    assert done.code == 0, done.err
    alone, large = (load_model(path / "model.keras").get_weights() for path in (tmp_path / "alone", runs[1].path))
    assert all((a == b).all() for a, b in zip(alone, large, strict=True))


def test_an_interrupted_batch_says_how_to_go_on_with_it(program, tmp_path):
    for name in ("a b", "c"):
        (tmp_path / f"{name}.yaml").write_text(BASE)
    with program.begun(["train", "a b.yaml", "c.yaml", "--set", "training.epochs=5000"], tmp_path) as driver:
        wait_for((tmp_path / "runs" / "batch-001" / "001" / "metrics.jsonl").exists)
        os.kill(driver.pid, signal.SIGTERM)
        done = driver.end()
    assert done.code == 128 + signal.SIGTERM
    said = done.err.splitlines()[-1]
    assert said.startswith("interrupted by SIGTERM; what is done is kept; go on with dltool train ")
    words = shlex.split(said.partition("go on with dltool ")[2])
    done = program.run(words, tmp_path)
    assert done.code == 0, done.err
    assert done.out == "runs/batch-001\n"
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["batch-001"]


def test_nothing_can_be_gone_on_with_that_was_interrupted_before_it_began(tmp_path, monkeypatch):
    from dltool import data

    monkeypatch.setattr(data, "describe", lambda *_: signal.raise_signal(signal.SIGINT))
    write(tmp_path, 5)
    with pytest.raises(Interrupted) as caught:
        api.sweep(tmp_path / "sweep.yaml", tmp_path / "out")
    assert caught.value.run_dir is None
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [{"engine": "Ray"}, {"ray_address": "10.0.0.1:6379"}])
def test_engines_have_one_spelling_and_addresses_need_one(tmp_path, words):
    write(tmp_path, 5)
    with pytest.raises(UsageError):
        api.sweep(tmp_path / "sweep.yaml", tmp_path / "out", **words)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["train", "a.yaml", "nowhere.yaml"], 66, "nowhere.yaml"),
        (["train", "a.yaml", "bad.yaml"], 78, "bad.yaml:4:1: error: unknown key 'sead'"),
        (["train", "nowhere.yaml", "a.yaml", "bad.yaml"], 78, "nowhere.yaml: No such file or directory"),
        (["train", "nowhere.yaml", "a.yaml", "bad.yaml"], 78, "bad.yaml:4:1: error: unknown key 'sead'"),
        (["train", "nowhere.yaml", "a.yaml", "nothing.yaml"], 66, "\nerror: cannot read nothing.yaml"),
        (["train", "a.yaml", "a.yaml"], 2, "a.yaml is named twice"),
        (["train", "a.yaml", "--jobs", "2"], 2, "--jobs is for several configs"),
        (["train", "a.yaml", "b.yaml", "--resume"], 2, "--resume needs --run-dir"),
        (["train", "a.yaml", "b.yaml", "--resume", "--run-dir", "x"], 66, "there is no sweep in x"),
        (["sweep", "nowhere.yaml"], 66, "nowhere.yaml"),
        (["sweep", "a.yaml"], 78, "this is a config, not a sweep file"),
        (["train", "sweep.yaml"], 78, "this is a sweep file, not a config"),
        (["sweep", "sweep.yaml", "--resume"], 66, "there is no sweep in runs/small"),
        (["sweep", "sweep.yaml", "--jobs", "0"], 2, "--jobs"),
        (["sweep", "sweep.yaml", "--ray-address", "10.0.0.1:6379"], 2, "--ray-address needs --engine ray"),
        (
            ["sweep", "sweep.yaml", "--dry-run", "--device", "tpu", "--resume"],
            2,
            "error: --dry-run trains nothing; leave out --resume, --device\n",
        ),
        (
            ["sweep", "sweep.yaml", "--dry-run", "-q", "--jobs", "2", "--run-dir", "x", "--fail-fast"],
            2,
            "leave out --run-dir, --jobs, --fail-fast, --quiet\n",
        ),
        (
            ["sweep", "sweep.yaml", "--dry-run", "--engine", "ray", "--ray-address", "x:1"],
            2,
            "leave out --engine, --ray-address\n",
        ),
        (["sweep", "sweep.yaml", "--device", "tpu"], 2, "expected auto, cpu, gpu or gpu:N"),
    ],
)
def test_what_a_user_does_wrong_gets_a_sentence_and_writes_nothing(program, tmp_path, words, code, said):
    write(tmp_path, 5)
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(BASE)
    (tmp_path / "bad.yaml").write_text(BASE.replace("seed: 7", "sead: 7"))
    before = sorted(tmp_path.iterdir())
    done = program.run(words, tmp_path)
    assert done.code == code, done.err
    assert said in done.err
    assert "Traceback" not in done.err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("device", "visible", "said"),
    [
        ("gpu", "", "this machine has no NVIDIA GPU"),
        ("gpu", "-1", "this machine has no NVIDIA GPU"),
        ("gpu:2", "0,1", "this machine has 2 GPUs, counted from gpu:0"),
    ],
)
def test_a_gpu_that_is_not_there_is_refused_at_once(program, tmp_path, device, visible, said):
    write(tmp_path, 5)
    done = program.run(["sweep", "sweep.yaml", "--device", device], tmp_path, CUDA_VISIBLE_DEVICES=visible)
    assert done.code == 71, done.err
    assert f"error: --device {device}: {said}" in done.err
    assert not (tmp_path / "runs").exists()


def test_modules_in_the_working_directory_are_not_taken_for_those_that_workers_need(tmp_path):
    write(tmp_path, 5, "training.optimizer.learning_rate: [0.1]")
    for name in ("yaml", "queue", "keras"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('poisoned')")
    done = dltool("sweep", "sweep.yaml", folder=tmp_path, options=["-P"])  # as the installed program is started
    assert done.code == 0, done.err


def test_a_checkout_that_is_not_installed_works_where_it_lies(tmp_path):
    folder = tmp_path / "checkout"
    folder.mkdir()
    shutil.copytree(REPOSITORY / "dltool", folder / "dltool", ignore=shutil.ignore_patterns("__pycache__"))
    write(folder, 5, "training.optimizer.learning_rate: [0.1]")
    # An installed one, if there is one, would be found behind this: it is what a worker must not take.
    other = tmp_path / "installed" / "dltool"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("raise SystemExit('another dltool')")
    done = dltool("sweep", "sweep.yaml", folder=folder, environment={"PYTHONPATH": str(other.parent)})
    assert done.code == 0, done.err


def job(number, folder):
    config = api.load_config(REPOSITORY / "configs" / "xor.yaml", ["training.epochs=3"]).plain()
    return Job(number, config, str(folder / f"{number}"), str(folder / f"{number}.log"))


def test_a_worker_that_has_grown_makes_way_for_a_new_one(tmp_path, monkeypatch):
    worker = tmp_path / "worker"
    program = "from dltool import worker; from dltool.api import jobs; jobs._MAX_GROWTH = {}; worker.main()"
    patience = f"exec {sys.executable} -c '{program}'\n"
    monkeypatch.setattr("sys.executable", str(worker))
    others, used = set(workers_of(os.getpid())), {}
    for growth in (-(2**40), 2**40):
        worker.write_text("#!/bin/sh\n" + patience.format(growth))
        worker.chmod(0o755)
        folder = tmp_path / f"growth {growth}"
        folder.mkdir()
        with closing(LocalEngine(1, "cpu", 1)) as engine:
            engine.submit(job(1, folder))
            used[growth] = set(workers_of(os.getpid())) - others
            assert engine.wait(120) == [JobEnded(1)]
            engine.submit(job(2, folder))
            used[growth] |= set(workers_of(os.getpid())) - others
    assert [len(processes) for processes in used.values()] == [2, 1]
    assert not any(map(is_alive, used[-(2**40)] | used[2**40]))


def test_without_optuna_a_search_says_what_to_install(tmp_path):
    write(tmp_path, 5, search="{type: random, trials: 2}")
    (tmp_path / "optuna.py").write_text("raise ImportError")
    done = dltool("sweep", "sweep.yaml", folder=tmp_path)
    assert done.code == 71
    assert "pip install 'dltool[search]'" in done.err
