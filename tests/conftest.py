"""What all tests stand on.

Those that need TensorFlow start it themselves, ``start("cpu", 0, threads=(1, 2))``, in their module or in their
folder's conftest: with the threads of small networks, such as most of them train.
"""

import os
import signal
import tempfile

import hypothesis
import pytest

from dltool.environment import clear
from tests.support.places import IRIS, REPOSITORY
from tests.support.program import started

# The key by which runs are known as this user's own is none of the developer's.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="dltool-tests-")

# As the tool does before it loads TensorFlow, which may be loaded here before it is started.
clear()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# The same examples each time, and as much time for each as a busy machine needs.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis.settings.load_profile("ci")

# Begun first, lest one of them is left to the end, when the other processes have nothing more to do.
LONGEST = [
    f"tests/{name}.py"
    for name in (
        "experiments/test_local", "experiments/test_cluster", "inference/test_every_option", "training/test_loop_cache",
        "training/test_engine_equals_fit", "training/test_resume", "hostile/test_tampered", "faults/test_interrupted",
        "faults/test_sweep", "faults/test_places", "faults/test_disk", "test_configs", "cli/test_train",
        "accepted/test_accepted_works", "test_environment", "bad_input/test_refused", "inference/test_sequences",
        "inference/test_autoencoder", "inference/test_deployed_model", "training/test_train", "test_main",
    )
]  # fmt: skip
assert all((REPOSITORY / path).exists() for path in LONGEST)

# Processes inherit what is ignored, as it is behind `nohup` or `&`; some tests send these and wait for the answer.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(items):
    places = {path: place for place, path in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


@pytest.fixture(scope="session")
def program():
    """The program, started once and forked for each command."""
    with started() as program:
        yield program


@pytest.fixture(scope="session")
def trainer():
    """The program with TensorFlow loaded, started once and forked for each command."""
    with started("tensorflow") as program:
        yield program


@pytest.fixture(scope="session")
def iris(trainer, tmp_path_factory):
    """A finished run on the irises, made by the command line."""
    folder = tmp_path_factory.mktemp("iris")
    done = trainer.run(["train", IRIS, "-q"], folder)
    assert done.code == 0, done.err
    return folder / done.out.strip()
