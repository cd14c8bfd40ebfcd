"""Reads a sweep file into a definition whose points are all checked."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dltool.config.config import Config
from dltool.config.document import Document
from dltool.config.field_types import resolve
from dltool.config.metric_names import is_on_validation, on_validation, without_part
from dltool.config.metric_order import direction
from dltool.config.monitors import unknown_metric
from dltool.config.overrides import keys_of
from dltool.config.reading import extended, is_file, read_file
from dltool.config.validation import validate_as
from dltool.contracts.plan import Plan
from dltool.errors import DataWarning, Problem
from dltool.experiments.axes import corner_points, count_points, grid_points
from dltool.experiments.axis_checks import axis_problems
from dltool.experiments.definition import Definition, Point
from dltool.experiments.optuna_search import require_optuna, sample_points
from dltool.experiments.point_checks import Check, check_points
from dltool.experiments.point_configs import PointConfigs
from dltool.experiments.sweep_spec import Grid, Random, Sweep
from dltool.runs.trials import Values


def read_sweep(path: Path, check: Check) -> Definition:
    """Read a sweep file and check every point of it.

    A search that chooses later points by earlier ones is checked at every listed value and every end of a range.

    Args:
        path: Of the file.
        check: Works out what a config would do.

    Raises:
        InputMissingError: The file cannot be read.
        ConfigError: Anything in it, in its base or in a point is wrong; the message names every problem.
        DltoolError: The data cannot be used.
    """
    document = read_file(path)
    _refuse_config(document)
    sweep = validate_as(Sweep, document)
    base = _base(document, sweep)
    if problems := list(axis_problems(sweep)):
        raise document.error(problems)
    seed = _seed(base)
    known = _known_points(document, sweep, seed)
    combinations = known if isinstance(sweep.search, Grid) else [*known, *corner_points(sweep.axes)]
    configs = PointConfigs(document, sweep.axes, base)
    points, plans = check_points(combinations, configs, check, sweep.repeats)
    metric, better = _objective(document, sweep, points, plans)
    return Definition(
        name=sweep.name,
        plain=_filled_in(sweep, base, points, metric, better),
        search=sweep.search,
        axes=sweep.axes,
        repeats=sweep.repeats,
        metric=metric,
        direction=better,
        seed=seed,
        points=points[: len(known)],
        make_config=configs.make,
    )


def _refuse_config(document: Document) -> None:
    if isinstance(document.value, dict) and {"model", "training"} <= document.value.keys():
        hint = "`dltool train` trains it; a sweep file names it as its base"
        raise document.error([Problem("this is a config, not a sweep file", ("model",), hint, at_key=True)])


def _base(document: Document, sweep: Sweep) -> Document:
    if isinstance(sweep.base, dict):
        return extended(document.part(("base",)))
    written = document.value["base"]
    path = written.folder / Path(written).expanduser()
    if not is_file(path):
        raise document.error([Problem(f"there is no config {path}", ("base",))])
    return read_file(path)


def _seed(base: Document) -> int:
    seed = base.value.get("seed", 0)
    # What is wrong with it is reported by the first point.
    return seed if isinstance(seed, int) and seed >= 0 else 0


def _known_points(document: Document, sweep: Sweep, seed: int) -> list[Values]:
    """Return the values of the points that do not depend on what earlier ones come to."""
    if isinstance(sweep.search, Grid):
        return list(grid_points(sweep.axes))
    require_optuna()
    count = count_points(sweep.axes)
    if count < sweep.search.trials:
        message = (
            f"{document.origin}: {sweep.search.trials:,} points are asked for, and the axes have {count:,} "
            "combinations; each of those is tried once"
        )
        warnings.warn(message, DataWarning, stacklevel=2)
    return list(sample_points(sweep.search, sweep.axes, seed)) if isinstance(sweep.search, Random) else []


def _objective(document: Document, sweep: Sweep, points: Sequence[Point], plans: Sequence[Plan]) -> tuple[str, str]:
    """Return the metric that points are judged by, on the part where it is taken, and which way is better."""
    metric = sweep.objective.metric
    with_validation = {plan.rows.validates for plan in plans}
    if len(with_validation) > 1:
        message = "some points have a validation part and others have none, so they cannot be compared"
        raise document.error([Problem(message, ("axes",), at_key=True)])
    if with_validation == {True} and not is_on_validation(metric):
        metric = on_validation(metric)
    if getattr(sweep.search, "pruning", None) and any(plan.rows.folds for plan in plans):
        message = "a point with folds has no metric while it trains, so it cannot be pruned; leave pruning out"
        raise document.error([Problem(message, ("search", "pruning"))])
    for point, plan in zip(points, plans, strict=True):
        problem = unknown_metric(metric, point.config, ("objective", "metric"), validation=plan.rows.validates)
        if problem:
            raise document.error([problem])
    if len({point.config.reconstructed for point in points}) > 1:
        message = "the points reconstruct inputs that are scaled in other ways, so their errors have other units"
        raise document.error(
            [Problem(message, ("axes",), "keep data.scaling and data.features as they are", at_key=True)]
        )
    losses = {
        (point.config.training.loss.model_dump_json(), plan.standardized, point.config.data.target_transform)
        for point, plan in zip(points, plans, strict=True)
    }
    if without_part(metric) == "loss" and len(losses) > 1:
        message = "the points' losses are of different kinds or in different units, so they cannot be ranked by it"
        hint = "name another metric under objective, one that all of them have"
        raise document.error([Problem(message, ("axes",), hint, at_key=True)])
    return metric, sweep.objective.direction or ("maximize" if direction(metric) == "max" else "minimize")


def _filled_in(sweep: Sweep, base: Document, points: Sequence[Point], metric: str, better: str) -> dict[str, Any]:
    """Return the file with everything filled in: read from any folder, it says the same."""
    plain = sweep.model_dump(mode="json")
    axes: dict[str, Any] = {}
    for name, axis in sweep.axes.items():
        configs = {repr(point.values[name]): point.config for point in points}
        if isinstance(axis, dict):
            axes[name] = {
                choice: {path: _absolute(value, _value_at(configs[repr(choice)], path)) for path, value in own.items()}
                for choice, own in axis.items()
            }
        elif isinstance(axis, list):
            axes[name] = [_absolute(value, _value_at(configs[repr(value)], name)) for value in axis]
        else:
            axes[name] = plain["axes"][name]
    base_plain = _absolute(base.value, points[0].config.plain())
    return {**plain, "base": base_plain, "axes": axes, "objective": {"metric": metric, "direction": better}}


def _value_at(config: Config, path: str) -> Any:
    """Return the plain value at a path of a config; None where a short form has nothing there."""
    return Document("config", config.plain()).value_at(keys_of(path))


def _absolute(written: Any, checked: Any) -> Any:
    """Return what was written, with the paths of files as the checked config has them: absolute."""
    if isinstance(written, dict):
        inside = checked if isinstance(checked, dict) else {}
        return {key: _absolute(value, inside.get(key)) for key, value in written.items()}
    if isinstance(written, list):
        others = checked if isinstance(checked, list) and len(checked) == len(written) else [None] * len(written)
        return [_absolute(item, other) for item, other in zip(written, others, strict=True)]
    if isinstance(written, str):
        return checked if checked == resolve(written) else str(written)
    return written
