"""A worker as its driver sees it: lines of JSON, an exit code, a log."""

import json
import signal
import subprocess
import sys

import pytest


@pytest.fixture
def talk(tmp_path):
    """Say some lines to a worker and then nothing more; returns what came of it, and the log."""

    def talk(*messages, program=("-m", "dltool.worker")):
        text = "".join(json.dumps(message) + "\n" for message in messages)
        with subprocess.Popen(
            [sys.executable, *program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=tmp_path,
            text=True,
        ) as process:
            process.stdin.write(text)
            process.stdin.flush()
            answer = process.stdout.readline()  # empty where the process ends without one
            process.stdin.close()
            code = process.wait(60)
        log = tmp_path / "log"
        return answer, code, log.read_text() if log.exists() else ""

    return talk


def job(**more):
    return {"log": "log", "config": {}, "run_dir": "run", "resume": False, "device": "cpu", "threads": 1} | {
        "report_metric": "", "report_every": 1, **more,
    }  # fmt: skip


def test_a_config_that_cannot_be_used_is_said_to_have_failed_and_the_worker_stays(talk):
    answer, code, log = talk(job())
    assert "missing key 'training'" in json.loads(answer)["failed"]
    assert json.loads(answer)["leaving"] is False
    assert code == 0  # it left because its input ended
    assert "Traceback" not in log


AT_THE_END = """
import gc, os
from dltool import worker
leave = os._exit
os._exit = lambda code: leave(100 + gc.isenabled())
worker.main()
"""


def test_garbage_is_collected_after_a_job_that_failed_before_anything_was_loaded(talk):
    assert talk(job(), program=("-c", AT_THE_END))[1] == 101


def test_what_nobody_foresaw_ends_the_worker_with_a_traceback_in_the_log(talk):
    broken = job()
    del broken["report_metric"]
    answer, code, log = talk(broken)
    assert answer == ""
    assert code == 70
    assert log.splitlines()[-1] == "KeyError: 'report_metric'"


def test_an_interruption_ends_an_idle_worker(talk):
    assert talk({"interrupt": True})[:2] == ("", 130)


def test_an_interruption_that_a_training_had_no_more_ear_for_ends_the_worker(tmp_path):
    # Ignored, the signal is as lost as one that comes while a finished training is being saved.
    with subprocess.Popen(
        [sys.executable, "-m", "dltool.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509
    ) as process:
        for message in (job(), {"interrupt": True}):
            process.stdin.write(json.dumps(message).encode() + b"\n")
        process.stdin.flush()
        try:
            assert process.wait(60) == 130
        finally:
            process.kill()
