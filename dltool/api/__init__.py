"""Each command's story; the command line is a face of this room.

TensorFlow is loaded inside the functions that need it, so that the others stay quick.
"""

from __future__ import annotations

from dltool.api.reading import compare, list_runs, reproduce
from dltool.api.sweeps import read_sweep, sweep, train_many
from dltool.api.training import check, train
from dltool.api.using import evaluate, predict, write_predictions
from dltool.config.validation import load_config

__all__ = [
    "check",
    "compare",
    "evaluate",
    "list_runs",
    "load_config",
    "predict",
    "read_sweep",
    "reproduce",
    "sweep",
    "train",
    "train_many",
    "write_predictions",
]
