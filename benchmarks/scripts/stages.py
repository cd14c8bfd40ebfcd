"""Where the time of a training run goes: `stages.py SPAWNED CONFIG [SETTING …]`, SPAWNED a time in seconds.

Runs `dltool train CONFIG` with a clock around its stages and prints their seconds as JSON.
"""

import time

began = time.time()

import functools  # noqa: E402
import importlib  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

stages: dict[str, float] = {"Python starts": began - float(sys.argv[1])}


class Clock:
    """Adds the time of a block to a stage."""

    def __init__(self, stage):
        self.stage = stage

    def __enter__(self):
        self.began = time.perf_counter()

    def __exit__(self, *_):
        stages[self.stage] = stages.get(self.stage, 0) + time.perf_counter() - self.began


def timed(owner, name, stage):
    """Put a clock around a function or method."""
    function = getattr(owner, name)

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        with Clock(stage):
            return function(*args, **kwargs)

    setattr(owner, name, wrapper)


def timed_events(trainer):
    """Put clocks around a training: the first dispatch, and the others."""
    function = trainer.events

    def wrapper(*args, **kwargs):
        generator = function(*args, **kwargs)
        yield next(generator)
        stage = "tracing and the first dispatch"
        while True:
            with Clock(stage):
                events = next(generator, None)
            if events is None:
                return
            yield events
            stage = "all other dispatches"

    trainer.events = wrapper


with Clock("dltool, Pydantic, YAML"):
    import gc

    gc.disable()
    from dltool import api, data
    from dltool.backend import start as starting
    from dltool.runs.run import Run

original = starting.start


def start(*args):
    """Start TensorFlow and put clocks on the rooms behind it."""
    with Clock("TensorFlow and Keras are imported"):
        starting._load()
    with Clock("runtime starts, seeds"):
        device = original(*args)
    with Clock("the rooms that use them"):
        training = importlib.import_module("dltool.api.training_run")
    for name in ("build", "adapt", "compile_model"):
        timed(training, name, "model is built and compiled")
    timed(training, "prepare", "rows to the device, optimizer and metrics make their variables")
    timed(training, "evaluate", "confusion of the validation part")
    timed(training, "save_model", "model.keras")
    timed(training, "report_html", "report.html")
    timed_events(importlib.import_module("dltool.training.train").Trainer)
    return device


with Clock("config is read"):
    config = api.load_config(Path(sys.argv[2]), sys.argv[3:])
starting.start = start
timed(data, "load", "data is read")
for name in ("start", "append_metrics", "write_checkpoint", "end"):
    timed(Run, name, "run.json, metrics.jsonl, checkpoints, fsync")
api.train(config)
stages["the rest"] = time.time() - float(sys.argv[1]) - sum(stages.values())
print(json.dumps(stages))
