"""How often each fault is put to the test: a handful in CI, all of them by ``make soak``."""

import os
import random

SOAK = bool(os.environ.get("SOAK"))


def count(few: int, many: int) -> int:
    """Return how many to try."""
    return many if SOAK else few


def dice(name: str) -> random.Random:
    """Return the source of a test's chances, in CI the same each time; ``FAULT_SEED`` repeats what a soak printed."""
    seed = os.environ.get("FAULT_SEED") or str(random.SystemRandom().randrange(10**6) if SOAK else 1)
    print(f"{name}: FAULT_SEED={seed}")
    return random.Random(f"{name} {seed}")


def some(items: list, few: int, chances: random.Random) -> list:
    """Return all items, or in CI a few that are drawn."""
    return items if SOAK or few >= len(items) else sorted(chances.sample(items, few))
