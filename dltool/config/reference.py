"""The language described from its own types: JSON Schema for editors, a page for people."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic_core import PydanticUndefined

from dltool.config import data, layers, losses, model, optimizers, training
from dltool.config.field_types import Spec, kinds_of
from dltool.config.schema import Config

_SECTIONS: tuple[tuple[str, str, tuple[type[Spec], ...]], ...] = (
    ("Config", "The top of the file.", (Config,)),
    ("data", "Where examples come from: chosen by `source`.", data.SOURCES),
    ("model", "The network: chosen by `type`.", model.MODELS),
    ("layers", "What `model.layers` may list: chosen by `type`.", layers.LAYERS),
    ("regularizers", "Penalties that layers may carry: chosen by `type`.", layers.REGULARIZERS),
    ("training", "How the model is trained.", (training.Training, training.EarlyStopping, training.ReduceLROnPlateau)),
    ("optimizers", "How the weights are moved: chosen by `type`.", optimizers.OPTIMIZERS),
    ("learning-rate schedules", "What `learning_rate` may be instead of a number.", optimizers.SCHEDULES),
    ("losses", "What is minimised: chosen by `type`.", losses.LOSSES),
    ("metrics", "What else is measured: chosen by `type`.", losses.METRICS),
)


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
        for key in ("type", "source"):
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


def descriptions(spec: type[Spec]) -> dict[str, str]:
    """Return the docstring under each field of a spec, those of its bases included."""
    found: dict[str, str] = {}
    for base in reversed(spec.__mro__):
        if issubclass(base, Spec) and base is not Spec:
            found |= _docstrings_in(base.__module__).get(base.__name__, {})
    return {name: text for name, text in found.items() if name in spec.model_fields}


@cache
def _docstrings_in(module: str) -> dict[str, dict[str, str]]:
    """Read a module's source for the docstrings under fields: reading them at import would slow every start."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: dict(_field_docstrings(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _field_docstrings(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, text in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            yield field.target.id, inspect.cleandoc(str(text.value.value)).replace("\n", " ").replace("``", "`")


def reference_page() -> str:
    """Return the reference of the config as Markdown."""
    parts = [
        "# Config reference",
        "Made from the code by `make docs`; a test holds it up to date.",
        "Where a value is chosen by its `type` and needs nothing else, the name alone may stand: "
        "`optimizer: adam`, `- flatten`.",
    ]
    for title, text, specs in _SECTIONS:
        parts += [f"## {title}", text]
        parts += [_entry(spec) for spec in specs]
    return "\n\n".join(parts) + "\n"


def _entry(spec: type[Spec]) -> str:
    key = next((key for key in ("type", "source") if key in spec.model_fields), None)
    name = ", ".join(f"`{kind}`" for kind in kinds_of(spec, key)) if key else f"`{_key_of(spec)}`"
    lines = [f"### {name}", inspect.cleandoc(spec.__doc__ or "").replace("``", "`")]
    texts = descriptions(spec)
    rows = [
        f"| `{field}` | {_default(info)} | {texts.get(field, '')} |"
        for field, info in spec.model_fields.items()
        if field != key
    ]
    if rows:
        lines.append("\n".join(["| key | default | |", "| --- | --- | --- |", *rows]))
    return "\n\n".join(lines)


def _key_of(spec: type[Spec]) -> str:
    names: dict[type[Spec], str] = {
        Config: "(the file)",
        training.Training: "training",
        training.EarlyStopping: "training.early_stopping",
        training.ReduceLROnPlateau: "training.reduce_lr_on_plateau",
    }
    return names[spec]


def _default(info: Any) -> str:
    if info.default is PydanticUndefined:
        return "required" if info.default_factory is None else "computed"
    if info.default is None:
        return "none"
    if isinstance(info.default, Spec):
        return f"`{getattr(info.default, 'type')}`"  # noqa: B009
    return f"`{str(info.default).lower() if isinstance(info.default, bool) else info.default}`"
