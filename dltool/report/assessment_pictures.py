"""Pictures of how good answers are: what is confused, how well scores tell apart, and how far off numbers are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dltool.analysis.statistics import mean_interval
from dltool.assessment.assess import Assessment, ColumnSlices, Ranked
from dltool.assessment.confidence import Reliability
from dltool.assessment.ranking import RankingCurve, thinned
from dltool.config.counts import counted
from dltool.inference.evaluation import Evaluation
from dltool.report.pictures import DIM, FIRST, INK, ON_COLOUR, SECOND, SERIES, Picture, legend_label, picture
from dltool.wording.formatting import number, truncated
from dltool.wording.listings import MOST_CLASSES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STRONG = 0.65
"""From where on a colour, not the page behind it, is what a text has to stand out from."""
_MOST_POINTS = 400
_MOST_DOTS = 1000
_SEED = 0
_LONGEST_NAME = 24
"""Characters of a name on an axis."""
_GROUPS, _ROWS_OF_A_GROUP = 8, 12
"""Fewer rows have no interval."""
_ROUNDING = 1e-9
_LARGEST = 1e30
"""Larger answers are no answers, and no axis has room for them."""


def assessment_pictures(evaluation: Evaluation, assessment: Assessment, targets: np.ndarray) -> list[Picture]:
    """Return the pictures that an evaluation has.

    Args:
        evaluation: with its outputs.
        assessment: of the same rows.
        targets: as a ``Part`` holds them, of the same rows.
    """
    made = []
    if 1 < len(evaluation.classes) <= MOST_CLASSES:
        made.append(_confusion(evaluation))
    if assessment.ranked:
        made += [_roc(assessment.ranked), _precision_recall(assessment.ranked)]
    if assessment.reliability and assessment.abstaining:
        made += [_reliability(assessment.reliability), _coverage(*assessment.abstaining)]
    if not evaluation.classes and not evaluation.labels and not evaluation.row_errors:
        made += _of_numbers(evaluation, targets)
    if evaluation.row_errors and (evaluation.outputs[:, 0] < _LARGEST).any():
        made.append(_row_errors(evaluation.outputs[:, 0]))
    return made + [_slices(place, each) for place, each in enumerate(assessment.slices, 1)]


def _confusion(evaluation: Evaluation) -> Picture:
    """Draw each row of the matrix in parts of the true class, what is wrong as strong as the worst of it."""
    counts = np.array(evaluation.confusion, float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    wrong = shares * (1 - np.eye(len(shares)))
    most, size = max(float(wrong.max()), 1e-9), len(shares)
    names = [truncated(name, _LONGEST_NAME) for name in evaluation.classes]

    def draw(axes: Axes) -> None:
        for i in range(size):
            for j in range(size):
                colour, strength = (FIRST, 0.25 * shares[i, j]) if i == j else (SECOND, 0.85 * wrong[i, j] / most)
                axes.add_patch(_square(j, i, colour, float(strength)))
                if counts[i, j] and size <= 12:
                    ink, points = INK if i == j or strength < _STRONG else ON_COLOUR, 9 if size <= 10 else 7
                    axes.text(j, i, f"{int(counts[i, j]):,}", color=ink, ha="center", va="center", fontsize=points)
        axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), xlabel="predicted", ylabel="true")
        axes.set_xticks(range(size), names, rotation=0 if sum(map(len, names)) < 40 else 60)
        axes.set_yticks(range(size), names)
        axes.grid(visible=False)

    worst = evaluation.confused_pairs[:1]
    said = "".join(f"; most often {pair.true} was taken for {pair.predicted}, {pair.rows:,} times" for pair in worst)
    wide = 3.2 + 0.34 * max(size, 6)
    return picture(
        "confusion",
        "Confusion",
        f"rows by true and predicted class, the wrong ones in orange, as strong as their part of the class{said}",
        draw,
        width=wide,
        height=wide * 0.72,
    )


def _square(x: float, y: float, colour: str, strength: float) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, alpha=strength, linewidth=0)


def _roc(ranked: Sequence[Ranked]) -> Picture:
    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=DIM, linestyle=":", linewidth=1)
        _draw_curves(axes, [(each.name, each.roc) for each in ranked])
        axes.set(xlabel="false positive rate", ylabel="true positive rate", xlim=(0, 1), ylim=(0, 1.01))

    return picture("roc", "ROC curve", _of_each("the area under the ROC curve", ranked, "roc"), draw)


def _precision_recall(ranked: Sequence[Ranked]) -> Picture:
    def draw(axes: Axes) -> None:
        if len(ranked) == 1:
            axes.axhline(ranked[0].prevalence, color=DIM, linestyle=":", linewidth=1)
        _draw_curves(axes, [(each.name, each.precision_recall) for each in ranked])
        axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.01))

    said = _of_each("average precision", ranked, "precision_recall")
    return picture("precision_recall", "Precision and recall", said, draw)


def _draw_curves(axes: Axes, curves: Sequence[tuple[str, RankingCurve]]) -> None:
    """Draw those with the least area in colours and by name, the others thin and grey."""
    order = sorted(curves, key=lambda each: each[1].area)
    named = order[: len(SERIES)]
    for _, curve in order[len(SERIES) :]:
        axes.plot(*_thinned(curve), color=DIM, linewidth=0.7)
    for (name, curve), colour in zip(named, SERIES, strict=False):
        label = f"{legend_label(name, _LONGEST_NAME)}: {curve.area:.4f}"
        axes.plot(*_thinned(curve), color=colour, label=label)
    if len(order) > len(named):
        axes.plot([], [], color=DIM, linewidth=0.7, label=f"{len(order) - len(named)} more, better")
    axes.legend(loc="best", title="area", alignment="left")


def _thinned(curve: RankingCurve) -> tuple[np.ndarray, np.ndarray]:
    places = thinned(curve.x, curve.y, _MOST_POINTS)
    return curve.x[places], curve.y[places]


def _of_each(what: str, ranked: Sequence[Ranked], curve: str) -> str:
    areas = sorted((getattr(each, curve).area, each.name) for each in ranked)
    listed = ", ".join(f"of {name}: {area:.4f}" for area, name in areas[: len(SERIES)])
    more = f" and {len(areas) - len(SERIES)} more" if len(areas) > len(SERIES) else ""
    return f"{what}, 0.5 by chance, {listed}{more}" if curve == "roc" else f"{what} {listed}{more}"


def _reliability(reliability: Reliability) -> Picture:
    def draw(axes: Axes) -> None:
        x, y = ([getattr(each, name) for each in reliability.bins] for name in ("confidence", "accuracy"))
        low, high = ([each.interval[i] for each in reliability.bins] for i in (0, 1))
        axes.plot([0, 1], [0, 1], color=DIM, linestyle=":", linewidth=1)
        axes.vlines(x, low, high, color=FIRST, linewidth=1.2)
        axes.plot(x, y, color=FIRST, marker="o", markersize=4)
        start = max(0.0, min([*x, *y]) - 0.05)
        axes.set(xlabel="probability of the likeliest class", ylabel="part that is right", xlim=(start, 1.01))
        axes.set_ylim(max(0.0, min([start, *low]) - 0.02), 1.01)

    lean = "too sure" if reliability.overconfidence > 0 else "not sure enough"
    said = f"expected calibration error {reliability.error:.4f}"
    said += f"; on average {lean}, by {abs(reliability.overconfidence):.4f}"
    return picture("calibration", "Calibration", said, draw)


def _coverage(parts: np.ndarray, accuracy: np.ndarray) -> Picture:
    places = thinned(parts, accuracy, _MOST_POINTS)
    # Rows of equal confidence are answered together: the parts that there are.
    reached = dict.fromkeys(int(np.searchsorted(parts, part - 1e-9)) for part in (0.5, 0.8, 0.9, 1.0))

    def draw(axes: Axes) -> None:
        axes.plot(parts[places], accuracy[places], color=FIRST)
        axes.set(
            xlabel="part of the rows answered, the surest first", ylabel="part of those that is right", xlim=(0, 1)
        )
        least = float(accuracy[parts >= 0.05].min())
        axes.set_ylim(max(0.0, least - 0.1 * (1 - least) - 0.005), 1 + 0.05 * (1 - least) + 0.001)

    said = "; ".join(f"{parts[place]:.0%} answered, {accuracy[place]:.2%} right" for place in reached)
    return picture("coverage", "What abstaining would buy", said, draw)


def _of_numbers(evaluation: Evaluation, targets: np.ndarray) -> Iterator[Picture]:
    """Draw answers, errors, and how those go with the size of what is true, of each of the first targets."""
    names = [score.name for score in evaluation.targets] or [""]
    for i, name in enumerate(names[:4]):
        true, said = targets[:, i].astype(float), evaluation.outputs[:, i].astype(float)
        known = abs(said) < _LARGEST
        true, said, count = true[known], said[known], len(true)
        if len(true) < 2:
            continue
        suffix, of = (f"_{i + 1}", f" of {name}") if name else ("", "")
        yield _true_and_predicted(true, said, suffix, of, _not_drawn(count, true))
        yield _residuals(true, said, suffix, of)
        if np.ptp(true):
            yield _error_by_size(true, said, suffix, of)


def _not_drawn(count: int, drawn: np.ndarray) -> str:
    """Say how many rows are left out, whose answers no axis has room for."""
    left = count - len(drawn)
    return f"; not drawn: {counted(left, 'row')} beyond {_LARGEST:g}" if left else ""


def _histogram(axes: Axes, values: np.ndarray) -> None:
    middle, span = float(values.mean()), float(np.ptp(values))
    if span <= _ROUNDING * abs(middle):  # one value: what differs is rounding
        axes.hist(np.full(len(values), middle), bins=1, color=FIRST, alpha=0.7)
    else:
        axes.hist(values, bins=min(50, max(8, int(len(values) ** 0.5))), color=FIRST, alpha=0.7)


def _dots(count: int) -> np.ndarray:
    """Return which rows are drawn: all, or a thousand at random."""
    if count <= _MOST_DOTS:
        return np.arange(count)
    return np.sort(np.random.default_rng(_SEED).choice(count, _MOST_DOTS, replace=False))


def _some(count: int) -> str:
    return f"{_MOST_DOTS:,} of {count:,} rows, at random; " if count > _MOST_DOTS else ""


def _true_and_predicted(true: np.ndarray, said: np.ndarray, suffix: str, of: str, left_out: str) -> Picture:
    rows = _dots(len(true))

    def draw(axes: Axes) -> None:
        ends = [min(true.min(), said.min()), max(true.max(), said.max())]
        axes.plot(ends, ends, color=DIM, linestyle=":", linewidth=1)
        axes.scatter(true[rows], said[rows], s=12, color=FIRST, alpha=0.55, linewidths=0)
        axes.set(xlabel=f"true{of}", ylabel="predicted")

    error = number(float(abs(said - true).mean()))
    words = f"{_some(len(true))}the dotted line is where predictions are right; mean absolute error {error}{left_out}"
    return picture(f"predicted{suffix}", f"Predicted against true{of}", words, draw)


def _residuals(true: np.ndarray, said: np.ndarray, suffix: str, of: str) -> Picture:
    residuals = true - said
    low, middle, high = np.quantile(residuals, [0.05, 0.5, 0.95])

    def draw(axes: Axes) -> None:
        _histogram(axes, residuals)
        axes.axvline(0, color=INK, linewidth=1)
        axes.set(xlabel="true less predicted", ylabel="rows")

    words = f"median {number(float(middle))}; nine in ten lie between {number(float(low))} and {number(float(high))}"
    return picture(f"residuals{suffix}", f"Residuals{of}", words, draw)


def _error_by_size(true: np.ndarray, said: np.ndarray, suffix: str, of: str) -> Picture:
    edges = np.unique(np.quantile(true, np.linspace(0, 1, min(_GROUPS, max(2, len(true) // _ROWS_OF_A_GROUP)) + 1)))
    inside = np.clip(np.searchsorted(edges, true, side="right") - 1, 0, len(edges) - 2)
    errors = abs(said - true)
    groups = [errors[inside == i] for i in range(len(edges) - 1)]
    means = [float(group.mean()) if len(group) else np.nan for group in groups]
    ends = [mean_interval(group) or (np.nan, np.nan) for group in groups]

    def draw(axes: Axes) -> None:
        widths = np.diff(edges)
        axes.bar(edges[:-1], means, widths, align="edge", color=FIRST, alpha=0.6, linewidth=0)
        axes.vlines(
            edges[:-1] + widths / 2, [low for low, _ in ends], [high for _, high in ends], color=INK, linewidth=1.2
        )
        axes.set(xlabel=f"true{of}", ylabel="mean absolute error")
        axes.set_ylim(0)

    words = f"the mean error from {number(means[0])} of the smallest to {number(means[-1])} of the largest"
    words += "; lines: 95 % intervals" if np.isfinite(ends).any() else ""
    return picture(f"error_by_size{suffix}", f"Error by size{of}", words, draw)


def _row_errors(errors: np.ndarray) -> Picture:
    count = len(errors)
    errors = errors[errors < _LARGEST]

    def draw(axes: Axes) -> None:
        _histogram(axes, errors)
        axes.set(xlabel="error of a row", ylabel="rows")

    words = f"median {number(float(np.median(errors)))}, largest {number(float(errors.max()))}"
    words += _not_drawn(count, errors)
    return picture("row_errors", "Errors of the rows", words, draw)


def _slices(place: int, each: ColumnSlices) -> Picture:
    found = [each.all_rows, *each.slices]

    def draw(axes: Axes) -> None:
        places = np.arange(len(found))[::-1]
        colours = [INK] + [FIRST] * len(each.slices)
        axes.axvline(each.all_rows.score, color=DIM, linestyle=":", linewidth=1)
        for height, one, colour in zip(places, found, colours, strict=True):
            if one.interval:
                axes.hlines(height, *one.interval, color=colour, linewidth=1.4)
        axes.scatter([one.score for one in found], places, color=colours, s=22, zorder=3)
        axes.set_yticks(places, [f"{truncated(one.name, _LONGEST_NAME)}  ({one.rows:,})" for one in found])
        axes.set(xlabel=each.score, ylim=(-0.7, len(found) - 0.3))

    said = ", ".join(f"{one.name} {number(one.score)}" for one in found[:2])
    words = f"{each.score} by {each.column}, the worst first, with 95 % intervals: {said}"
    height = 1.1 + 0.27 * len(found)
    return picture(f"slices_{place}", f"By {each.column}", words, draw, height=height)
