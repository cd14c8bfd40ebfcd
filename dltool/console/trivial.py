"""Numbers beside the trivial answer's, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dltool.console.formatting import number

_Metrics = Mapping[str, float | None]


def measured_text(value: float, trivial: float | None) -> str:
    """Write a metric of a stored epoch, where None is NaN; a dash if it does not exist, as then for any answer."""
    return number(None if trivial is None and math.isnan(value) else value)


def measured_how(trivial_answer: str, loss_unit: str) -> list[str]:
    """Say what the trivial answer is, and what the loss is of where that are not the targets as they are."""
    notes = [f"trivial: always answering {trivial_answer}"]
    if loss_unit:
        notes.append(f"loss: of {loss_unit}" + ("; errors in the target's own unit" if "targets" in loss_unit else ""))
    if loss_unit.startswith("logarithms"):
        notes.append("answers: the median of the target rather than its mean, since logarithms are learnt")
    return notes


def worse_verdict(worse: Sequence[str], metrics: _Metrics, trivial: _Metrics) -> list[str]:
    """Warn, in one sentence, of a network that is worse than no network; empty where it is not."""
    known = [name for name in worse if name in metrics]
    if not known:
        return []
    compared = ", ".join(f"{name} {number(metrics[name])} against {number(trivial.get(name))}" for name in known)
    return [
        f"warning: the network is worse than the trivial answer: {compared}; "
        "another learning rate, more epochs or fewer, another loss or other features may mend it"
    ]
