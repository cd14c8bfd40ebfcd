"""The network with the scaling of its input and its task's units: what a model file holds, in stock Keras alone.

The scaling's arithmetic is that of ``preprocessing.input_scaler``, in the same types and order, so that plain Keras
computes what this tool computes. Layers that draw random numbers are training's alone and left out: some of them would
go on drawing where a model is called rather than asked to predict.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from dltool.backend.settings import dtype_policy
from dltool.config.layer import Layer
from dltool.contracts.model_description import ModelDescription
from dltool.contracts.plan import COLUMN_FEATURES, embedding_name
from dltool.contracts.signature import PERIODS, Column, InputNumbers, Signature
from dltool.preprocessing import booleans
from dltool.tasks import task_of_model
from dltool.tasks.contract import Task
from dltool.tasks.reconstruction import Reconstruction
from dltool.tasks.regression import Regression


def deployed_model(model: keras.Model, description: ModelDescription) -> keras.Model:
    """Return a model that takes raw input and answers in the target's own unit.

    A table takes a mapping of column name to a (batch, 1) tensor, texts included. A table of numbers that are scaled
    and no more, and everything else, takes one tensor of shape (batch, *signature.input_shape). NaN is a missing number
    where those are filled. An autoencoder answers with a mapping of ``reconstruction``, of what is scaled, and
    ``error``, shape (batch,).

    Args:
        model: as ``model.build`` made it; its layers are shared.
        description: what it is.
    """
    with dtype_policy(description.training.dtype_policy):
        return _deployed(model, description)


def _deployed(model: keras.Model, description: ModelDescription) -> keras.Model:
    signature, task = description.signature, task_of_model(description)
    names = _Names(signature)
    layers = [(model.get_layer(each.name), each.spec) for each in description.plan.layers if not each.spec.is_random]
    numbers = signature.input_numbers
    scales = True
    taken: Any
    if numbers and not all(_is_one_number(column) for column in signature.columns):
        taken, features = _columns(model, signature.columns, numbers, names)
    elif numbers and (numbers.fill or not numbers.is_identity):
        taken = keras.Input(signature.input_shape, dtype=numbers.dtype, name="input_layer")
        features = _scaled(taken, numbers, range(len(numbers.offset)), names, "numbers")
    else:
        taken = features = keras.Input(signature.input_shape, dtype=signature.input_dtype, name="input_layer")
        scales = False
    if isinstance(task, Reconstruction):
        made = _reconstructed(features, _known(taken, features, signature, names), layers, signature, names)
        return keras.Model(taken, made, name=names.own("dltool_whole"))
    if not scales and not task.changes_outputs:
        return _network(taken, layers, names.own("dltool_model"))
    inputs = keras.Input(signature.input_shape, dtype=signature.input_dtype, name="input_layer")
    network = _network(inputs, layers, names.own("dltool_model"))
    return keras.Model(taken, _decoded(network(features), task, names), name=names.own("dltool_whole"))


def _reconstructed(
    features: Any, known: Any, layers: list[tuple[keras.Layer, Layer]], signature: Signature, names: _Names
) -> dict[str, Any]:
    """Return the reconstruction of what is scaled, and each row's error: the mean of squares over what is known."""
    if signature.input_dtype == "uint8":  # whose first layer scales
        features = layers[0][0](features)
        layers = layers[1:]
    inputs = keras.Input(signature.input_shape, dtype="float32", name="input_layer")
    made = _network(inputs, layers, names.own("dltool_model"))(features)
    rest = tuple(range(1, 1 + len(signature.input_shape)))
    squares = names.give(ops.square(names.give(ops.subtract(features, made), "difference")), "squares")
    if known is None:
        return {"reconstruction": made, "error": names.give(ops.mean(squares, axis=rest, keepdims=False), "error")}
    squares = names.give(ops.multiply(squares, known), "known_squares")
    total = names.give(ops.sum(squares, axis=rest), "squares_sum")
    return {
        "reconstruction": made,
        "error": names.give(ops.divide(total, names.give(ops.sum(known, axis=rest), "known_sum")), "error"),
    }


