"""The name of a metric, which says on which part of the data it is computed: ``accuracy``, ``validation_accuracy``."""

from __future__ import annotations

_VALIDATION = "validation_"


def on_validation(metric: str) -> str:
    """Return the name that a metric has on the validation part."""
    return _VALIDATION + metric


def is_on_validation(name: str) -> bool:
    """Tell whether a metric is computed on the validation part."""
    return name.startswith(_VALIDATION)


def without_part(name: str) -> str:
    """Return the name of a metric whatever part it is computed on."""
    return name.removeprefix(_VALIDATION)


def part_of(name: str) -> str:
    """Return the part of the data that a metric is computed on: ``validation`` or ``training``."""
    return "validation" if is_on_validation(name) else "training"
