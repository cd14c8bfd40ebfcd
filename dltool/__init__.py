"""Train, evaluate and use neural networks from one YAML file."""

# ruff: noqa: F403, F405  (a type checker finds in the API what is listed here)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dltool.api import *

__all__ = [
    "calibrate",
    "check",
    "compare",
    "draft",
    "draft_images",
    "evaluate",
    "explain",
    "list_runs",
    "load_config",
    "predict",
    "read_sweep",
    "reproduce",
    "show_data",
    "sweep",
    "train",
    "train_many",
    "write_evaluation",
    "write_explanation",
    "write_predictions",
]


def __getattr__(name: str) -> Any:
    # `dltool --help` needs none of it: what is asked for is loaded when it is asked for.
    if name in __all__:
        from dltool import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    # What is not loaded yet is completed all the same.
    return sorted(__all__)
