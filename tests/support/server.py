"""Runs commands one after another, each in a fork of a process that has loaded the program already.

Each is the real program: its own arguments, environment, working directory, streams and exit code; only the start is
shared. A request is a line of JSON on standard input, what ``Program.begun`` is given. Standard output answers with the
number of the process, a line, and as it ends another one, ``{"code": 0, "out": "...", "err": "..."}``. Given the word
``tensorflow``, the process has loaded that too.
"""

import importlib
import json
import os
import pkgutil
import signal
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path

WITH_TENSORFLOW = ("backend", "inference", "model", "training", "worker", "api.training_run", "api.trivial_answers")
"""What is left to the commands that need it: a process in which TensorFlow runs cannot be forked safely."""


def load():
    """Load whatever a command may load before it loads TensorFlow."""
    import dltool

    for module in pkgutil.walk_packages(dltool.__path__, "dltool."):
        name = module.name.removeprefix("dltool.")
        if not any(name == each or name.startswith(f"{each}.") for each in WITH_TENSORFLOW):
            importlib.import_module(module.name)
    # Builds what checks configs, a tenth of a second.
    dltool.load_config(Path(__file__).parent.parent.parent / "configs" / "xor.yaml")
    assert "tensorflow" not in sys.modules, "name in WITH_TENSORFLOW the module that loads it"
    # A fork has none of these threads. PyArrow's allocator expects that; TensorFlow and OpenBLAS would wait for theirs.
    threads = {path.name: (path / "comm").read_text().strip() for path in Path("/proc/self/task").iterdir()}
    del threads[str(os.getpid())]
    assert set(threads.values()) <= {"jemalloc_bg_thd"}, threads


def run_job(request, stdin, out, err):
    """Be the program that was asked for; does not return."""
    from dltool.__main__ import main

    for number, file in enumerate((stdin, out, err)):
        os.dup2(file, number)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = ["dltool", *request["words"]]
    signal.alarm(request["seconds"])
    main()


def answer(request):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.close(writer)
                run_job(request, reader, out.fileno(), err.fileno())
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(70)
        os.close(reader)
        print(child, flush=True)
        with suppress(BrokenPipeError), os.fdopen(writer, "wb") as stdin:
            stdin.write(request["stdin"].encode("utf-8", "surrogateescape"))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = {}
        for name, file in (("out", out), ("err", err)):
            file.seek(0)
            texts[name] = file.read().decode("utf-8", "surrogateescape")
    return {"code": code, **texts}


def serve():
    load()
    if sys.argv[1:] == ["tensorflow"]:
        importlib.import_module("tests.support.preload")
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    serve()
