from tests.support.finished_run import evaluation, facts, rows

__all__ = ["evaluation", "facts", "rows"]
