"""Run directories that two processes want, whose clocks are wrong, or whose names are odd."""

import json
import os
import shutil
import signal
import subprocess

from tests.faults.commands import Command
from tests.faults.counts import count
from tests.faults.judge import assert_same_end, assert_whole, moments_of, rows_of
from tests.support.program import COMMAND


def test_of_two_that_race_for_a_directory_one_works(short, tmp_path):
    pairs, busy = count(1, 100), 0
    for i in range(pairs):
        run = tmp_path / str(i)
        pair = [short.train(run, held=True) for _ in range(2)]
        for command in pair:
            command.go()
        ends = {command.end(): command for command in pair}
        assert len(ends) == 2, [command.errors for command in pair]
        assert 0 in ends
        code, loser = next((code, command) for code, command in ends.items() if code)
        assert code in (73, 75), loser.errors  # the former where the winner's files were there before it looked
        assert "Traceback" not in loser.errors
        if code == 75:
            busy += 1
            assert f"is in use by process {ends[0].pid} on " in loser.errors
        assert_same_end(run, short.run)
    print(f"{pairs} pairs; {busy} of the losers met the lock")


def test_of_two_that_race_to_go_on_one_works(short, tmp_path):
    pairs, busy = count(1, 100), 0
    for i in range(pairs):
        run = short.killed(tmp_path / str(i))
        pair = [short.train(run, held=True) for _ in range(2)]
        for command in pair:
            command.go()
        ends = [command.end() for command in pair]
        # The second finds the directory taken, or nothing left to do.
        assert sorted(ends) in ([0, 75], [0, 0]), [command.errors for command in pair]
        assert len(json.loads((run / "run.json").read_text())["resumed"]) == 1
        if 75 in ends:
            busy += 1
            assert f"is in use by process {pair[ends.index(0)].pid} on " in pair[ends.index(75)].errors
        assert_same_end(run, short.run)
    print(f"{pairs} pairs; {busy} of the losers met the lock")


def test_clocks_that_are_wrong(short, tmp_path):
    for name, moment in (("1970", 0), ("2099", 4_070_908_800)):
        run = short.killed(tmp_path / name)
        older = moments_of(run)
        for path in [run, *run.rglob("*")]:
            os.utime(path, (moment, moment))
        assert len(older) == 2
        os.utime(min((run / "checkpoint").glob("[0-9]*")))  # the older checkpoint is the newer file
        command = short.train(run)
        assert command.end() == 0, command.errors
        assert_same_end(run, short.run)
        assert_whole(run, short.run, older)


def test_odd_names_in_a_plain_locale(short, tmp_path):
    folder = tmp_path / "Läufe von 🐟 (1)"
    folder.mkdir()
    shutil.copy(short.folder / "short.npz", folder)
    config = folder / "ein Plan, für «XOR».yaml"
    shutil.copy(short.config, config)
    run = folder / "Lauf 'ä' \t 1"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    line = [*COMMAND, "train", config.name, "--run-dir", run.name]
    done = subprocess.run(
        line, cwd=folder, env=environment | {"LC_ALL": "C"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert rows_of(run) == rows_of(short.run)

    shutil.rmtree(run)
    command = Command("train", config.name, "--run-dir", run.name, folder=folder, hectic=True)
    while not moments_of(run):
        command.wait(0.01)
        assert command.process.is_alive(), command.errors
    command.send(signal.SIGKILL)
    assert command.end() == -signal.SIGKILL
    done = subprocess.run(
        [*line, "--resume"], cwd=folder, env=environment | {"LC_ALL": "C"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert rows_of(run) == rows_of(short.run)