def _network(taken: Any, layers: list[tuple[keras.Layer, Layer]], name: str) -> keras.Model:
    """Return a model of layers that feed one another."""
    if not any(spec.attends_to_itself for _, spec in layers):
        return keras.Sequential([taken, *(layer for layer, _ in layers)], name=name)
    made = taken
    for layer, spec in layers:
        made = layer(*spec.call_arguments(made))
    return keras.Model(taken, made, name=name)


class _Names:
    """Names of layers and operations, each given once: Keras's own counters go on from model to model."""

    def __init__(self, signature: Signature) -> None:
        # Keras wants inputs called as their keys are, without "/".
        self.keys: list[str] = []
        self._given = {"input_layer", *map(embedding_name, range(len(signature.columns)))}
        for column in signature.columns:
            self.keys.append(self.own(column.name.replace("/", "_")))

    def own(self, name: str) -> str:
        """Return the name, made longer until nobody has it."""
        while name in self._given:
            name += "_"
        self._given.add(name)
        return name

    def give(self, tensor: Any, name: str) -> Any:
        """Name the operation that a tensor comes from."""
        tensor._keras_history.operation.name = self.own(f"dltool_{name}")
        return tensor


def _columns(
    model: keras.Model, columns: tuple[Column, ...], numbers: InputNumbers, names: _Names
) -> tuple[dict[str, Any], Any]:
    taken, parts, position = {}, [], 0
    for column, key in zip(columns, names.keys, strict=True):
        if column.vocabulary is not None:
            part = taken[key] = keras.Input((1,), dtype="string", name=key)
            if column.embedding:
                embedding = model.get_layer(COLUMN_FEATURES).embeddings[column.name]
                part = names.give(ops.squeeze(embedding(_looked_up(part, column, "int", names)), 1), "vector")
            else:
                part = _one_hot(part, column, names)
        else:
            dtype = "float64" if column.moment or column.transform == "log" else numbers.dtype
            part = taken[key] = keras.Input((1,), dtype=dtype, name=key)
            part = _measured(part, column, numbers, position, names)
        parts.append(part)
        position += column.width
    if len(parts) == 1:
        return taken, parts[0]
    return taken, keras.layers.Concatenate(name=names.own("dltool_features"), dtype="float32")(parts)


def _is_one_number(column: Column) -> bool:
    return column.vocabulary is None and column.width == 1 and column.transform == "none"


def _measured(raw: Any, column: Column, numbers: InputNumbers, position: int, names: _Names) -> Any:
    """Return the features of a column that is no text, of which the first stands at a position."""
    what, entries = f"number_{position}", range(position, position + column.measured_width)
    # Of the raw value: what has no logarithm is no hole, and has to come out as no number.
    missing = names.give(ops.isnan(raw), f"{what}_missing") if numbers.fill else None
    made = raw
    if column.moment:
        made = _cycles(raw, column.moment, numbers.dtype, names, what)
    elif column.transform == "log":
        made = names.give(ops.log(raw), f"{what}_logarithm")
        made = made if numbers.dtype == "float64" else names.give(ops.cast(made, numbers.dtype), f"{what}_held")
    made = _scaled(made, numbers, entries, names, what, missing)
    if not column.indicator:
        return made
    indicator = names.give(ops.cast(missing, "float32"), f"{what}_indicator")
    return keras.layers.Concatenate(name=names.own(f"dltool_{what}_features"), dtype="float32")([made, indicator])


def _cycles(days: Any, moment: str, dtype: str, names: _Names, what: str) -> Any:
    """Return what ``preprocessing.cycles`` makes of days, shape (batch, 1 + 2 · cycles), as raw numbers are held."""
    parts = [days]
    for i, period in enumerate(PERIODS[moment]):
        angle = names.give(ops.multiply(days, np.array([2 * np.pi / period])), f"{what}_angle_{i}")
        parts += [names.give(ops.sin(angle), f"{what}_sine_{i}"), names.give(ops.cos(angle), f"{what}_cosine_{i}")]
    made = keras.layers.Concatenate(name=names.own(f"dltool_{what}_cycles"), dtype="float64")(parts)
    return made if dtype == "float64" else names.give(ops.cast(made, dtype), f"{what}_held")


