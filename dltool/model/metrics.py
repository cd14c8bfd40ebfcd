"""Metrics that Keras works out roughly, or in another way than its users take them to mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import keras
import tensorflow as tf
from keras import ops

from dltool.tasks.contract import Task

Scores = Callable[[Any], Any]
"""From what a model puts out to what its predictions show; both of shape (rows, outputs)."""
_ROUNDING = 1e-12


def scores_of(task: Task) -> Scores:
    """Return the function that makes scores of outputs: logits become probabilities, all else is left as it is."""
    found: Scores = getattr(ops, task.probabilities) if task.probabilities else lambda outputs: outputs
    return found


class _InFloat64(keras.metrics.Metric):  # type: ignore[misc]
    """A metric that adds up in float64, whatever Keras takes: float32 counts no further than 2**24."""

    def add_variable(self, shape: Any, initializer: Any = None, dtype: Any = None, **more: Any) -> Any:
        """Add one, float64 unless told otherwise."""
        return super().add_variable(shape, initializer, dtype or "float64", **more)


class OfScores(_InFloat64):
    """A metric of scores rather than outputs."""

    def __init__(self, *, scores: Scores, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._scores = scores

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count; of both, shape (rows, outputs)."""
        super().update_state(y_true, self._scores(y_pred), sample_weight)


class BinaryAccuracy(OfScores, keras.metrics.BinaryAccuracy):  # type: ignore[misc]
    """Keras's, of scores."""


class CategoricalAccuracy(_InFloat64, keras.metrics.MeanMetricWrapper):  # type: ignore[misc]
    """The part of the rows whose likeliest class is the true one; of equal scores the first is the likelier.

    Keras tells 0 from -0 for it, in a dozen operations; predictions do not.
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__(fn=self._right, **arguments)
        self._direction = "up"

    def _right(self, y_true: Any, y_pred: Any) -> Any:
        return tf.argmax(y_pred, axis=1) == self._classes(y_true)

    def _classes(self, y_true: Any) -> Any:
        return tf.argmax(y_true, axis=1)


class SparseCategoricalAccuracy(CategoricalAccuracy):
    """The same of class indices, shape (rows, 1)."""

    def _classes(self, y_true: Any) -> Any:
        return tf.cast(y_true[:, 0], tf.int64)


class Precision(OfScores, keras.metrics.Precision):  # type: ignore[misc]
    """Keras's, of scores."""


class Recall(OfScores, keras.metrics.Recall):  # type: ignore[misc]
    """Keras's, of scores."""


class TopKCategoricalAccuracy(OfScores, keras.metrics.MeanMetricWrapper):  # type: ignore[misc]
    """The part of the rows whose class is among the k best; of equal scores the first is the better, as in predictions.

    Keras counts all that are equal to the k-th, so a model that puts out the same for every class has 1.
    """

    def __init__(self, k: int, **arguments: Any) -> None:
        super().__init__(fn=self._right, **arguments)
        self._direction = "up"
        self._k = k

    def _right(self, y_true: Any, y_pred: Any) -> Any:
        places = ops.arange(y_pred.shape[1])[None]
        true = ops.cast(self._classes(y_true), places.dtype)[:, None]
        score = ops.take_along_axis(y_pred, true, axis=1)
        ahead = (y_pred > score) | ((y_pred == score) & (places < true))
        return ops.sum(ops.cast(ahead, "int32"), axis=1) < self._k

    def _classes(self, y_true: Any) -> Any:
        return ops.argmax(y_true, axis=1)


class SparseTopKCategoricalAccuracy(TopKCategoricalAccuracy):
    """The same of class indices, shape (rows, 1)."""

    def _classes(self, y_true: Any) -> Any:
        return y_true[:, 0]


class F1Score(OfScores, keras.metrics.F1Score):  # type: ignore[misc]
    """2 · TP / (2 · TP + FP + FN), over the classes (labels) that are present in the targets or the predictions.

    Keras counts a class that is neither as 0, and predicts several where their scores are equal. ``macro`` is the mean
    over the classes, ``weighted`` that by their rows, ``micro`` adds up the counts of all. 0 where nothing is present.
    """

    def __init__(self, threshold: float | None, **arguments: Any) -> None:
        super().__init__(threshold=0.5, **arguments)  # what is handed on is 0 or 1
        self._cut = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count; of both, shape (rows, outputs)."""
        scores = self._scores(y_pred)
        if self._cut is None:
            predicted = ops.one_hot(ops.argmax(scores, axis=1), scores.shape[1])
        else:
            predicted = scores > self._cut
        keras.metrics.F1Score.update_state(self, y_true, ops.cast(predicted, "float32"), sample_weight)

    def result(self) -> Any:
        """Return the score of all that was counted, float64."""
        right, wrong = 2 * self.true_positives, self.false_positives + self.false_negatives
        scores = ops.divide_no_nan(right, right + wrong)
        if self.average == "micro":
            return scores
        present = ops.cast(right + wrong > 0, "float64")
        weights = present if self.average == "macro" else self.intermediate_weights
        return ops.divide_no_nan(ops.sum(scores * weights), ops.sum(weights))


class R2Score(_InFloat64, keras.metrics.R2Score):  # type: ignore[misc]
    """The mean over the targets that vary of 1 - Σ(y - ŷ)² / Σ(y - ȳ)²; NaN where none does.

    Keras gives a target that does not vary 0, or what rounding makes of a division by 0.
    """

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add up; of both, shape (rows, outputs)."""
        if not self._built:
            self.first = self.add_variable((y_true.shape[1],), "zeros", name="first")
        # Squares of what is far from zero would leave no digits to the deviations.
        self.first.assign(ops.where(self.num_samples == 0, y_true[0], self.first))
        super().update_state(y_true - self.first, y_pred - self.first, sample_weight)

    def result(self) -> Any:
        """Return the score of all that was added up, float64."""
        total = self.squared_sum - self.sum**2 / self.count
        varies = total > self.count * (_ROUNDING * self.first) ** 2  # logarithms and back leave that of equal numbers
        scores = ops.where(varies, 1 - self.total_mse / total, 0)
        return ops.sum(scores) / ops.sum(ops.cast(varies, scores.dtype))


