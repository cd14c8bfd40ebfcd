"""Nothing outside the config and the command line changes a number."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from dltool import api
from dltool.backend.start import start
from dltool.errors import ChangedError
from dltool.runs.run import Run
from tests.support.places import REPOSITORY, XOR
from tests.support.program import run_anew

start("cpu", 0, threads=(1, 2))

# Where they are obeyed, each of the first four changes the weights of this network, and SETTINGS end its training.
HOSTILE = {
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "KERAS_BACKEND": "torch",
    "DNNL_MAX_CPU_ISA": "SSE41",
    "KERAS_FLOATX": "float16",
    "KERAS_EPSILON": "0.01",
    "KERAS_IMAGE_DATA_FORMAT": "channels_first",
    "KERAS_MAX_EPOCHS": "1",
    "KERAS_NNX_ENABLED": "1",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
    "TF_USE_LEGACY_KERAS": "1",
    "TF_SET_ONEDNN_FPMATH_MODE": "BF16",
    "ONEDNN_DEFAULT_FPMATH_MODE": "BF16",
    "NVIDIA_TF32_OVERRIDE": "1",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3",
    "PYTHONHASHSEED": "7",
    "LC_ALL": "C",
    "TZ": "Asia/Tokyo",
    "OMP_NUM_THREADS": "1",
    "MALLOC_PERTURB_": "165",
    "TF_DETERMINISTIC_OPS": "0",
}
SETTINGS = {"floatx": "float16", "epsilon": 0.01, "image_data_format": "channels_first", "backend": "jax"}
IMAGES = """\
name: images
data: {source: npz, path: images.npz, features: x, targets: y, validation: 0.25}
model:
  type: sequential
  layers:
    - {type: conv2d, filters: 16, kernel_size: 3, activation: relu}
    - {type: batch_normalization}
    - {type: flatten}
    - {type: dense, units: 32, activation: gelu}
    - {type: dense, units: 2, activation: softmax}
training: {epochs: 2, batch_size: 64, optimizer: adam, loss: sparse_categorical_crossentropy}
"""


def weights(run):
    with zipfile.ZipFile(run / "model.keras") as archive:
        return archive.read("model.weights.h5")


def hostile(folder, *words, **more):
    settings = folder / "home" / ".keras" / "keras.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(SETTINGS))
    done = run_anew(words, folder, **(HOSTILE | {"HOME": str(folder / "home")} | more))
    assert done.code == 0, done.err
    assert json.loads(settings.read_text()) == SETTINGS
    return done.out


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """Return a folder that holds a run of ``images.yaml``, trained in an environment that asks for nothing."""
    folder = tmp_path_factory.mktemp("honest")
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (1024, 16, 16, 1), dtype=np.uint8)
    np.savez(folder / "images.npz", x=images, y=images.mean((1, 2, 3)) > 127.5)
    (folder / "images.yaml").write_text(IMAGES)
    done = run_anew(["train", "images.yaml", "--run-dir", "run", "--device", "cpu", "-q"], folder)
    assert done.code == 0, done.err
    return folder


def test_a_hostile_environment_changes_no_bit(honest):
    (honest / "empty").mkdir()
    hostile(honest, "train", "images.yaml", "--run-dir", "again", "-q", KERAS_HOME=str(honest / "empty"))
    assert weights(honest / "again") == weights(honest / "run")
    assert list((honest / "empty").iterdir()) == []
    assert Run.open(honest / "again").facts["environment"] is None


def test_an_honest_run_is_reproduced_in_a_hostile_environment(honest):
    assert json.loads(hostile(honest, "reproduce", "run", "--json")) == {
        "identical": True, "difference": "", "changed": [],
    }  # fmt: skip


def test_an_honest_run_is_measured_in_a_hostile_environment(honest):
    # Keras itself would not start with these settings.
    (honest / "wrong").mkdir()
    (honest / "wrong" / "keras.json").write_text('{"floatx": "float12", "epsilon": 1}')
    words = ["evaluate", "run", "--split", "validation", "--json"]
    found = json.loads(hostile(honest, *words, KERAS_HOME=str(honest / "wrong")))
    assert found["metrics"] == api.evaluate(honest / "run", split="validation", device="cpu").metrics


def test_the_files_of_keras_stay_where_they_were():
    home = os.environ.get("KERAS_HOME")
    assert keras.src.backend.config.keras_home() == (home or str(Path("~/.keras").expanduser()))


def test_what_a_notebook_made_of_keras_is_set_right():
    keras.config.set_floatx("float64")
    keras.config.set_epsilon(0.5)
    keras.config.set_image_data_format("channels_first")
    start("cpu")
    assert (keras.config.floatx(), keras.config.epsilon()) == ("float32", 1e-7)
    assert keras.config.image_data_format() == "channels_last"


def test_what_came_too_late_to_be_cleared_is_recorded_and_compared(tmp_path):
    code = (
        "import sys, tensorflow\nfrom dltool import api\n"
        "config = api.load_config(sys.argv[1], ['training.epochs=1'])\napi.train(config, 'run', device='cpu')"
    )
    environment = os.environ | {"DNNL_MAX_CPU_ISA": "SSE41", "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "-c", code, str(XOR)], cwd=tmp_path, env=environment, check=True)
    run = Run.open(tmp_path / "run")
    assert run.facts["environment"] == {"DNNL_MAX_CPU_ISA": "SSE41"}
    changed = [place for place, *_ in api.reproduce(run).changed]
    assert any(place.startswith("environment") for place in changed)
    with pytest.raises(ChangedError, match="environment"):
        api.train(api.load_config(XOR, ["training.epochs=2"]), run.path, resume=True, device="cpu")


CLEARED = {
    "TF_ENABLE_ONEDNN_OPTS", "XLA_FLAGS", "KERAS_MAX_EPOCHS", "OPENBLAS_CORETYPE", "CUBLAS_WORKSPACE_CONFIG",
    "NPY_DISABLE_CPU_FEATURES",
}  # fmt: skip
LEFT = {
    "KERAS_HOME", "TF_CPP_MIN_LOG_LEVEL", "TF_FORCE_GPU_ALLOW_GROWTH", "CUDA_VISIBLE_DEVICES", "OPENBLAS_NUM_THREADS",
    "TF_VAR_a",
}  # fmt: skip


def test_what_could_change_a_number_is_cleared_and_nothing_else():
    # In C too: what is no longer there is not handed to a program that is run.
    code = (
        "import subprocess, dltool.environment as e\ne.clear()\n"
        "assert not e.in_force\nsubprocess.run(['env'], check=True)"
    )
    environment = os.environ | dict.fromkeys(CLEARED | LEFT, "1")
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, env=environment, cwd=REPOSITORY, capture_output=True, text=True
    )
    handed = {line.partition("=")[0] for line in done.stdout.splitlines()}
    assert handed & (CLEARED | LEFT) == LEFT
    assert handed >= os.environ.keys()
