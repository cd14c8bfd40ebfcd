"""Sweeps on a real Ray cluster of two nodes on loopback, one of which is lost."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # this is how Ray is told to stay on loopback
pytest.importorskip("ray", reason="Ray is not installed: pip install 'dltool[ray]'")

from ray.cluster_utils import Cluster

from dltool import api
from dltool.contracts.events import EpochEnded
from dltool.errors import Interrupted, OutputError, SystemLimitError, ThreadsNote, UsageError
from dltool.experiments.cluster import RayEngine, share
from dltool.experiments.driver import run_sweep
from dltool.experiments.engine import Job, JobCrashed, JobEnded, JobFailed, JobReported
from dltool.interruptions import interruptions
from dltool.runs.run import Run
from tests.support.program import COMMAND
from tests.support.waiting import has_content, wait_for

REPOSITORY = Path(__file__).parent.parent.parent

BASE = """
name: base
seed: 3
data: {source: inline, features: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [0, 1, 1, 0]}
model: {type: mlp, hidden_units: [4]}
training: {optimizer: adam, loss: binary_crossentropy, epochs: EPOCHS, batch_size: 4}
"""
SWEEP = """
name: points
base: base.yaml
search: {type: grid}
axes:
  training.optimizer.learning_rate: [0.1, 0.01, 0.003]
repeats: 2
"""


@pytest.fixture(scope="module")
def cluster():
    small = {"num_cpus": 1, "object_store_memory": 100_000_000, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={**small, "node_ip_address": "127.0.0.1"})
    cluster.add_node(**small, node_ip_address="127.0.0.1")
    yield cluster, small
    cluster.shutdown()


def sweep_file(folder, epochs, text=SWEEP):
    (folder / "base.yaml").write_text(BASE.replace("EPOCHS", str(epochs)))
    (folder / "sweep.yaml").write_text(text)
    return folder / "sweep.yaml"


def trials_below(pid):
    """Return the processes that a node's daemon has at work on a trial."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [child for child in children if Path(f"/proc/{child}/cmdline").read_text().startswith("ray::trial")]


def daemon_of(node):
    return node.all_processes["raylet"][0].process.pid


def begun(nodes):
    """Return how many trials have an epoch behind them, wherever on the cluster they are."""
    logs = [Path(f"/proc/{pid}/fd/2").readlink() for node in nodes for pid in trials_below(daemon_of(node))]
    written = [log.parent / "run" / "metrics.jsonl" for log in logs]
    return sum(map(has_content, written))


def start(*words, folder):
    command = [*COMMAND, "sweep", "sweep.yaml", "--engine", "ray", *words]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, env=environment)


def metrics_of(run_dir):
    rows = [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]
    return [(row["epoch"], row["loss"], row["learning_rate"]) for row in rows]


def test_a_lost_nodes_trials_run_again_elsewhere(cluster, tmp_path):
    nodes, small = cluster
    lost = next(node for node in nodes.list_all_nodes() if not node.head)

    def lose():
        wait_for(lambda: trials_below(daemon_of(lost)))
        nodes.remove_node(lost, allow_graceful=False)

    losing = threading.Thread(target=lose)
    losing.start()
    file = sweep_file(tmp_path, 2000, SWEEP.replace("[0.1, 0.01, 0.003]", "[0.1, 0.01]").replace("repeats: 2", ""))
    result = api.sweep(file, tmp_path / "out", jobs=2, engine="ray", ray_address=nodes.address, device="cpu")
    losing.join()
    nodes.add_node(**small, node_ip_address="127.0.0.1")
    assert result.status == "completed"
    assert [trial.status for trial in result.trials] == ["completed"] * 2
    assert sum(trial.attempts for trial in result.trials) == 3
    facts = json.loads((tmp_path / "out" / "sweep.json").read_text())
    assert [trial["path"] for trial in facts["trials"]] == ["001", "002"]
    files = {"config.yaml", "run.json", "metrics.jsonl", "model.keras", "report.html", "checkpoint"}
    for trial in result.trials:
        assert {path.name for path in (tmp_path / "out" / trial.path).iterdir()} == files
    again = next(trial for trial in result.trials if trial.attempts == 2)
    plain = api.train(api.load_config(tmp_path / "out" / again.path / "config.yaml"), tmp_path / "plain", device="cpu")
    assert metrics_of(tmp_path / "out" / again.path) == metrics_of(plain.path)


