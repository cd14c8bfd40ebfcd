"""CSV tables as data sources."""

from collections.abc import Callable
from typing import Any

from dltool.config.needs import TaskName
from dltool.data.draft import draft_table


def load_table(load_data: Callable[..., Any], path: str, task: TaskName = TaskName.BINARY, **values: Any) -> Any:
    """Load a table whose column ``y`` is the target."""
    return load_data(task, **{"source": "csv", "path": path, "targets": "y", "scaling": "none"} | values)


def draft(folder, header, *columns, target="y", delimiter=","):
    """Write columns into a table and return what is drafted for it."""
    lines = [
        header,
        *(delimiter.join("" if cell is None else str(cell) for cell in row) for row in zip(*columns, strict=True)),
    ]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    return draft_table(str(folder / "t.csv"), target)
