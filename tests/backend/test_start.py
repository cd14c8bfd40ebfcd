"""TensorFlow starts quietly, on the device that was asked for."""

import subprocess
import sys

import pytest
import tensorflow as tf

from dltool.backend.start import start
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


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_refused_with_what_is_missing():
    with pytest.raises(SystemLimitError) as caught:
        start("gpu")
    assert "TensorFlow found no GPU" in str(caught.value)
    assert "  - " in str(caught.value)
    assert "--device cpu" in str(caught.value)


@pytest.mark.parametrize("device", ["tpu", "cpu:0", "gpu:x", ""])
def test_other_words_are_refused(device):
    with pytest.raises(UsageError, match="expected auto, cpu, gpu or gpu:N"):
        start(device)
