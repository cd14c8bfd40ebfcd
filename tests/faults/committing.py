"""A training without TensorFlow, which does with its run directory what a real one does: it starts in no time.

``python -m tests.faults.committing DIRECTORY`` says on standard output what it has done once that is safe.
"""

import os
import sys
from pathlib import Path

import numpy as np

from dltool.contracts.events import Checkpoint, EpochEnded
from dltool.errors import DltoolError
from dltool.runs.run import Run

EPOCHS = 3
CONFIG = {"name": "committing", "seed": 1}


def checkpoint_of(epoch: int) -> Checkpoint:
    return Checkpoint(epoch, 0, {"weights": np.full(5000, epoch, np.float32)}, {"epoch": epoch})


def work(directory: Path, *, say=lambda text: None) -> None:
    """Begin, or go on, and come to the end."""
    resume = (directory / "run.json").exists()
    with Run.resume(directory) if resume else Run.create("x", directory) as run:
        found = run.checkpoints.newest() if resume else None
        done = found[0].epoch if found else 0
        if found:
            run.rewind(CONFIG, done)
        else:
            run.start(CONFIG)
        say("begun")
        for epoch in range(done + 1, EPOCHS + 1):
            run.append_metrics([EpochEnded(epoch, {"loss": 1 / epoch}, 0.1, 1.0, 1.0, epoch, 1 / epoch)])
            run.write_checkpoint(checkpoint_of(epoch))
            say(f"epoch {epoch}")
        run.write_checkpoint(checkpoint_of(EPOCHS))
        run.write_model(lambda path: path.write_bytes(b"model" * 10_000))
        run.write_report("<html>" + "report" * 10_000)
        run.end(status="completed", epochs=EPOCHS)
        say("completed")


if __name__ == "__main__":
    try:
        work(Path(sys.argv[1]), say=lambda text: os.write(1, f"{text}\n".encode()))
    except DltoolError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(74)
