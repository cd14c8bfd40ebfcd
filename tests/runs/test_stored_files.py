import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from dltool.errors import InputOutputError, OutputError
from dltool.runs.stored_files import atomic_path, write_atomically


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("content, expected", [("grün\n", b"gr\xc3\xbcn\n"), (b"\x00\xff", b"\x00\xff")])
def test_a_file_is_written_whole(tmp_path, content, expected):
    write_atomically(tmp_path / "file", content)
    assert (tmp_path / "file").read_bytes() == expected
    assert names(tmp_path) == ["file"]


def test_the_old_file_stands_until_the_writer_is_done(tmp_path):
    target = tmp_path / "model.keras"
    target.write_text("old")
    with atomic_path(target) as beside:
        beside.write_text("new")
        assert target.read_text() == "old"
        assert beside.suffix == ".keras"
        assert beside.parent == tmp_path
    assert target.read_text() == "new"
    assert names(tmp_path) == ["model.keras"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, error):
    target = tmp_path / "file"
    target.write_text("old")
    with pytest.raises(error), atomic_path(target) as beside:
        beside.write_text("half")
        raise error
    assert target.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_writer_that_leaves_nothing_is_an_error(tmp_path):
    with (
        pytest.raises(OutputError, match=r"cannot write .*file: No such file"),
        atomic_path(tmp_path / "file") as beside,
    ):
        beside.unlink()


def test_a_folder_that_is_a_file_cannot_be_written_to(tmp_path):
    (tmp_path / "folder").write_text("")
    with pytest.raises(OutputError, match=f"cannot write {tmp_path}/folder/file: Not a directory"):
        write_atomically(tmp_path / "folder" / "file", "text")


def test_a_folder_where_nothing_can_be_made():
    with pytest.raises(OutputError, match="cannot write /proc/file: "):
        write_atomically(Path("/proc/file"), "text")


def test_a_full_disk_is_told_apart_and_keeps_the_old_file(tmp_path):
    target = tmp_path / "file"
    target.write_text("old")
    program = (
        "import signal, sys\n"
        "from pathlib import Path\n"
        "from dltool.runs.stored_files import write_atomically\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try:\n"
        "    write_atomically(Path(sys.argv[1]), 'x' * 100_000)\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error.exit_code, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(target)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"InputOutputError 74 cannot write {target}: File too large\n"
    assert target.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_library_that_fails_without_a_number_failed_midway(tmp_path):
    with (
        pytest.raises(InputOutputError, match=r"cannot write .*: the disk is gone"),
        atomic_path(tmp_path / "file"),
    ):
        raise OSError("the disk is gone")


def test_the_data_are_synced_before_the_file_takes_its_place(tmp_path, monkeypatch):
    steps = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor):
        steps.append(("sync", Path(f"/proc/self/fd/{descriptor}").resolve().is_dir()))
        fsync(descriptor)

    def noted_replace(path, target):
        steps.append(("replace", False))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    write_atomically(tmp_path / "file", "text")
    assert steps == [("sync", False), ("replace", False), ("sync", True)]
