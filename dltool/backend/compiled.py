"""Compiled functions of models."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import tensorflow as tf


def compiled(function: Callable[..., Any], model: keras.Model, *, any_rows: bool = False) -> Callable[..., Any]:
    """Compile a function whose first argument is a model, once for a model and for each shape of what else it takes.

    With ``any_rows``, arrays of many lengths share a program, which does not know how long they are.

    What is compiled is kept with the model, as Keras keeps its own, and goes when the model goes. It holds the
    metrics and the loss that the model had when it was first called.
    """
    kept = vars(model).setdefault("dltool_compiled", {})
    if function not in kept:
        # Keras's steps need none of autograph's rewriting, which costs time.
        kept[function] = tf.function(partial(function, model), autograph=False, reduce_retracing=any_rows)
    return kept[function]  # type: ignore[no-any-return]
