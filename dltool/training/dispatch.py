"""How many steps or epochs go into one call of a compiled program."""

from __future__ import annotations

from dataclasses import dataclass

from dltool.contracts.plan import Plan


@dataclass(frozen=True)
class DispatchPolicy:
    """How long a dispatch is to take: in longer ones steps take less time, and events come more rarely.

    No bit of the result depends on it.

    The figures for the work are deliberately pessimistic ones for one CPU core.
    """

    dispatch_seconds: float = 0.1
    """What a dispatch is to take."""
    short_epoch_seconds: float = 0.05
    """Epochs that are surely shorter are not worth stopping in: several go into a dispatch."""
    step_overhead_seconds: float = 1e-4
    multiplications_per_second: float = 2e9

    def takes_whole_epochs(self, plan: Plan) -> bool:
        """Tell whether the epochs of a plan are surely short."""
        compute = 3 * plan.multiplications * plan.rows.train / self.multiplications_per_second
        overhead = plan.steps * (1 + plan.sequential_steps) * self.step_overhead_seconds
        return compute + overhead < self.short_epoch_seconds

    def next_count(self, count: int, seconds: float) -> int:
        """Return how many steps or epochs would have filled a dispatch, growing at most tenfold at a time.

        Args:
            count: how many the last dispatch did.
            seconds: how long it took.
        """
        return max(1, min(10 * count, int(count * self.dispatch_seconds / max(seconds, 1e-6))))


USUAL_POLICY = DispatchPolicy()
