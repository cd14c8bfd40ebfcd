"""A process that trains one config after another, as lines of JSON on standard input ask it to.

A job is an object as in ``experiments.engine.Job``, with ``device`` and ``threads``. What comes back on standard
output, a line each: ``{"epoch": …, "value": …}``, to be answered by ``{"stop": …}``; at the end of a job ``leaving``,
whether a new process is to do the next one; ``failed``, the reason, where trying again would change nothing; and
``declined``, where a new process is to do this one. ``{"interrupt": true}`` ends the process as Ctrl-C would, the end
of its input ends it at once.
"""

from __future__ import annotations

import gc
import json
import os
import queue
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from dltool.environment import clear
from dltool.errors import ThreadsNote
from dltool.runs.stored_files import append_to

Messages = queue.SimpleQueue[dict[str, Any]]


def main() -> None:
    """Work until there is nothing more to be read."""
    clear()
    channel = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints must not get between the messages
    gc.disable()  # while all is loaded, of which nothing is garbage
    from dltool.api.jobs import memory_growth, train_job

    messages: Messages = queue.SimpleQueue()

    def send(**message: Any) -> None:
        os.write(channel, json.dumps(message).encode() + b"\n")

    def report(epoch: int, value: float) -> bool:
        send(epoch=epoch, value=value)
        return bool(messages.get().get("stop"))

    code = 128 + signal.SIGINT
    try:
        threading.Thread(target=_listen, args=(messages, threading.get_ident()), daemon=True).start()
        while True:
            job = messages.get()
            if "interrupt" in job:
                break  # its signal was held back while the last training was being saved
            _redirect_output(job["log"])
            try:
                failed = train_job(job, report)
            except ThreadsNote:
                send(declined=True, leaving=True)
                continue
            outcome = {"failed": failed} if failed else {}
            gc.enable()
            send(**outcome, leaving=memory_growth.is_too_much())
    except KeyboardInterrupt:
        pass
    except BaseException:
        # In an unknown state no further job may be trained; the driver starts a new process, and quotes the log's end.
        traceback.print_exc()
        sys.stderr.flush()
        code = 70
    os._exit(code)  # without waiting for the thread that reads


def _listen(messages: Messages, main_thread: int) -> None:
    """Queue the messages; at the end of the input, which a driver that is gone leaves, end the process at once."""
    for line in sys.stdin.buffer:
        message = json.loads(line)
        messages.put(message)  # an interruption too, since the training may be waiting for an answer
        if "interrupt" in message:
            signal.pthread_kill(main_thread, signal.SIGINT)
    os._exit(0)


def _redirect_output(log: str) -> None:
    sys.stderr.flush()
    with append_to(Path(log)) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


if __name__ == "__main__":
    main()
