"""The deployed model: one ``.keras`` file that plain Keras loads, and that says all that this tool needs to know of it.

Reading one trusts nothing in it. Keras's own loader, which makes whatever object a file names, is never asked: the
network is built anew from ``dltool.json``, which can say no more than a config can; ``config.json`` is only compared
with what came of it, so that plain Keras loads the very same network; and the weights are read only if they are
those that the same network, freshly built, would write.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

import keras
from pydantic import ValidationError

from dltool.contracts.model_description import ModelDescription
from dltool.contracts.plan import Plan
from dltool.environment import machine_memory
from dltool.errors import DataError, RefusedError, SystemLimitError, first_fault, first_line
from dltool.inference.deployed_model import deployed_model
from dltool.inference.weights import read_weights
from dltool.tasks import task_of_model

_DESCRIPTION, _NETWORK, _WEIGHTS = "dltool.json", "config.json", "model.weights.h5"
_MEMBERS = {_DESCRIPTION, _NETWORK, _WEIGHTS, "metadata.json"}
_MOST_TEXT = 64 << 20
# What surrounds the arrays in an HDF5 file: some kilobytes a layer.
_MOST_OVERHEAD = 1 << 20
# These differ from model to model and mean nothing once it is trained.
_INCIDENTAL = {"shared_object_id", "seed"}

with suppress(ImportError, AttributeError):
    # For each object that it saves, Keras makes another one of its kind, to learn which attributes hold nothing to be
    # saved: it keeps what it learns under one name and looks for it under another.
    from keras.src.saving import saving_lib

    saving_lib.get_attr_skipset = cache(saving_lib.get_attr_skipset)

Build = Callable[[Plan, str], keras.Model]
"""Makes a network of a plan and a dtype policy, its weights fresh."""


def save_model(model: keras.Model, description: ModelDescription, path: Path) -> None:
    """Write a model to be used on raw input, without optimizer.

    See ``inference.deployed_model`` for what it takes and answers.

    Args:
        model: as ``model.build`` made it.
        description: what it is; it is written into the file beside the weights.
        path: must end in ``.keras``.
    """
    deployed_model(model, description).save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(_DESCRIPTION, description.model_dump_json(indent=2))


def read_model(stream: IO[bytes], name: str, build: Build) -> tuple[keras.Model, ModelDescription]:
    """Read a model file that ``save_model`` wrote, and run nothing that it holds.

    Args:
        stream: the open file.
        name: what to call it in messages.
        build: makes the network.

    Returns:
        The model, which takes ``Signature.inputs``, and what the file says of it.

    Raises:
        DataError: it is not a model file of this tool, or is damaged.
        RefusedError: it holds something that such a file never does, or another network than it says.
        SystemLimitError: the network needs more memory than there is.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            _check_members(archive, name)
            description = _described(archive, name)
            plan = description.plan
            _check_sizes(plan, archive.getinfo(_WEIGHTS).file_size, name)
            network, weights = json.loads(archive.read(_NETWORK)), archive.read(_WEIGHTS)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        # RuntimeError: a password is asked for; RecursionError is one too.
        raise DataError(f"cannot read the model {name}: {first_line(error)}") from None
    try:
        model = build(plan, description.training.dtype_policy)
        expected = deployed_model(model, description)
    except (ValueError, TypeError) as error:
        raise DataError(f"cannot read the model {name}: {_DESCRIPTION}: {first_line(error)}") from None
    # Through JSON, as it is written: tuples become lists.
    difference = _difference(network, json.loads(json.dumps(keras.saving.serialize_keras_object(expected))), "")
    if difference:
        raise RefusedError(
            f"{name}: {_NETWORK} is for another network than {_DESCRIPTION} describes: {difference}; "
            "plain Keras would load something else than what was measured"
        )
    read_weights(weights, expected, f"{name}, {_WEIGHTS}")
    return model, description


def _check_members(archive: zipfile.ZipFile, name: str) -> None:
    members = archive.infolist()
    found = [member.filename for member in members]
    if _DESCRIPTION not in found:
        raise DataError(f"cannot read the model {name}: it was not written by dltool (it holds no {_DESCRIPTION})")
    strange = sorted(set(found) - _MEMBERS) or [word for word in found if found.count(word) > 1]
    if strange:
        raise RefusedError(f"{name}: holds {strange[0]!r}, which a model file holds never, or only once")
    missing = sorted(_MEMBERS - set(found))
    if missing:
        raise DataError(f"cannot read the model {name}: it holds no {missing[0]}")
    for member in members:
        # Keras stores members uncompressed. A compressed one could take any amount of memory.
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise RefusedError(f"{name}: {member.filename} is compressed, which Keras never does")
        if member.filename != _WEIGHTS and member.file_size > _MOST_TEXT:
            raise RefusedError(f"{name}: {member.filename} holds {member.file_size:,} bytes; at most {_MOST_TEXT:,}")


def _described(archive: zipfile.ZipFile, name: str) -> ModelDescription:
    try:
        description = ModelDescription.model_validate_json(archive.read(_DESCRIPTION))
    except ValidationError as error:
        raise DataError(f"cannot read the model {name}: {_DESCRIPTION}: {first_fault(error)}") from None
    task, outputs = task_of_model(description), description.signature.outputs
    for fits, what in (
        (description.plan.layers[-1].output_shape == task.output_shape, f"an output for other than {outputs} outputs"),
        (task.is_described, f"what is said of other than {outputs} targets"),
        (not description.standardized or not task.scaling_refusal, "a standardised target"),
        (description.threshold is None or not task.threshold_refusal, "a threshold"),
    ):
        if not fits:
            raise DataError(f"cannot read the model {name}: {_DESCRIPTION}: {what} does not fit the rest")
    return description


def _check_sizes(plan: Plan, size: int, name: str) -> None:
    """Refuse sizes that the file cannot hold or the machine cannot, before any memory is taken for them."""
    floor = 4 * plan.parameters
    ceiling = 8 * plan.parameters + _MOST_OVERHEAD * (len(plan.layers) + len(plan.signature.columns))
    if not floor <= size <= ceiling:
        raise RefusedError(f"{name}: {_WEIGHTS} of {size:,} bytes cannot be the weights of {plan.parameters:,} numbers")
    if plan.bytes > machine_memory():
        raise SystemLimitError(
            f"{name}: the network needs about {plan.bytes / 2**30:,.0f} GiB of memory for one example, "
            f"this machine has {machine_memory() / 2**30:,.0f} GiB"
        )


def _difference(theirs: Any, ours: Any, place: str) -> str:
    """Say where a file's network differs from ours. What is not said, as by an older Keras, counts as None or False."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted({*theirs, *ours} - _INCIDENTAL):
            if (key in theirs and key in ours) or theirs.get(key) or ours.get(key):
                difference = _difference(theirs.get(key), ours.get(key), f"{place}.{key}".lstrip("."))
                if difference:
                    return difference
        return ""
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        differences = (_difference(a, b, f"{place}[{i}]") for i, (a, b) in enumerate(zip(theirs, ours, strict=True)))
        return next(filter(None, differences), "")
    if theirs == ours and isinstance(theirs, bool) == isinstance(ours, bool):  # 0 is 0.0, but not false
        return ""
    return f"{place} is {_short(theirs)}, expected {_short(ours)}"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
