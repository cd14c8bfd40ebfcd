"""The inputs of the network by name, side by side as the features that the first layer sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from dltool.contracts.plan import COLUMN_FEATURES, embedding_name
from dltool.contracts.signature import Column, Signature
from dltool.preprocessing.input_scaler import InputScaler


def features_of(inputs: Mapping[str, Any], signature: Signature) -> Any:
    """Return the tensor of features, shape (batch, *signature.input_shape).

    Args:
        inputs: a tensor an input, as ``Signature.inputs`` names them.
        signature: says what they are.
    """
    if "categories" in inputs:
        return ColumnFeatures(signature.columns, name=COLUMN_FEATURES, dtype="float32")(inputs)
    return next(iter(inputs.values()))


def fill_holes(features: Any, signature: Signature) -> Any:
    """Return features whose holes, NaN, are filled, where the network is to do it."""
    numbers = signature.input_numbers
    if numbers is None or not signature.network_fills_holes:
        return features
    filled = InputScaler(numbers).apply(np.full((1, len(numbers.fill)), np.nan))
    return ops.where(ops.isnan(features), filled, features)


def target_of(inputs: Mapping[str, Any], features: Any, signature: Signature) -> Any:
    """Return features with NaN where nothing is known: at holes, and for a category that is unknown."""
    if "categories" not in inputs:
        return features
    source, category = _sources(signature.columns)
    unknown = ops.equal(ops.take(inputs["categories"], np.where(category < 0, 0, source), axis=1), 0)
    return ops.where(ops.logical_and(unknown, category >= 0), float("nan"), features)


def _sources(columns: tuple[Column, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each feature but those of vectors, its column among those of its kind, and its category.

    A number's category is -1.
    """
    source: list[int] = []
    category: list[int] = []
    numbers = texts = 0
    for column in columns:
        if column.embedding:
            texts += 1
            continue
        if column.vocabulary is None:
            source += range(numbers, numbers + column.width)
            category += [-1] * column.width
            numbers += column.width
        else:
            source += [texts] * column.width
            category += range(column.width)
            texts += 1
    return np.array(source, np.int32), np.array(category, np.int32)


class ColumnFeatures(keras.layers.Layer):  # type: ignore[misc]
    """Numbers as they are, and a 1 or a vector for each category, in the order of the table's columns.

    One copy of each kind and one comparison, however many columns there are, and a gather for each that has vectors.
    """

    def __init__(self, columns: tuple[Column, ...], **arguments: Any) -> None:
        """Work out where each feature comes from."""
        super().__init__(**arguments)
        self._columns = columns
        self._source, self._category = _sources(columns)
        self.embeddings = {
            column.name: keras.layers.Embedding(*column.embedding_shape, dtype="float32", name=embedding_name(i))
            for i, column in enumerate(columns)
            if column.embedding
        }

    def call(self, inputs: Mapping[str, Any]) -> Any:
        """Return features, float32 (batch, sum of widths), of ``categories`` and, if there are some, ``numbers``."""
        if not self.embeddings:
            return self._held(inputs)
        parts, begin, end, texts = [], 0, 0, 0
        held = self._held(inputs)
        for column in self._columns:
            if column.embedding:
                parts += [held[:, begin:end]] * (end > begin)
                parts.append(self.embeddings[column.name](inputs["categories"][:, texts]))
                begin = end
            else:
                end += column.width
            texts += column.vocabulary is not None
        return ops.concatenate([*parts, *[held[:, begin:end]] * (end > begin)], axis=1)

    def _held(self, inputs: Mapping[str, Any]) -> Any:
        """Return the features that are no vectors."""
        # Whole columns are copied: to pick single numbers out of each row takes four times as long.
        is_number, source = self._category[:, None] < 0, np.where(self._category < 0, 0, self._source)
        # As float32, which holds all that are so few: of int32 oneDNN complains on some machines.
        categories = ops.transpose(ops.cast(inputs["categories"], "float32"))
        known = ops.equal(ops.take(categories, source, axis=0), self._category[:, None].astype(np.float32))
        held = ops.cast(known, "float32")
        if "numbers" in inputs:
            source = np.where(self._category < 0, self._source, 0)
            held = ops.where(is_number, ops.take(ops.transpose(inputs["numbers"]), source, axis=0), held)
        return ops.transpose(held)

    def compute_output_spec(self, inputs: Mapping[str, Any]) -> Any:
        """Return the shape and type of the features."""
        width = sum(column.width for column in self._columns)
        return keras.KerasTensor((inputs["categories"].shape[0], width), "float32")

    def build(self, input_shape: Any) -> None:
        """Make the vectors."""
        del input_shape
        for embedding in self.embeddings.values():
            embedding.build()
