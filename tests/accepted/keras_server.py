"""Plain Keras in a process that knows nothing of this tool: loads models and calls them on raw arrays.

A request is a line of JSON on standard input: ``model``, ``arrays`` (an NPZ file: one array an input, in their order)
and ``output`` (an NPY file to write). The answer is a line: ``{}``, or what went wrong.
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf


def answer(request):
    model = keras.saving.load_model(request["model"])
    with np.load(request["arrays"]) as arrays:
        given = [tf.constant(arrays[name]) for name in arrays.files]
    names = [tensor.name for tensor in model.inputs]
    given = [
        tf.cast(array, tensor.dtype) if tensor.dtype != "string" else array
        for array, tensor in zip(given, model.inputs, strict=True)
    ]
    outputs = model(dict(zip(names, given, strict=True)) if len(given) > 1 or request["mapping"] else given[0])
    np.save(request["output"], np.asarray(outputs))
    keras.backend.clear_session()


for line in sys.stdin:
    try:
        answer(json.loads(line))
        print("{}", flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
