"""The values of a config, and the paths to them, in few words for a person."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import yaml


def values_text(values: dict[str, Any]) -> str:
    """Return a point's values on one line: ``learning_rate 0.1, hidden_units [4]``."""
    names = short_names(list(values))
    return ", ".join(f"{names[name]} {value_text(value)}" for name, value in values.items())


def value_text(value: Any) -> str:
    """Return a value as a person writes it: as YAML, and a number that was drawn has more digits than matter."""
    if isinstance(value, float):
        return f"{value:.0f}" if 10_000 <= abs(value) < 1e9 else f"{value:.4g}"
    if isinstance(value, list | dict):
        value = json.loads(json.dumps(value))  # texts of a file remember its folder, which YAML would want to write
        return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=math.inf, allow_unicode=True)[:-1]
    return value if isinstance(value, str) else json.dumps(value)


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Return the shortest end of each path that no other path has: ``learning_rate``, ``layers[0].filters``."""
    ends = {name: _ends(name) for name in names}
    counts = Counter(end for each in ends.values() for end in each)
    return {name: next((end for end in each if counts[end] == 1), name) for name, each in ends.items()}


def _ends(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[-count:]) for count in range(1, len(parts) + 1)]
