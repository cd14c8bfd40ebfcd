"""Trials on a Ray cluster: each a task that trains on whatever node has room and sends its run directory back."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dltool.errors import Interrupted, SystemLimitError, ThreadsNote, UsageError
from dltool.experiments.engine import EngineEvent, Job, JobCrashed, JobEnded, JobFailed, JobReported, RunJob
from dltool.interruptions import interruptions
from dltool.runs.run import Run
from dltool.runs.stored_files import append_to, read_end, read_regular, refuse_no_folder, write_atomically

_CONNECT_SECONDS = 5
_SECONDS_TO_SAVE = 20
_MAX_LOG_BYTES = 1 << 24
_MAX_FILE_BYTES = 1 << 40


class RayEngine:
    """Up to ``jobs`` tasks at a time on a cluster that runs already.

    A task asks for as many CPUs as fit ``jobs`` times into the cluster and, where there are GPUs and the device is not
    ``cpu``, for one of those. The nodes need this tool, and the data at the same paths. A run directory comes back when
    its trial is over or was stopped; a trial whose node is lost is one whose worker crashed, and runs again elsewhere.
    """

    def __init__(self, address: str | None, jobs: int, device: str, run_job: RunJob) -> None:
        """Connect.

        Args:
            address: Of the cluster's head, such as ``10.0.0.1:6379``; None for the one that this machine belongs to.
            jobs: How many trials to run at a time.
            device: ``auto``, ``cpu`` or ``gpu``.
            run_job: Trains what a job says, in the process that calls it.

        Raises:
            UsageError: The address is not ``HOST:PORT``, or the device is ``gpu:N``.
            SystemLimitError: Ray is not installed, there is no such cluster, or no node of it could run a trial.
            Interrupted: SIGTERM came meanwhile.
        """
        if device not in ("auto", "cpu", "gpu"):
            raise UsageError(
                f"--device {device}: on a Ray cluster it is Ray that picks a GPU; expected auto, cpu or gpu"
            )
        self._ray = _connect(address)
        try:
            nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
            self._threads, gpus = share(nodes, jobs, device)
        except BaseException:
            self.close()
            raise
        self._jobs, self._run_job = jobs, run_job
        self._device = device if gpus else "cpu"  # a task that asked Ray for no GPU would see them all
        # Asked for by the function, not by each call, GPUs give each call a process of its own; in a process that is
        # used again, TensorFlow would stay on the first GPU that it was given.
        self._task = self._ray.remote(num_cpus=self._threads, num_gpus=gpus, max_retries=0)(_train)
        self._running: dict[Any, Job] = {}
        self._stopping = False
        self._queue: Any = None
        self._report: Any = None

    def free(self) -> int:
        """Return how many more tasks may be handed to the cluster."""
        return self._jobs - len(self._running)

    def submit(self, job: Job) -> None:
        """Hand a job to the cluster, with the run directory that it is to go on with."""
        if job.report_metric and self._queue is None:
            self._start_queue()
        self._start(job)

    def wait(self, seconds: float | None = None) -> list[EngineEvent]:
        """Wait until a task is over or reports, or for so many seconds."""
        refs = [*self._running, *([self._report] if self._report else [])]
        ready, _ = self._ray.wait(refs, num_returns=1, timeout=seconds)
        events = [self._receive_report() if ref == self._report else self._receive(ref) for ref in ready]
        return [event for event in events if event]

    def answer(self, trial: int, *, stop: bool) -> None:
        """Tell a trial that reported whether to stop."""
        self._ray.get(self._queue.answer.remote(trial, stop))

    def stop(self) -> None:
        """Have the tasks stop, save and send back what they have; ``close`` ends those that take too long."""
        self._stopping = True
        if self._queue:
            self._queue.release.remote()
        for ref in self._running:
            self._ray.cancel(ref, recursive=False)  # as Ctrl-C would
        refs = list(self._running)
        ended, _ = self._ray.wait(refs, num_returns=len(refs), timeout=_SECONDS_TO_SAVE)
        for ref in ended:
            self._receive(ref)
        self._running.clear()

    def close(self) -> None:
        """Leave the cluster, which goes on without us."""
        self._ray.shutdown()

    def _start(self, job: Job, **options: Any) -> None:
        words = {**asdict(job), "device": self._device, "threads": self._threads}
        files = _read(Path(job.run_dir)) if job.resume else {}
        task = self._task.options(name=f"trial {job.trial}", **options)
        self._running[task.remote(self._run_job, words, files, self._queue)] = job

    def _receive(self, ref: Any) -> EngineEvent | None:
        job = self._running[ref]
        try:
            outcome: _Outcome = self._ray.get(ref)
        except self._ray.exceptions.RayError as error:
            last = (str(error).strip() or type(error).__name__).splitlines()[-1]
            outcome = _Outcome(crashed=f"the Ray task was lost: {last}")
        else:
            if outcome.declined and not self._stopping:
                del self._running[ref]
                # Ray keeps processes of their own for tasks with another environment.
                self._start(job, runtime_env={"env_vars": {"DLTOOL_THREADS": str(outcome.declined)}})
                return None
            _write(Path(job.run_dir), outcome.files)
            if "run.json" in outcome.files:
                Run(Path(job.run_dir)).put_seal(job.config)
            with append_to(Path(job.log)) as log:
                log.write(outcome.log)
        del self._running[ref]  # not before: a signal amid the writing leaves it to be received by `stop`
        if outcome.crashed:
            return JobCrashed(job.trial, outcome.crashed)
        return JobFailed(job.trial, outcome.failed) if outcome.failed else JobEnded(job.trial)

    def _start_queue(self) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        # On this node: if any other one is lost, the trials that are left can still report.
        here = NodeAffinitySchedulingStrategy(self._ray.get_runtime_context().get_node_id(), soft=False)
        self._queue = self._ray.remote(_ReportQueue).options(num_cpus=0, scheduling_strategy=here).remote()
        self._report = self._queue.next_report.remote()

    def _receive_report(self) -> JobReported:
        report = JobReported(*self._ray.get(self._report))
        self._report = self._queue.next_report.remote()
        return report


def share(nodes: Sequence[dict[str, float]], jobs: int, device: str) -> tuple[int, int]:
    """Return how many CPUs and GPUs each of ``jobs`` trials should ask for.

    Args:
        nodes: What each node of the cluster has, as Ray counts it: ``CPU``, ``GPU`` and more.
        jobs: How many trials are to run at a time.
        device: ``auto`` (a GPU if there are any), ``cpu`` or ``gpu``.

    Raises:
        SystemLimitError: No node has what a trial needs.
    """
    able = [node for node in nodes if node.get("CPU", 0) >= 1]
    gpu_nodes = [node for node in able if node.get("GPU", 0) >= 1]
    gpus = int(device == "gpu" or (device == "auto" and bool(gpu_nodes)))
    able = gpu_nodes if gpus else able
    if not able:
        needed = "a GPU and a CPU; use --device cpu" if gpus else "a CPU"
        raise SystemLimitError(f"no node of the Ray cluster has {needed}: a trial would wait for ever")

    def fit(cpus: int) -> int:
        return sum(int(min(node["CPU"] // cpus, node["GPU"] if gpus else node["CPU"])) for node in able)

    # No more than each node has, so that a trial whose node is lost finds another.
    most = int(min(node["CPU"] for node in able))
    return max(cpus for cpus in range(1, most + 1) if fit(cpus) >= min(jobs, fit(1))), gpus


def _connect(address: str | None) -> Any:
    """Return Ray, connected."""
    host_and_port = _host_and_port(address) if address else None
    try:
        import ray
    except ImportError:
        raise SystemLimitError("the Ray engine needs Ray: pip install 'dltool[ray]'") from None
    try:
        if host_and_port:
            # Ray itself waits for a minute where nobody answers.
            socket.create_connection(host_and_port, timeout=_CONNECT_SECONDS).close()
        with _own_sigterm_handler():
            ray.init(address=address or "auto", log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError) as error:
        raise SystemLimitError(
            f"there is no Ray cluster {f'at {address}' if address else 'on this machine'}: "
            f"{str(error).splitlines()[0]}\n"
            "hint: `ray start --head` begins one; name the head of another with --ray-address HOST:PORT"
        ) from None
    return ray


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise UsageError(f"--ray-address {address}: expected HOST:PORT, such as 10.0.0.1:6379")
    return host.strip("[]"), int(port)


@contextmanager
def _own_sigterm_handler() -> Iterator[None]:
    """Put our handler of SIGTERM back in the place of Ray's, which leaves at once."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    except SystemExit:
        raise Interrupted(signal.SIGTERM) from None
    finally:
        if threading.current_thread() is threading.main_thread() and before is not None:
            signal.signal(signal.SIGTERM, before)


