"""Plain Keras in a process that knows nothing of this tool: loads models and calls them on raw arrays.

A request is a line of JSON on standard input: ``model``, ``arrays`` (an NPZ file), ``names`` (of the input that each
array is for; null where the model takes one tensor) and ``output`` (an NPY file to write). The answer is a line:
``{}``, or what went wrong.
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf


def as_dtype(array, dtype):
    return array if dtype == "string" else tf.cast(array, dtype)


def answer(request):
    model = keras.saving.load_model(request["model"])
    with np.load(request["arrays"]) as arrays:
        given = [tf.constant(arrays[name]) for name in arrays.files]
    dtypes = {tensor.name: tensor.dtype for tensor in model.inputs}
    if request["names"]:
        named = zip(request["names"], given, strict=True)
        outputs = model({name: as_dtype(array, dtypes[name]) for name, array in named})
    else:
        outputs = model(as_dtype(given[0], model.inputs[0].dtype))
    np.save(request["output"], np.asarray(outputs["error"] if isinstance(outputs, dict) else outputs))
    keras.backend.clear_session()


for line in sys.stdin:
    try:
        answer(json.loads(line))
        print("{}", flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
