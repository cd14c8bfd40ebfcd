"""A trial's job, trained in this process."""

import json
import subprocess
import sys

from dltool import api
from dltool.analysis.listing import list_entries
from dltool.api.jobs import train_job
from dltool.runs.run import Run
from tests.support.places import XOR


def job(**more):
    return {"log": "log", "config": {}, "run_dir": "run", "resume": False, "device": "cpu", "threads": 1} | {
        "report_metric": "", "report_every": 1, **more,
    }  # fmt: skip


def test_a_pruned_run_tells_how_far_it_came_and_how_long_it_took(tmp_path):
    config = api.load_config(XOR, ["training.epochs=40"]).plain()
    asked = []
    pruned = job(config=config, run_dir=str(tmp_path / "run"), report_metric="loss", report_every=2, threads=None)
    assert not train_job(pruned, lambda epoch, value: asked.append(epoch) or epoch == 6)
    run = Run.open(tmp_path / "run")
    assert asked == [2, 4, 6]
    assert run.facts["status"] == "pruned"
    assert 6 <= run.facts["epochs"] == len(run.metrics()) <= 40
    assert run.facts["training_seconds"] >= sum(row["seconds"] for row in run.metrics())
    (entry,), _ = list_entries(tmp_path)
    assert (entry.epochs, entry.seconds) == (run.facts["epochs"], run.facts["training_seconds"])


def test_what_trainings_leave_behind_is_forgotten_without_losing_a_bit(tmp_path):
    program = (
        "import json\nfrom dltool.api import jobs\nfrom dltool.training.loop_cache import LOOPS\n"
        "jobs._CLEAR_AT = -2**40\n"
        "for job in json.loads(input()):\n    print(repr(jobs.train_job(job, None)), len(LOOPS))\n"
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
