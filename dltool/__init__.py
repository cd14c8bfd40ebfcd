"""Train, evaluate and use neural networks from one YAML file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dltool.api import check, evaluate, load_config, predict, sweep, train, train_many

__all__ = ["check", "evaluate", "load_config", "predict", "sweep", "train", "train_many"]


def __getattr__(name: str) -> Any:
    # `dltool --help` needs none of it: what is asked for is loaded when it is asked for.
    if name in __all__:
        from dltool import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
