"""``reproduce`` as scripts see it."""

import json
import os
import shutil
import signal

import pytest

from tests.support.places import XOR
from tests.support.waiting import has_content, wait_for


def test_reproduce_leaves_with_0_if_identical_and_with_1_if_not(trainer, runs, tmp_path):
    done = trainer.run(["reproduce", "wide"], runs)
    assert (done.code, done.out) == (0, "identical\n"), done.err
    shutil.copytree(runs / "wide", tmp_path / "other")
    log = tmp_path / "other" / "metrics.jsonl"
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    was, rows[2]["loss"] = rows[2]["loss"], 9.0
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    different = trainer.run(["reproduce", "other", "--json"], tmp_path)
    assert different.code == 1
    assert json.loads(different.out) == {
        "identical": False, "difference": f"loss of epoch 3 was 9.0, now it is {was!r}", "changed": [],
    }  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


@pytest.fixture(scope="module")
def xor(trainer, tmp_path_factory):
    """A finished run of two epochs, which reads no file: changed, it is not taken for one's own."""
    folder = tmp_path_factory.mktemp("xor")
    done = trainer.run(["train", XOR, "-q", "-s", "training.epochs=2", "--run-dir", "run"], folder)
    assert done.code == 0, done.err
    return folder / "run"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_reproduce_answers_a_signal_with_its_own_exit_code(trainer, xor, tmp_path, number):
    shutil.copytree(xor, tmp_path / "run")
    config = tmp_path / "run" / "config.yaml"
    config.write_text(config.read_text().replace("epochs: 2", "epochs: 100000000"))
    with trainer.begun(["reproduce", "run", "--run-dir", "again", "--json"], tmp_path) as running:
        wait_for(lambda: has_content(tmp_path / "again" / "metrics.jsonl"))
        os.kill(running.pid, number)
        assert running.end() == (128 + number, "", f"interrupted by {number.name}\n")