def test_poor_trials_are_pruned_from_afar(cluster, tmp_path):
    pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'dltool[search]'")
    text = SWEEP.replace("{type: grid}", "{type: random, trials: 10, pruning: median}").replace(
        "[0.1, 0.01, 0.003]", "[0.01, 0.000001]\n  training.optimizer.beta_1: {low: 0.89, high: 0.91}"
    )
    file = sweep_file(tmp_path, epochs=1, text=text.replace("repeats: 2", "repeats: 1"))
    nodes, _ = cluster

    def run_job(job, report):  # what a training reports is in tests/api/test_jobs.py
        loss = 0.01 / job["config"]["training"]["optimizer"]["learning_rate"]
        with Run.create("x", job["run_dir"]) as run:
            run.start(job["config"], seed=job["config"]["seed"])
            status = "pruned" if report(1, loss) else "completed"
            run.append_metrics([EpochEnded(1, {"loss": loss}, 0.01, 1.0, 1.0, 1, loss)])
            run.end(status=status, reason="", epochs=1, training_seconds=1.0, weights_epoch=1)
        return ""

    with closing(RayEngine(nodes.address, 1, "cpu", run_job)) as engine:
        options = {"resume": False, "fail_fast": False, "observe": lambda event: None}
        result = run_sweep(api.read_sweep(file), tmp_path / "out", engine, **options)
    statuses = {trial.status for trial in result.trials}
    assert statuses == {"completed", "pruned"}
    for trial in result.trials:
        if trial.status == "pruned":
            assert trial.values["training.optimizer.learning_rate"] == 0.000001


def test_no_cluster_is_said(tmp_path):
    with pytest.raises(
        SystemLimitError, match=r"no Ray cluster at 127\.0\.0\.1:1: .*refused\nhint: `ray start --head`"
    ):
        api.sweep(sweep_file(tmp_path, 5), tmp_path / "out", engine="ray", ray_address="127.0.0.1:1")
    assert not (tmp_path / "out").exists()


def test_a_signal_stops_a_sweep_that_goes_on_from_its_checkpoints(cluster, tmp_path):
    nodes, _ = cluster
    sweep_file(tmp_path, 10_000, SWEEP.replace("[0.1, 0.01, 0.003]", "[0.1]").replace("repeats: 2", ""))
    words = ("--ray-address", nodes.address)
    with start(*words, folder=tmp_path) as driver:
        wait_for(lambda: begun(nodes.list_all_nodes()))
        driver.send_signal(signal.SIGTERM)
        said = driver.communicate(timeout=60)[1]
    assert driver.returncode == 128 + signal.SIGTERM
    assert "interrupted by SIGTERM; what is done is kept" in said
    out = tmp_path / "runs" / "points"
    facts = json.loads((out / "sweep.json").read_text())
    assert facts["status"] == "interrupted"
    assert [trial["status"] for trial in facts["trials"]] == ["interrupted"]
    stopped = metrics_of(out / "001")
    assert 0 < len(stopped) < 10_000
    assert (out / "001" / "model.keras").exists()
    with start(*words, "--resume", folder=tmp_path) as driver:
        said = driver.communicate(timeout=180)[1]
    assert driver.returncode == 0, said
    run = json.loads((out / "001" / "run.json").read_text())
    assert run["status"] == "completed"
    assert len(run["resumed"]) == 1
    after = metrics_of(out / "001")
    assert after[: len(stopped)] == stopped
    assert [epoch for epoch, *_ in after] == list(range(1, 10_001))
    assert len(list((out / "001" / "checkpoint").iterdir())) <= 2


def job(folder, trial=1, **more):
    return Job(trial, {}, str(folder / f"{trial:03d}"), str(folder / f"{trial:03d}.log"), **more)


