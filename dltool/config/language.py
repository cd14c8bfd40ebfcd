"""The types of the language, followed by the keys of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_origin

from pydantic import Tag
from pydantic.fields import FieldInfo

from dltool.config.document import CHOICE_KEYS
from dltool.config.field_types import Spec, ValidatedAs, is_tag
from dltool.errors import KeyPath

Location = tuple[str | int, ...]
"""Pydantic's location of an error: a way to a value, with the tag of each kind that was chosen on it."""


def fields_at(root: type[Spec], location: Location) -> list[str]:
    """Return the keys that a mapping may have."""
    spec = type_at(root, location)
    return list(spec.model_fields) if isinstance(spec, type) and issubclass(spec, Spec) else []


def kinds_of_type(annotation: Any) -> dict[str, Any]:
    """Return the names by which a value of a type may be chosen, with what each of them chooses."""
    return {tag.strip("<>"): spec for tag, spec in _tags(annotation).items()}


def type_at(root: type[Spec], location: Location) -> Any:
    """Follow an error's location through the types of the language; what may also be None is the rest alone."""
    here = annotation_at(root, location)
    return flat(here)[0] if len(flat(here)) == 1 else here


def annotation_at(root: type[Spec], location: Location) -> Any:
    """Follow an error's location through the types of the language."""
    here: Any = root
    for part in location:
        if is_tag(part):
            here = _tags(here).get(str(part))
        elif isinstance(part, int):
            here = next((arg for arg in flat(here) if get_args(arg)), None)
            here = get_args(here)[0] if here is not None else None
        else:
            spec = next((arg for arg in flat(here) if isinstance(arg, type) and issubclass(arg, Spec)), None)
            field = spec.model_fields.get(part) if spec else None
            mapping = next((arg for arg in flat(here) if get_origin(arg) is dict), None)
            here = _type_of(field) if field else get_args(mapping)[1] if mapping else None
    return here


def _type_of(field: FieldInfo) -> Any:
    """Return what Pydantic validates a field by."""
    return _validated_as(field.metadata, field.annotation)


def _inner(annotated: Any) -> Any:
    """Return what stands within an ``Annotated``, or what Pydantic takes in its place."""
    return _validated_as(annotated.__metadata__, annotated.__origin__)


def _validated_as(metadata: Iterable[Any], otherwise: Any) -> Any:
    return next((note.type for note in metadata if isinstance(note, ValidatedAs)), otherwise)


def flat(annotation: Any) -> list[Any]:
    """Return the members of a union, without ``Annotated`` around them and without None."""
    if hasattr(annotation, "__metadata__"):
        return flat(_inner(annotation))
    args = get_args(annotation)
    if args and not isinstance(annotation, type) and get_origin(annotation) not in (list, dict):
        return [member for arg in args if arg is not type(None) for member in flat(arg)]
    return [annotation]


def _tags(annotation: Any) -> dict[str, Any]:
    """Return the tags of a union with the type behind each."""
    found: dict[str, Any] = {}
    if hasattr(annotation, "__metadata__"):
        tags = [m.tag for m in annotation.__metadata__ if isinstance(m, Tag)]
        if tags:
            return {tags[0]: _inner(annotation)}
        return _tags(_inner(annotation))
    if get_origin(annotation) is list:
        return {}
    for arg in get_args(annotation):
        found |= _tags(arg)
    return found


def item_type(annotation: Any, least: int = 1) -> tuple[Any, int] | None:
    """Return the type of a list's items and the least number of them; None if the type takes no list."""
    if hasattr(annotation, "__metadata__"):
        bounds = [bound for field in annotation.__metadata__ for bound in getattr(field, "metadata", ())]
        return item_type(_inner(annotation), max([least, *(getattr(bound, "min_length", 1) for bound in bounds)]))
    if get_origin(annotation) is list:
        return get_args(annotation)[0], least
    members = () if get_origin(annotation) is dict else get_args(annotation)
    return next((found for member in members if (found := item_type(member))), None)


def field_paths(annotation: Any, value: Any, keys: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield the way to every key that a value of a type may have, but for those in lists, and the key's own type.

    Args:
        annotation: The type.
        value: What is written there, or a default; where it says by its ``type`` what it is, it is that.
        keys: The way to the value.
    """
    for spec in _chosen(annotation, value):
        for name, field in spec.model_fields.items():
            yield (*keys, name), _type_of(field)
            within = value.get(name) if isinstance(value, dict) else None
            yield from field_paths(_type_of(field), field.default if within is None else within, (*keys, name))


def _chosen(annotation: Any, value: Any) -> list[type[Spec]]:
    specs = [member for member in flat(annotation) if isinstance(member, type) and issubclass(member, Spec)]
    name = next((value[key] for key in CHOICE_KEYS if key in value), None) if isinstance(value, dict) else value
    named = _tags(annotation).get(f"<{name}>") if isinstance(name, str) else None
    if isinstance(value, Spec):
        return [type(value)]
    if isinstance(value, int | float | list):
        return []
    return [named] if named else specs
