"""What is set outside the config and the command line changes no number, and leaves room to work in."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dltool.errors import SystemLimitError

# Read by TensorFlow, Keras, and the libraries that they and NumPy compute with.
_BY_TENSORFLOW = ("TF_", "KERAS_", "XLA_", "ONEDNN_", "DNNL_", "CUDNN_", "CUBLAS", "NVIDIA_TF32_OVERRIDE")
_BY_NUMPY = ("NPY_", "MKL_", "OPENBLAS_")
# These say where things are, what is logged and how memory is taken; the last two are Terraform's.
_HARMLESS = (
    "KERAS_BACKEND", "KERAS_HOME", "TF_CPP_", "TF_GPU_", "TF_FORCE_GPU_ALLOW_GROWTH", "TF_PER_DEVICE_MEMORY_LIMIT_MB",
    "TF_DEVICE_MIN_SYS_MEMORY_IN_MB", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_CLI_", "TF_VAR_",
)  # fmt: skip

_ROOM_FOR_A_THREAD = 32 * 2**20

in_force: dict[str, str] = {}
"""The variables that came to be cleared too late: a library had been loaded with them before, as in a notebook."""


def clear() -> None:
    """Take the variables that could change a number out of this process's environment, for good.

    To be called before NumPy, TensorFlow and Keras are loaded, and again before each use: what is found once they
    are loaded is noted in ``in_force``.
    """
    for name in list(os.environ):
        if name.startswith(_BY_TENSORFLOW + _BY_NUMPY) and not name.startswith(_HARMLESS):
            value = os.environ.pop(name)
            readers = ("numpy",) if name.startswith(_BY_NUMPY) else ("tensorflow", "keras")
            if any(reader in sys.modules for reader in readers):
                in_force[name] = value


@contextmanager
def keras_untouched() -> Iterator[None]:
    """Have Keras imported as it is, on TensorFlow: its ``keras.json`` is neither read nor written."""
    clear()
    os.environ["KERAS_BACKEND"] = "tensorflow"
    home = os.environ.get("KERAS_HOME")
    os.environ["KERAS_HOME"] = os.devnull  # no folder: keras.json is neither found nor written
    try:
        yield
    finally:
        del os.environ["KERAS_HOME"]
        if home is not None:
            os.environ["KERAS_HOME"] = home
        # Keras has noted os.devnull as its folder, where a notebook's own `keras.datasets` could not keep files.
        if config := sys.modules.get("keras.src.backend.config"):
            config.__dict__["_KERAS_DIR"] = home or os.path.expanduser("~/.keras")  # noqa: PTH111


def cores() -> int:
    """Return how many CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def require_room(what: str, needed: int) -> None:
    """Check that the limit on this process's address space, if there is one, leaves room to load libraries.

    Where it does not, they end the process in ways of their own.

    Args:
        what: names them.
        needed: bytes, beside what each core's thread takes.

    Raises:
        SystemLimitError: it does not.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return
    used = 0
    with suppress(OSError):  # there is none but on Linux
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    needed += cores() * _ROOM_FOR_A_THREAD
    if limit - used < needed:
        raise SystemLimitError(
            f"the memory of this process is limited to {limit / 2**30:.2f} GiB (ulimit -v), and {what} would need "
            f"{(used + needed) / 2**30:.2f} GiB of addresses; raise the limit, or take it away: ulimit -v unlimited"
        )


def machine_memory() -> int:
    """Return the bytes of memory that this machine has."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