class _ReportQueue:
    """An actor at which trials report and wait for the answer."""

    def __init__(self) -> None:
        self._reports: asyncio.Queue[tuple[int, int, float]] = asyncio.Queue()
        self._answers: dict[int, asyncio.Future[bool]] = {}
        self._open = True

    async def report(self, trial: int, epoch: int, value: float) -> bool:
        """Report, and return whether to stop."""
        if not self._open:
            return False
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._answers[trial] = answer
        await self._reports.put((trial, epoch, value))
        return await answer

    async def next_report(self) -> tuple[int, int, float]:
        """Return the next report, once there is one."""
        return await self._reports.get()

    async def answer(self, trial: int, stop: bool) -> None:
        """Answer a report."""
        answer = self._answers.pop(trial, None)
        if answer and not answer.done():
            answer.set_result(stop)

    async def release(self) -> None:
        """Answer all reports, and those to come: a trial that waits does not notice that it is interrupted."""
        self._open = False
        for answer in self._answers.values():
            answer.set_result(False)


@dataclass
class _Outcome:
    """What a task sends back."""

    failed: str = ""
    """Why trying again would change nothing."""
    crashed: str = ""
    """Why it did not come to an end."""
    declined: int = 0
    """The number of threads that it needs a process with, where this one has another."""
    files: dict[str, bytes] = field(default_factory=dict)
    """The run directory."""
    log: bytes = b""
    """What was written to standard error."""


