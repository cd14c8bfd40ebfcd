"""What differs between mappings as JSON and YAML have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_ABSENT = "absent"


def differing(values: Sequence[Any], path: str = "") -> list[tuple[str, tuple[Any, ...]]]:
    """Return the paths at which not all are the same, as ``a.b[0].c``, each with what every one has there.

    A path that one of them lacks has the value ``absent``. Lists of different lengths differ as a whole.
    """
    first = values[0]
    if all(isinstance(value, dict) for value in values):
        parts = [
            (f"{path}.{key}" if path else str(key), [value.get(key, _ABSENT) for value in values])
            for key in dict.fromkeys(key for value in values for key in value)
        ]
    elif all(isinstance(value, list) and len(value) == len(first) for value in values):
        parts = [(f"{path}[{i}]", [value[i] for value in values]) for i in range(len(first))]
    else:
        same = all(value == first and type(value) is type(first) for value in values)
        return [] if same else [(path, tuple(values))]
    return [found for name, inside in parts for found in differing(inside, name)]


def changes(before: Any, after: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """Return the paths that differ, each with the value before and after, as ``differing`` has them."""
    return [(name, old, new) for name, (old, new) in differing((before, after), path)]
