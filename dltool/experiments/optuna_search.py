"""Points that Optuna samples: at random, or where earlier ones were good."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dltool.errors import SystemLimitError
from dltool.experiments.axes import axis_size, axis_values, count_points
from dltool.experiments.definition import Definition, Point
from dltool.experiments.sweep_spec import Axis, Random, Range, Tpe
from dltool.runs.trials import Values

Indices = tuple[float, ...]
"""A point, as the index of its value on each axis; on an axis of infinitely many values, the value."""
_MAX_DRAWS = 20


class OptunaSearch:
    """Points that Optuna samples. Its journal, a file, remembers them and what they came to."""

    def __init__(self, definition: Definition, search: Random | Tpe, journal: Path) -> None:
        self._definition = definition
        self._study = _study(journal, search, definition.direction)
        self._samples = enumerate(_samples(self._study, search, definition.axes, definition.seed, journal), 1)

    def count_known(self) -> int:
        """Return how many points the journal has."""
        return len(self._study.get_trials(deepcopy=False))

    def ask(self) -> Point | None:
        """Return the next point: one in the journal that was not returned yet, else a new one."""
        sample = next(self._samples, None)
        return self._definition.point(*sample) if sample else None

    def tell(self, point: int, objective: float | None, *, pruned: bool = False) -> None:
        """Note in the journal what a point came to; what was noted before stays."""
        from optuna.trial import TrialState

        if self._trial(point).state.is_finished():
            return
        state = TrialState.PRUNED if pruned else TrialState.COMPLETE if objective is not None else TrialState.FAIL
        with _quietly():
            self._study.tell(point - 1, objective if state is TrialState.COMPLETE else None, state=state)

    def should_prune(self, point: int, epoch: int, value: float) -> bool:
        """Note in the journal how a point stands at an epoch, and ask Optuna's pruner."""
        from optuna.trial import Trial

        known = self._trial(point)
        if known.state.is_finished():
            return False  # a repeat failed and is tried again; a finished trial takes no more values
        trial = Trial(self._study, known._trial_id)
        with _quietly():
            trial.report(value, epoch)
            return bool(trial.should_prune())

    def _trial(self, point: int) -> Any:
        """Return Optuna's record of a point."""
        return self._study.get_trials(deepcopy=False)[point - 1]


def sample_points(search: Random, axes: Mapping[str, Axis], seed: int) -> Iterator[Values]:
    """Yield the points of a random search, which do not depend on what earlier ones come to."""
    yield from _samples(_study(None, search, "minimize"), search, axes, seed)


def require_optuna() -> None:
    """Check that Optuna is there.

    Raises:
        SystemLimitError: It is not.
    """
    try:
        import optuna  # noqa: F401
    except ImportError:
        message = "random and tpe searches need Optuna: pip install 'dltool[search]'; search: {type: grid} does not"
        raise SystemLimitError(message) from None


def _study(journal: Path | None, search: Random | Tpe, direction: str) -> Any:
    import optuna
    from optuna.storages import JournalStorage

    from dltool.experiments.journal import Journal, replaying

    backend = Journal(journal) if journal else None
    with _quietly(), replaying(journal):
        storage = JournalStorage(backend) if backend else None
        pruners = {
            "median": optuna.pruners.MedianPruner,
            "successive_halving": optuna.pruners.SuccessiveHalvingPruner,
            None: optuna.pruners.NopPruner,
        }
        return optuna.create_study(
            storage=storage,
            study_name="sweep",
            direction=direction,
            pruner=pruners[search.pruning](),
            load_if_exists=True,
        )


def _samples(
    study: Any, search: Random | Tpe, axes: Mapping[str, Axis], seed: int, journal: Path | None = None
) -> Iterator[Values]:
    """Yield the values of one point after another: as the journal has them, as far as it does, then new ones.

    What is drawn follows from the seed, the index and what earlier points came to, after a restart as before.

    Args:
        study: Optuna's.
        search: How to draw.
        axes: What to draw.
        seed: Of the search.
        journal: What remembers the points of before, if anything does.
    """
    import numpy as np
    from optuna.samplers import RandomSampler, TPESampler

    taken: set[Indices] = set()
    for index in range(int(min(search.trials, count_points(axes)))):
        # With seed + index, a sweep of the next seed would have the same points, each of them one earlier.
        own_seed = int(np.random.SeedSequence((seed, index)).generate_state(1)[0])
        with _quietly():
            is_random = isinstance(search, Random)
            sampler = RandomSampler(seed=own_seed) if is_random else TPESampler(seed=own_seed, constant_liar=True)
            values, indices = _sample(study, index, axes, sampler, own_seed, taken, journal)
        taken.add(indices)
        yield values


