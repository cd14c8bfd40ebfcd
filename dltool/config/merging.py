"""Putting one document on top of another, and a value into a document: mappings merge, anything else replaces."""

from __future__ import annotations

from typing import Any

from dltool.config.document import CHOICE_KEYS, Document, choice_key, key_paths
from dltool.errors import KeyPath, Position, Problem, dotted


def merge_base(document: Document, base: Document) -> None:
    """Take from ``base`` whatever a document leaves out, with its positions and problems."""
    document.value = _merged(document, base, base.value, document.value, ())
    document.problems += base.problems


def set_value(document: Document, keys: KeyPath, part: Document, key_position: Position) -> Problem | None:
    """Set the value at ``keys``; a mapping is merged into one that is there.

    Args:
        document: What to change.
        keys: Where in it.
        part: The value, with its positions.
        key_position: Where the keys were written.

    Returns:
        The problem, if there is no such place; whether the key exists is for validation to say.
    """
    before = document.value_at(keys)
    try:
        document.value = _with_value(document.value, keys, part.value, ())
    except LookupError:
        return Problem(f"there is no {dotted(keys)} to set", position=key_position)
    for i in range(1, len(keys) + 1):
        written = key_position if i == len(keys) else document.key_positions.get(keys[:i], key_position)
        document.key_positions[keys[:i]] = written
    for inner in key_paths(before):
        document.value_positions.pop((*keys, *inner), None)
    document.value_positions |= {(*keys, *inner): found for inner, found in part.value_positions.items()}
    document.key_positions |= {(*keys, *inner): found for inner, found in part.key_positions.items()}
    return None


def _merged(document: Document, base: Document, below: Any, above: Any, keys: KeyPath) -> Any:
    """Return the value at ``keys``: ``above``, of the document, merged into ``below``, of its base."""
    if isinstance(below, str) and isinstance(above, dict) and keys in base.value_positions:
        # What is wrong with the name is wrong there.
        base.value_positions[(*keys, choice_key(keys))] = base.value_positions[keys]
    below, above = _name_as_mapping(below, above, keys)
    if not _can_merge(below, above):
        return above
    merged = {}
    for key in [*below, *(k for k in above if k not in below)]:
        here = (*keys, key)
        if key not in above:
            merged[key] = below[key]
            for inner in key_paths(below[key]):
                _copy_positions(document, base, (*here, *inner))
        elif key in below:
            merged[key] = _merged(document, base, below[key], above[key], here)
        else:
            merged[key] = above[key]
    return merged


def _copy_positions(document: Document, base: Document, keys: KeyPath) -> None:
    for own, others in (
        (document.value_positions, base.value_positions),
        (document.key_positions, base.key_positions),
    ):
        if keys in others:
            own[keys] = others[keys]


def _with_value(node: Any, keys: KeyPath, value: Any, above: KeyPath) -> Any:
    """Return ``node``, which stands at ``above``, with ``value`` put in at ``keys``; mappings merge.

    Raises:
        LookupError: A list has no such item.
    """
    if not keys:
        node, value = _name_as_mapping(node, value, above)
        return {**node, **value} if _can_merge(node, value) else value
    key, rest = keys[0], keys[1:]
    here = (*above, key)
    if isinstance(key, int):
        if not isinstance(node, list) or key >= len(node):
            raise LookupError(key)
        return [*node[:key], _with_value(node[key], rest, value, here), *node[key + 1 :]]
    if isinstance(node, list):
        raise LookupError(key)
    node, _ = _name_as_mapping(node, {}, above)  # `optimizer: adam` can then take further keys
    below = node if isinstance(node, dict) else {}
    return {**below, key: _with_value(below.get(key), rest, value, here)}


def _name_as_mapping(below: Any, above: Any, keys: KeyPath) -> tuple[Any, Any]:
    """Turn a name beside a mapping, ``adam``, into the mapping that it stands for, ``{type: adam}``."""
    key = choice_key(keys)
    if isinstance(below, str) and isinstance(above, dict):
        return {key: below}, above
    if isinstance(above, str) and isinstance(below, dict) and key in below:
        return below, {key: above}
    return below, above


def _can_merge(below: Any, above: Any) -> bool:
    """Whether two values merge: mappings do, unless ``above`` names another kind, whose arguments differ."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return False
    return not any(key in above and above[key] != below[key] for key in CHOICE_KEYS if key in below)
