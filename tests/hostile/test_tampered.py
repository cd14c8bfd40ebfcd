"""Directories of runs and sweeps, tampered with file by file: what is not as it was written is refused by name.

Nothing hangs, nothing outside is read or changed, and no message shows what a link leads to.
"""

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

SECRET = "the secret of another file"
CONFIG = """name: small
data: {source: csv, path: DATA, targets: kind, validation: 0.25}
model: {type: mlp, hidden_units: [3]}
training: {optimizer: adam, loss: binary_crossentropy, metrics: [accuracy], epochs: 2}
"""
SWEEP = """name: search
base: c.yaml
search: {type: random, trials: 2}
axes: {training.optimizer.learning_rate: {low: 0.001, high: 0.1, log: true}}
"""
TRAIN = ["train", "c.yaml", "--run-dir", "run", "--resume", "--set", "training.epochs=3", "--device", "cpu"]
RESUME = ["sweep", "s.yaml", "--run-dir", "sweep", "--resume"]
COMMANDS = {
    "run/run.json": [["runs", "."], ["evaluate", "run"], ["predict", "run", "data.csv"], ["reproduce", "run"],
                     ["compare", "run", "other"], TRAIN],
    "run/config.yaml": [["evaluate", "run"], ["reproduce", "run"], ["compare", "run", "other"], TRAIN],
    "run/metrics.jsonl": [["reproduce", "run"], ["compare", "run", "other"], TRAIN],
    "run/model.keras": [["evaluate", "run", "--split", "train"], ["predict", "run", "data.csv"], ["reproduce", "run"]],
    "run/predictions.safetensors": [["compare", "run", "other"]],
    "run/checkpoint": [TRAIN],
    "run/.lock": [["runs", "."], TRAIN],
    "sweep/sweep.yaml": [RESUME],
    "sweep/sweep.json": [["runs", "."], ["runs", "sweep"], ["compare", "sweep"], RESUME],
    "sweep/search.journal": [RESUME],
    "sweep/.lock": [["runs", "."], RESUME],
    "sweep/001": [["runs", "sweep"], ["compare", "sweep"], RESUME],
    "sweep/001/config.yaml": [["compare", "sweep"]],
    "sweep/001/metrics.jsonl": [["compare", "sweep"], RESUME],
    "sweep/001/run.json": [["runs", "sweep"], ["compare", "sweep"], RESUME],
}  # fmt: skip


@pytest.fixture(scope="session")
def trained(trainer, tmp_path_factory):
    """A folder with two runs and a sweep, as the program leaves them; the data lie elsewhere."""
    folder, data = tmp_path_factory.mktemp("trained"), tmp_path_factory.mktemp("data") / "data.csv"
    rows = [f"{x},{x * x % 7},{'no' if x < 20 else 'yes'}" for x in range(40)]
    data.write_text("\n".join(["a,b,kind", *rows]) + "\n")
    shutil.copy(data, folder / "data.csv")
    (folder / "c.yaml").write_text(CONFIG.replace("DATA", str(data)))
    (folder / "s.yaml").write_text(SWEEP)
    for words in (
        ["train", "c.yaml", "--run-dir", "run"],
        ["train", "c.yaml", "--run-dir", "other", "--set", "seed=1"],
        ["sweep", "s.yaml", "--run-dir", "sweep"],
    ):
        done = trainer.run(words, folder)
        assert done.code == 0, done.err
    return folder


@pytest.fixture
def folder(trained, tmp_path):
    """The trained folder, to be tampered with, beside a secret."""
    (tmp_path / "secret").write_text(SECRET)
    return shutil.copytree(trained, tmp_path / "folder")


