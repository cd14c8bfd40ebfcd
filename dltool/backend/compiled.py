"""Compiled functions of models."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import tensorflow as tf


def compiled(function: Callable[..., Any], model: keras.Model, *, any_rows: bool = False) -> Callable[..., Any]:
    """Compile a function whose first argument is a model, once for a model and for each shape of what else it takes.

    What is compiled is kept with the model, as Keras keeps its own, and goes when the model goes. It holds the
    metrics and the loss that the model had when it was first called.

    Args:
        function: takes a model, and tensors or tuples of such.
        model: the model.
        any_rows: whether arrays of many lengths share a program, which does not know how long they are.

    Returns:
        The function of what else it takes.
    """
    programs = vars(model).setdefault("dltool_compiled", {})
    if function not in programs:
        # Keras's steps need none of autograph's rewriting, which costs time.
        programs[function] = tf.function(partial(function, model), autograph=False, reduce_retracing=any_rows)
    return programs[function]  # type: ignore[no-any-return]
