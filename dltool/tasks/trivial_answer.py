"""Whether a network does worse than the trivial answer, which ignores the input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dltool.config.metric_names import on_validation
from dltool.config.metric_order import direction, is_better

_NOISE = 1e-6
# A constant answer may do well in others by saying yes to everything.
_JUDGED = (
    "loss", "accuracy", "auc", "r2_score", "mean_squared_error", "root_mean_squared_error", "mean_absolute_error",
    "mean_absolute_percentage_error",
)  # fmt: skip


def worse_than_trivial(
    metrics: Mapping[str, Any],
    trivial: Mapping[str, Any],
    *,
    penalised: bool = False,
    weighted: bool = False,
    decided: bool = False,
) -> list[str]:
    """Return the metrics in which a network does worse than the trivial answer; of validation where there are such.

    Args:
        metrics: the network's.
        trivial: those of the trivial answer, by the same names; None where there is none.
        penalised: whether the network's loss holds penalties on its weights, and so cannot be compared.
        weighted: whether classes were weighted: the network was asked to do worse than the trivial answer on the
            frequent ones.
        decided: whether another threshold than 0.5 decides between two classes: the network was asked for other errors
            than the fewest.
    """
    unfair = {"loss"} if penalised else set()
    unfair |= {"loss", "accuracy"} if weighted else set()
    unfair |= {"accuracy"} if decided else set()
    judged = [name for name in _JUDGED if name not in unfair]
    found = [name for name in map(on_validation, judged) if name in metrics]
    return [
        name
        for name in found or judged
        if name in metrics
        and trivial.get(name) is not None
        and is_better(trivial[name], metrics[name], direction(name), _NOISE * abs(trivial[name]))
    ]
