"""Sweeps on a real Ray cluster of two nodes on loopback, one of which is lost."""

import json
import os
import threading
import time
from pathlib import Path

import pytest

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # this is how Ray is told to stay on loopback
pytest.importorskip("ray", reason="Ray is not installed: pip install 'dltool[ray]'")

from ray.cluster_utils import Cluster

from dltool import api
from dltool.errors import SystemLimitError

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


def names_below(pid):
    """Return the names that the child processes of a process give themselves."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path(f"/proc/{child}/cmdline").read_text() for child in children]


def metrics_of(run_dir):
    rows = [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]
    return [(row["epoch"], row["loss"], row["learning_rate"]) for row in rows]


def test_a_lost_nodes_trials_run_again_elsewhere(cluster, tmp_path):
    nodes, small = cluster
    lost = next(node for node in nodes.list_all_nodes() if not node.head)
    ray_daemon = lost.all_processes["raylet"][0].process.pid

    def lose():
        while not any(name.startswith("ray::trial") for name in names_below(ray_daemon)):
            time.sleep(0.05)
        nodes.remove_node(lost, allow_graceful=False)

    losing = threading.Thread(target=lose)
    losing.start()
    file = sweep_file(tmp_path, epochs=20_000)
    result = api.sweep(file, tmp_path / "out", jobs=2, engine="ray", ray_address=nodes.address, device="cpu")
    losing.join()
    nodes.add_node(**small, node_ip_address="127.0.0.1")
    assert result.status == "completed"
    assert [trial.status for trial in result.trials] == ["completed"] * 6
    assert sum(trial.attempts for trial in result.trials) == 7
    facts = json.loads((tmp_path / "out" / "sweep.json").read_text())
    assert [trial["path"] for trial in facts["trials"]] == [f"00{i}" for i in range(1, 7)]
    files = {"config.yaml", "run.json", "metrics.jsonl", "model.keras", "report.html", "checkpoint"}
    for trial in result.trials:
        assert {path.name for path in (tmp_path / "out" / trial.path).iterdir()} == files
    again = next(trial for trial in result.trials if trial.attempts == 2)
    plain = api.train(api.load_config(tmp_path / "out" / again.path / "config.yaml"), tmp_path / "plain", device="cpu")
    assert metrics_of(tmp_path / "out" / again.path) == metrics_of(plain.path)


def test_hopeless_trials_are_pruned_from_afar(cluster, tmp_path):
    pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'dltool[search]'")
    text = SWEEP.replace("{type: grid}", "{type: random, trials: 10, pruning: median}").replace(
        "[0.1, 0.01, 0.003]", "[0.01, 0.000001]"
    )
    file = sweep_file(tmp_path, epochs=200, text=text.replace("repeats: 2", "repeats: 1"))
    nodes, _ = cluster
    result = api.sweep(file, tmp_path / "out", jobs=1, engine="ray", ray_address=nodes.address, device="cpu")
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
