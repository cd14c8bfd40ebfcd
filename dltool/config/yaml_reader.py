"""Reading YAML so that every value keeps the position where it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from dltool.config.document import Document, TextWithFolder
from dltool.errors import KeyPath, Position, Problem

MAX_DEPTH = 64
MAX_BYTES = 64 * 2**20
"""A config may have so many."""
_MAX_ALIASED_VALUES = 100_000

# YAML 1.2's core schema. PyYAML follows YAML 1.1, in which `yes` is true, 010 is 8 and 1e-3 is a text.
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_AMBIGUOUS = re.compile(r"[-+]?(0[0-9]+|0[xXoObB][0-9a-fA-F_]+|(?=.*_)[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?)")


def read_text(text: str, origin: str, folder: Path) -> Document:
    """Read YAML text.

    Raises:
        ConfigError: It is not YAML, repeats a key, nests too deeply, or holds several documents.
    """
    document = Document(origin)
    lines = text.splitlines()
    try:
        document.problems += _tag_problems(text, origin, lines)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        raise document.error([_not_yaml(error, origin, lines)]) from None
    except yaml.reader.ReaderError as error:
        before = text.encode()[: error.position].decode(errors="ignore").split("\n")
        line = text.split("\n")[len(before) - 1]
        position = Position(origin, len(before), len(before[-1]) + 1, 1, line)
        message = f"not valid YAML: unacceptable character #x{error.character:04x}: save the file as plain UTF-8 text"
        raise document.error([Problem(message, position=position)]) from None
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise document.error([Problem(f"not valid YAML: {str(error).splitlines()[0]}")]) from None
    reader = _Reader(document, lines, folder)
    document.value = reader.construct(node, ()) if node is not None else None
    if reader.endless:
        raise document.error([Problem("aliases make this file describe too many values", reader.endless[:1])])
    return document


def _not_yaml(error: yaml.MarkedYAMLError, origin: str, lines: Sequence[str]) -> Problem:
    message = f"not valid YAML: {', '.join(filter(None, [error.context, error.problem]))}"
    begun, mark = error.context_mark, error.problem_mark or error.context_mark
    if mark is None:
        return Problem(message)
    if begun and begun.line < mark.line:
        message += f" (begun on line {begun.line + 1})"
    position = _position(origin, lines, mark)
    indented_by_tab = "\t" in position.text[: len(position.text) - len(position.text.lstrip())]
    return Problem(
        message, hint="indent with spaces; tabs are not allowed" if indented_by_tab else "", position=position
    )


def _tag_problems(text: str, origin: str, lines: Sequence[str]) -> Iterator[Problem]:
    """Yield a problem for each tag: plain values need none.

    Raises:
        MarkedYAMLError: The text nests too deeply. Composing recurses, this parser does not.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if tag := getattr(event, "tag", None):
            position = _position(origin, lines, event.start_mark, event.end_mark)
            yield Problem(f"tag {tag!r} is not allowed; plain values only", position=position)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise yaml.MarkedYAMLError(
                    problem=f"nested deeper than {MAX_DEPTH} levels",
                    problem_mark=event.start_mark,  # type: ignore[arg-type]
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _position(origin: str, lines: Sequence[str], mark: Any, end: Any = None) -> Position:
    text = lines[mark.line] if mark.line < len(lines) else ""
    same_line = end is not None and end.line == mark.line
    width = end.column - mark.column if same_line else len(text.rstrip()) - mark.column
    return Position(origin, mark.line + 1, mark.column + 1, max(1, width), text)


class _Reader:
    """Turns nodes into plain values and notes the position of each."""

    def __init__(self, document: Document, lines: Sequence[str], folder: Path) -> None:
        self.document, self.lines, self.folder = document, lines, folder
        self.problems = document.problems
        self.visited = 0
        self.endless: KeyPath = ()
        """Where the values became too many."""
        # Without aliases, a text describes no more values than it has characters.
        self.limit = max(_MAX_ALIASED_VALUES, sum(map(len, lines)))

    def construct(self, node: yaml.Node, keys: KeyPath) -> Any:
        self.visited += 1
        position = _position(self.document.origin, self.lines, node.start_mark, node.end_mark)
        position = replace(position, is_scalar=isinstance(node, yaml.ScalarNode))
        # Positions are kept to the depth at which errors are reported one by one: inline data are named by row.
        if len(keys) < 8:
            self.document.value_positions[keys] = position
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, keys)
        if isinstance(node, yaml.SequenceNode):
            return [self._child(child, (*keys, i)) for i, child in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)  # noqa: S101  (there is no other kind)
        return self._scalar(node, keys, position)

    def _child(self, node: yaml.Node, keys: KeyPath) -> Any:
        # Aliases make a small file describe a huge value, or an endless one.
        if self.visited > self.limit or len(keys) > MAX_DEPTH:
            self.endless = self.endless or keys
            return None
        return self.construct(node, keys)

    def _mapping(self, node: yaml.MappingNode, keys: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            position = _position(self.document.origin, self.lines, key_node.start_mark, key_node.end_mark)
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str) or key_node.tag == "tag:yaml.org,2002:merge":
                message = "merge keys (<<) are not supported; use 'extends'" if key else "a key must be a word"
                self.problems.append(Problem(message, keys, position=position))
                continue
            here = (*keys, key)
            if key in result:
                first = self.document.key_positions[here].line
                self.problems.append(Problem(f"key {key!r} was given before, on line {first}", here, position=position))
                continue
            self.document.key_positions[here] = position
            result[key] = self._child(value_node, here)
        return result

    def _scalar(self, node: yaml.ScalarNode, keys: KeyPath, position: Position) -> Any:
        text: str = node.value
        plain = not node.style
        if not plain:
            return TextWithFolder(text, self.folder)
        if text in ("", "~", "null", "Null", "NULL"):
            return None
        if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
            return text.lower() == "true"
        if _INTEGER.fullmatch(text):
            return int(text) if len(text) < 40 else float(text)
        if _FLOAT.fullmatch(text) and not _AMBIGUOUS.fullmatch(text):
            return float(text)
        if _NOT_FINITE.fullmatch(text):
            return float(text.replace(".", "").lower())
        if _AMBIGUOUS.fullmatch(text):
            message = f"{text} may be read in several ways; write a plain decimal number, or quote it"
            self.problems.append(Problem(message, keys, position=position))
        return TextWithFolder(text, self.folder)
