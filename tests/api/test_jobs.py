"""A trial's job, trained in this process."""

from dltool import api
from dltool.analysis.listing import list_entries
from dltool.api import jobs
from dltool.api.jobs import train_job
from dltool.runs.run import Run
from dltool.training.loop_cache import LOOPS
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


def test_what_trainings_leave_behind_is_forgotten_without_losing_a_bit(trainer, tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "_CLEAR_AT", -(2**40))
    config = api.load_config(XOR, ["training.epochs=20"]).plain()
    for seed in (1, 2):
        run_dir = str(tmp_path / str(seed))
        assert train_job(job(config={**config, "seed": seed}, run_dir=run_dir, threads=None), None) == ""
        assert len(LOOPS) == 0
    alone = trainer.run(["train", XOR, "-q", "-s", "training.epochs=20", "-s", "seed=2", "--run-dir", "run"], tmp_path)
    assert alone.code == 0, alone.err
    after_another, alone = ([row["loss"] for row in Run.open(tmp_path / name).metrics()] for name in ("2", "run"))
    assert after_another == alone
