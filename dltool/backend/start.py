"""Starting TensorFlow: quietly, on one device, repeatably. Every room that needs it comes through here."""

from __future__ import annotations

import gc
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from dltool.backend.settings import set_ours
from dltool.environment import clear, cores, keras_untouched, require_room
from dltool.errors import SystemLimitError, UsageError

# Keras imports these whenever it finds them, and uses none of them here: they cost over a second.
_NEEDLESS = ("scipy", "sklearn", "matplotlib", "pandas", "IPython", "jax", "torch", "pydot", "tensorboard")

_ROOM = 7 * 2**28
"""Bytes of addresses that loading takes, and training a small network."""


def start(device: str = "auto", seed: int = 0, threads: tuple[int, int] | None = None) -> str:
    """Load TensorFlow, choose the device and make everything after it repeatable.

    Args:
        device: ``auto`` (a GPU if there is one), ``cpu``, ``gpu`` or ``gpu:N``.
        seed: what Keras's initial weights and random layers follow from.
        threads: how many CPU threads compute an operation, and how many operations are computed at a time; by default
            one a core. A process keeps those of its first start, and where a GPU computes they are not asked for.

    Returns:
        The device in words, e.g. ``cpu`` or ``gpu:0 (NVIDIA H100)``.

    Raises:
        UsageError: ``device`` is none of the above, or not the one that this process runs on already.
        SystemLimitError: a GPU was asked for and cannot be used.
    """
    kind, index = parse_device(device)
    with _native_output_hidden():
        tf = _load()
        gpus = [] if kind == "cpu" else tf.config.list_physical_devices("GPU")
        number = index or 0
        if kind == "gpu" and number >= len(gpus):
            raise SystemLimitError(_missing_gpu(tf, device, len(gpus)))
        chosen = gpus[number : number + 1]
        if not chosen:
            _limit_threads(tf, threads)
        _choose(tf, chosen, device)
        name = _name(tf, chosen[0], number) if chosen else "cpu"
        tf.config.experimental.enable_op_determinism()
        # A GPU would take products of float32 with 10 bits of each number's 23.
        tf.config.experimental.enable_tensor_float_32_execution(False)
        # What Keras's seeds are drawn from. TensorFlow's own seed stays unset: no layer draws from it, an op that did
        # would raise, and to set it would throw away every program that is compiled.
        random.seed(seed)
        tf.zeros(1)  # the runtime announces its devices when the first tensor is made
    return name


def parse_device(device: str) -> tuple[str, int | None]:
    """Return the kind of a device and, if given, its number.

    Raises:
        UsageError: it is neither ``auto``, ``cpu``, ``gpu`` nor ``gpu:N``.
    """
    kind, _, index = device.partition(":")
    if kind not in ("auto", "cpu", "gpu") or (index and (kind != "gpu" or not index.isdecimal())):
        raise UsageError(f"unknown device {device!r}; expected auto, cpu, gpu or gpu:N")
    return kind, int(index) if index else None


def threads_in_force() -> int:
    """Return how many CPU threads compute an operation; TensorFlow has been started."""
    import tensorflow as tf

    return tf.config.threading.get_intra_op_parallelism_threads() or cores()  # its own word for one a core is 0


@contextmanager
def graphs_rewritten(wanted: bool) -> Iterator[None]:
    """Let TensorFlow rewrite the graphs that it runs, or run them as they are; TensorFlow has been started."""
    import tensorflow as tf

    before = tf.config.optimizer.get_experimental_options()["disable_meta_optimizer"]
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": not wanted})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": before})


def _limit_threads(tf: Any, threads: tuple[int, int] | None) -> None:
    if threads is None:
        return
    with suppress(RuntimeError):  # a second start in one process finds the threads made
        tf.config.threading.set_intra_op_parallelism_threads(threads[0])
        tf.config.threading.set_inter_op_parallelism_threads(threads[1])


def _load() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    clear()
    if "tensorflow" not in sys.modules:
        require_room("TensorFlow", _ROOM)
        # Nothing that an import makes is garbage: looking for some takes a tenth of the time.
        gc.disable()
        shielded = [name for name in _NEEDLESS if name not in sys.modules]
        for name in shielded:
            sys.modules[name] = None  # type: ignore[assignment]
        try:
            with keras_untouched():
                import keras
            import tensorflow
        finally:
            for name in shielded:
                del sys.modules[name]
            gc.freeze()
            gc.enable()
        tensorflow.get_logger().setLevel("ERROR")
    import keras
    import tensorflow as tf

    if keras.config.backend() != "tensorflow":
        raise UsageError(f"Keras was loaded here with backend {keras.config.backend()}; start a new process")
    # Keras may have been loaded and configured before, as in a notebook.
    set_ours()
    return tf


def _choose(tf: Any, chosen: list[Any], device: str) -> None:
    try:
        tf.config.set_visible_devices(chosen, "GPU")
        for gpu in chosen:
            tf.config.experimental.set_memory_growth(gpu, True)
    except RuntimeError:  # a second start in one process finds the devices fixed
        if tf.config.get_visible_devices("GPU") != chosen:
            raise UsageError(f"device {device!r}: this process runs on another already; start a new one") from None


def _name(tf: Any, gpu: Any, number: int) -> str:
    details = tf.config.experimental.get_device_details(gpu)
    return f"gpu:{number} ({details.get('device_name', 'unknown model')})"


def _missing_gpu(tf: Any, device: str, found: int) -> str:
    if found:
        return f"--device {device}: this machine has {found} usable GPU{'s' if found > 1 else ''}, counted from gpu:0"
    missing = []
    if not tf.test.is_built_with_cuda():
        missing.append("this TensorFlow was built without CUDA")
    if not os.path.exists("/proc/driver/nvidia/version"):  # noqa: PTH110
        missing.append("no NVIDIA driver is loaded (there is no /proc/driver/nvidia/version)")
    for library in ("libcuda.so.1", "libcudart.so.12", "libcudnn.so.9"):
        if not _loads(library):
            missing.append(f"the library {library} cannot be loaded")
    reasons = "\n".join(f"  - {reason}" for reason in missing)
    return (
        f"--device {device}: TensorFlow found no GPU\n{reasons}\n"
        "hint: install the NVIDIA driver and `pip install 'dltool[gpu]'`, or use --device cpu"
    )


def _loads(library: str) -> bool:
    import ctypes

    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


@contextmanager
def _native_output_hidden() -> Iterator[None]:
    """Keep what TensorFlow's C++ writes to standard error off the screen; show it if starting fails."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as hidden:
        standard_error = os.dup(2)
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        except (SystemLimitError, UsageError, KeyboardInterrupt):
            raise
        except BaseException:
            hidden.seek(0)
            os.write(standard_error, hidden.read())
            raise
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)
