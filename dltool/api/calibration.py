"""A temperature for a trained network, and what it is good for; loads no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dltool.analysis.statistics import bootstrap_mean
from dltool.api.folds import FOLDS
from dltool.config.metric_names import on_validation
from dltool.config.training import ChosenThreshold, Training
from dltool.contracts.calibration import LEAST_TEMPERATURE, MOST_TEMPERATURE, Calibration
from dltool.contracts.model_description import ModelDescription
from dltool.errors import DataError
from dltool.inference.evaluation import Evaluation
from dltool.tasks.calibration import best_temperature, calibration_error, negative_log_likelihoods
from dltool.tasks.contract import Task

if TYPE_CHECKING:
    from keras import Model

    from dltool.contracts.dataset import Part


def logits_of_part(model: Model, description: ModelDescription, part: Part) -> np.ndarray:
    """Return a network's logits without any temperature, float32: (rows, classes), (rows, 1) or (rows, labels).

    Args:
        model: as ``model.build`` made it.
        description: what it is; a temperature that it has is left out.
        part: the rows; their targets are not looked at.
    """
    from dltool.inference.evaluate import layer_outputs_of
    from dltool.model.calibrated import calibrated

    undivided = description.changed(temperature=1.0)
    return layer_outputs_of(calibrated(model, undivided), undivided.logits_layer, part)


def chosen_calibration(logits: np.ndarray, targets: np.ndarray, weights: np.ndarray | None, part: str) -> Calibration:
    """Choose the temperature that suits some rows best, and return what it is good for on them.

    Args:
        logits: as for ``measured``.
        targets: as for ``measured``.
        weights: as for ``measured``.
        part: as for ``measured``.

    Raises:
        DataError: there is no such temperature; the model is to stay as it is.
    """
    if not np.isfinite(logits).all():
        raise DataError(f"what the network makes of some rows ({part}) is no finite number, so no temperature suits it")
    temperature = best_temperature(logits, targets, weights)
    if temperature in (LEAST_TEMPERATURE, MOST_TEMPERATURE):
        better, why = "higher", "the network is hardly better on them than chance, or far too sure"
        if temperature == LEAST_TEMPERATURE:
            better, why = "lower", "all of them, or nearly all, are answered right"
        raise DataError(
            f"no temperature from {LEAST_TEMPERATURE:g} to {MOST_TEMPERATURE:g} is the best for these {len(targets):,} "
            f"rows ({part}), since {why}: {better} ones would suit them better still; choose it on more rows, by a "
            "larger data.validation or by dltool calibrate RUN --data FILE"
        )
    calibration = measured(logits, targets, weights, part, temperature)
    return replace(calibration, chosen=True)


def measured(
    logits: np.ndarray, targets: np.ndarray, weights: np.ndarray | None, part: str, temperature: float
) -> Calibration:
    """Return what a temperature is good for on some rows, whichever it was chosen on.

    Args:
        logits: as ``tasks.calibration`` has them, finite, before the temperature.
        targets: as a ``Part`` holds them.
        weights: how much each row counts, shape (rows,); by default all alike.
        part: what to call the rows.
        temperature: what the logits are divided by.
    """
    logits = logits.astype(np.float64)
    counted = np.ones(len(logits)) if weights is None else weights / weights.mean()
    before, after = (counted * negative_log_likelihoods(each, targets) for each in (logits, logits / temperature))
    gain = bootstrap_mean(before - after)
    return Calibration(
        temperature=temperature,
        part=part,
        rows=len(logits),
        chosen=False,
        negative_log_likelihood_before=float(before.mean()),
        negative_log_likelihood_after=float(after.mean()),
        expected_calibration_error_before=calibration_error(logits, targets, weights),
        expected_calibration_error_after=calibration_error(logits / temperature, targets, weights),
        gain=gain.mean,
        gain_low=gain.low,
        gain_high=gain.high,
    )


def decision_facts(task: Task, training: Training, *, folds: bool) -> dict[str, Any]:
    """Return what ``run.json`` says of what decides between two classes, where anything but 0.5 was asked to.

    Args:
        task: of the model, with its threshold.
        training: the config's section.
        folds: whether a threshold is chosen on the rows of folds.
    """
    said, threshold = task.decision, training.threshold
    if said and isinstance(threshold, ChosenThreshold):
        where = "folds" if folds else "validation part"
        said += f", the best for {threshold.maximize} on the {where}; epochs are measured at 0.5"
    return {} if task.threshold is None else {"threshold": task.threshold, "decision": said}


def still_worse(names: Sequence[str], evaluation: Evaluation) -> list[str]:
    """Return the metrics in which a calibrated model is worse than the trivial answer.

    Args:
        names: those in which it was before, on any part.
        evaluation: what it achieves. The loss on the validation part may be better by now; that of folds is of before.
    """
    calibration, trivial = evaluation.calibration, evaluation.trivial["loss"]
    if evaluation.split == FOLDS:
        mended = calibration and trivial is not None and calibration.negative_log_likelihood_after < trivial
    else:
        mended = evaluation.split == "validation" and "loss" not in evaluation.worse_than_trivial
    return [name for name in names if not (mended and name == on_validation("loss"))]
