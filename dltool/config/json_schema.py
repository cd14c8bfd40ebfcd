"""The language as JSON Schema, for editors: made from its own types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dltool.config.config import Config
from dltool.config.document import CHOICE_KEYS
from dltool.config.field_docstrings import descriptions
from dltool.config.field_types import Spec


def json_schema(kind: type[Spec] = Config, name: str = "config") -> dict[str, Any]:
    """Return the JSON Schema of a kind of file, with a description and default for every key.

    A value chosen by its ``type`` may be written as the name alone, and an ``extends`` key may name a base file.
    """
    result = kind.model_json_schema()
    definitions = result["$defs"]
    for spec in _specs(Spec):
        described = result if spec is kind else definitions.get(spec.__name__)
        if described:
            for key, text in descriptions(spec).items():
                described["properties"][key]["description"] = text
    _drop_titles(result)
    _allow_names(result, definitions)
    result["properties"]["extends"] = {"type": "string", "description": f"Another {name}, merged beneath this one."}
    required = {"required": result.pop("required")}
    if kind is Config:
        required |= _allow_variants(result, definitions)
    result |= {"if": {"not": {"required": ["extends"]}}, "then": required}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"dltool {name}", **result}


def _drop_titles(node: Any) -> None:
    """Pydantic's titles repeat the keys."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        for value in node.values():
            _drop_titles(value)
    elif isinstance(node, list):
        for item in node:
            _drop_titles(item)


def _allow_names(node: Any, definitions: dict[str, Any]) -> None:
    """Let the bare name stand wherever a choice needs nothing but its name."""
    if isinstance(node, list):
        for item in node:
            _allow_names(item, definitions)
    if not isinstance(node, dict):
        return
    for value in node.values():
        _allow_names(value, definitions)
    names: list[str] = []
    for option in node.get("oneOf", ()):
        described = definitions.get(option.get("$ref", "").rpartition("/")[2], {})
        for key in CHOICE_KEYS:
            if described.get("required") == [key]:
                kind = described["properties"][key]
                names += [kind["const"]] if "const" in kind else kind["enum"]
    if names:
        node["anyOf"] = [{"oneOf": node.pop("oneOf")}, {"enum": names}]


def _allow_variants(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Let a config that ``extends`` another leave out what its base provides, the kind of a section included.

    Returns what a config that extends none must have all the same.
    """
    training = definitions["Training"]
    sections = {"data": (schema, "source"), "model": (schema, "type")}
    sections |= {"optimizer": (training, "type"), "loss": (training, "type")}
    required: dict[str, Any] = {"properties": {}}
    required["properties"]["training"] = {"required": training.pop("required"), "properties": {}}
    for name, (owner, key) in sections.items():
        section = owner["properties"][name]
        strict = required if owner is schema else required["properties"]["training"]
        strict["properties"][name] = {"required": [key]}  # says nothing of a bare name
        choice = {word: section.pop(word) for word in ("oneOf", "anyOf") if word in section}
        section["anyOf"] = [choice, {"type": "object", "not": {"required": [key]}, **_all_keys(choice, definitions)}]
    return required


def _all_keys(choice: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of the names that the members of a choice know."""
    members = choice.get("oneOf") or choice["anyOf"][0]["oneOf"]
    found = {name for member in members for name in definitions[member["$ref"].rpartition("/")[2]]["properties"]}
    return {"propertyNames": {"enum": sorted(found)}}


def _specs(spec: type[Spec]) -> Iterator[type[Spec]]:
    yield spec
    for child in spec.__subclasses__():
        yield from _specs(child)
