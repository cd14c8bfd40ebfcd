"""A sweep whose driver is killed at any moment, and is asked to go on at once."""

import json
import signal
import subprocess
import time

from tests.faults.counts import count, dice
from tests.faults.judge import rows_of, weights_of
from tests.support.program import COMMAND

SWEEP = """name: killed
base: config.yaml
axes:
  training.batch_size: [16, 32]
repeats: REPEATS
"""
_HANGS = 300
_REPEATS = count(2, 8)


def sweep(folder, directory):
    """Begin a sweep, or go on with it."""
    resume = ["--resume"] if (directory / "sweep.json").exists() else []
    words = ["sweep", "sweep.yaml", "--run-dir", str(directory), "--jobs", "2", *resume]
    with (directory.parent / f"{directory.name}.log").open("w") as log:
        return subprocess.Popen([*COMMAND, *words], cwd=folder, stdout=log, stderr=log)


def finished_in(directory):
    """Return what is kept of the trials that have come to their end, by trial."""
    kept = {}
    for path in directory.glob("*/run.json"):
        if json.loads(path.read_text())["status"] == "completed":
            kept[path.parent.name] = path.read_bytes()
    return kept


def test_no_trial_is_lost_or_done_twice(short, tmp_path):
    (tmp_path / "config.yaml").write_text(short.config.read_text().replace("300", "100"))
    (tmp_path / "sweep.yaml").write_text(SWEEP.replace("REPEATS", str(_REPEATS)))
    (tmp_path / "short.npz").symlink_to(short.folder / "short.npz")
    golden, began = tmp_path / "golden", time.perf_counter()
    assert sweep(tmp_path, golden).wait(_HANGS) == 0
    seconds = time.perf_counter() - began
    kills, sweeps, chances = count(1, 50), 0, dice("drivers")
    while kills:
        sweeps += 1
        directory, finished, code = tmp_path / str(sweeps), {}, None
        while code != 0:
            driver = sweep(tmp_path, directory)
            if kills:
                try:
                    driver.wait(chances.uniform(0.2, 1) * seconds)
                except subprocess.TimeoutExpired:
                    driver.kill()
                    kills -= 1
            code = driver.wait(_HANGS)
            assert code in (0, -signal.SIGKILL), (tmp_path / f"{directory.name}.log").read_text()
            now = finished_in(directory)
            assert now | finished == now, "a trial was lost or done again"
            finished = now
            print(f"{len(finished)} trials finished")
        assert len(finished) == 2 * _REPEATS
        trials = json.loads((directory / "sweep.json").read_text())["trials"]
        assert [trial["status"] for trial in trials] == ["completed"] * 2 * _REPEATS
        for trial in trials:
            run, expected = (path / trial["path"] for path in (directory, golden))
            assert rows_of(run) == rows_of(expected)
            weights, others = weights_of(run / "model.keras"), weights_of(expected / "model.keras")
            assert {name: array.tobytes() for name, array in weights.items()} == {
                name: array.tobytes() for name, array in others.items()
            }
    print(f"{count(1, 50)} drivers killed in {sweeps} sweeps")