def _sample(
    study: Any,
    index: int,
    axes: Mapping[str, Axis],
    sampler: Any,
    seed: int,
    taken: set[Indices],
    journal: Path | None,
) -> tuple[Values, Indices]:
    """Return the point of an index, counted from 0: that of the journal, or one that is not taken."""
    from optuna.samplers import PartialFixedSampler
    from optuna.trial import Trial

    from dltool.experiments.journal import replaying

    known = study.get_trials(deepcopy=False)
    study.sampler = sampler
    with replaying(journal if index < len(known) else None):
        trial = Trial(study, known[index]._trial_id) if index < len(known) else study.ask()
        begun = study.get_trials(deepcopy=False)[index]
        if begun.params.keys() != axes.keys():
            study.sampler = PartialFixedSampler(_new_params(study, begun, sampler, axes, taken, seed), sampler)
        values = {name: _suggested(trial, name, axis) for name, axis in axes.items()}
        return values, _indices(trial.params, axes)


def _new_params(
    study: Any, begun: Any, sampler: Any, axes: Mapping[str, Axis], taken: set[Indices], seed: int
) -> dict[str, Any]:
    """Return what Optuna is to suggest for a trial: a point that is not taken, if one is left."""
    import numpy as np

    distributions = {name: _distribution(axis) for name, axis in axes.items()}
    for _ in range(_MAX_DRAWS):
        params = {name: sampler.sample_independent(study, begun, name, each) for name, each in distributions.items()}
        params |= begun.params  # values that were drawn before a crash stay
        if _indices(params, axes) not in taken:
            return params
    count = count_points(axes)
    if math.isinf(count):
        return params  # infinite by its count, though float64 holds few numbers in the range: points then repeat
    start = int(np.random.default_rng(seed).integers(min(int(count), 2**62)))
    for position in range(start, start + len(taken) + 1):
        indices = _indices_at(position % int(count), axes)
        if indices not in taken:
            return {name: _param_at(axis, index) for (name, axis), index in zip(axes.items(), indices, strict=True)}
    return params


def _indices_at(position: int, axes: Mapping[str, Axis]) -> tuple[int, ...]:
    """Return the point at a position of the grid of all points, the first axis changing fastest."""
    indices = []
    for axis in axes.values():
        position, index = divmod(position, int(axis_size(axis)))
        indices.append(index)
    return tuple(indices)


def _distribution(axis: Axis) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not isinstance(axis, Range):
        # By their indices, since Optuna takes no lists as values.
        return CategoricalDistribution(range(len(axis)))
    if axis.whole:
        return IntDistribution(axis.low, axis.high, log=axis.log, step=axis.step or 1)
    return FloatDistribution(axis.low, axis.high, log=axis.log, step=axis.step)


def _indices(params: dict[str, Any], axes: Mapping[str, Axis]) -> Indices:
    """Return what Optuna suggests as the indices of the values on their axes."""
    indices = []
    for name, axis in axes.items():
        value = params[name]
        if isinstance(axis, Range) and axis_size(axis) < math.inf:
            value = round((value - axis.low) / (axis.step or 1))
        indices.append(value)
    return tuple(indices)


def _param_at(axis: Axis, index: int) -> Any:
    """Return the value of an index as Optuna suggests it."""
    if not isinstance(axis, Range):
        return index
    return axis.low + index if axis.step is None else axis.steps()[index]


def _suggested(trial: Any, name: str, axis: Axis) -> Any:
    if not isinstance(axis, Range):
        return axis_values(axis)[trial.suggest_categorical(name, range(len(axis)))]
    if axis.whole:
        return trial.suggest_int(name, axis.low, axis.high, log=axis.log, step=axis.step or 1)
    return trial.suggest_float(name, axis.low, axis.high, log=axis.log, step=axis.step)


@contextmanager
def _quietly() -> Iterator[None]:
    """Ignore what Optuna logs, and its warnings: of what is experimental, and of values reported again."""
    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)
