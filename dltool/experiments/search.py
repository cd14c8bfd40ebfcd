"""How the next point is chosen: from a list, or by Optuna."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from dltool.errors import SystemLimitError
from dltool.experiments.definition import Definition, Point
from dltool.experiments.spec import Axis, Random, Range, Tpe, combinations, size, values
from dltool.runs.trials import Values

Numbers = tuple[float, ...]
"""A point, as the number of its value on each axis; on an axis of infinitely many values, the value."""
_REPORTS = 20
_DRAWS = 20


class Search(Protocol):
    """Chooses points one by one. After a restart it gives the points of before once more, then new ones."""

    def known(self) -> int:
        """Return how many points can be asked for at once: the others depend on what these come to."""

    def ask(self) -> Values | None:
        """Return the values of the next point, or None where there are no more."""

    def tell(self, point: int, objective: float | None, *, pruned: bool = False) -> None:
        """Take what a point came to: the mean of its repeats, or None where it has none."""

    def hopeless(self, point: int, epoch: int, value: float) -> bool:
        """Take the objective's metric at an epoch; returns whether the point is not worth going on with."""


class Listed:
    """Points that are known from the start."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._points = points
        self._values = iter([point.values for point in points])

    def known(self) -> int:
        """Return how long the list is."""
        return len(self._points)

    def ask(self) -> Values | None:
        """Return the values of the next point of the list."""
        return next(self._values, None)

    def tell(self, point: int, objective: float | None, *, pruned: bool = False) -> None:
        """Take what a point came to, which changes nothing."""

    def hopeless(self, point: int, epoch: int, value: float) -> bool:
        """Return False: every point is gone through with."""
        return False


class Drawn:
    """Points that Optuna draws. Its journal, a file, remembers them and what they came to."""

    def __init__(self, definition: Definition, search: Random | Tpe, journal: Path) -> None:
        self._definition, self._search = definition, search
        self._journal = journal
        self._study = _study(journal, search, definition.direction)
        self._asked, self._taken = 0, set[Numbers]()

    def known(self) -> int:
        """Return how many points the journal has."""
        return len(self._study.get_trials(deepcopy=False))

    def ask(self) -> Values | None:
        """Return the values of the next point: of one in the journal that was not returned yet, else of a new one."""
        definition = self._definition
        if self._asked == min(self._search.trials, combinations(definition.axes)):
            return None
        self._asked += 1
        return _draw(
            self._study,
            self._asked - 1,
            self._taken,
            self._search,
            definition.axes,
            definition.seed,
            self._journal,
        )

    def tell(self, point: int, objective: float | None, *, pruned: bool = False) -> None:
        """Note in the journal what a point came to; what was noted before stays."""
        from optuna.trial import TrialState

        if self._known(point).state.is_finished():
            return
        state = TrialState.PRUNED if pruned else TrialState.COMPLETE if objective is not None else TrialState.FAIL
        with _quietly():
            self._study.tell(point - 1, objective if state is TrialState.COMPLETE else None, state=state)

    def hopeless(self, point: int, epoch: int, value: float) -> bool:
        """Note in the journal how a point stands at an epoch, and ask Optuna's pruner."""
        from optuna.trial import Trial

        known = self._known(point)
        if known.state.is_finished():
            return False  # one of its repeats failed and is tried again: the journal takes no more of it
        trial = Trial(self._study, known._trial_id)
        with _quietly():
            trial.report(value, epoch)
            return bool(trial.should_prune())

    def _known(self, point: int) -> Any:
        return self._study.get_trials(deepcopy=False)[point - 1]


def search_for(definition: Definition, journal: Path) -> Search:
    """Return what chooses the points of a definition."""
    if isinstance(definition.search, Random | Tpe):
        return Drawn(definition, definition.search, journal)
    return Listed(definition.points)


def drawn(search: Random, axes: dict[str, Axis], seed: int) -> Iterator[Values]:
    """Yield the points that a random search will draw: they do not depend on what earlier ones came to."""
    study = _study(None, search, "minimize")
    taken: set[Numbers] = set()
    for index in range(int(min(search.trials, combinations(axes)))):
        yield _draw(study, index, taken, search, axes, seed)


