"""Scores of parts of the rows: where a model is worse than elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dltool.analysis.statistics import Interval, mean_interval, proportion_interval

_QUANTILES = 4
_MOST_CATEGORIES = 20
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MISSING, _OTHERS = "(missing)", "(others)"


@dataclass(frozen=True)
class Slice:
    """Rows that have something in common."""

    name: str
    """Their category, or the range that their numbers lie in."""
    rows: int
    score: float
    interval: Interval | None
    """95 %; None of an error of fewer than ten rows."""


def slices_refusal(cells: Sequence[str | None]) -> str:
    """Return why there is no score by a column's cells; empty where there is one."""
    present = [cell for cell in cells if cell is not None]
    texts = np.array(present, dtype=object)
    distinct = len(set(present))
    if (
        len(present) > 2 * _QUANTILES
        and 2 * distinct > len(present)
        and _numbers(texts) is None
        and _days(texts) is None
    ):
        return f"{distinct:,} values in {len(present):,} rows are hardly ever the same"
    return ""


def slices_of(cells: Sequence[str | None], scores: np.ndarray, *, high_is_good: bool) -> tuple[Slice, list[Slice]]:
    """Score all rows, and each part of them by what a column holds, the worst first.

    Parts are quarters of its numbers or dates, else categories.

    Args:
        cells: of the column, as its table has them; None for a hole. A column of numbers with no more distinct ones
            than quarters is one of categories.
        scores: a score a row: from 0 to 1, of which a mean is a proportion, or other numbers; float64.
        high_is_good: whether a high score is a good one.
    """
    # A row's score may be a proportion itself, such as that of its right labels, which differs less than 0 and 1 would.
    are_proportions = high_is_good and bool(((scores >= 0) & (scores <= 1)).all())
    found = [_slice(name, scores[rows], are_proportions=are_proportions) for name, rows in _groups(cells)]
    found.sort(key=lambda each: each.score if high_is_good else -each.score)
    return _slice("all rows", scores, are_proportions=are_proportions), found


def _groups(cells: Sequence[str | None]) -> Iterator[tuple[str, np.ndarray]]:
    texts = np.array([_MISSING if cell is None else cell for cell in cells], dtype=object)
    missing = np.array([cell is None for cell in cells])
    numbers, days = _numbers(texts[~missing]), _days(texts[~missing])
    if days is not None:
        numbers = days.astype(float)
    if numbers is not None and len(np.unique(numbers)) > _QUANTILES:
        places = np.flatnonzero(~missing)
        edges = np.unique(np.quantile(numbers, np.linspace(0, 1, _QUANTILES + 1)))
        inside = np.searchsorted(edges[1:-1], numbers, side="right")
        digits = 6 if len({f"{edge:.6g}" for edge in edges}) == len(edges) else 15
        for i in range(len(edges) - 1):
            if (inside == i).any():
                last = i == len(edges) - 2
                low, high = (f"{edge:.{digits}g}" for edge in edges[i : i + 2])
                if days is not None:
                    low, high = (str(np.datetime64(int(edge), "D")) for edge in edges[i : i + 2])
                yield f"{low} to {'' if last else 'below '}{high}", places[inside == i]
        if missing.any():
            yield _MISSING, np.flatnonzero(missing)
        return
    counts = Counter(texts.tolist())
    kept = sorted(name for name, _ in counts.most_common(_MOST_CATEGORIES))
    order = {name: i for i, name in enumerate(kept)}
    groups = np.array([order.get(text, len(kept)) for text in texts.tolist()])
    for i, name in enumerate([*kept, _OTHERS]):
        if (inside := np.flatnonzero(groups == i)).size:
            yield name, inside


def _numbers(texts: np.ndarray) -> np.ndarray | None:
    """Return texts as numbers; None where one is none."""
    try:
        numbers = texts.astype(float)
    except ValueError:
        return None
    return numbers if len(numbers) and np.isfinite(numbers).all() else None


def _days(texts: np.ndarray) -> np.ndarray | None:
    """Return dates and times of ISO 8601 as days; None where one is none."""
    if not len(texts) or not all(_DATE.match(text) for text in texts):
        return None
    try:
        return texts.astype("datetime64[D]")
    except ValueError:
        return None


def _slice(name: str, scores: np.ndarray, *, are_proportions: bool) -> Slice:
    rows, mean = len(scores), float(scores.mean())
    if are_proportions:
        return Slice(name, rows, mean, proportion_interval(float(scores.sum()), rows))
    return Slice(name, rows, mean, mean_interval(scores))
