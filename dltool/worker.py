"""A process that trains one config after another, as lines of JSON on standard input ask it to.

A job is an object as in ``experiments.engine.Job``, with ``device`` and ``threads``. What comes back on standard
output, a line each: ``{"epoch": …, "value": …}``, to be answered by ``{"stop": …}``; at the end of a job ``{}``, or
``{"failed": …}`` where trying again would change nothing. ``{"interrupt": true}`` ends the process as Ctrl-C would,
the end of its input ends it at once.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from typing import Any

from dltool import api
from dltool.config.source import Document
from dltool.config.validation import validate
from dltool.errors import DltoolError
from dltool.training.events import EpochEnded, Event, StopTraining

Messages = queue.SimpleQueue[dict[str, Any]]


def main() -> None:
    """Work until there is nothing more to be read."""
    channel = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints must not get between the messages
    messages: Messages = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(messages, threading.get_ident()), daemon=True).start()

    def say(**message: Any) -> None:
        os.write(channel, json.dumps(message).encode() + b"\n")

    try:
        while True:
            job = messages.get()
            if "interrupt" in job:
                break
            _write_to(job["log"])
            _carry_out(job, messages, say)
    except KeyboardInterrupt:
        pass
    os._exit(128 + signal.SIGINT)


def _listen(messages: Messages, main_thread: int) -> None:
    """Pass on what is said, and notice at once when nobody is there any more, even amid a training."""
    for line in sys.stdin.buffer:
        message = json.loads(line)
        messages.put(message)  # an interruption too: the training may be waiting for an answer
        if "interrupt" in message:
            signal.pthread_kill(main_thread, signal.SIGINT)
    os._exit(0)


def _write_to(log: str) -> None:
    sys.stderr.flush()
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


def _carry_out(job: dict[str, Any], messages: Messages, say: Any) -> None:
    metric, every = job["report_metric"], job["report_every"]

    def observe(event: Event) -> None:
        if metric and isinstance(event, EpochEnded) and event.epoch % every == 0:
            say(epoch=event.epoch, value=event.metrics[metric])
            if messages.get().get("stop"):
                value = f"{metric} was {event.metrics[metric]:.4g} after epoch {event.epoch}"
                raise StopTraining("pruned", f"{value}, worse than that of other points")

    try:
        config = validate(Document("config", job["config"]))
        api.train(
            config,
            job["run_dir"],
            resume=job["resume"],
            device=job["device"],
            threads=job["threads"],
            observe=observe,
        )
    except DltoolError as error:
        print(error, file=sys.stderr, flush=True)
        say(failed=str(error))
    else:
        from dltool.backend.start import forget

        forget()
        say()


if __name__ == "__main__":
    main()