def report_interval(epochs: int) -> int:
    """Return after how many epochs each a trial is judged, so that it is about twenty times."""
    return -(-epochs // _REPORTS)


def require_optuna() -> None:
    """Check that Optuna is there.

    Raises:
        SystemLimitError: it is not.
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

    optuna.logging.set_verbosity(optuna.logging.ERROR)
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


def _draw(
    study: Any,
    index: int,
    taken: set[Numbers],
    search: Random | Tpe,
    axes: dict[str, Axis],
    seed: int,
    journal: Path | None = None,
) -> Values:
    """Return the values of a point: as the journal has them, as far as it does, and otherwise none of before.

    What is drawn follows from the seed, the index and what earlier points came to, after a restart as before.

    Args:
        study: Optuna's.
        index: of the point, counted from 0.
        taken: the points before it; this one is added.
        search: how to draw.
        axes: what to draw.
        seed: of the search.
        journal: what remembers the points of before, if anything does.
    """
    import numpy as np
    from optuna.samplers import PartialFixedSampler, RandomSampler, TPESampler
    from optuna.trial import Trial

    from dltool.experiments.journal import replaying

    known = study.get_trials(deepcopy=False)
    own = int(np.random.SeedSequence((seed, index)).generate_state(1)[0])  # seed + index is the next seed's index - 1
    with _quietly():
        sampler = RandomSampler(seed=own) if isinstance(search, Random) else TPESampler(seed=own, constant_liar=True)
        study.sampler = sampler
        with replaying(journal if index < len(known) else None):
            trial = Trial(study, known[index]._trial_id) if index < len(known) else study.ask()
            begun = study.get_trials(deepcopy=False)[index]
            if begun.params.keys() != axes.keys():
                study.sampler = PartialFixedSampler(_new(study, begun, sampler, axes, taken, own), sampler)
            drawn = {name: _suggested(trial, name, axis) for name, axis in axes.items()}
            taken.add(_numbers(trial.params, axes))
            return drawn


def _new(study: Any, begun: Any, sampler: Any, axes: dict[str, Axis], taken: set[Numbers], seed: int) -> dict[str, Any]:
    """Return what Optuna is to suggest for a trial: a point of which no other is the same, if there is one left."""
    import numpy as np

    ranges = {name: _distribution(axis) for name, axis in axes.items()}
    for _ in range(_DRAWS):
        drawn = {name: sampler.sample_independent(study, begun, name, each) for name, each in ranges.items()}
        drawn |= begun.params  # what a crash left unfinished
        if _numbers(drawn, axes) not in taken:
            return drawn
    count = combinations(axes)
    if math.isinf(count):
        return drawn  # from a range with hardly a number in it
    start = int(np.random.default_rng(seed).integers(min(int(count), 2**62)))
    for position in range(start, start + len(taken) + 1):
        numbers, rest = [], position % int(count)
        for axis in axes.values():
            rest, number = divmod(rest, int(size(axis)))
            numbers.append(number)
        if tuple(numbers) not in taken:
            return {name: _at(axis, number) for (name, axis), number in zip(axes.items(), numbers, strict=True)}
    return drawn


def _distribution(axis: Axis) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not isinstance(axis, Range):
        # Optuna takes no lists as values: their numbers do.
        return CategoricalDistribution(range(len(axis)))
    if axis.whole:
        return IntDistribution(axis.low, axis.high, log=axis.log, step=axis.step or 1)
    return FloatDistribution(axis.low, axis.high, log=axis.log, step=axis.step)


def _numbers(params: dict[str, Any], axes: dict[str, Axis]) -> Numbers:
    """Return what Optuna suggests as the numbers of the values on their axes, counted from 0."""
    numbers = []
    for name, axis in axes.items():
        value = params[name]
        if isinstance(axis, Range) and size(axis) < math.inf:
            value = round((value - axis.low) / (axis.step or 1))
        numbers.append(value)
    return tuple(numbers)


def _at(axis: Axis, number: int) -> Any:
    """Return the value of a number as Optuna suggests it."""
    if not isinstance(axis, Range):
        return number
    return axis.low + number if axis.step is None else axis.steps()[number]


def _suggested(trial: Any, name: str, axis: Axis) -> Any:
    if not isinstance(axis, Range):
        return values(axis)[trial.suggest_categorical(name, range(len(axis)))]
    if axis.whole:
        return trial.suggest_int(name, axis.low, axis.high, log=axis.log, step=axis.step or 1)
    return trial.suggest_float(name, axis.low, axis.high, log=axis.log, step=axis.step)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep Optuna's warnings off the screen: what is experimental, and values reported twice after a restart."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
