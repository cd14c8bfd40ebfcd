"""Reading YAML so that every value keeps the place where it was written."""

from __future__ import annotations

import difflib
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from dltool.errors import ConfigError, InputMissingError, clip

Keys = tuple[str | int, ...]
"""The way to a value: ``("model", "layers", 2, "units")``."""

_MAX_DEPTH = 64
MAX_BYTES = 64 * 2**20
"""A config may have so many."""
_MAX_ALIASED_VALUES = 100_000
_MOST_EXTENDED = 32
_MOST_SHOWN = 20
_LONGEST_PART = 400
"""Characters of a message, a hint or the path of a file."""
_LONGEST_WORD = 120
"""Characters of a line that is quoted, or of a place within a config."""

# YAML 1.2's core schema. PyYAML follows YAML 1.1, in which `yes` is true, 010 is 8 and 1e-3 is a text.
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_AMBIGUOUS = re.compile(r"[-+]?(0[0-9]+|0[xXoObB][0-9a-fA-F_]+|(?=.*_)[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?)")
_SET = "--set "
_OVERRIDE_PATH = re.compile(r"[^.\[\]\s]+(\.[^.\[\]\s]+|\[[0-9]+\])*")


class Text(str):
    """A text that remembers the folder of the file in which it was written, should it be a path."""

    folder: Path

    def __new__(cls, text: str, folder: Path) -> Text:  # noqa: D102
        self = super().__new__(cls, text)
        self.folder = folder
        return self

    def __getnewargs__(self) -> tuple[str, Path]:  # type: ignore[override]  # for copies
        return str(self), self.folder


@dataclass(frozen=True)
class Place:
    """Where something stands: a file, or the command line, a line and a column counted from 1."""

    origin: str
    line: int
    """0 on the command line, which has none."""
    column: int
    width: int
    """Characters to underline."""
    text: str
    """The whole line."""
    leaf: bool = False
    """Whether it is the place of a plain value rather than of a mapping or a list."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, with where and, if known, how to mend it."""

    message: str
    keys: Keys = ()
    hint: str = ""
    at_key: bool = False
    """Point at the key itself rather than at its value."""
    place: Place | None = None

    def render(self) -> str:
        """Return the problem as ``file:line:column: error: …`` with an excerpt."""
        path = clip(dotted(self.keys), _LONGEST_WORD)
        message = f"error: {clip(self.message, _LONGEST_PART)}" + (f" ({path})" if path else "")
        hint = f"hint: {clip(self.hint, _LONGEST_PART)}" if self.hint else ""
        if self.place is None:
            return "\n".join(filter(None, [message, f"  {hint}" if hint else ""]))
        place = self.place
        number = f"{place.line:5d}" if place.line else " " * 5
        origin = clip(place.origin, _LONGEST_PART)
        where = f"{origin}:{place.line}:{place.column}" if place.line else origin
        text = place.text.replace("\t", " ")
        column, width = place.column, place.width
        if len(text) > _LONGEST_WORD:
            start = max(0, column - 40)
            text, column = text[start : start + _LONGEST_WORD], column - start
        underline = "^" * max(1, min(width, len(text) - column + 1))
        return "\n".join(
            [
                f"{where}: {message}",
                f"{number} | {text}",
                f"      | {' ' * (column - 1)}{underline}{' ' + hint.removeprefix('hint: ') if hint else ''}",
            ]
        )


def dotted(keys: Keys) -> str:
    """Return keys as a person writes them: ``model.layers[2].units``."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")


def is_utf8(text: str) -> bool:
    """Tell whether a text can be written to a file; the name of a file that is not UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass
