"""What a config with folds asks for: a network a fold, and one of all their rows that is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

from dltool.config.config import Config
from dltool.config.optimizers import PiecewiseConstantDecay
from dltool.config.parts import FoldPart, Folds
from dltool.errors import DataError

_LONGEST_NAME = 80


def number_of_folds(config: Config) -> int:
    """Return how many folds a config asks for; 0 where it asks for none."""
    folds = getattr(config.data, "folds", None)
    return folds.number if isinstance(folds, Folds) else folds or 0


def fold_config(config: Config, fold: int) -> Config:
    """Return the config of one fold, counted from 1: its rows validate, the others train.

    It is not calibrated: the temperature is that of all folds together.
    """
    folds = getattr(config.data, "folds", None)
    column = folds.column if isinstance(folds, Folds) else None
    part = FoldPart(by="fold", fold=fold, folds=number_of_folds(config), column=column)
    data = config.data.model_copy(update={"folds": None, "validation": part})
    training = config.training.model_copy(update={"calibration": None})
    name = f"{config.name[:_LONGEST_NAME]}-fold-{fold}"
    return config.model_copy(update={"name": name, "data": data, "training": training})


def whole_config(config: Config, epochs: int, rates: Sequence[float] = (), steps: int = 1) -> Config:
    """Return the config of the network that is trained on the rows of all folds: nothing validates, and nothing stops.

    Args:
        config: with folds.
        epochs: how long to train.
        rates: the learning rate of each epoch, where a plateau lowered it in the fold that this one follows.
        steps: how many an epoch has, for the schedule that then says so.
    """
    training = config.training.model_copy(
        update={"epochs": epochs, "early_stopping": None, "reduce_lr_on_plateau": None}
    )
    if lowered := [(i * steps - 1, after) for i, (before, after) in enumerate(pairwise(rates), 1) if before != after]:
        ends, after = zip(*lowered, strict=True)
        decay = PiecewiseConstantDecay(
            type="piecewise_constant_decay", boundaries=list(ends), values=[rates[0], *after]
        )
        training = training.model_copy(
            update={"optimizer": training.optimizer.model_copy(update={"learning_rate": decay})}
        )
    return config.model_copy(update={"training": training})


@contextmanager
def of_fold(fold: int, folds: int) -> Iterator[None]:
    """Let what is wrong with the rows of a fold say which one it is."""
    try:
        yield
    except DataError as error:
        raise DataError(f"fold {fold} of {folds}: {error}") from None
