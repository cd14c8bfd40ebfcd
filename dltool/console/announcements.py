"""What every display of a training says alike, live or line by line."""

from __future__ import annotations

from dltool.config.counts import counted
from dltool.config.metric_names import without_part
from dltool.contracts.events import FoldEnded, NothingToDo, Resumed, Started
from dltool.wording.formatting import metrics_text


def resumption(event: Resumed | NothingToDo) -> str:
    """Say where a training goes on, if it does, on one line."""
    if isinstance(event, NothingToDo):
        return f"nothing to do: the run is finished ({event.outcome})"
    position = f"after epoch {event.epoch}" + (f", step {event.step} of the next" if event.step else "")
    return f"going on {position} ({event.checkpoint})"


def heading(event: Started) -> str:
    """Say what is about to be trained, on one line."""
    return (
        f"training on {event.device}: {counted(event.rows, 'row')}, {counted(event.parameters, 'parameter')}, "
        f"{counted(event.epochs, 'epoch')} of {counted(event.steps, 'step')}"
        + (f"; loss of {event.loss_unit}" if event.loss_unit else "")
    )


def fold_text(event: FoldEnded) -> str:
    """Say what came of a fold, on one line."""
    metrics = metrics_text({without_part(name): value for name, value in event.metrics.items()})
    return f"fold {event.fold}/{event.folds}  {metrics}  epoch {event.weights_epoch} of {event.epochs}"


def is_milestone(epoch: int) -> bool:
    """Tell whether an epoch is 1, 2, 3 or 5 times a power of ten."""
    return str(epoch).rstrip("0") in {"1", "2", "3", "5"}
