"""The deployed model: one ``.keras`` file that plain Keras loads, with the signature inside it."""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from dltool.config.signature import Column, Signature, Task
from dltool.errors import DataError, InputMissingError

_MEMBER = "dltool.json"


def save_model(model: keras.Sequential, signature: Signature, path: Path) -> None:
    """Write a model to be used on raw input, without optimizer.

    A table with text columns becomes a model that takes a mapping of column name to a (batch, 1) tensor, texts
    included; every other model takes one tensor of shape (batch, *signature.input_shape).

    Args:
        model: as ``model.build`` made it.
        signature: what goes in and comes out; it is written into the file beside the weights.
        path: must end in ``.keras``.
    """
    inputs = keras.Input(signature.input_shape, dtype=signature.input_dtype)
    deployed = keras.Sequential([inputs, *model.layers], name="dltool_model")
    if any(column.vocabulary is not None for column in signature.columns):
        deployed = _with_columns(deployed, signature)
    deployed.save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(_MEMBER, json.dumps(asdict(signature), indent=2))


def _with_columns(model: keras.Sequential, signature: Signature) -> keras.Model:
    # Keras wants inputs called as their keys are, without "/", and no name twice: ours begin in a way of their own.
    inputs, parts = {}, []
    for i, column in enumerate(signature.columns):
        dtype = "float32" if column.vocabulary is None else "string"
        key = column.name.replace("/", "_")
        part = inputs[key] = keras.Input((1,), dtype=dtype, name=key)
        if column.vocabulary is not None:
            part = keras.layers.StringLookup(
                vocabulary=list(column.vocabulary), output_mode="one_hot", name=f"dltool_lookup_{i}"
            )(part)
        parts.append(part)
    return keras.Model(
        inputs, model(keras.layers.Concatenate(name="dltool_features")(parts) if len(parts) > 1 else parts[0])
    )


def load_model(path: Path) -> tuple[keras.Sequential, Signature]:
    """Read a model file that ``save_model`` wrote.

    Returns:
        The model over features of shape (batch, *signature.input_shape), and the signature.

    Raises:
        InputMissingError: there is no such file.
        DataError: it is not a model file of this tool, or is damaged.
    """
    if not path.is_file():
        raise InputMissingError(f"there is no model {path}; has the run been trained to its end?")
    try:
        with zipfile.ZipFile(path) as archive:
            signature = _signature(json.loads(archive.read(_MEMBER)))
        loaded = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (KeyError, zipfile.BadZipFile, zlib.error, ValueError, TypeError, OSError) as error:
        reason = (
            "it was not written by dltool"
            if isinstance(error, KeyError)
            else (str(error) or type(error).__name__).splitlines()[0]
        )
        raise DataError(f"cannot read the model {path}: {reason}") from None
    return (loaded if isinstance(loaded, keras.Sequential) else loaded.layers[-1]), signature


def _signature(plain: dict[str, Any]) -> Signature:
    columns = tuple(Column(**c | {"vocabulary": c["vocabulary"] and tuple(c["vocabulary"])}) for c in plain["columns"])
    sequences = {key: tuple(plain[key]) for key in ("input_shape", "classes", "targets")}
    return Signature(**{**plain, **sequences, "columns": columns, "task": Task(plain["task"])})
