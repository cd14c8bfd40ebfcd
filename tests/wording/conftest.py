from tests.support.finished_run import rows

__all__ = ["rows"]
