"""The docstrings that stand under the fields of a section."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache

from dltool.config.field_types import Spec


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
