"""Train, evaluate and use neural networks from one YAML file."""

from dltool.api import check, evaluate, load_config, predict, train

__all__ = ["check", "evaluate", "load_config", "predict", "train"]
