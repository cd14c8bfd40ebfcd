from tests.samples import rows

__all__ = ["rows"]