def _train(run_job: RunJob, job: dict[str, Any], files: dict[str, bytes], queue: Any) -> _Outcome:
    """Train what a job says, on whichever node this runs."""

    def report(epoch: int, value: float) -> bool:
        import ray

        return bool(ray.get(queue.report.remote(job["trial"], epoch, value)))

    outcome = _Outcome()
    with tempfile.TemporaryDirectory(prefix="dltool-") as folder, interruptions() as interruption:
        run_dir, log = Path(folder, "run"), Path(folder, "log")
        _write(run_dir, files)
        with _output_to(log):
            try:
                outcome.failed = run_job({**job, "run_dir": str(run_dir)}, report)
            except ThreadsNote as note:
                outcome.declined = note.threads
            except KeyboardInterrupt:
                outcome.crashed = "the Ray task was interrupted"
            except Exception as error:
                traceback.print_exc()
                outcome.crashed = f"the Ray task raised {type(error).__name__}"
        interruption.held = True  # a signal would only lose what is to be sent back now
        outcome.files, outcome.log = _read(run_dir), read_end(log, _MAX_LOG_BYTES)
    return outcome


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Let a file take what this process writes to its two streams."""
    originals = [os.dup(1), os.dup(2)]
    try:
        with append_to(log) as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for number, original in enumerate(originals, 1):
            os.dup2(original, number)
            os.close(original)


def _read(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): read_regular(path, _MAX_FILE_BYTES) for path in sorted(_files(folder))}


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, if there is one; unlike ``rglob``, this fails where it may not look."""

    def fail(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise error

    for above, _, names in os.walk(folder, onerror=fail):
        yield from (Path(above, name) for name in names)


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Make a folder hold these files and no others."""
    # Checkpoints behind the log that they rely on, run.json last, of folds too: the run can be resumed wherever the
    # writing ends.
    for name in sorted(
        files, key=lambda name: (name == "run.json", Path(name).name == "run.json", "checkpoint" in name)
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        refuse_no_folder(path.parent)
        write_atomically(path, files[name])
    for path in list(_files(folder)):
        if str(path.relative_to(folder)) not in files:
            path.unlink()
