"""Every single call to the system by which a run directory is written: none is one too many, or too late."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dltool.runs.run import Run
from dltool.runs.stored_files import is_unfinished
from tests.faults.committing import EPOCHS, checkpoint_of, work
from tests.faults.counts import dice, some

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace, which makes system calls fail, is missing"
)
CALLS = ("openat", "write", "pwrite64", "fsync", "rename", "unlink", "mkdir", "ftruncate")
_LINE = re.compile(r"(?:[0-9]+ +)?(?P<call>[a-z0-9]+)\((?P<arguments>.*)\) += ")


def traced(directory, *options):
    """Run the program in a directory; returns the finished process, and the calls that it made."""
    log = directory.parent / "trace"
    program = [sys.executable, "-m", "tests.faults.committing", str(directory)]
    # With --seccomp-bpf only those calls are slowed down, but strace cannot send signals at them.
    quick = [] if any("signal" in option for option in options) else ["--seccomp-bpf"]
    tracer = ["strace", "-f", *quick, "-y", "-o", str(log), "-e", "trace=" + ",".join(CALLS), *options]
    done = subprocess.run(
        tracer + program,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done, [match for line in log.read_text().splitlines() if (match := _LINE.match(line))]


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    """Return the calls that concern a run directory: name, number among its like, whether it may fail."""
    directory = tmp_path_factory.mktemp("points") / "run"
    done, calls = traced(directory)
    assert done.stdout.split("\n")[-2] == "completed", done.stderr
    made, found = dict.fromkeys(CALLS, 0), []
    for call in calls:
        name, arguments = call["call"], call["arguments"]
        made[name] += 1
        if str(directory) in arguments or name == "write":
            found.append((name, made[name], str(directory) in arguments))
    assert {name for name, *_ in found} == set(CALLS)
    return found


def assert_nothing_is_lost(directory: Path, told: str) -> None:
    """Check that what was said is so, and that going on comes to the usual end."""
    if "begun" in told:
        found = Run.open(directory).checkpoints.newest()
        epoch = found[0].epoch if found else 0
        assert epoch >= max(0, *(int(number) for number in re.findall("epoch (.)", told)), 0)
        assert not found or (found[0].arrays["weights"] == checkpoint_of(epoch).arrays["weights"]).all()
    if "completed" in told:
        assert Run.open(directory).facts["status"] == "completed"
    work(directory)
    run = Run.open(directory)
    assert run.facts["status"] == "completed"
    assert [row["loss"] for row in run.metrics()] == [1 / epoch for epoch in range(1, EPOCHS + 1)]
    checkpoint, _ = run.checkpoints.newest()
    assert checkpoint.arrays["weights"].tobytes() == checkpoint_of(EPOCHS).arrays["weights"].tobytes()
    assert run.model_path.read_bytes() == b"model" * 10_000
    names = {path.name for path in directory.iterdir()}
    assert names == {"checkpoint", "config.yaml", "metrics.jsonl", "model.keras", "report.html", "run.json"}
    assert len(list(run.checkpoints.folder.iterdir())) == 2


def test_killed_at_any_call(points, tmp_path):
    chosen = some(points, 10, dice("kills"))
    for i, (name, number, _) in enumerate(chosen):
        directory = tmp_path / str(i) / "run"
        directory.parent.mkdir()
        done, _ = traced(directory, "-e", f"inject={name}:signal=KILL:when={number}")
        assert done.returncode == -signal.SIGKILL, (name, number, done)
        assert_nothing_is_lost(directory, done.stdout)
    print(f"killed at {len(chosen)} of {len(points)} calls")


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_any_call_fails(points, tmp_path, error):
    failing = [(name, number) for name, number, may_fail in points if may_fail]
    chosen = some(failing, 6, dice(error))
    for i, (name, number) in enumerate(chosen):
        directory = tmp_path / str(i) / "run"
        directory.parent.mkdir()
        done, _ = traced(directory, "-e", f"inject={name}:error={error}:when={number}")
        place = f"{name} {number}: {done.stderr}"
        if name in ("unlink", "ftruncate", "pwrite64"):  # clearing up, and the lock's owner: not worth an end
            assert done.returncode == 0, place
        else:
            assert done.returncode in (73, 74), place
            reason = {"EIO": "Input/output error", "ENOSPC": "No space left on device"}[error]
            assert re.fullmatch(rf"[^\n]*{directory}[^\n]*: {reason}[^\n]*\n", done.stderr), place
            assert not [path for path in directory.rglob("*") if is_unfinished(path)], place
        assert_nothing_is_lost(directory, done.stdout)
    print(f"{error} at {len(chosen)} of {len(failing)} calls")


def test_what_is_told_would_outlive_a_power_cut(tmp_path):
    """All that was written, and each name that was made, is synced before it is relied on."""
    directory = tmp_path / "run"
    _, calls = traced(directory)
    unsynced, told = set(), 0
    for call in calls:
        name, arguments = call["call"], call["arguments"]
        if name == "write" and str(directory) not in arguments:
            assert not unsynced, f"told too early: {unsynced}"
            told += 1
        elif name in ("write", "fsync"):
            path = Path(re.match(r"[0-9]+<(.*?)>", arguments)[1])
            (unsynced.add if name == "write" else unsynced.discard)(path)
        elif name == "rename":
            source, target = (Path(path) for path in re.findall(r'"(.*?)"', arguments))
            assert source not in unsynced, f"{target} could be empty"
            unsynced.add(target.parent)
        elif name == "mkdir" and str(directory) in arguments:
            unsynced.add(Path(re.search(r'"(.*?)"', arguments)[1]).parent)
    assert told == EPOCHS + 2