class Document:
    """The values of one config and the places where they were written."""

    origin: str
    value: Any = None
    values: dict[Keys, Place] = field(default_factory=dict)
    keys: dict[Keys, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    """What is wrong with the text itself: equal keys, tags, numbers of two meanings."""
    unset: Document | None = None
    """The document without what the command line set, if it set anything."""
    settings: list[tuple[Keys, Place]] = field(default_factory=list)
    """What the command line set, and its words."""

    def place(self, problem: Problem) -> Place | None:
        """Return the most precise place known for a problem."""
        keys = problem.keys
        if problem.at_key and keys in self.keys:
            return self.keys[keys]
        if keys in self.values:
            return self.values[keys]
        while keys and keys not in self.keys and keys not in self.values:
            keys = keys[:-1]
        value = self.values.get(keys)
        # Inside a plain value: a name that stands for a mapping. Inside a mapping: a key that was not written.
        return value if value and value.leaf else self.keys.get(keys, value)

    def error(self, problems: Sequence[Problem], before: Sequence[Problem] = ()) -> ConfigError:
        """Return one error that tells the first problems, in the order of their places, and how many there are.

        Args:
            problems: what is wrong.
            before: what is wrong without the settings of the command line: those are to blame for the rest.
        """
        old = {(problem.message, problem.keys) for problem in before}
        placed = []
        for p in problems:
            place = p.place or self.place(p)
            if place and place.line and (p.message, p.keys) not in old:
                place = self._setting(p.keys) or place
            placed.append(Problem(p.message, p.keys, p.hint, p.at_key, place))
        placed.sort(
            key=lambda p: (p.place.origin, p.place.line, p.place.line and p.place.column) if p.place else ("", 0, 0)
        )
        blocks = [problem.render() for problem in placed[:_MOST_SHOWN]]
        in_file = any(not p.place or p.place.line for p in placed)
        where = f"in {clip(self.origin, _LONGEST_PART)}" if in_file else "on the command line"
        count = f"{len(placed):,} problem{'' if len(placed) == 1 else 's'} {where}"
        if len(placed) > _MOST_SHOWN:
            count += f"; the first {_MOST_SHOWN} are shown"
        return ConfigError("\n".join([*blocks, count]), placed)

    def _setting(self, keys: Keys) -> Place | None:
        """Return the words that last set the value at ``keys``, something within it, or what it is within."""
        both = ((known, place, min(len(known), len(keys))) for known, place in reversed(self.settings))
        return next((place for known, place, shared in both if known[:shared] == keys[:shared]), None)

    def copy(self) -> Document:
        """Return a document that can be changed without changing this one."""
        # Values themselves are never changed in place.
        return replace(
            self,
            values=dict(self.values),
            keys=dict(self.keys),
            problems=list(self.problems),
            settings=list(self.settings),
        )

    def part(self, keys: Keys) -> Document:
        """Return what stands at ``keys`` as a document of its own, which knows its places."""
        value = self.value
        for key in keys:
            value = value[key]
        part = Document(self.origin, value)
        for inner in _within(value):
            known = (*keys, *inner)
            if known in self.values:
                part.values[inner] = self.values[known]
            if known in self.keys:
                part.keys[inner] = self.keys[known]
        return part

    def put(self, keys: Keys, part: Document, key: Place) -> Problem | None:
        """Set the value at ``keys``; a mapping is merged into one that is there.

        Returns the problem, if there is no such place; whether the key exists is for validation to say.

        Args:
            keys: where.
            part: the value, with its places.
            key: where the keys were written.
        """
        before = _value_at(self.value, keys)
        try:
            self.value = _with(self.value, keys, part.value, ())
        except LookupError:
            return Problem(f"there is no {dotted(keys)} to set", place=key)
        for i in range(1, len(keys) + 1):
            self.keys[keys[:i]] = key if i == len(keys) else self.keys.get(keys[:i], key)
        for inner in _within(before):
            self.values.pop((*keys, *inner), None)
        for mine, theirs in ((self.values, part.values), (self.keys, part.keys)):
            mine.update({(*keys, *inner): place for inner, place in theirs.items()})
        return None

    def lay_over(self, base: Document) -> None:
        """Put this document's values on top of ``base``'s: mappings merge, anything else replaces."""
        self.value = self._merged(base, base.value, self.value, ())
        self.problems += base.problems

    def _merged(self, base: Document, below: Any, above: Any, keys: Keys) -> Any:
        if isinstance(below, str) and isinstance(above, dict) and keys in base.values:
            base.values[(*keys, kind_key(keys))] = base.values[keys]  # what is wrong with the name, is wrong there
        below, above = _spelt_out(below, above, keys)
        if not _merge(below, above):
            return above
        merged = {}
        for key in [*below, *(k for k in above if k not in below)]:
            here = (*keys, key)
            if key not in above:
                merged[key] = below[key]
                for inner in _within(below[key]):
                    self._adopt(base, (*here, *inner))
            elif key in below:
                merged[key] = self._merged(base, below[key], above[key], here)
            else:
                merged[key] = above[key]
        return merged

    def _adopt(self, base: Document, keys: Keys) -> None:
        for mine, theirs in ((self.values, base.values), (self.keys, base.keys)):
            if keys in theirs:
                mine[keys] = theirs[keys]


def _value_at(value: Any, keys: Keys) -> Any:
    """Return what stands at some keys; None where there is nothing."""
    for key in keys:
        try:
            value = value[key]
        except (LookupError, TypeError):
            return None
    return value


def _within(value: Any) -> Iterator[Keys]:
    """Yield the keys of a value, from itself, and of whatever is in it."""
    yield ()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        for inner in _within(item):
            yield (key, *inner)


def kind_key(keys: Keys) -> str:
    """Return the key by which the value at ``keys`` would be chosen."""
    return "source" if keys == ("data",) else "type"


def _spelt_out(below: Any, above: Any, keys: Keys) -> tuple[Any, Any]:
    """Turn a name beside a mapping, ``adam``, into the mapping that it stands for, ``{type: adam}``."""
    key = kind_key(keys)
    if isinstance(below, str) and isinstance(above, dict):
        return {key: below}, above
    if isinstance(above, str) and isinstance(below, dict) and key in below:
        return below, {key: above}
    return below, above


def _merge(below: Any, above: Any) -> bool:
    """Whether two values merge: mappings do, unless ``above`` names another kind, whose arguments differ."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return False
    return not any(key in above and above[key] != below[key] for key in ("type", "source") if key in below)


def read_file(path: Path) -> Document:
    """Read a YAML file and whatever it ``extends``.

    Raises:
        InputMissingError: the file does not exist or cannot be read.
        ConfigError: the file is not YAML, repeats a key, or extends itself or too long a chain of others.
    """
    return _read_extended(path, ())


def read_mapping(mapping: Mapping[str, Any]) -> Document:
    """Take a config from Python: what a file would hold, and whatever it ``extends``. Nothing of it has a place.

    Tuples and arrays count as lists, other mappings as mappings, paths as texts.

    Raises:
        InputMissingError: a file that it extends cannot be read.
        ConfigError: it holds something that a file could not hold.
    """
    document = Document("the mapping")
    document.value = _plain(mapping, (), document)
    return extended(document)


def _plain(value: Any, keys: Keys, document: Document) -> Any:
    """Return a value as ``read_text`` would have read it, noting what no file could hold."""
    if len(keys) > _MAX_DEPTH:  # or without an end
        raise document.error([Problem(f"nested deeper than {_MAX_DEPTH} levels", keys[:3])])
    if hasattr(value, "tolist"):  # an array, or a number of NumPy's
        value = value.tolist()
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                document.problems.append(Problem(f"a key must be a text, got {key!r}", keys))
        return {key: _plain(item, (*keys, key), document) for key, item in value.items() if isinstance(key, str)}
    if isinstance(value, list | tuple):
        return [_plain(item, (*keys, i), document) for i, item in enumerate(value)]
    if isinstance(value, str | os.PathLike):
        return Text(os.fspath(value), Path())
    if isinstance(value, int) and abs(value) >= 10**39:
        return math.inf if value > 0 else -math.inf
    if not isinstance(value, bool | int | float | None):
        message = f"expected a mapping, a list, a text, a number, a truth value or None, got {type(value).__name__}"
        document.problems.append(Problem(message, keys))
        return None
    return value


def _read_extended(path: Path, seen: tuple[str, ...]) -> Document:
    document = read_text(_read(path), str(path), path.parent)
    if not isinstance(document.value, dict):
        raise document.error([Problem("a config is a mapping of keys, such as 'name', 'data' and 'model'")])
    return extended(document, (*seen, os.path.realpath(path)))


def extended(document: Document, trail: tuple[str, ...] = ()) -> Document:
    """Return a document, on top of the file that its ``extends`` names, if it has one.

    Args:
        document: of a mapping.
        trail: the files that led here, by their real paths.

    Raises:
        InputMissingError, ConfigError: as ``read_file``.
    """
    base = document.value.get("extends")
    document.value = {key: value for key, value in document.value.items() if key != "extends"}
    if base is None:
        return document
    where = Problem(f"cannot extend {base!r}", ("extends",))
    if not isinstance(base, Text) or "\0" in base:
        raise document.error([Problem("expected the path of another config", ("extends",))])
    base_path = base.folder / base
    if os.path.realpath(base_path) in trail:
        raise document.error([Problem(f"{where.message}: it leads back to this file", ("extends",))])
    if not is_file(base_path):
        raise document.error([Problem(f"{where.message}: there is no file {base_path}", ("extends",))])
    if len(trail) >= _MOST_EXTENDED:
        names = [os.path.basename(path) for path in trail]  # noqa: PTH119  (real paths are texts)
        shown = ", ".join([*names[:3], "…", *names[-2:]])
        message = f"{where.message}: {len(trail)} files extend one another ({shown}); expected at most {_MOST_EXTENDED}"
        raise document.error([Problem(message, ("extends",), "write what they share into one of them")])
    document.lay_over(_read_extended(base_path, trail))
    return document


def is_file(path: Path) -> bool:
    """Whether a file can be found at a path, which may be any text."""
    try:
        return path.is_file()
    except OSError:  # a name too long, a link to itself, a folder that may not be entered
        return False


def _read(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise InputMissingError(f"{path} is not a file; expected a YAML config")
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path}: error: larger than {MAX_BYTES // 2**20} MiB; put the data into a file")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: error: not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        siblings: list[str] = []
        with suppress(OSError):  # the folder's name may be too long as well
            siblings = [p.name for p in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, siblings, n=1)
        hint = f"\nhint: did you mean {path.parent / near[0]}?" if near else ""
        raise InputMissingError(f"cannot read {path}: {error.strerror}{hint}") from None


def read_text(text: str, origin: str, folder: Path) -> Document:
    """Read YAML text.

    Raises:
        ConfigError: it is not YAML, repeats a key, nests too deeply, or holds several documents.
    """
    document = Document(origin)
    lines = text.splitlines()
    try:
        document.problems += _tags(text, origin, lines)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        raise document.error([_not_yaml(error, origin, lines)]) from None
    except yaml.reader.ReaderError as error:
        before = text.encode()[: error.position].decode(errors="ignore").split("\n")
        line = text.split("\n")[len(before) - 1]
        place = Place(origin, len(before), len(before[-1]) + 1, 1, line)
        message = f"not valid YAML: unacceptable character #x{error.character:04x}: save the file as plain UTF-8 text"
        raise document.error([Problem(message, place=place)]) from None
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
    place = _at(origin, lines, mark)
    indented_by_tab = "\t" in place.text[: len(place.text) - len(place.text.lstrip())]
    return Problem(message, hint="indent with spaces; tabs are not allowed" if indented_by_tab else "", place=place)


def _tags(text: str, origin: str, lines: Sequence[str]) -> Iterator[Problem]:
    """Yield a problem for each tag: plain values need none.

    Raises:
        MarkedYAMLError: the text nests too deeply. Composing recurses, this parser does not.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if tag := getattr(event, "tag", None):
            place = _at(origin, lines, event.start_mark, event.end_mark)
            yield Problem(f"tag {tag!r} is not allowed; plain values only", place=place)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MAX_DEPTH:
                raise yaml.MarkedYAMLError(
                    problem=f"nested deeper than {_MAX_DEPTH} levels",
                    problem_mark=event.start_mark,  # type: ignore[arg-type]
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _at(origin: str, lines: Sequence[str], mark: Any, end: Any = None) -> Place:
    text = lines[mark.line] if mark.line < len(lines) else ""
    same_line = end is not None and end.line == mark.line
    width = end.column - mark.column if same_line else len(text.rstrip()) - mark.column
    return Place(origin, mark.line + 1, mark.column + 1, max(1, width), text)


class _Reader:
    """Turns nodes into plain values and notes the place of each."""

    def __init__(self, document: Document, lines: Sequence[str], folder: Path) -> None:
        self.document, self.lines, self.folder = document, lines, folder
        self.problems = document.problems
        self.visited = 0
        self.endless: Keys = ()
        """Where the values became too many."""
        # Without aliases, a text describes no more values than it has characters.
        self.limit = max(_MAX_ALIASED_VALUES, sum(map(len, lines)))

    def construct(self, node: yaml.Node, keys: Keys) -> Any:
        self.visited += 1
        place = _at(self.document.origin, self.lines, node.start_mark, node.end_mark)
        place = replace(place, leaf=isinstance(node, yaml.ScalarNode))
        # Places are kept to the depth at which errors are reported one by one: inline data are named by row.
        if len(keys) < 8:
            self.document.values[keys] = place
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, keys)
        if isinstance(node, yaml.SequenceNode):
            return [self._child(child, (*keys, i)) for i, child in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)  # noqa: S101  (there is no other kind)
        return self._scalar(node, keys, place)

    def _child(self, node: yaml.Node, keys: Keys) -> Any:
        # Aliases make a small file describe a huge value, or an endless one.
        if self.visited > self.limit or len(keys) > _MAX_DEPTH:
            self.endless = self.endless or keys
            return None
        return self.construct(node, keys)

    def _mapping(self, node: yaml.MappingNode, keys: Keys) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            place = _at(self.document.origin, self.lines, key_node.start_mark, key_node.end_mark)
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str) or key_node.tag == "tag:yaml.org,2002:merge":
                message = "merge keys (<<) are not supported; use 'extends'" if key else "a key must be a word"
                self.problems.append(Problem(message, keys, place=place))
                continue
            here = (*keys, key)
            if key in result:
                first = self.document.keys[here].line
                self.problems.append(Problem(f"key {key!r} was given before, on line {first}", here, place=place))
                continue
            self.document.keys[here] = place
            result[key] = self._child(value_node, here)
        return result

    def _scalar(self, node: yaml.ScalarNode, keys: Keys, place: Place) -> Any:
        text: str = node.value
        plain = not node.style
        if not plain:
            return Text(text, self.folder)
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
            self.problems.append(Problem(message, keys, place=place))
        return Text(text, self.folder)


