"""Trials on this machine: worker processes that load TensorFlow once and stay warm."""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from dltool.config.counts import counted
from dltool.errors import SystemLimitError
from dltool.experiments.engine import EngineEvent, Job, JobCrashed, JobEnded, JobFailed, JobReported
from dltool.runs.stored_files import append_to

_SECONDS_TO_SAVE = 20
_CHUNK = 1 << 16
_ROOT = Path(__file__).resolve().parents[2]


class LocalEngine:
    """Up to ``jobs`` workers, each with ``threads`` threads and, where there are several GPUs, one of them."""

    def __init__(self, jobs: int, device: str, threads: int) -> None:
        """Start nothing yet.

        Raises:
            SystemLimitError: A GPU is asked for, and there is none: so it would be for every trial.
        """
        self._jobs, self._device, self._threads = jobs, device, threads
        found = _gpus()
        if device.startswith("gpu"):
            _refuse_missing(device, len(found))
        self._gpus = [] if device == "cpu" or ":" in device else found
        self._workers: list[_Worker | None] = [None] * jobs

    def free(self) -> int:
        """Return how many workers have nothing to do."""
        return sum(worker is None or worker.job is None for worker in self._workers)

    def submit(self, job: Job) -> None:
        """Give a job to a worker: a warm one if there is one."""
        idle = [slot for slot, worker in enumerate(self._workers) if worker is None or worker.job is None]
        append_to(Path(job.log)).close()  # a log that may not be written to is refused here, not in a worker
        self._give(job, min(idle, key=lambda slot: self._workers[slot] is None))

    def wait(self, seconds: float | None = None) -> list[EngineEvent]:
        """Wait until a worker says something or is gone, or for so many seconds."""
        with selectors.DefaultSelector() as selector:
            for slot, worker in enumerate(self._workers):
                if worker is not None:
                    selector.register(worker.output, selectors.EVENT_READ, slot)
            ready = [key.data for key, _ in selector.select(seconds)]
        events: list[EngineEvent] = []
        for slot in ready:
            worker = self._workers[slot]
            assert worker is not None  # noqa: S101  (only those that are there were waited for)
            events += worker.read()
            if worker.gone:
                worker.kill()
                self._workers[slot] = None
                if worker.declined:
                    self._give(worker.declined, slot)
        return events

    def answer(self, trial: int, *, stop: bool) -> None:
        """Tell a trial that reported whether to stop."""
        for worker in self._workers:
            if worker is not None and worker.job and worker.job.trial == trial:
                worker.send({"stop": stop})

    def stop(self) -> None:
        """Interrupt the workers, and wait until they have saved what they have."""
        workers = [worker for worker in self._workers if worker is not None]
        for worker in workers:
            worker.send({"interrupt": True})
        deadline = time.monotonic() + _SECONDS_TO_SAVE
        for worker in workers:
            worker.leave(deadline)
        self._workers = [None] * self._jobs

    def close(self) -> None:
        """End the workers, whatever they do."""
        workers = [worker for worker in self._workers if worker is not None]
        for worker in workers:
            worker.end()  # all of them, before any is waited for: to give back its memory takes a process a while
        for worker in workers:
            worker.kill()
        self._workers = [None] * self._jobs

    def _give(self, job: Job, slot: int) -> None:
        worker = self._workers[slot]
        if worker is None:
            worker = self._workers[slot] = _Worker(self._environment(slot), Path(job.log))
        worker.job = job
        worker.send({**asdict(job), "device": self._device, "threads": self._threads})

    def _environment(self, slot: int) -> dict[str, str]:
        # Where there is one GPU, or none, every worker may see it.
        chosen = {"CUDA_VISIBLE_DEVICES": self._gpus[slot % len(self._gpus)]} if len(self._gpus) > 1 else {}
        return os.environ | chosen


class _Worker:
    """One worker process."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        # With -P nothing in the working directory, such as a user's yaml.py, is imported; a checkout's dltool must be.
        safely = [] if Path.cwd() == _ROOT else ["-P"]
        with append_to(log) as errors:
            self._process = subprocess.Popen(  # noqa: S603  (every word is our own)
                [sys.executable, *safely, "-m", "dltool.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                start_new_session=True,  # Ctrl-C is for the driver, which asks its workers to stop
            )
        self._buffer = b""
        self.job: Job | None = None
        self.declined: Job | None = None
        self.gone = False

    @property
    def output(self) -> IO[bytes]:
        assert self._process.stdout is not None  # noqa: S101
        return self._process.stdout

    def send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None  # noqa: S101
        # A worker that is gone says so by the end of its output.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()

    def read(self) -> list[EngineEvent]:
        """Return what the worker has said; at the end of its output, that it is gone."""
        text = os.read(self.output.fileno(), _CHUNK)
        if not text:
            self.gone = True
            code = self._process.wait()
            return [] if self.job is None else [JobCrashed(self.job.trial, _exit_text(code))]
        *lines, self._buffer = (self._buffer + text).split(b"\n")
        return [event for line in lines if (event := self._event(json.loads(line)))]

    def _event(self, message: dict[str, Any]) -> EngineEvent | None:
        job = self.job
        assert job is not None  # noqa: S101  (a worker without a job says nothing)
        if "epoch" in message:
            return JobReported(job.trial, message["epoch"], message["value"])
        self.job, self.gone = None, message["leaving"]
        if "declined" in message:
            self.declined = job
            return None
        return JobFailed(job.trial, message["failed"]) if "failed" in message else JobEnded(job.trial)

    def leave(self, deadline: float) -> None:
        """Wait until the worker has left, but no longer than to a deadline."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))
        self.kill()

    def end(self) -> None:
        """Have the worker end, and do not wait for it."""
        self._process.kill()

    def kill(self) -> None:
        self.end()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


def _exit_text(code: int) -> str:
    """Say how a process ended."""
    if code >= 0:
        return f"the worker left with exit code {code}"
    name = signal.Signals(-code).name
    memory = "; the system may have run out of memory" if name == "SIGKILL" else ""
    return f"the worker was ended by {name}{memory}"


def _gpus() -> list[str]:
    """Return the NVIDIA GPUs that a worker could be given, without loading anything to find out."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [name for name in visible.split(",") if name not in ("", "-1")]
    names = [path.name for path in Path("/dev").glob("nvidia*")]
    return sorted((match[1] for name in names if (match := re.fullmatch(r"nvidia(\d+)", name))), key=int)


def _refuse_missing(device: str, found: int) -> None:
    number = int(device.partition(":")[2] or 0)
    # Under WSL and ROCm, GPUs have other names: whether there is one, TensorFlow will say.
    if number < found or any(Path(path).exists() for path in ("/dev/dxg", "/dev/kfd")):
        return
    if found:
        raise SystemLimitError(f"--device {device}: this machine has {counted(found, 'GPU')}, counted from gpu:0")
    raise SystemLimitError(
        f"--device {device}: this machine has no NVIDIA GPU, or CUDA_VISIBLE_DEVICES hides it\n"
        "hint: install the NVIDIA driver and `pip install 'dltool[gpu]'`, or use --device cpu"
    )