class AUC(OfScores):
    """The exact area under a curve, of all scores that were seen; Keras's is that of 200 thresholds.

    ``ROC``: the chance that a positive has a higher score than a negative, a tie counting half (Mann & Whitney 1947).
    ``PR``: average precision, Σ (R_n - R_{n-1}) · P_n over the distinct scores, the highest first. Of several outputs,
    every (row, output) counts as an example of its own. NaN where the area is undefined: without positives, without
    negatives (ROC), and where a score is NaN.
    """

    ranks = True
    """Whether the result takes time: for the whole of a part, but not in between."""

    def __init__(self, curve: Literal["ROC", "PR"], rows: int, **arguments: Any) -> None:
        """Make the metric; its variables are made as it is first updated.

        Args:
            curve: which of the two.
            rows: at most how many are seen before the state is reset.
            arguments: as for every metric of scores.
        """
        super().__init__(**arguments)
        self._direction = "up"
        self._curve, self._rows, self._built = curve, rows, False

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Keep the scores; of both, shape (rows, outputs). Rows that have weights count as much as those say."""
        if not self._built:
            most = self._rows * y_pred.shape[1]
            self.weights_seen = None
            if sample_weight is not None:
                self.weights_seen = self.add_variable((most,), "zeros", "float32", name="weights_seen")
            self.seen = self.add_variable((most,), "zeros", "float32", name="seen")
            self.positive = self.add_variable((most,), "zeros", "bool", name="positive")
            self.count = self.add_variable((), "zeros", "int64", name="count")
            self._built = True
        scores = tf.reshape(tf.cast(self._scores(y_pred), tf.float32), [-1])
        first = self.count.value
        end = first + tf.size(scores, tf.int64)
        _write(self.seen, first, end, scores)
        _write(self.positive, first, end, tf.reshape(tf.cast(y_true, tf.bool), [-1]))
        if self.weights_seen is not None:
            weights = tf.reshape(tf.cast(sample_weight, tf.float32), [-1])
            _write(self.weights_seen, first, end, tf.repeat(weights, y_pred.shape[1]))
        self.count.assign(end)

    def result(self) -> Any:
        """Return the area of all that was kept, float64."""
        count = self.count.value
        weights = None if self.weights_seen is None else self.weights_seen.value[:count]
        return area(self.seen.value[:count], self.positive.value[:count], self._curve, weights)


def _write(variable: keras.Variable, first: Any, end: Any, values: Any) -> None:
    # What `variable[first:end].assign` does, but for reading the variable first, which makes it copy all of itself.
    tf.raw_ops.ResourceStridedSliceAssign(
        ref=variable.value.handle, begin=first[None], end=end[None], strides=tf.ones([1], tf.int64), value=values
    )


def area(scores: Any, positive: Any, curve: str, weights: Any = None) -> Any:
    """Return the area under a curve (see ``AUC``), float64, of scores, booleans and perhaps weights, (count,) each."""
    order = tf.argsort(scores, direction="DESCENDING")
    weights = tf.ones_like(scores, tf.float64) if weights is None else tf.cast(tf.gather(weights, order), tf.float64)
    ranked = tf.gather(scores, order)
    hits = tf.cumsum(tf.where(tf.gather(positive, order), weights, 0))
    # Examples of one score are told apart by no threshold: the curve has a point behind the last of them.
    last = tf.concat([ranked[1:] != ranked[:-1], tf.ones_like(ranked[:1], tf.bool)], 0)
    hits, called = hits[last], tf.cumsum(weights)[last]
    positives, negatives = tf.reduce_max(hits), tf.reduce_max(called) - tf.reduce_max(hits)
    new_hits = hits - tf.concat([[0.0], hits[:-1]], 0)
    if curve == "PR":
        total = tf.reduce_sum(new_hits * tf.math.divide_no_nan(hits, called)) / positives
    else:
        misses = called - hits
        new_misses = misses - tf.concat([[0.0], misses[:-1]], 0)
        total = tf.reduce_sum(new_misses * (2 * hits - new_hits)) / (2 * positives * negatives)
    unknown = tf.reduce_any(tf.math.is_nan(scores))
    return tf.where(unknown, tf.constant(float("nan"), tf.float64), total)
