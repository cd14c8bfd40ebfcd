"""CSV tables as data sources."""

from collections.abc import Callable
from typing import Any

from dltool.config.needs import TaskName


def load_table(load_data: Callable[..., Any], path: str, task: TaskName = TaskName.BINARY, **values: Any) -> Any:
    """Load a table whose column ``y`` is the target."""
    return load_data(task, **{"source": "csv", "path": path, "targets": "y", "scaling": "none"} | values)
