"""A list of configs becomes a sweep of one axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dltool.config.config import Config
from dltool.config.metric_names import on_validation
from dltool.contracts.plan import Plan
from dltool.errors import ConfigError, DltoolError
from dltool.experiments.definition import Definition, Point
from dltool.experiments.point_checks import Check
from dltool.experiments.sweep_spec import Objective, Sweep
from dltool.runs.trials import Values

_AXIS = "config"


def define_list(name: str, files: Sequence[str], load: Callable[[str], Config], check: Check) -> Definition:
    """Check a list of configs, which become the named choices of one axis, ``config``.

    Args:
        name: Of the whole.
        files: The configs, by the name that each is to be known by.
        load: Reads one of them.
        check: Works out what a config would do.

    Raises:
        ConfigError: A config is wrong, or does not fit its data.
        DltoolError: A file, or the data, cannot be used; the message says so of every config.
    """
    configs: dict[str, Config] = {}
    plans: list[Plan] = []
    errors: list[DltoolError] = []
    for file in files:
        try:
            configs[file] = load(file)
            plans.append(check(configs[file]))
        except DltoolError as error:
            errors.append(error)
    if errors:
        raise _combined(errors)
    metric = on_validation("loss") if all(plan.rows.validates for plan in plans) else "loss"
    sweep = Sweep(
        name=name,
        base={},
        axes={_AXIS: {file: config.plain() for file, config in configs.items()}},
        objective=Objective(metric=metric, direction="minimize"),
    )

    def config_of(values: Values) -> Config:
        return configs[values[_AXIS]]

    return Definition(
        name=name,
        plain=sweep.model_dump(mode="json"),
        search=sweep.search,
        axes=sweep.axes,
        repeats=sweep.repeats,
        metric=metric,
        direction="minimize",
        seed=0,
        points=[Point(number, {_AXIS: file}, config_of) for number, file in enumerate(configs, 1)],
        make_config=config_of,
        ranks=False,
    )


def _combined(errors: Sequence[DltoolError]) -> DltoolError:
    """Return one error that says what several say: of their kind, if they are of one."""
    kinds = {type(error) for error in errors}
    kind = kinds.pop() if len(kinds) == 1 else ConfigError
    # A ConfigError says `error:` itself, since it may list several; of others the program says it.
    lines = dict.fromkeys(str(error) if isinstance(error, ConfigError) else f"error: {error}" for error in errors)
    text = "\n".join(lines)
    return kind(text if kind is ConfigError else text.removeprefix("error: "))