def apply_override(document: Document, override: str) -> Problem | None:
    """Set one value from the command line: ``training.optimizer.learning_rate=0.01``.

    Returns the problem, if the words cannot be read; whether the key exists is for validation to say.
    """
    name, equals, text = override.partition("=")
    keys, words = keys_of(name), f"{_SET}{override}"

    def place(begin: int, width: int) -> Place:
        return Place("command line", 0, len(_SET) + begin + 1, max(1, width), words)

    key, value = place(0, len(name)), place(len(name) + 1, len(text))
    if not equals or not keys:
        message = "expected PATH=VALUE, such as training.epochs=5 or model.layers[0].units=16"
        return Problem(message, place=key)
    try:
        part = read_text(text, "", Path())
    except ConfigError:
        if not is_utf8(text):
            return Problem("the value is not UTF-8", hint="rename the file or folder", place=value)
        return Problem("the value is not YAML", place=value)
    document.unset = document.unset or document.copy()
    document.settings.append((keys, value))
    document.problems += [replace(p, keys=(*keys, *p.keys), place=value) for p in part.problems]
    for places in (part.values, part.keys):
        for known, within in places.items():
            shown = place(len(name) + within.column, within.width) if within.line == 1 else value
            places[known] = replace(shown, leaf=within.leaf)
    part.values.setdefault((), value)
    return document.put(keys, part, key)


def _with(node: Any, keys: Keys, value: Any, above: Keys) -> Any:
    """Return ``node``, which stands at ``above``, with ``value`` put in at ``keys``; mappings merge."""
    if not keys:
        node, value = _spelt_out(node, value, above)
        return {**node, **value} if _merge(node, value) else value
    key, rest = keys[0], keys[1:]
    here = (*above, key)
    if isinstance(key, int):
        if not isinstance(node, list) or key >= len(node):
            raise LookupError(key)
        return [*node[:key], _with(node[key], rest, value, here), *node[key + 1 :]]
    if isinstance(node, list):
        raise LookupError(key)
    node, _ = _spelt_out(node, {}, above)  # the short form `optimizer: adam` grows
    below = node if isinstance(node, dict) else {}
    return {**below, key: _with(below.get(key), rest, value, here)}


def keys_of(name: str) -> Keys:
    """Return the keys of ``model.layers[0].units`` or ``model.layers.0.units``; none if it is no such path."""
    name = name.strip()
    if not _OVERRIDE_PATH.fullmatch(name):
        return ()
    return tuple(int(part) if part.isdecimal() else part for part in re.findall(r"[^.\[\]]+", name))
