from tests.experiments.conftest import sweep, write  # noqa: F401  (sweeps on paper)
