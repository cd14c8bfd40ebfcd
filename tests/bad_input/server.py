"""Runs commands one after another, each in a fork of a process that has loaded the program already.

Each is the real program: its own arguments, files, working directory and exit code; only the start is shared.
A request is a line of JSON on standard input, ``{"words": [...], "folder": "...", "stdin": "..."}``; the answer, a line
on standard output, ``{"code": 0, "out": "...", "err": "..."}``.
"""

import json
import os
import signal
import sys
import tempfile

SECONDS = 10
"""What hangs is killed, and says so by the code -14."""


def serve():
    from dltool.__main__ import main

    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(request["stdin"].encode("utf-8", "surrogateescape"))
            given.seek(0)
            child = os.fork()
            if not child:
                for number, file in enumerate((given, out, err)):
                    os.dup2(file.fileno(), number)
                sys.stdin = os.fdopen(0, encoding="utf-8")
                os.chdir(request["folder"])
                sys.argv = ["dltool", *request["words"]]
                signal.alarm(SECONDS)
                main()
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            texts = {}
            for name, file in (("out", out), ("err", err)):
                file.seek(0)
                texts[name] = file.read().decode("utf-8", "replace")
        print(json.dumps({"code": code, **texts}), flush=True)


if __name__ == "__main__":
    # Whatever commands load in order to refuse something; TensorFlow is not among it, so that nothing can train here.
    import dltool.api
    import dltool.cli
    import dltool.config.reference
    import dltool.console.results
    import dltool.data.csv_table
    import dltool.data.image_folder
    import dltool.data.inline
    import dltool.data.inputs
    import dltool.data.npz
    import dltool.runs.run

    dltool.api.load_config("configs/xor.yaml")  # builds what checks configs, a tenth of a second
    serve()
