"""A disk that is full, a limit on the size of files, and places where nothing may be written."""

import errno
import os
import resource
import subprocess

import pytest

from dltool.runs.stored_files import is_unfinished
from tests.faults.counts import count
from tests.faults.judge import assert_same_end, assert_whole


def sizes(most, few, many):
    """Return sizes in bytes, from next to nothing up to what is nearly enough."""
    number = count(few, many)
    return [most * (i + 1) // (number + 1) for i in range(number)]


def size_of(run):
    return sum(4096 + path.stat().st_blocks * 512 for path in run.rglob("*"))


def assert_refused(command, reason):
    code = command.end()
    assert code in (73, 74), command.errors
    assert "Traceback" not in command.errors
    last = [line for line in command.errors.splitlines() if not line.startswith("hint: ")][-1]
    assert last.startswith("error: cannot ")
    assert last.endswith(os.strerror(reason))


@pytest.fixture
def disk(tmp_path):
    """Lend a function that makes a small disk, or changes its size; returns where it is mounted."""
    place = tmp_path / "disk"

    def mounted(size):
        again = place.exists()
        place.mkdir(exist_ok=True)
        option = f"{'remount,' if again else ''}size={size}"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", option, "tmpfs", str(place)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            place.rmdir()
            pytest.skip(f"a small disk takes the right to mount one: {done.stderr.strip()}")
        return place

    yield mounted
    if place.exists():
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(golden, disk):
    full = 0
    for i, size in enumerate(sizes(size_of(golden.run), 1, 10)):
        place = disk(size)
        run = place / str(i)
        command = golden.train(run)
        if command.end() == 0:
            assert_same_end(run, golden.run)  # the last sizes may just do
        else:
            full += 1
            assert_refused(command, errno.ENOSPC)
            moments = assert_whole(run, golden.run)
            assert not [path for path in place.rglob("*") if is_unfinished(path)]
            disk("64m")
            command = golden.train(run)
            assert command.end() == 0, command.errors
            assert_same_end(run, golden.run)
            assert assert_whole(run, golden.run, moments)
        subprocess.run(["rm", "-rf", str(run)], check=True)
    print(f"{full} disks were too small")
    assert full


def test_a_limit_on_the_size_of_files(golden, tmp_path):
    largest = max(path.stat().st_size for path in golden.run.rglob("*") if path.is_file())
    limited = 0
    for i, size in enumerate(sizes(largest, 1, 10)):
        run = tmp_path / str(i)
        command = golden.train(run, limits={resource.RLIMIT_FSIZE: size})
        assert_refused(command, errno.EFBIG)
        limited += 1
        moments = assert_whole(run, golden.run)
        command = golden.train(run)
        assert command.end() == 0, command.errors
        assert_same_end(run, golden.run)
        assert_whole(run, golden.run, moments)
    print(f"{limited} limits were too low")
