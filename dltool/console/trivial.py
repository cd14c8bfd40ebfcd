"""Numbers beside the trivial answer's, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dltool.console.formatting import number


def trivial_text(value: float | None) -> str:
    """Write what the trivial answer scores; a score that does not exist, as of one class alone, is a dash."""
    return "-" if value is None or math.isnan(value) else number(value)


def measured_how(trivial_answer: str, loss_unit: str) -> list[str]:
    """Say what the trivial answer is, and in what unit the loss is where that is not the target's own."""
    notes = [f"trivial: always answering {trivial_answer}"]
    if loss_unit:
        notes.append(f"loss: in {loss_unit}; all else in the target's own unit")
    return notes


def worse_verdict(worse: Sequence[str], metrics: Mapping[str, float], trivial: Mapping[str, float | None]) -> list[str]:
    """Warn, in one sentence, of a network that is worse than no network; empty where it is not."""
    if not worse:
        return []
    compared = ", ".join(f"{name} {number(metrics[name])} against {trivial_text(trivial[name])}" for name in worse)
    return [
        f"warning: the network is worse than the trivial answer: {compared}; "
        "try a smaller learning rate, more epochs or other features"
    ]
