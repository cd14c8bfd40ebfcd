"""What differs between two mappings as JSON and YAML have them."""

from __future__ import annotations

from typing import Any

_ABSENT = "absent"


def changes(before: Any, after: Any, place: str = "") -> list[tuple[str, Any, Any]]:
    """Return the places that differ, as ``a.b[0].c``, each with the value before and after.

    A place that one of the two lacks has the value ``absent``.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        keys = dict.fromkeys([*before, *after])
        pairs = [
            (f"{place}.{key}" if place else str(key), before.get(key, _ABSENT), after.get(key, _ABSENT)) for key in keys
        ]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = [(f"{place}[{i}]", *pair) for i, pair in enumerate(zip(before, after, strict=True))]
    else:
        return [] if before == after and type(before) is type(after) else [(place, before, after)]
    return [change for name, old, new in pairs for change in changes(old, new, name)]
