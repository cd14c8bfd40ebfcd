"""Trials on a Ray cluster: each a task that trains on whatever node has room and sends its run directory back."""

from __future__ import annotations

import asyncio
import logging
import socket
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dltool.errors import SystemLimitError
from dltool.experiments.engine import CarryOut, Crashed, Ended, Failed, Happening, Job, Reported
from dltool.runs.files import write_atomically

_KNOCK_SECONDS = 5
_SHUTDOWN_SECONDS = 20


class RayEngine:
    """Up to ``jobs`` tasks at a time on a cluster that runs already.

    A task asks for one GPU if the device is ``gpu``, and for as many CPUs as fit ``jobs`` times into the cluster. The
    nodes need this tool, and the data at the same paths. A run directory comes back when its trial is over; a trial
    whose node is lost is one whose worker crashed, and runs again elsewhere.
    """

    def __init__(self, address: str | None, jobs: int, device: str, carry_out: CarryOut) -> None:
        """Connect.

        Args:
            address: of the cluster's head, such as ``10.0.0.1:6379``; None for the one that this machine belongs to.
            jobs: how many trials to run at a time.
            device: ``auto``, ``cpu`` or ``gpu``.
            carry_out: carries out a job in the process that calls it.

        Raises:
            SystemLimitError: Ray is not installed, or there is no such cluster.
        """
        try:
            import ray
        except ImportError:
            raise SystemLimitError("the Ray engine needs Ray: pip install 'dltool[ray]'") from None
        try:
            if address:
                _knock(address)
            ray.init(address=address or "auto", log_to_driver=False, logging_level=logging.ERROR)
        except (OSError, ValueError, RuntimeError) as error:
            raise SystemLimitError(
                f"there is no Ray cluster {f'at {address}' if address else 'on this machine'}: "
                f"{str(error).splitlines()[0]}\n"
                "hint: `ray start --head` begins one; name the head of another with --ray-address HOST:PORT"
            ) from None
        self._ray, self._jobs, self._device, self._carry_out = ray, jobs, device, carry_out
        nodes = [node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]]
        self._threads = max(1, int(min(filter(None, nodes), default=1)) // -(-jobs // len(nodes)))
        self._running: dict[Any, Job] = {}
        self._desk: Any = None
        self._report: Any = None

    def free(self) -> int:
        """Return how many more tasks may be handed to the cluster."""
        return self._jobs - len(self._running)

    def submit(self, job: Job) -> None:
        """Hand a job to the cluster, with the run directory that it is to go on with."""
        if job.report_metric and self._desk is None:
            self._open_desk()
        task = self._ray.remote(_train).options(
            num_cpus=self._threads, num_gpus=self._device.startswith("gpu"), max_retries=0, name=f"trial {job.trial}"
        )
        words = {**asdict(job), "device": self._device, "threads": self._threads}
        files = _read(Path(job.run_dir)) if job.resume else {}
        self._running[task.remote(self._carry_out, words, files, self._desk)] = job

    def wait(self, seconds: float | None = None) -> list[Happening]:
        """Wait until a task is over or reports, or for so many seconds."""
        refs = [*self._running, *([self._report] if self._report else [])]
        ready, _ = self._ray.wait(refs, num_returns=1, timeout=seconds)
        return [
            self._take_report() if ref == self._report else self._take(ref, self._running.pop(ref)) for ref in ready
        ]

    def answer(self, trial: int, *, stop: bool) -> None:
        """Tell a trial that reported whether to stop."""
        self._ray.get(self._desk.answer.remote(trial, stop))

    def stop(self) -> None:
        """End all tasks; what they had not sent back is gone."""
        for ref in self._running:
            self._ray.cancel(ref, force=True)
        self._ray.wait(list(self._running), num_returns=len(self._running), timeout=_SHUTDOWN_SECONDS)
        self._running.clear()

    def close(self) -> None:
        """Leave the cluster, which goes on without us."""
        self._ray.shutdown()

    def _take(self, ref: Any, job: Job) -> Happening:
        try:
            failed, files = self._ray.get(ref)
        except self._ray.exceptions.RayError as error:
            last = (str(error).strip() or type(error).__name__).splitlines()[-1]
            return Crashed(job.trial, f"the Ray task was lost: {last}")
        _write(Path(job.run_dir), files)
        return Failed(job.trial, failed) if failed else Ended(job.trial)

    def _open_desk(self) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        # Here, since this is the one node without which the sweep could not go on.
        here = NodeAffinitySchedulingStrategy(self._ray.get_runtime_context().get_node_id(), soft=False)
        self._desk = self._ray.remote(_Desk).options(num_cpus=0, scheduling_strategy=here).remote()
        self._report = self._desk.next_report.remote()

    def _take_report(self) -> Reported:
        report = Reported(*self._ray.get(self._report))
        self._report = self._desk.next_report.remote()
        return report


def _knock(address: str) -> None:
    """Check that somebody answers: Ray itself takes a minute to find out."""
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK_SECONDS).close()


class _Desk:
    """An actor at which trials report and wait for the answer."""

    def __init__(self) -> None:
        self._reports: asyncio.Queue[tuple[int, int, float]] = asyncio.Queue()
        self._answers: dict[int, asyncio.Future[bool]] = {}

    async def report(self, trial: int, epoch: int, value: float) -> bool:
        """Report, and return whether to stop."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._answers[trial] = answer
        await self._reports.put((trial, epoch, value))
        return await answer

    async def next_report(self) -> tuple[int, int, float]:
        """Return the next report, once there is one."""
        return await self._reports.get()

    async def answer(self, trial: int, stop: bool) -> None:
        """Answer a report."""
        self._answers.pop(trial).set_result(stop)


def _train(
    carry_out: CarryOut, job: dict[str, Any], files: dict[str, bytes], desk: Any
) -> tuple[str, dict[str, bytes]]:
    """Carry out a job on whichever node this runs; returns why it failed, if it did, and the run directory."""

    def report(epoch: int, value: float) -> bool:
        import ray

        return bool(ray.get(desk.report.remote(job["trial"], epoch, value)))

    with tempfile.TemporaryDirectory(prefix="dltool-") as folder:
        run_dir = Path(folder, "run")
        _write(run_dir, files)
        failed = carry_out({**job, "run_dir": str(run_dir)}, report)
        return failed, _read(run_dir)


def _read(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _write(folder: Path, files: dict[str, bytes]) -> None:
    # What says that the run is finished comes last.
    for name in sorted(files, key=lambda name: name == "run.json"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, files[name])