def removed(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def link_to_itself(path, beside):
    if path.exists():
        path.rename(beside / "away")
    else:
        (beside / "away").write_text("process 1 on nowhere")
    path.symlink_to(beside / "away")


def link(name):
    def make(path, beside):
        removed(path)
        path.symlink_to(beside / name)

    return make


def pipe(path, beside):
    removed(path)
    os.mkfifo(path)


def a_folder(path, beside):
    removed(path)
    path.mkdir()


def content(text):
    def make(path, beside):
        removed(path)
        path.write_bytes(text)

    return make


def endless(path, beside):
    removed(path)
    with path.open("wb") as file:
        file.truncate(1 << 42)


NO_FILES = {
    "a link to itself, elsewhere": link_to_itself,
    "a link to another file": link("secret"),
    "a link to nothing": link("made"),
    "a link to a device": link("/dev/zero"),
    "a pipe": pipe,
    "a folder": a_folder,
}
FILES = {
    "empty": content(b""),
    "no text": content(b"\xff\x00\xfe" * 100),
    "a number": content(b"3\n"),
    "nested": content(b"[" * 100_000),
    "nested mappings": content(b'{"a":' * 100_000),
    "endless": endless,
}
CANNOT_BE_USED = (65, 66, 73, 77, 78)


def state(folder):
    """What lies beside the folder: the secret, and what links lead to."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and folder / "folder" not in path.parents
    }


def run(program, words, folder):
    before = state(folder.parent)
    code, out, err = program.run(words, folder)
    assert "Traceback" not in err, err
    assert SECRET not in out + err
    assert len(err) < 3000, err
    assert state(folder.parent) == before
    return code, out, err


def check(program, folder, name, words):
    """Run a command: it says what cannot be used, by its path; a listing goes on behind it."""
    code, out, err = run(program, words, folder)
    said = name.removesuffix("/.lock") if name.endswith("001") else name
    if words[0] == "runs" and not (name == "sweep/sweep.json" and words[1] == "sweep"):
        assert code == 0, err
        assert ("002" if words[1] == "sweep" else "other") in out
        assert name.endswith(".lock") or f"warning: {name}" in err, err
    else:
        assert code in CANNOT_BE_USED, (words, code, err)
        assert said in err, (words, err)


@pytest.mark.parametrize("form", NO_FILES)
@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_no_file_of_its_own_is_refused(program, folder, name, form):
    if name in ("run/checkpoint", "sweep/001") and form == "a folder":
        pytest.skip("so it is")
    NO_FILES[form](folder / name, folder.parent)
    for words in COMMANDS[name]:
        check(program, folder, name, words)


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("name", [name for name in COMMANDS if not name.endswith((".lock", "sweep.yaml"))])
def test_what_holds_something_else_is_named(program, folder, name, form):
    FILES[form](folder / name, folder.parent)
    for words in COMMANDS[name]:
        if name == "sweep/search.journal" and form in ("empty", "no text", "nested", "nested mappings"):
            # As a crash leaves it amid its first line: what is drawn anew is the same.
            assert run(program, words, folder)[0] == 0
        else:
            check(program, folder, name, words)


@pytest.mark.parametrize("form", FILES)
def test_a_lock_that_somebody_left_is_none(program, folder, form):
    FILES[form](folder / "sweep/.lock", folder.parent)
    code, _, err = run(program, RESUME, folder)
    assert code == 0, err


def edited(path, **changes):
    """Change values of a JSON file: ``trials__0__path="../x"``."""
    plain = json.loads(path.read_text())
    for key, value in changes.items():
        *above, last = [int(part) if part.isdecimal() else part for part in key.split("__")]
        node = plain
        for part in above:
            node = node[part]
        node[last] = value
    path.write_text(json.dumps(plain))


HUGE = 10**30
RUN_FACTS = [
    *({"training_seconds": value} for value in ("x", [], -1, 1e300)),
    {"created": 5}, {"seal": "é"}, {"seal": "x"},
    *({"threads": value} for value in (1_000_000, -5, 0, "x", True, 1.5, [])),
    *({"status": value} for value in (5, "strange", None, [])),
    *({"epochs": value} for value in ("x", -1, HUGE, 99)),
    *({"device": value} for value in (5, "tpu", "cpux", "gpu:x")),
    *({"seed": value} for value in ("x", -1, HUGE)),
    *({"best": value} for value in ("x", [1])),
    *({"weights_epoch": value} for value in ("x", -1, HUGE)),
    *({"trivial": value} for value in (3, {"loss": "x"}, [])),
    *({"rows": value} for value in ([], {"train": "x"}, {"strange": 1})),
    *({"data_fingerprint": value} for value in ("x", {"train": 3}, {"strange": "x"})),
    *({"versions": value} for value in (3, {"keras": 3})),
    *({name: 3} for name in ("created", "command", "monitor", "reason", "loss_unit", "trivial_answer", "environment")),
    {"worse_than_trivial": "loss"}, {"resumed": 3}, {"parameters": "x"}, {"seal": 3}, {"strange": 1},
]  # fmt: skip


@pytest.mark.parametrize("changes", RUN_FACTS, ids=str)
def test_facts_of_a_run_that_cannot_be(program, folder, changes):
    edited(folder / "run/run.json", **changes)
    words = [["compare", "run", "other"], ["reproduce", "run"]]
    if changes != {"epochs": 99}:
        words += [["runs", "."], TRAIN, ["evaluate", "run"]]
    for each in words:
        if each[0] == "runs":
            check(program, folder, "run/run.json", each)
        else:
            code, _, err = run(program, each, folder)
            assert code == 65, (each, code, err)
            assert "run/run.json: damaged" in err or "run/metrics.jsonl is damaged" in err


STRANGE_FACTS = [
    {"training_seconds": None}, {"trivial": {}}, {"worse_than_trivial": ["strange"]}, {"best": 5, "best_epoch": None},
    {"created": "9999-12-31T23:59:59-12:00"}, {"created": "yesterday"}, {"monitor": "strange"}, {"weights_epoch": None},
    {"reason": "\x1b[2J"}, {"rows": {}},
]  # fmt: skip


@pytest.mark.parametrize("changes", STRANGE_FACTS, ids=str)
def test_facts_that_do_not_fit_together_are_told_as_far_as_they_go(program, folder, changes):
    edited(folder / "run/run.json", **changes)
    finished = [word for word in TRAIN if not word.startswith("training.epochs") and word != "--set"]
    for words in (["runs", "."], ["compare", "run", "other"], finished, ["evaluate", "run", "--split", "train"]):
        code, out, err = run(program, words, folder)
        assert code == 0, (words, err)
        assert "\x1b[2J" not in out + err


@pytest.mark.parametrize(
    "text", [f"process {10**20} on {platform.node()}", f"process -1 on {platform.node()}", "x" * 5000]
)
def test_a_lock_of_nobody_is_none(program, folder, text):
    (folder / "run/.lock").write_text(text)
    (folder / "sweep/.lock").write_text(text)
    for words in (["runs", "."], RESUME):
        code, _, err = run(program, words, folder)
        assert code == 0, err


ROW = {"epoch": 1, "loss": 1.0, "learning_rate": 0.1, "seconds": 1.0, "examples_per_second": 1.0}


@pytest.mark.parametrize(
    "rows",
    [
        [ROW | {"epoch": 2}, ROW | {"epoch": 2}], [ROW, ROW | {"epoch": 3}], [ROW],
        [ROW, ROW | {"epoch": 2, "loss": "x"}],
        [ROW, ROW | {"epoch": 2, "loss": [1]}], [ROW, {"epoch": 2}], [ROW, ROW | {"epoch": 2, "more": 1.0}],
        [ROW, ROW | {"epoch": None}], [ROW, 3], [ROW, []],
    ],
    ids=str,
)  # fmt: skip
def test_a_log_that_cannot_be(program, folder, rows):
    (folder / "run/metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, _, err = run(program, ["reproduce", "run"], folder)
    assert code == 65, err
    assert "run/metrics.jsonl" in err


def checkpoint(change, name=""):
    """Change the arrays and the state of the newest checkpoint, and name it by its content as if nothing had been."""

    def make(folder):
        path = max((folder / "run/checkpoint").iterdir())
        before = path.read_bytes()
        header = json.loads(before[8 : 8 + int.from_bytes(before[:8], "little")])
        arrays, state = load(before), json.loads(header["__metadata__"]["state"])
        changed = change(arrays, state)
        after = changed if isinstance(changed, bytes) else save(arrays, {"state": json.dumps(state)})
        for each in (folder / "run/checkpoint").iterdir():
            each.unlink()
        digest = hashlib.sha256(after).hexdigest()[:16]
        (path.parent / f"{name or path.name[:13]}-{digest}.safetensors").write_bytes(after)

    return make


KERNEL = "weights/dense/kernel"
CHECKPOINTS = {
    "no arrays": checkpoint(lambda arrays, state: arrays.clear() or arrays.update(x=np.zeros(1))),
    "another shape": checkpoint(lambda arrays, state: arrays.update({KERNEL: np.zeros((9, 9), np.float32)})),
    "another type": checkpoint(lambda arrays, state: arrays.update({KERNEL: arrays[KERNEL].astype("float64")})),
    "another name": checkpoint(lambda arrays, state: arrays.update({"moved.0": arrays.pop(KERNEL)})),
    "one more array": checkpoint(lambda arrays, state: arrays.update(more=np.zeros(1))),
    "no state": checkpoint(lambda arrays, state: state.clear()),
    "a state of texts": checkpoint(lambda arrays, state: state.update(best="x")),
    "a state with more": checkpoint(lambda arrays, state: state.update(more=1)),
    "a best epoch to come": checkpoint(lambda arrays, state: state["best"].update(epoch=99)),
    "weights of an epoch to come": checkpoint(lambda arrays, state: state.update(best_weights_epoch=99)),
    "a time before the beginning": checkpoint(lambda arrays, state: state.update(seconds=-1e9)),
    "patience that is not asked for": checkpoint(
        lambda arrays, state: state.update(stopper={"best": {"value": 1.0, "epoch": 1}, "wait": 1})
    ),
    "a strange end": checkpoint(lambda arrays, state: state.update(stop={"outcome": "x", "reason": ""})),
    "an epoch to come": checkpoint(lambda arrays, state: None, "000099-000000"),
    "a step that is none": checkpoint(lambda arrays, state: None, "000001-000099"),
    "no safetensors": checkpoint(lambda arrays, state: b"x" * 100),
    "a header without an end": checkpoint(lambda arrays, state: b"\xff" * 100),
    "no metadata": checkpoint(lambda arrays, state: save(arrays)),
    "a state that is no mapping": checkpoint(lambda arrays, state: save(arrays, {"state": "[1]"})),
    "a state without an end": checkpoint(lambda arrays, state: save(arrays, {"state": "[" * 100_000})),
}


@pytest.mark.parametrize("case", CHECKPOINTS)
def test_a_checkpoint_with_a_right_digest_that_cannot_be(program, folder, case):
    CHECKPOINTS[case](folder)
    code, _, err = run(program, TRAIN, folder)
    assert code == 65, err
    assert "run/checkpoint" in err


PREDICTIONS = [
    {}, {"targets": np.zeros(10)}, {"targets": np.zeros(10), "outputs": np.zeros(10)},
    {"targets": np.zeros(3), "outputs": np.zeros((10, 2))},
    {"targets": np.zeros((2, 2, 2)), "outputs": np.zeros((2, 2))},
    {"targets": np.zeros(()), "outputs": np.zeros((10, 2))}, {"targets": np.zeros(0), "outputs": np.zeros((0, 2))},
    {"targets": np.zeros(3), "outputs": np.zeros((3, 2)), "temperature": np.array(np.nan)},
    {"targets": np.zeros(3), "outputs": np.zeros((3, 2)), "temperature": np.ones(3)},
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(PREDICTIONS)))
def test_predictions_that_cannot_be(program, folder, number):
    (folder / "run/predictions.safetensors").write_bytes(save(PREDICTIONS[number]))
    code, _, err = run(program, ["compare", "run", "other"], folder)
    assert code == 65, err
    assert "run/predictions.safetensors is damaged" in err


SWEEP_FACTS = [
    *({"trials": value} for value in (3, [3], [{}])),
    *({"trials__0__path": value} for value in ("../run", "/etc", "", 3)),
    *({"trials__0__status": value} for value in ("strange", 3)),
    *({"trials__0__values": value} for value in ({}, 3, {"x": 1})),
    *({"trials__0__metrics": value} for value in (3, {"loss": "x"})),
    *({"trials__0__trial": value} for value in (2, "x", -1)),
    *({"trials__0__point": value} for value in (0, "x")),
    *({"trials__0__objective": value} for value in ("x", [])),
    {"trials__0__seconds": "x"}, {"trials__0__seconds": 1e300}, {"trials__0__objective": float("nan")},
    {"trials__0__objective": float("inf")}, {"axes": {"a." * 1000: {"values": [1]}}},
    {"trials__0__attempts": "x"}, {"trials__0__seed": "x"}, {"trials__0__strange": 1},
    *({"objective": value} for value in ({}, 3, {"metric": 3, "direction": "minimize"})),
    {"objective__direction": "up"}, {"axes": 3}, {"axes": {"x": 3}}, {"total": "x"}, {"total": -1}, {"ranks": 3},
    {"status": "strange"}, {"name": 3}, {"created": 3}, {"strange": 1}, {"luck": 3},
    {"luck": {"probability": 2, "optimism": 0.1, "expected": 0.1, "over": "rows", "points": 2}},
    {"importance": {"axes": [{"axis": "x", "share": 0.5, "low": 0.0, "high": 1.0}], "rest": 0.1, "points": 2}},
    {"importance": {"axes": [{"axis": "x", "share": 2, "low": 0.0, "high": 1.0}], "rest": 0.1, "points": 2}},
]  # fmt: skip


@pytest.mark.parametrize("changes", SWEEP_FACTS, ids=str)
def test_facts_of_a_sweep_that_cannot_be(program, folder, changes):
    edited(folder / "sweep/sweep.json", **changes)
    for words in (["runs", "sweep"], ["compare", "sweep"], RESUME):
        code, _, err = run(program, words, folder)
        assert code == 65, (words, code, err)
        assert "sweep/sweep.json: damaged" in err


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, 65), ("&a [*a]\n", 65), ("name: !!python/object/apply:os.system [touch made]\n", 65), ("[" * 1000, 65),
        ("name: 2026-13-45\n", 65), ("3\n", 65), ("", 65),
    ],
)  # fmt: skip
def test_a_sweep_file_that_cannot_be(program, folder, text, code):
    (folder / "sweep/sweep.yaml").write_text(text)
    found, _, err = run(program, RESUME, folder)
    assert found == code, err
    assert "sweep" in err
    assert not (folder / "made").exists()


def journal(change):
    def make(path):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        change(lines)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))

    return make


def first(lines, code):
    return next(line for line in lines if line["op_code"] == code)


JOURNALS = {
    "a strange operation": journal(lambda lines: lines[1].update(op_code=99)),
    "of another study": journal(lambda lines: first(lines, 4).update(study_id=5)),
    "of no trial": journal(lambda lines: first(lines, 5).update(trial_id=99)),
    "a parameter that is no number": journal(lambda lines: first(lines, 5).update(param_value_internal="x")),
    "another parameter": journal(lambda lines: first(lines, 5).update(distribution='{"name": "os.system"}')),
    "a parameter without an end": journal(lambda lines: first(lines, 5).update(distribution="[" * 100_000)),
    "of other bounds": journal(
        lambda lines: first(lines, 5).update(distribution=first(lines, 5)["distribution"].replace("0.001", "0.5"))
    ),
    "a strange state": journal(lambda lines: first(lines, 6).update(state=9)),
    "values that are none": journal(lambda lines: first(lines, 6).update(values=["x"])),
    "a time that is none": journal(lambda lines: first(lines, 4).update(datetime_start="yesterday")),
    "no study": journal(lambda lines: lines.pop(0)),
    "two directions": journal(lambda lines: first(lines, 0).update(directions=[1, 1])),
    "a state of waiting": journal(lambda lines: first(lines, 6).update(state=4)),
    "nothing": journal(lambda lines: lines.insert(0, {})),
    "more keys": journal(lambda lines: lines[1].update(more=1)),
    "a list": journal(lambda lines: lines.insert(1, [])),
    "an empty line": lambda path: path.write_text("\n" + path.read_text()),
}


@pytest.mark.parametrize("case", JOURNALS)
def test_a_journal_that_cannot_be(program, folder, case):
    JOURNALS[case](folder / "sweep/search.journal")
    code, _, err = run(program, RESUME, folder)
    assert code == 65, err
    assert "sweep/search.journal" in err


def test_objectives_whose_sum_is_too_large_end_no_listing(program, folder):
    for trial in (0, 1):
        edited(folder / "sweep/sweep.json", **{f"trials__{trial}__objective": 1.7e308, f"trials__{trial}__point": 1})
    for words in (["runs", "."], ["compare", "sweep"]):
        assert run(program, words, folder)[0] in (0, 2)


@pytest.mark.parametrize("name", ["sweep/results.csv", "sweep/report.html", "run/report.html", "run/metrics.jsonl"])
def test_what_is_written_takes_the_place_of_a_link(program, folder, name):
    link("secret")(folder / name, folder.parent)
    words = RESUME if name.startswith("sweep") else TRAIN
    code, _, err = run(program, words, folder)
    assert code == (77 if name == "run/metrics.jsonl" else 0), err


@pytest.mark.parametrize("form", ["a link to another file", "a link to nothing", "a pipe", "a folder"])
def test_a_log_that_leads_elsewhere_is_refused(program, folder, form):
    shutil.rmtree(folder / "sweep/002")
    NO_FILES[form](folder / "sweep/002.log", folder.parent)
    code, _, err = run(program, RESUME, folder)
    assert code == 77, err
    assert "sweep/002.log" in err


@pytest.mark.parametrize("data", ["/etc/passwd", "/proc/self/environ", "secret", "/usr"])
@pytest.mark.parametrize("command", [["evaluate", "run"], ["reproduce", "run"]])
def test_a_foreign_run_does_not_choose_what_is_read(program, folder, data, command):
    source = "image_folder" if data == "/usr" else "csv"
    targets = "" if source == "image_folder" else ", targets: kind"
    path = str(folder.parent / data)
    config = folder / "run/config.yaml"
    text = re.sub(
        r"data:.*?\nmodel:",
        f"data: {{source: {source}, path: {path}{targets}}}\nmodel:",
        config.read_text(),
        flags=re.S,
    )
    config.write_text(text)
    code, out, err = run(program, command, folder)
    assert (code, out) == (77, ""), err
    assert "run was not made here" in err
    for line in Path(path).read_text(errors="replace").splitlines() if source == "csv" else ():
        assert line not in err


def test_a_run_of_ones_own_may_move_and_a_foreign_one_be_evaluated_on_data_that_are_named(program, folder):
    """The folder is a copy, and the session's key has sealed its runs."""
    shutil.move(folder / "run", folder / "moved")
    words = ["evaluate", "moved", "--split", "validation", "--device", "cpu"]
    code, _, err = run(program, words, folder)
    assert code == 0, err
    edited(folder / "moved/run.json", seal="0" * 64)
    code, _, err = run(program, words, folder)
    assert code == 77, err
    code, _, err = run(program, ["evaluate", "moved", "--data", "data.csv", "--device", "cpu"], folder)
    assert code == 0, err


def test_predictions_take_the_place_of_nothing_that_they_are_made_from(program, folder):
    predict = ["predict", "run", "data.csv", "--device", "cpu", "-o"]
    (folder / "linked.csv").symlink_to(folder.parent / "secret")
    os.link(folder / "data.csv", folder / "same.csv")
    trained_on = re.search(r"path: (\S*)", (folder / "c.yaml").read_text())[1].rstrip(",")
    kept = ("run/model.keras", "run/run.json", "run/metrics.jsonl", "run/config.yaml", "run/checkpoint")
    for output in ("data.csv", "same.csv", "linked.csv", trained_on, *kept):
        if (folder / output).is_dir():
            output = str(next((folder / output).iterdir()).relative_to(folder))  # noqa: PLW2901
        before = (folder / output).read_bytes()
        code, _, err = run(program, [*predict, output, "--format", "csv"], folder)
        assert code == 2, (output, err)
        assert output in err
        assert (folder / output).read_bytes() == before
    code, _, err = run(program, ["predict", "sweep", "data.csv", "-o", "sweep/results.csv", "--device", "cpu"], folder)
    assert code == 2, err


def test_an_output_keeps_its_mode_and_may_have_a_name_as_long_as_any(program, folder):
    predict = ["predict", "run", "data.csv", "--device", "cpu", "--format", "csv", "-o"]
    (folder / "private.csv").write_text("")
    (folder / "private.csv").chmod(0o600)
    long = "x" * 248 + ".csv"
    for output in ("private.csv", long, "y." + "z" * 252):
        code, _, err = run(program, [*predict, output], folder)
        assert code == 0, (output, err)
        assert len((folder / output).read_text().splitlines()) == 41
    assert (folder / "private.csv").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.glob(".*")] == []


def test_what_was_laid_ready_under_the_names_of_temporary_files_is_left_alone(program, folder):
    """Process numbers can be guessed."""
    with contextlib.suppress(FileExistsError):
        for number in range(1, 300):
            (folder / f".{number}-out.csv").symlink_to(folder.parent / "secret")
    code, _, err = run(program, ["predict", "run", "data.csv", "-o", "out.csv", "--device", "cpu"], folder)
    assert code == 0, err
