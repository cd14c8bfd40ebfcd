"""Whether probabilities are as often right as they say, and the one temperature that mends them.

Guo et al. (2017), "On Calibration of Modern Neural Networks", ICML: logits are divided by one number T, chosen so that
the negative log likelihood is least on rows that the network did not learn from. Which answer is the likeliest stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dltool.contracts.calibration import LEAST_TEMPERATURE, MOST_TEMPERATURE

if TYPE_CHECKING:
    import numpy as np

BINS = 15
_TOLERANCE = 1e-9
_MOST_STEPS = 100
_LEAST, _MOST = 2.0**-126, 1 - 2.0**-24
"""The float32s next to 0, of all digits, and to 1."""


def bin_of(probabilities: np.ndarray) -> np.ndarray:
    """Return which of 15 bins probabilities are in, integers of the same shape: [0, 1/15], (1/15, 2/15], …, from 0.

    Args:
        probabilities: from 0 to 1.
    """
    import numpy as np

    # In float32 the product of what is just above an end of a bin would be rounded to it.
    places: np.ndarray = np.clip(np.ceil(probabilities.astype(np.float64) * BINS).astype(int) - 1, 0, BINS - 1)
    return places


def expected_calibration_error(
    probabilities: np.ndarray, right: np.ndarray, weights: np.ndarray | None = None
) -> float:
    """Return how far probabilities are, on average, from how often they are right: from 0, the best, to 1.

    Naeini et al. (2015), "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI, and Guo et al.: rows
    are put into bins by the probability of their likeliest class, whatever a threshold makes of it. Of each bin,
    |share that is right - mean probability| counts by the rows that it holds.

    Args:
        probabilities: of the likeliest class, the largest of each row: shape (rows,), from 0 to 1.
        right: whether it is the true one, bool (rows,).
        weights: how much each row counts, shape (rows,); by default all alike.
    """
    import numpy as np

    probabilities = probabilities.astype(np.float64)
    counted = np.ones(len(right)) if weights is None else weights.astype(np.float64)
    gaps = np.bincount(bin_of(probabilities), counted * (right - probabilities), BINS)
    return float(np.abs(gaps).sum() / counted.sum())


def best_temperature(logits: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the temperature of the least negative log likelihood, to six digits.

    In 1/T that is convex: Newton's method finds it, within a bracket that is halved where a step would leave it. Bounds
    are 0.05 and 20. At one of them, no temperature fits: the lower the better where all rows are right, the higher the
    better where logits tell nothing of what is true, or less.

    Args:
        logits: finite, of rows that training did not learn from: (rows, classes), (rows, 1) or (rows, labels).
        targets: classes, integers (rows,), or labels of 0 and 1, (rows, labels).
        weights: how much each row counts, shape (rows,); by default all alike.
    """
    import numpy as np

    logits, classes, counted = _answers(logits, targets, weights)
    of_true = np.take_along_axis(logits, classes[:, None], axis=1)[:, 0]
    # The slopes where 1/T is 0 and without end: a float's, further on, may be 0 where it is but small.
    if np.average(logits.mean(axis=1) - of_true, weights=counted) >= 0:
        return MOST_TEMPERATURE
    if np.average(logits.max(axis=1) - of_true, weights=counted) == 0:
        return LEAST_TEMPERATURE
    low, high = 1 / MOST_TEMPERATURE, 1 / LEAST_TEMPERATURE
    sharpness = 1.0
    for _ in range(_MOST_STEPS):
        probabilities = np.exp(_log_probabilities(sharpness * logits))
        mean = (probabilities * logits).sum(axis=1)
        slope = np.average(mean - of_true, weights=counted)
        curvature = np.average((probabilities * (logits - mean[:, None]) ** 2).sum(axis=1), weights=counted)
        if slope == 0:
            break
        low, high = (low, sharpness) if slope > 0 else (sharpness, high)
        with np.errstate(over="ignore"):  # all but level: the step leads out of the bracket
            step = sharpness - slope / curvature if curvature > 0 else 0.0
        if not low < step < high:
            step = np.sqrt(low * high)
        moved, sharpness = abs(step / sharpness - 1), step
        if moved < _TOLERANCE:
            break
    return float(f"{1 / sharpness:.6g}")


def negative_log_likelihoods(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return -ln of the probability of what is true, row by row, float64 (rows,); of several labels, their mean.

    Args:
        logits: as for ``best_temperature``.
        targets: as for ``best_temperature``.
    """
    import numpy as np

    rows = len(logits)
    logits, classes, _ = _answers(logits, targets)
    of_true = np.take_along_axis(_log_probabilities(logits), classes[:, None], axis=1)
    losses: np.ndarray = -of_true.reshape(rows, -1).mean(axis=1)
    return losses


def calibration_error(logits: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the expected calibration error of the likeliest answers; each of several labels is an answer.

    Args:
        logits: as for ``best_temperature``.
        targets: as for ``best_temperature``.
        weights: as for ``best_temperature``.
    """
    import numpy as np

    logits, classes, counted = _answers(logits, targets, weights)
    probabilities = np.exp(_log_probabilities(logits).max(axis=1))
    return expected_calibration_error(probabilities, logits.argmax(axis=1) == classes, counted)


def logits_of(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the logits that stored probabilities are of, float64, as far as float32s hold them.

    A label's is at most 16.6: the largest probability below 1 is 1 - 6e-8.

    Args:
        outputs: decoded: a probability for each class, or for each label.
        targets: classes, (rows,), or labels, (rows, labels).
    """
    import numpy as np

    probabilities = outputs.astype(np.float64).clip(_LEAST, _MOST)
    logits: np.ndarray = np.log(probabilities)
    return logits if targets.ndim == 1 else logits - np.log1p(-probabilities)


def at_temperature(outputs: np.ndarray, targets: np.ndarray, temperature: float) -> np.ndarray:
    """Return stored probabilities as a temperature makes them, float32.

    Args:
        outputs: as for ``logits_of``.
        targets: as for ``logits_of``.
        temperature: what their logits are divided by.
    """
    import numpy as np

    logits = logits_of(outputs, targets) / temperature
    made = np.exp(_log_probabilities(logits)) if targets.ndim == 1 else 1 / (1 + np.exp(-logits))
    return made.astype(np.float32)


def threshold_at(threshold: float, temperature: float) -> float:
    """Return the threshold that parts the rows of two classes as they were before a temperature changed them."""
    import numpy as np

    both = np.array([[1 - threshold, threshold]])
    moved = at_temperature(both, np.zeros(1, int), temperature)[0, 1]
    return float(str(min(moved, np.float32(_MOST))))


def _answers(
    logits: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return logits in float64, (answers, classes), with the true class and the weight of each answer.

    A label is an answer of its own: one of two classes, of which "no" has a logit of 0.
    """
    import numpy as np

    logits = logits.astype(np.float64)
    if logits.shape[1] > 1 and targets.ndim == 1:
        return logits, targets, weights
    yes = logits.reshape(-1, 1)
    counted = None if weights is None else np.repeat(weights, logits.shape[1])
    return np.hstack([np.zeros_like(yes), yes]), (targets.ravel() > 0.5).astype(int), counted


def _log_probabilities(logits: np.ndarray) -> np.ndarray:
    """Return the logarithm of the softmax of each row."""
    import numpy as np

    shifted = logits - logits.max(axis=1, keepdims=True)
    logarithms: np.ndarray = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logarithms
