"""A worker as its driver sees it: lines of JSON, an exit code, a log."""

import json
import signal
import subprocess
import sys

import pytest

from dltool import api
from dltool.experiments.records import list_entries
from dltool.runs.run import Run
from dltool.worker import carry_out
from tests.support.places import XOR


@pytest.fixture
def talk(tmp_path):
    """Say some lines to a worker and then nothing more; returns what came of it, and the log."""

    def talk(*messages):
        text = "".join(json.dumps(message) + "\n" for message in messages)
        with subprocess.Popen(
            [sys.executable, "-m", "dltool.worker"],
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


def test_what_nobody_foresaw_ends_the_worker_with_a_traceback_in_the_log(talk):
    broken = job()
    del broken["report_metric"]
    answer, code, log = talk(broken)
    assert answer == ""
    assert code == 70
    assert log.splitlines()[-1] == "KeyError: 'report_metric'"


def test_a_pruned_run_tells_how_far_it_came_and_how_long_it_took(tmp_path):
    config = api.load_config(XOR, ["training.epochs=40"]).plain()
    asked = []
    pruned = job(config=config, run_dir=str(tmp_path / "run"), report_metric="loss", report_every=2, threads=None)
    assert not carry_out(pruned, lambda epoch, value: asked.append(epoch) or epoch == 6)
    run = Run.open(tmp_path / "run")
    assert asked == [2, 4, 6]
    assert run.facts["status"] == "pruned"
    assert 6 <= run.facts["epochs"] == len(run.metrics()) <= 40
    assert run.facts["training_seconds"] >= sum(row["seconds"] for row in run.metrics())
    (entry,), _ = list_entries(tmp_path)
    assert (entry.epochs, entry.seconds) == (run.facts["epochs"], run.facts["training_seconds"])


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


def test_what_trainings_leave_behind_is_forgotten_without_losing_a_bit(tmp_path):
    program = (
        "import json\nfrom dltool import worker\nfrom dltool.training import warm\n"
        "worker._FORGET_AT = -2**40\n"
        "for job in json.loads(input()):\n    print(repr(worker.carry_out(job, None)), len(warm._idle))\n"
    )
    config = api.load_config(XOR, ["training.epochs=20"]).plain()

    def losses(name, *seeds):
        jobs = [job(config={**config, "seed": seed}, run_dir=f"{name}-{seed}") for seed in seeds]
        done = subprocess.run(
            [sys.executable, "-c", program],
            check=False,
            cwd=tmp_path,
            input=json.dumps(jobs),
            capture_output=True,
            text=True,
        )
        assert done.stdout.splitlines() == ["'' 0"] * len(seeds), done.stderr
        return [row["loss"] for row in Run.open(tmp_path / f"{name}-{seeds[-1]}").metrics()]

    assert losses("after another", 1, 2) == losses("alone", 2)
