"""Many configs, from one sweep file or from a list, trained several at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dltool.config.config import Config
from dltool.config.validation import load_config
from dltool.contracts.plan import Plan
from dltool.errors import DltoolError, Interrupted, UsageError
from dltool.wording.formatting import escape_controls

if TYPE_CHECKING:
    from dltool.config.data import Data
    from dltool.config.needs import Needs
    from dltool.contracts.signature import Rows, Signature
    from dltool.experiments.definition import Definition
    from dltool.experiments.engine import Engine
    from dltool.experiments.sweep_events import SweepEvent, SweepResult
    from dltool.runs.sweep_facts import Conclusions
    from dltool.runs.trials import PointResult


def read_sweep(file: str | Path) -> Definition:
    """Read a sweep file and check every point of it, without training and without TensorFlow.

    Raises:
        DltoolError: The file, its base, a point or the data cannot be used; the message names every problem.
    """
    from dltool.experiments.sweep_file import read_sweep as read

    return read(Path(file), _cached_check())


def sweep(
    file: str | Path,
    run_dir: str | Path | None = None,
    *,
    jobs: int = 1,
    resume: bool = False,
    fail_fast: bool = False,
    engine: str = "local",
    ray_address: str | None = None,
    device: str = "auto",
    observe: Callable[[SweepEvent], None] = lambda event: None,
) -> SweepResult:
    """Train every point that a sweep file describes, each in a run directory of its own.

    Args:
        file: The sweep file.
        run_dir: The directory to create, or to go on with; by default ``runs/<name>``.
        jobs: How many models to train at a time; they share the cores, and the GPUs, among them.
        resume: Whether to go on with the sweep that is in the directory; nothing that is done is done again.
        fail_fast: Whether to stop at the first trial that fails.
        engine: ``local`` for this machine, ``ray`` for a Ray cluster.
        ray_address: The cluster's head, such as ``10.0.0.1:6379``; by default the cluster of this machine.
        device: ``auto``, ``cpu``, ``gpu`` or, on this machine, ``gpu:N``.
        observe: Called with every event as it happens.

    Returns:
        What came of it; a trial that failed or diverged is no error.

    Raises:
        DltoolError: The file, a point, the data or the directory cannot be used.
        Interrupted: SIGINT, SIGTERM or SIGHUP came; what had been done is kept.
    """
    from dltool.interruptions import interruptions
    from dltool.runs.folders import ROOT

    if engine not in ("local", "ray"):
        raise UsageError(f"unknown engine {engine!r}; expected local or ray")
    if ray_address and engine != "ray":
        raise UsageError("--ray-address needs --engine ray")
    with interruptions():
        definition = read_sweep(file)
        path = Path(run_dir) if run_dir is not None else ROOT / definition.name
        make = partial(_ray_engine, ray_address) if engine == "ray" else _local_engine
        return _run_trials(definition, path, make, jobs, device, observe, resume=resume, fail_fast=fail_fast)


def train_many(
    configs: str | Path | Sequence[str | Path],
    overrides: str | Sequence[str] = (),
    run_dir: str | Path | None = None,
    *,
    jobs: int = 1,
    resume: bool = False,
    fail_fast: bool = False,
    device: str = "auto",
    observe: Callable[[SweepEvent], None] = lambda event: None,
) -> SweepResult:
    """Train a list of configs, each in a run directory of its own, as ``sweep`` trains its points.

    Args:
        configs: The YAML files.
        overrides: ``PATH=VALUE`` settings, for each of them.
        run_dir: The directory to create, or to go on with; by default ``runs/batch-<number>``.
        jobs: As for ``sweep``.
        resume: As for ``sweep``.
        fail_fast: As for ``sweep``.
        device: As for ``sweep``.
        observe: As for ``sweep``.

    Returns:
        What came of it; a trial that failed or diverged is no error.

    Raises:
        DltoolError: A config, the data or the directory cannot be used.
        Interrupted: SIGINT, SIGTERM or SIGHUP came; what had been done is kept.
    """
    from dltool.experiments.config_list import define_list
    from dltool.interruptions import interruptions

    if resume and run_dir is None:
        raise UsageError("name the batch to go on with: --resume needs --run-dir")
    if not configs:
        raise UsageError("there is no config to train")
    paths: dict[str, str] = {}
    for config in map(str, [configs] if isinstance(configs, str | Path) else configs):
        name = escape_controls(config)  # the values of trials are texts, and a path may hold bytes that are none
        if name in paths:
            raise UsageError(f"{config} is named twice; a sweep with repeats trains one config several times")
        paths[name] = config
    with interruptions():
        definition = define_list(
            "batch", list(paths), lambda name: load_config(paths[name], overrides), _cached_check()
        )
        path = Path(run_dir) if run_dir is not None else None
        return _run_trials(definition, path, _local_engine, jobs, device, observe, resume=resume, fail_fast=fail_fast)


def _local_engine(jobs: int, device: str) -> Engine:
    from dltool.environment import cores
    from dltool.experiments.local import LocalEngine

    return LocalEngine(jobs, device, max(1, cores() // jobs))


def _ray_engine(address: str | None, jobs: int, device: str) -> Engine:
    from dltool.api.jobs import train_job
    from dltool.experiments.cluster import RayEngine

    return RayEngine(address, jobs, device, train_job)


def _run_trials(
    definition: Definition,
    path: Path | None,
    make_engine: Callable[[int, str], Engine],
    jobs: int,
    device: str,
    observe: Callable[[SweepEvent], None],
    *,
    resume: bool,
    fail_fast: bool,
) -> SweepResult:
    from dltool.backend.start import parse_device
    from dltool.experiments.driver import run_sweep
    from dltool.runs.folders import ROOT, make_numbered

    if jobs < 1:
        raise UsageError(f"expected at least 1 job, got {jobs}")
    parse_device(device)
    with closing(make_engine(min(jobs, definition.total), device)) as engine:
        if path is None:
            ROOT.mkdir(exist_ok=True)
            path = make_numbered(definition.name, ROOT)
        with _interruptions_of(path):
            return run_sweep(
                definition,
                path,
                engine,
                resume=resume,
                fail_fast=fail_fast,
                observe=_with_report(observe),
                conclude=_conclude,
            )


def _conclude(path: Path, points: Sequence[PointResult], direction: str) -> Conclusions:
    from dltool.analysis.importance import importance_of
    from dltool.analysis.luck import luck_of
    from dltool.runs.sweep_facts import Conclusions

    return Conclusions(luck_of(path, points, direction), importance_of(points, direction))


def _with_report(observe: Callable[[SweepEvent], None]) -> Callable[[SweepEvent], None]:
    """Return an observer that writes the report of a sweep that is over, before another one learns of the end."""
    from dltool.analysis.records import SweepRecord
    from dltool.experiments.sweep_events import SweepEnded
    from dltool.report.sweep import sweep_report_html
    from dltool.runs.stored_files import write_atomically
    from dltool.runs.sweep_directory import SweepDirectory

    def observe_and_report(event: SweepEvent) -> None:
        if isinstance(event, SweepEnded):
            report = sweep_report_html(SweepRecord.read(event.result.path))
            write_atomically(SweepDirectory(event.result.path).report_path, report)
        observe(event)

    return observe_and_report


@contextmanager
def _interruptions_of(path: Path) -> Iterator[None]:
    """Let an interruption name the directory of the sweep that can be resumed, if that was begun."""
    from dltool.interruptions import interruptions
    from dltool.runs.sweep_directory import SweepDirectory

    try:
        # Inside the caller's: a library such as Ray may raise a plain KeyboardInterrupt, which becomes ours here.
        with interruptions():
            yield
    except Interrupted as interruption:
        if SweepDirectory(path).definition_path.exists():
            interruption.run_dir = path
        raise


def _cached_check() -> Callable[[Config], Plan]:
    """Return ``check`` with a cache: data that many configs share are described once, or refused."""
    from dltool import data
    from dltool.api.training import check_described

    described: dict[tuple[str, Needs, int], tuple[Signature, Rows] | DltoolError] = {}

    def describe(spec: Data, needs: Needs, seed: int) -> tuple[Signature, Rows]:
        key = spec.model_dump_json(), needs, seed
        if key not in described:
            try:
                described[key] = data.describe(spec, needs, seed)
            except DltoolError as error:
                described[key] = error
        found = described[key]
        if isinstance(found, DltoolError):
            raise found.with_traceback(None)
        return found

    return partial(check_described, describe=describe)
