"""The config of a point: the base, with the point's values set in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dltool.config.config import Config
from dltool.config.document import Document
from dltool.config.merging import set_value
from dltool.config.overrides import keys_of
from dltool.config.validation import validate
from dltool.errors import KeyPath, Position
from dltool.experiments.sweep_spec import Axis, Range
from dltool.runs.trials import Values


class PointConfigs:
    """Makes configs of points, and knows where in the sweep file each value was written."""

    def __init__(self, document: Document, axes: dict[str, Axis], base: Document) -> None:
        """Note where each value was written.

        Args:
            document: The sweep file.
            axes: Its axes.
            base: The config that is varied.
        """
        self.document, self._axes, self._base = document, axes, base
        part = document.part(("axes",))
        self._positions = {*part.value_positions.values(), *part.key_positions.values()}
        # By their texts, since 1, 1.0 and true are three values.
        self._indexes = {
            name: {repr(value): i for i, value in enumerate(axis)}
            for name, axis in axes.items()
            if isinstance(axis, list)
        }

    def make(self, values: Values) -> Config:
        """Return the config that values make.

        Raises:
            ConfigError: They make none.
        """
        document, problems = self._base.copy(), []
        document.origin = self.document.origin
        for name, value in values.items():
            for path, part, key_position in self._settings(name, value):
                problem = set_value(document, keys_of(path), part, key_position)
                problems += [problem] if problem else []
        return validate(document, problems)

    def _settings(self, name: str, value: Any) -> Iterator[tuple[str, Document, Position]]:
        """Yield each path that a value of an axis sets, with the value, and where the path was written."""
        axis, document = self._axes[name], self.document
        if isinstance(axis, dict):
            for path in axis[value]:
                keys: KeyPath = ("axes", name, value, path)
                yield path, document.part(keys), document.key_positions[keys]
            return
        if isinstance(axis, Range):
            part = Document(document.origin, value, {(): document.value_positions["axes", name]})
        else:
            part = document.part(("axes", name, self._indexes[name][repr(value)]))
        yield name, part, document.key_positions["axes", name]

    def position(self, name: str, value: Any) -> Position:
        """Return where a value of an axis was written; of a range, where that was."""
        axis = self._axes[name]
        if isinstance(axis, dict):
            return self.document.key_positions["axes", name, value]
        if isinstance(axis, Range):
            return self.document.value_positions["axes", name]
        return self.document.value_positions["axes", name, self._indexes[name][repr(value)]]

    def is_in_axes(self, position: Position | None) -> bool:
        """Tell whether a position is one in the axes of the sweep file."""
        return position in self._positions
