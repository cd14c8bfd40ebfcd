"""Keeps on disk what a training tells, and now and then all that the rest of it needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from dltool.config.status import Status
from dltool.contracts.events import Checkpoint, EpochEnded, Epochs, Event
from dltool.errors import DltoolError, Interrupted
from dltool.runs.run import Run

# Saving takes at most this share of the time.
_MAX_SHARE_OF_TIME = 0.01


class Recorder:
    """Writes a training's log and checkpoints into its run directory."""

    def __init__(self, run: Run, checkpoint: Callable[[], Checkpoint | None], seconds: float) -> None:
        """Write into a run.

        Args:
            run: Where to write.
            checkpoint: Returns the state of the training; None where it is not worth keeping.
            seconds: The time between two checkpoints.
        """
        self._run, self._checkpoint, self._seconds = run, checkpoint, seconds
        self._saved, self._pause = time.perf_counter(), seconds

    def record(self, events: Sequence[Event]) -> None:
        """Write the epochs among some events into the log.

        Raises:
            OutputError, InputOutputError: It cannot be written.
        """
        ended = events if isinstance(events, Epochs) else [each for each in events if isinstance(each, EpochEnded)]
        self._run.append_metrics(ended)

    def save_if_due(self, events: Sequence[Event]) -> None:
        """Write a checkpoint behind some events, which an observer has seen, if it is time.

        It is time when the last one is old, and behind each epoch that takes as long as that.

        Raises:
            OutputError, InputOutputError: A file cannot be written.
        """
        # Epochs that ended together are equally long.
        ended = events[:1] if isinstance(events, Epochs) else events
        is_long = any(isinstance(event, EpochEnded) and event.seconds >= self._pause for event in ended)
        if is_long or time.perf_counter() - self._saved >= self._pause:
            self.save()

    def save(self) -> bool:
        """Write a checkpoint of this moment; returns whether it was worth keeping.

        Raises:
            OutputError, InputOutputError: It cannot be written.
        """
        began = time.perf_counter()
        checkpoint = self._checkpoint()
        if checkpoint:
            self._run.write_checkpoint(checkpoint)
        self._saved = time.perf_counter()
        self._pause = max(self._seconds, (self._saved - began) / _MAX_SHARE_OF_TIME)
        return checkpoint is not None

    def stop(self, error: BaseException) -> None:
        """Note why the training ends before its end; where it was only asked to, keep its state.

        Raises:
            OutputError, InputOutputError: The state cannot be written.
        """
        if isinstance(error, Interrupted | OSError):  # an observer's OSError: what it writes to is gone, or full
            self.save()
            self._run.end(status=Status.INTERRUPTED, reason=str(error))
        else:
            with suppress(DltoolError):  # the first error is the one to be reported
                self._run.end(status=Status.FAILED, reason=f"{type(error).__name__}: {error}")