def test_trials_that_wait_for_an_answer_are_stopped_too(cluster, tmp_path):
    nodes, _ = cluster

    def run_job(job, report):
        run = Path(job["run_dir"])
        run.mkdir()
        with interruptions() as interruption:
            interruption.held = True
            (run / "told").write_text(str(report(1, 0.5)))
            while True:
                interruption.check()

    reported = []
    with closing(RayEngine(nodes.address, 2, "cpu", run_job)) as engine:
        for trial in (1, 2):
            engine.submit(job(tmp_path, trial, report_metric="loss"))
        while len(reported) < 2:
            reported += engine.wait()
        assert set(reported) == {JobReported(1, 1, 0.5), JobReported(2, 1, 0.5)}
        engine.stop()
        assert engine.free() == 2
    assert [(tmp_path / trial / "told").read_text() for trial in ("001", "002")] == ["False", "False"]


def test_a_trial_for_which_a_process_has_other_threads_runs_in_another(cluster, tmp_path):
    nodes, _ = cluster

    def run_job(job, report):
        if os.environ.get("DLTOOL_THREADS") != "3":
            raise ThreadsNote("this process computes with 1 thread", 3)
        Path(job["run_dir"]).mkdir()
        Path(job["run_dir"], "note").write_text("done")
        return ""

    with closing(RayEngine(nodes.address, 1, "cpu", run_job)) as engine:
        engine.submit(Job(7, {}, str(tmp_path / "run"), str(tmp_path / "log")))
        events = []
        while not events:
            events = engine.wait()
    assert events == [JobEnded(7)]
    assert (tmp_path / "run" / "note").read_text() == "done"


def test_what_a_crashed_trial_wrote_and_said_comes_back(cluster, tmp_path):
    nodes, _ = cluster
    (tmp_path / "001").mkdir()
    (tmp_path / "001" / "old").write_text("")

    def run_job(job, report):
        run = Path(job["run_dir"])
        assert (run / "old").exists()
        (run / "old").unlink()
        (run / "new").write_text("saved")
        os.write(2, b"from a library\n")
        raise ValueError("out of range")

    with closing(RayEngine(nodes.address, 1, "cpu", run_job)) as engine:
        engine.submit(job(tmp_path, resume=True))
        assert engine.wait() == [JobCrashed(1, "the Ray task raised ValueError")]
    assert {path.name for path in (tmp_path / "001").iterdir()} == {"new"}
    log = (tmp_path / "001.log").read_text()
    assert log.startswith("from a library\nTraceback")
    assert log.endswith("ValueError: out of range\n")


def test_a_trial_whose_process_is_asked_to_end_comes_back_to_be_resumed(cluster, tmp_path):
    nodes, _ = cluster

    def run_job(job, report):
        Path(job["run_dir"]).mkdir()
        (Path(job["run_dir"]) / "saved").touch()
        os.kill(os.getpid(), signal.SIGTERM)

    with closing(RayEngine(nodes.address, 1, "cpu", run_job)) as engine:
        engine.submit(job(tmp_path))
        assert engine.wait() == [JobCrashed(1, "the Ray task was interrupted")]
    assert (tmp_path / "001" / "saved").exists()


def test_a_checkpoint_is_written_after_the_metrics_that_it_relies_on(cluster, tmp_path):
    nodes, _ = cluster

    def run_job(job, report):
        for name in ("checkpoint/1", "metrics.jsonl", "run.json"):
            path = Path(job["run_dir"]) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return ""

    (tmp_path / "001" / "metrics.jsonl").mkdir(parents=True)
    with closing(RayEngine(nodes.address, 1, "cpu", run_job)) as engine:
        engine.submit(job(tmp_path))
        with pytest.raises(OutputError, match=r"metrics\.jsonl"):
            engine.wait()
    assert [path.name for path in (tmp_path / "001").iterdir()] == ["metrics.jsonl"]


def test_without_gpus_auto_is_the_cpu(cluster, tmp_path):
    nodes, _ = cluster
    with closing(RayEngine(nodes.address, 1, "auto", lambda job, report: job["device"])) as engine:
        engine.submit(job(tmp_path))
        assert engine.wait() == [JobFailed(1, "cpu")]


