"""TensorFlow starts quietly, on the device that was asked for."""

import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from dltool.backend.start import graphs_rewritten, parse_device, start
from dltool.errors import SystemLimitError, UsageError


def test_starting_says_nothing_and_hides_nothing_for_good():
    code = (
        "import sys\nfrom dltool.backend.start import start\n"
        "print(start('cpu', 1))\n"
        "print(sorted(name for name, module in sys.modules.items() if module is None))\n"
        "print('still here', file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["cpu", "[]"]
    assert done.stderr == "still here\n"


GPUS = len(tf.config.list_physical_devices("GPU"))


@pytest.mark.skipif(bool(GPUS), reason="this machine has a GPU")
@pytest.mark.parametrize("device", ["gpu", "gpu:0", "gpu:3"])
def test_a_gpu_that_is_not_there_is_refused_with_what_is_missing(device):
    with pytest.raises(SystemLimitError) as caught:
        start(device)
    said, *missing, hint = str(caught.value).splitlines()
    assert said == f"--device {device}: TensorFlow found no GPU"
    assert missing
    assert all(line.startswith("  - ") for line in missing)
    assert ("  - no NVIDIA driver is loaded" in str(caught.value)) == (not Path("/proc/driver/nvidia/version").exists())
    assert hint.endswith("use --device cpu")


@pytest.mark.skipif(not GPUS, reason="this machine has no GPU")
def test_one_gpu_is_chosen_and_no_other_later():
    code = (
        "import sys\nfrom dltool.backend.start import start\nfrom dltool.errors import DltoolError\n"
        "print(start('gpu', 1))\n"
        "for device in sys.argv[1:]:\n"
        "    try:\n        print(start(device))\n    except DltoolError as error:\n        print(error)"
    )
    words = [sys.executable, "-c", code, "auto", "gpu:0", "cpu", f"gpu:{GPUS}"]
    first, again, same, other, beyond = subprocess.run(
        words, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert first == again == same
    assert first.startswith("gpu:0 (")
    assert other == "device 'cpu': this process runs on another already; start a new one"
    assert beyond.startswith(f"--device gpu:{GPUS}: this machine has {GPUS} usable GPU")


@pytest.mark.parametrize(
    ("device", "parsed"),
    [("auto", ("auto", None)), ("cpu", ("cpu", None)), ("gpu", ("gpu", None)), ("gpu:12", ("gpu", 12))],
)
def test_a_device_has_a_kind_and_a_number(device, parsed):
    assert parse_device(device) == parsed


def test_threads_are_chosen_once():
    code = (
        "from dltool.backend.start import start, threads_in_force\n"
        "for threads in (1, 7):\n    start('cpu', threads=(threads, threads))\n    print(threads_in_force())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["1", "1"]


def test_products_of_float32_have_all_their_bits():
    code = (
        "from dltool.backend.start import start\nstart()\n"
        "import tensorflow as tf\nprint(tf.config.experimental.tensor_float_32_execution_enabled())\n"
        "print(float(tf.linalg.matmul([[1 + 2.0**-20]], [[1.0]])[0, 0]) - 1 == 2.0**-20)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False", "True"]


@pytest.mark.parametrize("device", ["tpu", "cpu:0", "gpu:x", ""])
def test_other_words_are_refused(device):
    with pytest.raises(UsageError, match="expected auto, cpu, gpu or gpu:N"):
        start(device)


def test_graphs_run_as_they_are_until_the_end_of_a_block():
    def is_left_as_it_is():
        return tf.config.optimizer.get_experimental_options()["disable_meta_optimizer"]

    before = is_left_as_it_is()
    with pytest.raises(KeyError), graphs_rewritten(False):
        assert is_left_as_it_is()
        with graphs_rewritten(True):
            assert not is_left_as_it_is()
        assert is_left_as_it_is()
        raise KeyError
    assert is_left_as_it_is() == before
