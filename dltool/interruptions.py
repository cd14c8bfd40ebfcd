"""Signals that ask the process to end: answered where nothing is half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from dltool.errors import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruptions:
    """Raises ``Interrupted`` at once or, while ``held``, when ``check`` is called.

    A second SIGINT ends the process at once: the user has asked twice. Other signals are often
    sent twice, as when a terminal is closed or by ``timeout``: a second one changes nothing.
    """

    answered = False
    """Whether any was ever asked in this process to end it."""

    def __init__(self) -> None:
        self.held = False
        self.raised = False
        """Whether an exception was raised where the process happened to be."""
        self._number = 0

    def check(self) -> None:
        """Raise what was held back.

        Raises:
            Interrupted: a signal came.
        """
        if self._number:
            raise Interrupted(self._number)

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        del frame
        if signal.getsignal(signal.SIGINT) == self.handle:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        Interruptions.answered = True
        if not self._number:
            self._number = number
            if not self.held:
                self.raised = True
                self.check()


@contextmanager
def interruptions() -> Iterator[Interruptions]:
    """Answer SIGINT, SIGTERM and SIGHUP, those that are not ignored, for a while.

    Only the main thread can; in any other nothing changes.
    """
    answering = Interruptions()
    if threading.current_thread() is not threading.main_thread():
        yield answering
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler not in (signal.SIG_IGN, None):  # ignored as under nohup, or not Python's
            signal.signal(number, answering.handle)
    try:
        yield answering
    except Interrupted:
        raise
    except KeyboardInterrupt:  # raised by the handler of a library, such as Ray, in place of ours
        answering.check()
        raise
    except Exception:  # what was interrupted may wrap it in its own error, as Pydantic does while it builds a schema
        if answering.raised:
            answering.check()
        raise
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)
