"""The values of a config, and where each of them was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dltool.config.counts import counted
from dltool.errors import LONGEST_PART, ConfigError, KeyPath, Position, Problem, clip

CHOICE_KEYS = ("type", "source", "by")
"""The keys that say of which kind a mapping is."""
_MOST_SHOWN = 20
_DIVISIONS = ("validation", "test")


class TextWithFolder(str):
    """A text that remembers the folder of the file in which it was written, should it be a path."""

    folder: Path

    def __new__(cls, text: str, folder: Path) -> TextWithFolder:  # noqa: D102
        self = super().__new__(cls, text)
        self.folder = folder
        return self

    def __getnewargs__(self) -> tuple[str, Path]:  # type: ignore[override]  # for copies
        return str(self), self.folder


@dataclass
class Document:
    """The values of one config and the positions at which they were written."""

    origin: str
    value: Any = None
    value_positions: dict[KeyPath, Position] = field(default_factory=dict)
    key_positions: dict[KeyPath, Position] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    """What is wrong with the text itself: equal keys, tags, numbers of two meanings."""
    without_overrides: Document | None = None
    """The document without what the command line set, if it set anything."""
    overrides: list[tuple[KeyPath, Position]] = field(default_factory=list)
    """What the command line set, and its words."""

    def position(self, problem: Problem) -> Position | None:
        """Return the most precise position known for a problem."""
        keys = problem.keys
        if problem.at_key and keys in self.key_positions:
            return self.key_positions[keys]
        if keys in self.value_positions:
            return self.value_positions[keys]
        while keys and keys not in self.key_positions and keys not in self.value_positions:
            keys = keys[:-1]
        value = self.value_positions.get(keys)
        # Inside a plain value: a name that stands for a mapping. Inside a mapping: a key that was not written.
        return value if value and value.is_scalar else self.key_positions.get(keys, value)

    def error(self, problems: Sequence[Problem], before: Sequence[Problem] = ()) -> ConfigError:
        """Return one error that tells the first problems, in the order of their positions, and how many there are.

        Args:
            problems: What is wrong.
            before: What is wrong without the settings of the command line: those are to blame for the rest.
        """
        old = {(problem.message, problem.keys) for problem in before}
        located = []
        for problem in problems:
            position = problem.position or self.position(problem)
            if position and position.line and (problem.message, problem.keys) not in old:
                position = self._override_position(problem.keys) or position
            located.append(replace(problem, position=position))
        located.sort(key=_sort_key)
        blocks = [problem.render() for problem in located[:_MOST_SHOWN]]
        in_file = any(not problem.position or problem.position.line for problem in located)
        where = f"in {clip(self.origin, LONGEST_PART)}" if in_file else "on the command line"
        count = f"{counted(len(located), 'problem')} {where}"
        if len(located) > _MOST_SHOWN:
            count += f"; the first {_MOST_SHOWN} are shown"
        return ConfigError("\n".join([*blocks, count]), located)

    def _override_position(self, keys: KeyPath) -> Position | None:
        """Return the words that last set the value at ``keys``, something within it, or what it is within."""
        for known, position in reversed(self.overrides):
            shared = min(len(known), len(keys))
            if known[:shared] == keys[:shared]:
                return position
        return None

    def value_at(self, keys: KeyPath) -> Any:
        """Return what stands at ``keys``; None where there is nothing."""
        value = self.value
        for key in keys:
            try:
                value = value[key]
            except (LookupError, TypeError):
                return None
        return value

    def copy(self) -> Document:
        """Return a document that can be changed without changing this one."""
        # Values themselves are never changed in place.
        return replace(
            self,
            value_positions=dict(self.value_positions),
            key_positions=dict(self.key_positions),
            problems=list(self.problems),
            overrides=list(self.overrides),
        )

    def part(self, keys: KeyPath) -> Document:
        """Return what stands at ``keys`` as a document of its own, which knows its positions."""
        value = self.value
        for key in keys:
            value = value[key]
        part = Document(self.origin, value)
        for inner in key_paths(value):
            known = (*keys, *inner)
            if known in self.value_positions:
                part.value_positions[inner] = self.value_positions[known]
            if known in self.key_positions:
                part.key_positions[inner] = self.key_positions[known]
        return part


def _sort_key(problem: Problem) -> tuple[str, int, int]:
    """Sort by file and line, and within a line by column; the order of words on the command line stays."""
    position = problem.position
    return (position.origin, position.line, position.line and position.column) if position else ("", 0, 0)


def key_paths(value: Any) -> Iterator[KeyPath]:
    """Yield the way to a value, from itself, and to whatever is in it."""
    yield ()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        for inner in key_paths(item):
            yield (key, *inner)


def choice_key(keys: KeyPath) -> str:
    """Return the key by which the value at ``keys`` would be chosen, were it one of several kinds."""
    if len(keys) == 2 and keys[0] == "data" and keys[1] in _DIVISIONS:
        return "by"
    return "source" if keys == ("data",) else "type"


def is_utf8(text: str) -> bool:
    """Tell whether a text can be written to a file; the name of a file that is not UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
