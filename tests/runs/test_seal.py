"""A config is this user's own if, and only if, this user's key has sealed it."""

import hmac
import subprocess
import sys

import pytest

from dltool.errors import DataWarning
from dltool.runs.seal import is_sealed, seal


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "dltool" / "key"


def test_a_seal_is_the_keyed_hash_of_the_config(state):
    found = seal("name: größe\n")
    assert state.stat().st_mode & 0o777 == 0o600
    assert found == hmac.digest(state.read_bytes(), "name: größe\n".encode(), "sha256").hex()
    assert is_sealed("name: größe\n", found)
    assert not is_sealed("name: grösse\n", found)
    assert not is_sealed("name: größe\n", "")


def test_another_users_seal_is_none(state, monkeypatch, tmp_path):
    found = seal("x")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    assert not is_sealed("x", found)
    assert seal("x") != found
    assert not is_sealed("x", found)


def test_where_no_key_can_be_kept_runs_are_nobodys(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.warns(DataWarning, match="cannot write .*key: Not a directory: .* set XDG_STATE_HOME"):
        found = seal("x")
    assert found == ""
    assert not is_sealed("x", found)


def test_processes_that_make_the_key_at_once_get_the_same(state):
    program = "import sys; sys.stdin.readline(); from dltool.runs.seal import seal; print(seal('x'))"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", program], **pipes) for _ in range(4)]
    assert len({process.communicate("\n")[0] for process in processes}) == 1
    assert [path.name for path in state.parent.iterdir()] == ["key"]
