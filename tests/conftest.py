"""TensorFlow is started once, as the tool starts it, before any test imports Keras."""

import gc
import signal

import pytest

from dltool.backend.start import start

start("cpu", 0)

# Processes inherit what is ignored, as it is behind `nohup` or `&`; some tests send these and wait for the answer.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True, scope="module")
def forgotten_afterwards():
    """Let go of what a module's trainings leave in this process: it adds up to gigabytes, and slows what follows."""
    from dltool.training.warm import forget

    yield
    forget()
    gc.collect()