def test_each_trial_has_a_gpu_and_a_process_of_its_own(cluster, tmp_path):
    nodes, small = cluster
    node = nodes.add_node(**{**small, "num_cpus": 4}, num_gpus=2, node_ip_address="127.0.0.1")

    def run_job(job, report):
        if job["trial"] < 3:  # the first two are there at the same time
            report(1, 0.5)
        return f"{os.environ['CUDA_VISIBLE_DEVICES']} {os.getpid()} {job['device']} {job['threads']}"

    happened = []
    with closing(RayEngine(nodes.address, 4, "auto", run_job)) as engine:
        for trial in (1, 2):
            engine.submit(job(tmp_path, trial, report_metric="loss"))
        while len(happened) < 2:
            happened += engine.wait()
        assert set(happened) == {JobReported(1, 1, 0.5), JobReported(2, 1, 0.5)}
        for trial in (3, 4):
            engine.submit(job(tmp_path, trial))
        for trial in (1, 2):
            engine.answer(trial, stop=False)
        while len(happened) < 6:
            happened += engine.wait()
    with closing(RayEngine(nodes.address, 4, "gpu", run_job)) as engine:
        engine.submit(job(tmp_path, 5))
        happened += engine.wait()
    nodes.remove_node(node)
    said = [event.reason.split() for event in sorted(happened[2:], key=lambda failed: failed.trial)]
    assert {gpu for gpu, *_ in said[:2]} == {"0", "1"}
    assert len({process for _, process, *_ in said}) == 5
    assert [words for _, _, *words in said] == [["auto", "2"]] * 4 + [["gpu", "2"]]


def test_a_trial_asks_for_the_cpus_that_fit():
    head = {"node:__internal_head__": 1.0}
    small, large = {"CPU": 2.0}, {"CPU": 8.0}
    assert share([head, large], 8, "cpu") == (1, 0)
    assert share([head, large], 3, "auto") == (2, 0)
    assert share([large, large], 5, "cpu") == (2, 0)
    assert share([small, large], 2, "cpu") == (2, 0)
    assert share([small], 64, "cpu") == (1, 0)


def test_a_gpu_is_asked_for_where_there_is_one():
    plain, gpus = {"CPU": 16.0}, {"CPU": 8.0, "GPU": 4.0}
    assert share([plain, gpus], 4, "auto") == share([plain, gpus], 4, "gpu") == (2, 1)
    assert share([plain, gpus], 64, "auto") == (2, 1)
    assert share([plain, gpus], 3, "cpu") == (8, 0)


def test_a_cluster_that_could_never_run_a_trial_is_refused(cluster, tmp_path):
    nodes, _ = cluster
    file = sweep_file(tmp_path, 5)
    with pytest.raises(SystemLimitError, match="no node of the Ray cluster has a GPU and a CPU"):
        api.sweep(file, tmp_path / "out", engine="ray", ray_address=nodes.address, device="gpu")
    assert not (tmp_path / "out").exists()
    with pytest.raises(SystemLimitError, match="no node of the Ray cluster has a CPU"):
        share([{"memory": 1.0}, {"GPU": 1.0}], 1, "auto")


def test_a_refused_directory_leaves_ray_as_it_was(cluster, tmp_path):
    nodes, _ = cluster
    file = sweep_file(tmp_path, 5)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "letter.txt").touch()
    for _ in range(2):
        with pytest.raises(OutputError, match="is not empty"):
            api.sweep(file, tmp_path / "used", engine="ray", ray_address=nodes.address)


@pytest.mark.parametrize("address", ["10.0.0.1", "10.0.0.1:", ":6379", "head:port", "ray://head:10001", "head:65536"])
def test_an_address_without_host_and_port_is_refused(tmp_path, address):
    with pytest.raises(UsageError, match=rf"--ray-address {address}: expected HOST:PORT, such as"):
        api.sweep(sweep_file(tmp_path, 5), tmp_path / "out", engine="ray", ray_address=address)


def test_a_signal_while_ray_connects_is_answered(monkeypatch):
    import ray

    def init(**options):  # what Ray does first, and the signal before it is done
        ray._private.utils.set_sigterm_handler(lambda number, frame: sys.exit(number))
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(ray, "init", init)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted, match="interrupted by SIGTERM"):
        RayEngine(None, 1, "cpu", lambda job, report: "")
    assert signal.getsignal(signal.SIGTERM) == before


def test_which_gpu_is_left_to_ray(tmp_path):
    with pytest.raises(UsageError, match=r"--device gpu:1: .*expected auto, cpu or gpu"):
        api.sweep(sweep_file(tmp_path, 5), tmp_path / "out", engine="ray", device="gpu:1")
