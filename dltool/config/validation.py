"""From a YAML file to a checked ``Config``, with every problem named at its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from dltool.config.config import Config
from dltool.config.counts import counted
from dltool.config.document import Document, choice_key
from dltool.config.field_types import Spec, is_tag
from dltool.config.hints import Hints
from dltool.config.language import Location
from dltool.config.layers import LAYERS
from dltool.config.overrides import apply_override
from dltool.config.reading import read_file, read_mapping
from dltool.config.suggestions import did_you_mean
from dltool.config.training import Training
from dltool.errors import ConfigError, KeyPath, Problem, UsageError

AnySpec = TypeVar("AnySpec", bound=Spec)
_MOST_HINTS = 500
"""To find what was meant takes a millisecond a word."""


def load_config(source: str | Path | Mapping[str, Any], overrides: str | Sequence[str] = ()) -> Config:
    """Read a config and check it.

    Args:
        source: The YAML file, paths inside of which are relative to its folder; or what it would hold, as a mapping,
            paths inside of which are relative to the working directory.
        overrides: ``PATH=VALUE`` settings, one or several, as ``--set`` takes them; the later one wins.

    Raises:
        InputMissingError: The file cannot be read.
        ConfigError: Anything in it, or in an override, is wrong; the message names every problem, and where it
            stands: line and column in a file, the path of the value in a mapping.
    """
    document = read_mapping(source) if isinstance(source, Mapping) else read_file(Path(source))
    overrides = [overrides] if isinstance(overrides, str) else overrides
    problems = [problem for text in overrides if (problem := apply_override(document, text))]
    return validate(document, problems)


def expect_config(config: object) -> None:
    """Raise UsageError unless it is what ``load_config`` returns."""
    if not isinstance(config, Config):
        raise UsageError(f"expected a config, as dltool.load_config returns it, got a {type(config).__name__}")


def validate(document: Document, problems: Sequence[Problem] = ()) -> Config:
    """Return the config that a document describes.

    Raises:
        ConfigError: The values do not fit the language, or ``problems`` is not empty.
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
        ConfigError: The values do not fit the language, or ``problems`` is not empty.
    """
    parts: tuple[type[Spec], ...] = (Training, *LAYERS)
    for part in parts:
        part.model_rebuild()  # once, instead of once within each class that holds it
    found = [*document.problems, *problems]
    try:
        checked = kind.model_validate(document.value)
    except ValidationError as error:
        # 010 is reported as no number already: that no text fits there would be its second problem.
        mistyped = {problem.keys for problem in found}
        found += [problem for problem in _problems(kind, document, error) if problem.keys not in mistyped]
        raise document.error(found, _problems_without_overrides(kind, document)) from None
    if found:
        raise document.error(found)
    return checked


def _problems_without_overrides(kind: type[Spec], document: Document) -> Sequence[Problem]:
    if document.without_overrides:
        try:
            validate_as(kind, document.without_overrides)
        except ConfigError as error:
            return error.problems
    return ()


def _problems(kind: type[Spec], document: Document, error: ValidationError) -> Iterator[Problem]:
    hints = Hints(kind, document)
    errors = error.errors(include_url=False)
    misnamed = {
        (*details["loc"][:-1], hints.known_key(details["loc"]))
        for details in errors
        if details["type"] == "extra_forbidden"
    }
    # A key under another name is one problem, not two.
    named = [details for details in errors if details["type"] != "missing" or details["loc"] not in misnamed]
    for number, details in enumerate(named):
        if number < _MOST_HINTS:
            yield _problem(hints, details)
        else:  # counted, but beyond those that are shown: a hint would take time for nothing
            yield Problem(details["msg"], tuple(part for part in details["loc"] if not is_tag(part)))


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


def _problem(hints: Hints, error: Any) -> Problem:
    location: Location = error["loc"]
    keys: KeyPath = tuple(part for part in location if not is_tag(part))
    kind, context, given = error["type"], error.get("ctx", {}), error["input"]
    if kind == "missing":
        return Problem(f"missing key {keys[-1]!r}", keys[:-1], at_key=True)
    if kind == "extra_forbidden":
        word = str(location[-1])
        # The word is the user's own, even where it looks like a tag.
        keys = (*(part for part in location[:-1] if not is_tag(part)), word)
        return Problem(f"unknown key {word!r}", keys, hints.for_key(location, keys, given), at_key=True)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _unknown_kind(hints, location, keys, kind, context, given)
    if kind == "literal_error":
        return Problem(f"unknown value {given!r}", keys, did_you_mean(str(given), _quoted(context["expected"])))
    if kind in _LENGTHS:
        bound, noun = _LENGTHS[kind]
        count = context[bound]
        least = "at least" if bound == "min_length" else "at most"
        message = f"expected {least} {counted(count, noun)}"
    elif kind in _EXPECTED:
        message = f"expected {_EXPECTED[kind]}"
    else:
        message = error["msg"].replace("Input should be", "expected a value").replace("Input should", "expected to")
    if message.startswith("expected") and "got" not in message and not isinstance(given, dict | list):
        message += f", got {_written(given)}"
    return Problem(message, keys, hints.for_value(location, keys, kind, given))


def _unknown_kind(hints: Hints, location: Location, keys: KeyPath, kind: str, context: Any, given: Any) -> Problem:
    noun = _noun(keys)
    key = choice_key(keys)
    hint = hints.for_kind(location, keys, given)
    if kind == "union_tag_invalid":
        name = context["tag"][1:-1]
        written_in_full = isinstance(given, dict)
        return Problem(f"unknown {noun} {name!r}", (*keys, key) if written_in_full else keys, hint)
    if isinstance(given, dict):
        return Problem(f"missing key {key!r}", keys, hint, at_key=True)
    article = "an" if noun[0] in "aeiou" else "a"
    return Problem(
        f"expected a mapping with a {key!r}, or the name of {article} {noun}, got {_written(given)}", keys, hint
    )


def _noun(keys: KeyPath) -> str:
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