def _known(taken: Any, features: Any, signature: Signature, names: _Names) -> Any:
    """Return 1 for each feature that the input tells, 0 at a hole and an unknown category; None where all are."""
    if not isinstance(taken, dict):
        return _present(taken, names, "numbers") if signature.fills_holes else None
    parts, position = [], 0
    for i, (column, key) in enumerate(zip(signature.columns, names.keys, strict=True)):
        if column.vocabulary is None:
            known = present = _present(taken[key], names, f"number_{position}")
            if column.measured_width > 1:
                known = names.give(ops.repeat(present, column.measured_width, axis=1), f"number_{position}_repeated")
            parts.append(known)
            if column.indicator:  # which is always known
                parts.append(names.give(ops.ones_like(present), f"number_{position}_indicator_known"))
        else:
            unknown = names.give(features[:, position : position + 1], f"text_{i}_unknown")
            known = names.give(ops.subtract(1.0, unknown), f"text_{i}_known")
            parts.append(names.give(ops.repeat(known, column.width, axis=1), f"text_{i}_repeated"))
        position += column.width
    if len(parts) == 1:
        return parts[0]
    return keras.layers.Concatenate(name=names.own("dltool_known"), dtype="float32")(parts)


def _present(raw: Any, names: _Names, what: str) -> Any:
    missing = names.give(ops.isnan(raw), f"{what}_hole")
    present = names.give(ops.logical_not(missing), f"{what}_present")
    return names.give(ops.cast(present, "float32"), f"{what}_known")


def _spelt(column: Column) -> dict[str, str]:
    """Return the texts that a column's cells may hold, with what each is in the vocabulary."""
    vocabulary = column.vocabulary or ()
    return booleans.spellings_of(vocabulary) if column.boolean else {text: text for text in vocabulary}


def _looked_up(texts: Any, column: Column, mode: str, names: _Names) -> Any:
    """Return where texts stand behind "unknown", as ``StringLookup`` puts it out in a mode."""
    spelt, unknown = _spelt(column), "[UNK]"
    while unknown in spelt:
        unknown += "_"
    return keras.layers.StringLookup(
        vocabulary=list(spelt),
        oov_token=unknown,
        output_mode=mode,
        dtype="float32" if mode == "one_hot" else "int64",
        name=names.own("dltool_lookup"),
    )(texts)


def _one_hot(texts: Any, column: Column, names: _Names) -> Any:
    """Return 0/1 features: "unknown", then the vocabulary's texts, booleans in any spelling."""
    looked_up, vocabulary, spelt = _looked_up(texts, column, "one_hot", names), column.vocabulary or (), _spelt(column)
    if len(spelt) == len(vocabulary):
        return looked_up
    same = np.zeros((1 + len(spelt), 1 + len(vocabulary)), np.float32)
    same[0, 0] = 1
    for i, text in enumerate(spelt.values()):
        same[1 + i, 1 + vocabulary.index(text)] = 1
    return names.give(ops.matmul(looked_up, same), "boolean")


def _scaled(raw: Any, numbers: InputNumbers, entries: Any, names: _Names, what: str, missing: Any = None) -> Any:
    """Return what ``InputScaler.apply`` makes of some entries of the last axis; missing is NaN, or what it is told."""
    offset, scale, fill = (
        np.array([values[entry] for entry in entries], numbers.dtype) if values else None
        for values in (numbers.offset, numbers.scale, numbers.fill)
    )
    if fill is not None:
        missing = names.give(ops.isnan(raw), f"{what}_missing") if missing is None else missing
        raw = names.give(ops.where(missing, fill, raw), f"{what}_filled")
    if np.any(offset) or np.any(scale != 1):
        raw = names.give(ops.subtract(raw, offset), f"{what}_shifted")
        raw = names.give(ops.multiply(raw, scale), f"{what}_scaled")
    return raw if numbers.dtype == "float32" else names.give(ops.cast(raw, "float32"), f"{what}_float32")


def _decoded(outputs: Any, task: Task, names: _Names) -> Any:
    """Return what ``Task.decode`` makes of outputs that are numbers, in float64."""
    if not (isinstance(task, Regression) and task.changes_outputs):
        return outputs
    offset, scale = task.offset_and_scale
    values = names.give(ops.cast(outputs, "float64"), "target_float64")
    values = names.give(ops.multiply(values, scale), "target_scaled")
    values = names.give(ops.add(values, offset), "target_shifted")
    return names.give(ops.exp(values), "target") if task.is_logarithmic else values
