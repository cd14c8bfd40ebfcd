"""The inputs of the network by name, side by side as the features that the first layer sees."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
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


def _kind(column: Column) -> str:
    return "vectors" if column.embedding else "numbers" if column.vocabulary is None else "ones"


class ColumnFeatures(keras.layers.Layer):  # type: ignore[misc]
    """Numbers as they are, and a 1 or a vector for each category, in the order of the table's columns.

    One comparison, however many columns there are, and a gather for each that has vectors.
    """

    def __init__(self, columns: tuple[Column, ...], **arguments: Any) -> None:
        """Work out where each feature comes from."""
        super().__init__(**arguments)
        self._columns = columns
        source, category = _sources(columns)
        self._source, self._category = source[category >= 0], category[category >= 0].astype(np.float32)[:, None]
        self.embeddings = {
            column.name: keras.layers.Embedding(*column.embedding_shape, dtype="float32", name=embedding_name(i))
            for i, column in enumerate(columns)
            if column.embedding
        }

    def call(self, inputs: Mapping[str, Any]) -> Any:
        """Return features, float32 (batch, sum of widths), of ``categories`` and, if there are some, ``numbers``."""
        held = {"numbers": inputs.get("numbers"), "ones": self._ones(inputs["categories"])}
        parts, done, texts = [], dict.fromkeys(held, 0), 0
        for kind, columns in groupby(self._columns, _kind):
            run = list(columns)
            if kind == "vectors":
                parts += [
                    self.embeddings[column.name](inputs["categories"][:, texts + i]) for i, column in enumerate(run)
                ]
            else:
                begin = done[kind]
                done[kind] += sum(column.width for column in run)
                parts.append(held[kind][:, begin : done[kind]])
            texts += 0 if kind == "numbers" else len(run)
        return ops.concatenate(parts, axis=1)

    def _ones(self, categories: Any) -> Any:
        """Return a 1 for each category that a row has, 0 for others: float32 (batch, categories)."""
        # Whole columns are copied: to pick single numbers out of each row takes four times as long. All are float32,
        # which holds so few categories: oneDNN complains on some machines where int32 or bool are transposed.
        codes = ops.take(ops.transpose(ops.cast(categories, "float32")), self._source, axis=0)
        return ops.transpose(ops.relu(1 - ops.abs(codes - self._category)))

    def compute_output_spec(self, inputs: Mapping[str, Any]) -> Any:
        """Return the shape and type of the features."""
        width = sum(column.width for column in self._columns)
        return keras.KerasTensor((inputs["categories"].shape[0], width), "float32")

    def build(self, input_shape: Any) -> None:
        """Make the vectors."""
        del input_shape
        for embedding in self.embeddings.values():
            embedding.build()
