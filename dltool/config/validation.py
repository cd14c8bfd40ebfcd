"""From a YAML file to a checked ``Config``, with every problem named at its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import Tag, ValidationError

from dltool.config.schema import Config
from dltool.config.source import (
    Document,
    Keys,
    Problem,
    apply_override,
    did_you_mean,
    kind_key,
    read_file,
    read_mapping,
)
from dltool.config.spec import Spec, is_tag

AnySpec = TypeVar("AnySpec", bound=Spec)


def load_config(source: str | Path | Mapping[str, Any], overrides: Sequence[str] = ()) -> Config:
    """Read a config and check it.

    Args:
        source: the YAML file, paths inside of which are relative to its folder; or what it would hold, as a mapping,
            paths inside of which are relative to the working directory.
        overrides: ``PATH=VALUE`` settings, as ``--set`` takes them; the later one wins.

    Raises:
        InputMissingError: the file cannot be read.
        ConfigError: anything in it, or in an override, is wrong; the message names every problem, and its place: line
            and column in a file, the path of the value in a mapping.
    """
    document = read_mapping(source) if isinstance(source, Mapping) else read_file(Path(source))
    problems = [problem for text in overrides if (problem := apply_override(document, text))]
    return validate(document, problems)


def validate(document: Document, problems: Sequence[Problem] = ()) -> Config:
    """Return the config that a document describes.

    Raises:
        ConfigError: the values do not fit the language, or ``problems`` is not empty.
    """
    if isinstance(document.value, dict) and {"base", "axes"} <= document.value.keys():
        hint = "`dltool sweep` trains it"
        raise document.error([Problem("this is a sweep file, not a config", ("axes",), hint, at_key=True)])
    config = validate_as(Config, document, problems)
    config._document = document
    return config


def validate_as(kind: type[AnySpec], document: Document, problems: Sequence[Problem] = ()) -> AnySpec:
    """Return what a document describes, as the kind of file that it is.

    Raises:
        ConfigError: the values do not fit the language, or ``problems`` is not empty.
    """
    found = [*document.problems, *problems]
    try:
        checked = kind.model_validate(document.value)
    except ValidationError as error:
        mistyped = {problem.keys for problem in found}  # 010 was no number to begin with
        named = (_problem(kind, details) for details in error.errors(include_url=False))
        found += [problem for problem in named if problem.keys not in mistyped]
        raise document.error(found) from None
    if found:
        raise document.error(found)
    return checked


_LONGEST_VALUE = 80
_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "a mapping of keys",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "a mapping of keys",
    "string_pattern_mismatch": "letters, digits, '.', '_' and '-', beginning with a letter or digit",
    "string_type": "a text",
    "string_unicode": "a text in UTF-8",
}

_LENGTHS = {
    "string_too_long": ("max_length", "character"),
    "string_too_short": ("min_length", "character"),
    "too_long": ("max_length", "item"),
    "too_short": ("min_length", "item"),
}


def _problem(root: type[Spec], error: Any) -> Problem:
    location: tuple[str | int, ...] = error["loc"]
    keys: Keys = tuple(part for part in location if not is_tag(part))
    kind, context, given = error["type"], error.get("ctx", {}), error["input"]
    if kind == "missing":
        return Problem(f"missing key {keys[-1]!r}", keys[:-1], at_key=True)
    if kind == "extra_forbidden":
        word, known = str(location[-1]), _fields_at(root, location[:-1])
        # The word is the user's own, even where it looks like a tag.
        keys = (*(part for part in location[:-1] if not is_tag(part)), word)
        return Problem(f"unknown key {word!r}", keys, did_you_mean(word, known), at_key=True)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _unknown_kind(root, location, keys, kind, context, given)
    if kind == "literal_error":
        return Problem(f"unknown value {given!r}", keys, did_you_mean(str(given), _quoted(context["expected"])))
    if kind in _LENGTHS:
        bound, noun = _LENGTHS[kind]
        count = context[bound]
        least = "at least" if bound == "min_length" else "at most"
        message = f"expected {least} {count} {noun}{'' if count == 1 else 's'}"
    elif kind in _EXPECTED:
        message = f"expected {_EXPECTED[kind]}"
    else:
        message = error["msg"].replace("Input should be", "expected a value").replace("Input should", "expected to")
    if message.startswith("expected") and "got" not in message and not isinstance(given, dict | list):
        message += f", got {_written(given)}"
    return Problem(message, keys, _how_to_write(kind, given))


def _how_to_write(kind: str, given: Any) -> str:
    """Return a hint for a value that YAML reads as another type than its writer meant."""
    if kind == "string_unicode":
        return "rename the file or folder"
    if kind == "number_quoted":
        return "write the number without quotes"
    if kind == "bool_type" and not isinstance(given, dict | list):
        word = str(given).lower()
        if word in ("yes", "y", "on", "1", "true"):
            return "write true"
        return "write false" if word in ("no", "n", "off", "0", "false") else ""
    if kind == "string_type" and isinstance(given, bool | int | float):
        return f"in quotes it is a text: '{_written(given)}'"
    return ""


def _unknown_kind(root: type[Spec], location: Keys, keys: Keys, kind: str, context: Any, given: Any) -> Problem:
    noun = _noun(keys)
    key = kind_key(keys)
    known = _kinds_at(root, location)
    if kind == "union_tag_invalid":
        name = context["tag"][1:-1]
        written_in_full = isinstance(given, dict)
        return Problem(f"unknown {noun} {name!r}", (*keys, key) if written_in_full else keys, did_you_mean(name, known))
    options = did_you_mean("", known)
    if isinstance(given, dict):
        return Problem(f"missing key {key!r}", keys, options, at_key=True)
    return Problem(f"expected a mapping with a {key!r}, or the name of a {noun}, got {_written(given)}", keys, options)


def _noun(keys: Keys) -> str:
    words = [key for key in keys if isinstance(key, str)]
    word = words[-1].replace("_", " ") if words else "config"
    return {"layers": "layer", "metrics": "metric", "data": "data source"}.get(word, word)


def _written(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(str(value)) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]} …"


def _quoted(expected: str) -> list[str]:
    return re.findall(r"'([^']*)'", expected)


def _fields_at(root: type[Spec], location: Keys) -> list[str]:
    spec = _type_at(root, location)
    return list(spec.model_fields) if isinstance(spec, type) and issubclass(spec, Spec) else []


def _kinds_at(root: type[Spec], location: Keys) -> list[str]:
    return [tag.strip("<>") for tag in _tags(_type_at(root, location))]


def _type_at(root: type[Spec], location: Keys) -> Any:
    """Follow an error's location through the types of the language."""
    here: Any = root
    for part in location:
        if is_tag(part):
            here = _tags(here).get(str(part))
        elif isinstance(part, int):
            here = next((arg for arg in _flat(here) if get_args(arg)), None)
            here = get_args(here)[0] if here is not None else None
        else:
            spec = next((arg for arg in _flat(here) if isinstance(arg, type) and issubclass(arg, Spec)), None)
            field = spec.model_fields.get(part) if spec else None
            mapping = next((arg for arg in _flat(here) if get_origin(arg) is dict), None)
            here = field.annotation if field else get_args(mapping)[1] if mapping else None
    return _flat(here)[0] if len(_flat(here)) == 1 else here


def _flat(annotation: Any) -> list[Any]:
    """Return the members of a union, without ``Annotated`` around them and without None."""
    if hasattr(annotation, "__metadata__"):
        return _flat(annotation.__origin__)
    args = get_args(annotation)
    if args and not isinstance(annotation, type) and get_origin(annotation) not in (list, dict):
        return [member for arg in args if arg is not type(None) for member in _flat(arg)]
    return [annotation]


def _tags(annotation: Any) -> dict[str, Any]:
    """Return the tags of a union with the type behind each."""
    found: dict[str, Any] = {}
    if hasattr(annotation, "__metadata__"):
        tags = [m.tag for m in annotation.__metadata__ if isinstance(m, Tag)]
        if tags:
            return {tags[0]: annotation.__origin__}
        return _tags(annotation.__origin__)
    for arg in get_args(annotation):
        found |= _tags(arg)
    return found
