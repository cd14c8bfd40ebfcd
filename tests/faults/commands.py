"""Commands in processes of their own, which have TensorFlow loaded when they begin: each costs no start-up."""

import multiprocessing
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

# One thread, or the server could not be forked safely.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.support.preload"])
_HANGS = 120


class Command:
    """``dltool`` with some arguments, begun as soon as this is made unless ``held``.

    Args:
        arguments: the command line.
        folder: the working directory; standard output and error go to files there, unless they are named.
        held: whether to wait for ``go``.
        hectic: whether to spend half of the time on saving, so that half of all faults meet it.
        limits: what ``resource.setrlimit`` is to allow, by the kind of resource.
    """

    _made = 0

    def __init__(self, *arguments, folder, stdout=None, stderr=None, held=False, hectic=False, limits=None):
        Command._made += 1
        self._streams = [
            Path(stream or folder / f".{name}-{Command._made}")
            for name, stream in (("stdout", stdout), ("stderr", stderr))
        ]
        self._line, theirs = _SERVER.Pipe()
        self.process = _SERVER.Process(
            target=_carry_out,
            args=([str(each) for each in arguments], str(folder), self._streams, hectic, limits or {}, theirs),
            daemon=True,
        )
        self.process.start()
        self.pid = self.process.pid
        theirs.close()
        if not held:
            self.go()

    def go(self):
        """Let the command begin; returns when it has."""
        self._line.send(None)
        self._line.recv()

    def send(self, number):
        """Send the process a signal, if it is still there."""
        with suppress(ProcessLookupError):  # it may end between the question and the signal
            if self.process.is_alive():
                os.kill(self.pid, number)

    def wait(self, seconds):
        """Wait for the end, though not longer than that."""
        self.process.join(seconds)

    def end(self):
        """Return the exit code, -n where signal n killed the process."""
        self.process.join(_HANGS)
        assert self.process.exitcode is not None, f"it hangs: {self.errors}"
        self._line.close()
        return self.process.exitcode

    @property
    def output(self):
        return self._streams[0].read_text()

    @property
    def errors(self):
        return self._streams[1].read_text() if self._streams[1].exists() else ""


def _carry_out(arguments, folder, streams, hectic, limits, line):
    from dltool.__main__ import main
    from dltool.runs import recorder

    line.recv()
    os.chdir(folder)
    for number, path in enumerate(streams, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666), number)
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))
    if hectic:
        recorder._MAX_SHARE_OF_TIME = 0.5
    sys.argv = ["dltool", *arguments]
    line.send(None)
    main()
