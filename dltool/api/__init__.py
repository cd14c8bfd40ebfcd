"""What each command does; the command line calls it. ``dltool.__all__`` lists what is offered in Python.

TensorFlow is loaded inside the functions that need it, so that the others stay quick.
"""

from __future__ import annotations

from dltool.api.calibrating import calibrate as calibrate
from dltool.api.data_view import show_data as show_data
from dltool.api.evaluating import evaluate as evaluate
from dltool.api.evaluating import write_evaluation as write_evaluation
from dltool.api.explaining import explain as explain
from dltool.api.explaining import write_explanation as write_explanation
from dltool.api.predicting import predict as predict
from dltool.api.predicting import write_predictions as write_predictions
from dltool.api.reading import compare as compare
from dltool.api.reading import list_runs as list_runs
from dltool.api.reading import reproduce as reproduce
from dltool.api.sweeps import read_sweep as read_sweep
from dltool.api.sweeps import sweep as sweep
from dltool.api.sweeps import train_many as train_many
from dltool.api.training import check as check
from dltool.api.training import draft as draft
from dltool.api.training import draft_images as draft_images
from dltool.api.training import train as train
from dltool.config.validation import load_config as load_config
