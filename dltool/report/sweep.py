"""The report of a sweep: one page with all of its points, to be opened without a network."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from dltool.analysis.records import SweepRecord
from dltool.config.counts import counted
from dltool.config.status import Status
from dltool.config.value_text import short_names, value_text, values_text
from dltool.errors import DltoolError
from dltool.report.rendering import render
from dltool.report.sweep_pictures import (
    HIGHLIGHTED,
    MOST_BARS,
    Curve,
    importance_bars,
    learning_curves,
    parallel_coordinates,
)
from dltool.runs.trials import PointResult, Trial, best_trial
from dltool.wording.formatting import duration, mean_text, number
from dltool.wording.notes import luck_text, selection_text

_MOST_CURVES = 200
_MOST_HISTORIES = 1000
_MOST_POINTS = 1000
_MOST_FAILURES = 20


def sweep_report_html(record: SweepRecord) -> str:
    """Return the report as one HTML page that loads nothing from anywhere; its script only sorts and marks.

    A trial whose files cannot be read is left out of the pictures.

    Args:
        record: what the sweep's directory holds; the histories and the best config are read from there.
    """
    best, ranked, luck = record.best, record.ranked, record.luck
    return render(
        "sweep.html.jinja",
        name=record.name,
        status=record.status,
        metric=record.metric,
        ranks=record.ranks,
        selection=selection_text(record.metric),
        best=_best(best) if best else None,
        luck=luck_text(luck.probability, luck.points, luck.over, luck.expected) if luck else "",
        overview=_overview(record),
        curves=_curves(record, ranked, best),
        importance=_importance(record),
        axes=_axes(record, ranked, best),
        points=_points(record, ranked, best),
        failures=_failures(record.trials),
        best_config=_config(record, best) if best else None,
    )


def _overview(record: SweepRecord) -> dict[str, str]:
    return {
        "points": f"{len(record.points):,}",
        "trials": f"{len(record.trials):,}",
        "training time": duration(record.seconds),
        "objective": f"{record.metric}, {record.direction}d",
        "begun": record.created[:16].replace("T", " ") + "\N{NO-BREAK SPACE}UTC",
    }


def _best(best: PointResult) -> dict[str, Any]:
    return {
        "mean": mean_text(best.mean, best.standard_error),
        "point": best.point,
        "settings": values_text(best.values),
        "runs": [trial.path for trial in best.trials],
    }


def _curves(record: SweepRecord, ranked: Sequence[PointResult], best: PointResult | None) -> dict[str, Any] | None:
    found = list(_histories(record, ranked))
    picture = learning_curves(found, record.metric, record.direction)
    if not picture:
        return None
    note = f"{record.metric}, a line a point"
    if any(len(curve.runs) > 1 for curve in found):
        note += ": the mean of those of its runs that came that far; the bands are ± its standard error"
    chosen, others = "best" if record.ranks else "first", len(found) - HIGHLIGHTED
    if others > 0:
        note += f"; the {chosen} {HIGHLIGHTED} points are in colour, the other {others:,} thin and grey"
    note += "; the worst twentieth of the values may lie outside"
    if len(found) < len(ranked):
        note += f"; {counted(len(ranked) - len(found), 'point')} not drawn"
    return {"picture": picture, "legend": [_key(curve.point, best) for curve in found[:HIGHLIGHTED]], "note": note}


def _key(point: PointResult, best: PointResult | None) -> str:
    place = ", the best" if best and point.point == best.point else ""
    return f"point {point.point}{place}: {values_text(point.values)}"


def _histories(record: SweepRecord, ranked: Sequence[PointResult]) -> Iterator[Curve]:
    """Read the histories of the first points, of as many as can be drawn and read in a while."""
    read = 0
    for point in ranked[:_MOST_CURVES]:
        read += len(point.trials)
        if read > max(_MOST_HISTORIES, len(point.trials)):
            return
        runs = []
        for trial in point.trials:
            with suppress(DltoolError):
                runs.append(record.run(trial).metrics())
        if any(runs):
            yield Curve(point, [rows for rows in runs if rows])


def _importance(record: SweepRecord) -> dict[str, str] | None:
    importance = record.importance
    if not importance:
        return None
    picture = importance_bars(importance, short_names(list(record.axes)))
    note = f"how much of the variance of {record.metric} over {importance.points:,} points each axis explains by itself"
    note += ", with its 95 % interval"
    if len(importance.axes) > MOST_BARS:
        note += f"; {len(importance.axes) - MOST_BARS} less important ones are not drawn"
    return {"picture": picture, "note": note}


def _axes(record: SweepRecord, ranked: Sequence[PointResult], best: PointResult | None) -> dict[str, str] | None:
    picture = parallel_coordinates(ranked[:_MOST_POINTS], record.axes, record.metric, best) if record.ranks else ""
    if not picture:
        return None
    note = "a line a point, the stronger the better"
    if best:
        note += f"; the thick orange one is point {best.point}, the best"
    return {"picture": picture, "note": note}


def _points(record: SweepRecord, ranked: Sequence[PointResult], best: PointResult | None) -> dict[str, Any]:
    """Return the table of the points, of which no more than can be shown; each cell with what it is sorted by."""
    others = list(dict.fromkeys(name for trial in record.trials for name in trial.metrics))
    others = [name for name in others if name != record.metric]
    behind = [record.metric, "± standard error", *others, "runs", "status", "time"]
    names = short_names(["point", *record.axes, *behind])  # no axis is called as another column
    head = ["point", *(names[axis] for axis in record.axes), *behind]
    rows = []
    for point in ranked[:_MOST_POINTS]:
        cells: list[tuple[str, object]] = [(str(point.point), point.point)]
        for axis in record.axes:
            value = point.values.get(axis)
            cells.append((value_text(value), value if _is_number(value) else value_text(value)))
        cells += [_number_cell(point.mean), _number_cell(point.standard_error)]
        cells += [_number_cell(_mean(point.trials, name)) for name in others]
        cells.append((f"{len(point.objectives)} of {len(point.trials)}", len(point.objectives)))
        status = ", ".join(dict.fromkeys(trial.status.replace("_", " ") for trial in point.trials))
        seconds = sum(trial.seconds or 0.0 for trial in point.trials)
        cells += [(status, status), (duration(seconds), seconds)]
        is_best = best is not None and point.point == best.point
        rows.append({"point": point.point, "is_best": is_best, "cells": cells})
    return {"head": head, "rows": rows, "count": len(ranked)}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number_cell(value: float | None) -> tuple[str, object]:
    return ("-", "") if value is None else (number(value), value)


def _mean(trials: Sequence[Trial], metric: str) -> float | None:
    found = [value for trial in trials if (value := trial.metrics.get(metric)) is not None]
    return statistics.fmean(found) if found else None


def _failures(trials: Sequence[Trial]) -> dict[str, Any]:
    failed = [trial for trial in trials if trial.status == Status.FAILED]
    return {"listed": failed[:_MOST_FAILURES], "count": len(failed)}


def _config(record: SweepRecord, best: PointResult) -> dict[str, str] | None:
    trial = best_trial(best, record.direction) or best.trials[0]
    with suppress(DltoolError):
        return {"trial": trial.path, "text": record.run(trial).config_text()}
    return None
