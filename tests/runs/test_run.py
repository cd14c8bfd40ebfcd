import json
import math
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dltool.contracts.events import Checkpoint, EpochEnded, Finished
from dltool.errors import ConfigError, DataError, InputMissingError, LockedError, OutputError, RefusedError
from dltool.runs.provenance import versions
from dltool.runs.run import Run
from dltool.runs.run_facts import ending

CONFIG = {"name": "xor", "data": {"features": [[0, 1], [1, 0]]}, "training": {"learning_rate": 1e-7}, "none": None}


def ended(epoch: int, **metrics: float) -> EpochEnded:
    return EpochEnded(epoch, metrics, 0.01, 0.5, 8.0, best_epoch=1, best=0.1)


@pytest.fixture
def run(tmp_path) -> Run:
    return Run.create("xor", tmp_path / "run")


class TestCreate:
    def test_numbers_count_up(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        paths = [Run.create(name).path for name in ("xor", "xor", "mnist", "xor")]
        assert [str(path) for path in paths] == ["runs/xor-001", "runs/xor-002", "runs/mnist-001", "runs/xor-003"]
        assert all(path.is_dir() for path in paths)

    def test_a_gap_is_not_filled_and_a_thousand_is_no_limit(self, tmp_path):
        for name in ("xor-001", "xor-999", "xor-2-500", "xor-", "xor-12a"):
            (tmp_path / name).mkdir()
        assert Run.create("xor", root=tmp_path).path.name == "xor-1000"
        assert Run.create("xor", root=tmp_path).path.name == "xor-1001"

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
    @given(st.lists(st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,10}\Z"), max_size=8))
    def test_every_run_gets_a_directory_of_its_own_below_the_root(self, tmp_path_factory, names):
        root = tmp_path_factory.mktemp("runs")
        runs = [Run.create(name, root=root) for name in names]
        assert len({run.path for run in runs}) == len(runs)
        assert {run.path for run in runs} == set(root.iterdir())
        assert all(
            re.fullmatch(re.escape(name) + r"-\d{3}", run.path.name) for name, run in zip(names, runs, strict=True)
        )

    def test_a_given_directory_is_used_as_it_is(self, tmp_path):
        assert Run.create("xor", tmp_path / "a" / "b").path == tmp_path / "a" / "b"
        (tmp_path / "empty").mkdir()
        assert Run.create("xor", str(tmp_path / "empty")).path == tmp_path / "empty"

    def test_a_used_directory_is_refused_and_left_alone(self, tmp_path):
        (tmp_path / "file").write_text("mine")
        with pytest.raises(
            OutputError, match=r"run directory .* is not empty; name a new one with --run-dir"
        ) as raised:
            Run.create("xor", tmp_path)
        assert raised.value.exit_code == 73
        with pytest.raises(OutputError, match=r"cannot create the run directory .*file: File exists"):
            Run.create("xor", tmp_path / "file")
        assert [path.name for path in tmp_path.iterdir()] == ["file"]
        assert (tmp_path / "file").read_text() == "mine"

    @pytest.mark.parametrize("directory", ["file/run", "x" * 300])
    def test_a_directory_that_cannot_be_made(self, tmp_path, directory):
        (tmp_path / "file").write_text("")
        with pytest.raises(OutputError):
            Run.create("xor", tmp_path / directory)

    def test_a_root_that_cannot_be_made(self, tmp_path):
        (tmp_path / "runs").write_text("")
        with pytest.raises(OutputError, match=r"cannot create the run directory .*runs"):
            Run.create("xor", root=tmp_path / "runs")

    @pytest.mark.parametrize("given_directory", [False, True])
    def test_of_racing_processes_each_gets_its_own_or_is_refused(self, tmp_path, given_directory):
        program = (
            "import sys\n"
            "from pathlib import Path\n"
            "from dltool.errors import LockedError, OutputError\n"
            "from dltool.runs.run import Run\n"
            "root = Path(sys.argv[1])\n"
            "print('ready', flush=True)\n"
            "sys.stdin.readline()\n"
            "for i in range(20):\n"
            f"    directory = root / f'given-{{i}}' if {given_directory} else None\n"
            "    try:\n"
            "        run = Run.create('xor', directory, root)\n"
            "        run.start({})\n"
            "        print(run.path)\n"
            "        with run:\n"
            "            pass\n"
            "    except (LockedError, OutputError):\n"
            "        pass\n"
        )
        command = [sys.executable, "-c", program, str(tmp_path)]
        processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
        ]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        paths = [line for process in processes for line in process.communicate()[0].split()]
        assert all(process.returncode == 0 for process in processes)
        assert len(paths) == len(set(paths)) == (20 if given_directory else 80)
        assert {Path(path) for path in paths} == set(tmp_path.iterdir())

    def test_what_nothing_was_written_into_goes_away(self, tmp_path):
        with pytest.raises(RuntimeError), Run.create("xor", tmp_path / "a" / "b"):
            raise RuntimeError
        with Run.create("xor", root=tmp_path / "runs"):
            pass
        (tmp_path / "mine").mkdir()
        with Run.create("xor", tmp_path / "mine"):
            pass
        assert [path.name for path in tmp_path.rglob("*")] == ["mine"]

    def test_a_directory_in_use_is_refused(self, tmp_path):
        with Run.create("xor", tmp_path / "run") as first:
            first.start(CONFIG)
            for take in (lambda: Run.create("xor", first.path), lambda: Run.resume(first.path)):
                with pytest.raises(LockedError, match=rf"run is in use by process {os.getpid()} on ") as raised:
                    take()
                assert raised.value.exit_code == 75
        with Run.resume(first.path):
            pass
        assert sorted(path.name for path in first.path.iterdir()) == [
            "checkpoint",
            "config.yaml",
            "metrics.jsonl",
            "run.json",
        ]


class TestResume:
    def test_nothing_to_resume(self, tmp_path):
        with pytest.raises(InputMissingError, match="is not a run directory"):
            Run.resume(tmp_path)
        with Run.create("xor", tmp_path / "run") as run:
            run.start(CONFIG)
            run.metrics_path.unlink()
            assert run.newest_checkpoint() is None  # killed as it began: nothing is lost by beginning again
            assert run.metrics() == []
            assert run.metrics_of(None) == {}
            run.metrics_path.touch()
            run.end(status="failed", reason="the disk was full")
            assert run.newest_checkpoint() is None  # before its first checkpoint
            run.record(status="interrupted")
            with pytest.raises(InputMissingError, match=r"nothing to resume: no checkpoint in .*checkpoint"):
                run.newest_checkpoint()
            run.record(status="failed")
            run.append_metrics([ended(1, loss=0.5)])
            with pytest.raises(InputMissingError, match=r"nothing to resume: no checkpoint in .*checkpoint"):
                run.newest_checkpoint()

    def test_a_process_killed_before_anything_was_written_does_not_use_a_directory_up(self, tmp_path):
        (tmp_path / ".lock").write_text("process 1 on nowhere")
        (tmp_path / ".123-0123456789abcdef.json").write_text('{"stat')
        with Run.create("xor", tmp_path) as run:
            assert [path.name for path in run.path.iterdir()] == [".lock"]

    def test_what_a_killed_process_left_half_written_goes_away(self, run):
        run.start(CONFIG)
        run.write_checkpoint(Checkpoint(1, 0, {"a": np.zeros(3)}, {}))
        run.__exit__()
        kept = sorted(path.name for path in run.path.rglob("*"))
        for path in (
            run.path / ".123-0123456789abcdef.keras",
            run.path / "checkpoint" / ".9-0123456789abcdef.safetensors",
        ):
            path.write_text("half")
        with Run.resume(run.path):
            pass
        assert sorted(path.name for path in run.path.rglob("*")) == kept

    def test_changes_are_listed(self, run):
        run.start(CONFIG, seed=1, data_fingerprint={"train": "a"}, versions={"keras": "3.1", "numpy": "2.0"})
        same = {"training": {"epochs": 5, "layers": [{"units": 1}, {"rate": 0.5}]}}
        more = {"training": {"epochs": 6, "layers": [{"units": 1}, {"rate": 0.5}]}}
        run.refuse_changes(same, more, seed=1, versions={"keras": "3.1", "numpy": "2.0"})
        for config in (more, same):
            changed = json.loads(json.dumps(config))
            changed["training"]["layers"][1]["rate"] = 0.25
            changed["training"]["new"] = True
            with pytest.raises(ConfigError) as raised:
                run.refuse_changes(
                    more, changed, data_fingerprint={"train": "b"}, versions={"keras": "3.2", "numpy": "2.0"}
                )
            assert raised.value.exit_code == 78
            lines = [line.strip() for line in str(raised.value).splitlines()[1:-1]]
            expected = [
                'data_fingerprint.train: "a" -> "b"',
                'versions.keras: "3.1" -> "3.2"',
                "training.layers[1].rate: 0.5 -> 0.25",
                'training.new: "absent" -> true',
            ]
            assert lines == (expected if config is more else [*expected[:2], "training.epochs: 6 -> 5", *expected[2:]])

    def test_what_came_behind_the_checkpoint_is_forgotten(self, run):
        run.start(CONFIG)
        run.append_metrics([ended(i, loss=1 / i) for i in range(1, 6)])
        with run.metrics_path.open("a") as log:
            log.write('{"epoch": 6, "lo')
        run.rewind(CONFIG | {"name": "more"}, 3, threads=3)
        assert run.facts["threads"] == 3
        assert [(row["epoch"], row["loss"]) for row in run.metrics()] == [(1, 1), (2, 1 / 2), (3, 1 / 3)]
        assert yaml.safe_load(run.config_path.read_text())["name"] == "more"
        assert run.facts["status"] == "running"
        assert len(run.facts["resumed"]) == 1
        with pytest.raises(DataError, match=r"metrics\.jsonl is damaged: it lacks some of the first 4 epochs"):
            run.rewind(CONFIG, 4)

    @pytest.mark.parametrize(
        ("status", "finished"),
        [("completed", True), ("stopped_early", True), ("diverged", True), ("running", False), ("interrupted", False)],
    )
    def test_what_is_finished(self, run, status, finished):
        run.start(CONFIG)
        run.end(status=status, epochs=5)
        assert run.is_finished(5) == finished
        assert run.is_finished(6) == (finished and status != "completed")


class TestOpen:
    def test_the_same_run(self, run):
        run.start(CONFIG)
        assert Run.open(str(run.path)).path == run.path

    def test_a_missing_run_names_the_newest_ones(self, tmp_path):
        for number in range(1, 6):
            started = Run.create("xor", root=tmp_path)
            started.start(CONFIG)
            os.utime(started.facts_path, (number, number))
        newest = ", ".join(str(tmp_path / f"xor-00{number}") for number in (5, 4, 3))
        with pytest.raises(InputMissingError) as raised:
            Run.open(tmp_path / "xor-9")
        assert str(raised.value) == f"there is no run directory {tmp_path}/xor-9\nhint: the newest runs there: {newest}"
        assert raised.value.exit_code == 66
        with pytest.raises(InputMissingError) as raised:
            Run.open(tmp_path)
        assert str(raised.value) == f"{tmp_path} is not a run directory\nhint: the newest runs there: {newest}"

    @pytest.mark.parametrize("meant", ["runs/xor-1", "runs/xr-001", "rnus/xor-001", "xor-001"])
    def test_a_missing_run_may_be_a_slip_of_one_with_its_number(self, tmp_path, meant):
        for _ in range(2):
            Run.create("xor", root=tmp_path / "runs").start(CONFIG)
        with pytest.raises(InputMissingError, match=re.escape(f"hint: did you mean {tmp_path}/runs/xor-001?")):
            Run.open(tmp_path / meant)

    def test_a_file_of_a_run_points_to_the_run(self, run):
        run.start(CONFIG)
        with pytest.raises(InputMissingError, match=f"hint: name the directory of the run: {run.path}"):
            Run.open(run.config_path)

    def test_a_model_that_is_not_there_yet(self, tmp_path):
        with Run.create("xor", tmp_path / "run") as run:
            run.start(CONFIG)
            with pytest.raises(LockedError, match=r"model\.keras yet: the run is being trained; wait") as raised:
                Run.open(run.path).open_model()
            assert raised.value.exit_code == 75
        with pytest.raises(InputMissingError, match="go on with it by"):
            Run.open(run.path).open_model()

    @pytest.mark.parametrize("path", ["nowhere/at/all", "x" * 300, ""])
    def test_other_paths(self, tmp_path, monkeypatch, path):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(InputMissingError):
            Run.open(path)


class TestFacts:
    def test_the_config_reads_back_and_says_how_to_repeat(self, run):
        run.start(CONFIG)
        text = run.config_path.read_text()
        assert yaml.safe_load(text) == CONFIG
        assert list(yaml.safe_load(text)) == list(CONFIG)
        assert text.startswith("#")
        assert "dltool train config.yaml" in text.splitlines()[0]

    def test_what_is_known_at_the_start(self, run):
        run.start(CONFIG, seed=7, rows={"train": 4})
        facts = json.loads(run.facts_path.read_text())
        assert facts["status"] == "running"
        assert (facts["seed"], facts["rows"]) == (7, {"train": 4})
        assert datetime.fromisoformat(facts["created"]).utcoffset().total_seconds() == 0
        assert set(versions()) == {"python", "dltool", "tensorflow", "keras", "numpy"}
        assert versions()["python"] == ".".join(map(str, sys.version_info[:3]))

    def test_the_end_is_added(self, run):
        run.start(CONFIG, seed=7)
        run.end(**ending(Finished("stopped_early", "no better", 5, 1.5, 3, 0.25, 3)))
        facts = run.facts
        assert facts["seed"] == 7
        assert (facts["status"], facts["reason"], facts["best"]) == ("stopped_early", "no better", 0.25)
        assert (facts["epochs"], facts["best_epoch"], facts["weights_epoch"]) == (5, 3, 3)
        assert facts["training_seconds"] == 1.5
        assert facts["ended"] >= facts["created"]

    def test_a_stop_from_outside(self, run):
        run.start(CONFIG)
        run.end(status="failed", reason="it broke")
        assert (run.facts["status"], run.facts["reason"]) == ("failed", "it broke")

    def test_numbers_that_json_cannot_say_become_null(self, run):
        run.start(CONFIG)
        run.record(best=math.nan, nested={"list": [math.inf, 1.0], "tuple": (-math.inf,)})
        facts = json.loads(run.facts_path.read_text(), parse_constant=pytest.fail)
        assert facts["best"] is None
        assert facts["nested"] == {"list": [None, 1.0], "tuple": [None]}

    @pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
    def test_damage_is_named(self, run, content):
        run.facts_path.write_bytes(content)
        with pytest.raises(DataError, match=r"run\.json: damaged"):
            _ = run.facts

    def test_a_missing_file_is_named(self, run):
        with pytest.raises(InputMissingError, match=r"cannot read .*run\.json: No such file"):
            _ = run.facts


class TestMetrics:
    def test_a_new_run_has_none(self, run):
        run.start(CONFIG)
        assert run.metrics() == []

    def test_a_line_an_epoch(self, run):
        run.append_metrics([ended(1, loss=0.5, accuracy=1.0)])
        run.append_metrics([])
        run.append_metrics([ended(2, loss=0.25, accuracy=1.0), ended(3, loss=0.125, accuracy=1.0)])
        lines = run.metrics_path.read_text().splitlines()
        rest = {"learning_rate": 0.01, "seconds": 0.5, "examples_per_second": 8.0}
        assert [json.loads(line) for line in lines] == [
            {"epoch": 1, "loss": 0.5, "accuracy": 1.0, **rest},
            {"epoch": 2, "loss": 0.25, "accuracy": 1.0, **rest},
            {"epoch": 3, "loss": 0.125, "accuracy": 1.0, **rest},
        ]

    @settings(max_examples=50)
    @given(values=st.lists(st.floats(), min_size=1, max_size=5))
    def test_values_come_back_to_the_bit_unless_not_finite(self, tmp_path_factory, values):
        run = Run.create("xor", tmp_path_factory.mktemp("run"))
        run.start(CONFIG)
        run.append_metrics([ended(i, loss=value) for i, value in enumerate(values, 1)])
        for line in run.metrics_path.read_text().splitlines():
            json.loads(line, parse_constant=pytest.fail)
        for row, value in zip(run.metrics(), values, strict=True):
            assert row["loss"] == value if math.isfinite(value) else math.isnan(row["loss"])

    def test_a_line_that_a_crash_cut_short_does_not_count(self, run):
        run.start(CONFIG)
        run.append_metrics([ended(1, loss=0.5)])
        with run.metrics_path.open("a") as log:
            log.write('{"epoch": 2, "lo')
        assert [f"{row['epoch']:,}" for row in run.metrics()] == ["1"]

    @pytest.mark.parametrize("line", ["{", "3", "null"])
    def test_damage_is_named_with_its_line(self, run, line):
        run.start(CONFIG)
        run.append_metrics([ended(1, loss=0.5)])
        with run.metrics_path.open("a") as log:
            log.write(line + "\n")
        with pytest.raises(DataError, match=r"metrics\.jsonl:2: damaged"):
            run.metrics()

    def test_a_log_that_cannot_be_written(self, run):
        run.metrics_path.mkdir()
        with pytest.raises(RefusedError, match=r"metrics\.jsonl is no regular file; refused"):
            run.append_metrics([ended(1, loss=0.5)])


def test_the_model_appears_whole_or_not_at_all(run):
    run.write_model(lambda path: path.write_text("first") and None)

    def broken(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        run.write_model(broken)
    assert run.model_path.read_text() == "first"
    assert sorted(path.name for path in run.path.iterdir()) == [".lock", "model.keras"]


def test_the_report(run):
    run.write_report("<p>grün")
    assert run.report_path.read_text("utf-8") == "<p>grün"


def test_nothing_heavy_is_loaded():
    program = (
        "import sys, dltool.runs.run; print([name for name in ('tensorflow', 'keras', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
