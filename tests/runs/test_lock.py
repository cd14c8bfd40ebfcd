import os
import subprocess
import sys

import pytest

from dltool.errors import LockedError, RefusedError
from dltool.runs.lock import Lock, is_held

HOLD = """
import sys, time
from pathlib import Path
from dltool.runs.lock import Lock
lock = Lock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_one_at_a_time(tmp_path):
    lock = Lock(tmp_path)
    with pytest.raises(LockedError, match=f"{tmp_path} is in use by process {os.getpid()} on "):
        Lock(tmp_path)
    assert is_held(tmp_path)
    lock.release()
    assert not is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []
    Lock(tmp_path).release()


def test_a_dead_process_holds_nothing(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LockedError, match=f"process {holder.pid} on "):
        Lock(tmp_path)
    holder.kill()
    holder.communicate()
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    assert not is_held(tmp_path)
    lock = Lock(tmp_path)
    assert f"process {os.getpid()} on " in (tmp_path / ".lock").read_text()
    lock.release()


def test_a_planted_link_is_not_followed(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "run" / ".lock").symlink_to(tmp_path / "mine")
    with pytest.raises(RefusedError, match="is a link; refused"):
        Lock(tmp_path / "run")
    assert (tmp_path / "mine").read_text() == "mine"


def test_racing_processes_hold_it_in_turn(tmp_path):
    program = """
import sys
from pathlib import Path
from dltool.errors import LockedError
from dltool.runs.lock import Lock
counter = Path(sys.argv[1]) / "counter"
done = 0
while done < 50:
    try:
        lock = Lock(Path(sys.argv[1]))
    except LockedError:
        continue
    value = int(counter.read_text())
    counter.write_text(str(value + 1))
    lock.release()
    done += 1
"""
    (tmp_path / "counter").write_text("0")
    racing = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) for _ in range(3)]
    assert [process.wait() for process in racing] == [0, 0, 0]
    assert (tmp_path / "counter").read_text() == "150"
