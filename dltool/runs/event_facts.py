"""What the files of a run say of the events of its training."""

from __future__ import annotations

from typing import Any

from dltool.training.events import EpochEnded, Finished


def epoch_row(event: EpochEnded) -> dict[str, Any]:
    """Return an epoch's line of ``metrics.jsonl``."""
    return {
        "epoch": event.epoch,
        **event.metrics,
        "learning_rate": event.learning_rate,
        "seconds": event.seconds,
        "examples_per_second": event.examples_per_second,
    }


def ending(event: Finished) -> dict[str, Any]:
    """Return what ``run.json`` says of a finished training."""
    return {
        "status": event.outcome,
        "reason": event.reason,
        "epochs": event.epochs,
        "training_seconds": event.seconds,
        "best_epoch": event.best_epoch,
        "best": event.best,
        "weights_epoch": event.weights_epoch,
    }
