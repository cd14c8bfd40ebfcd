"""What a notebook has set for its process is as it was when our work is done."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

from dltool.backend.settings import dtype_policy
from tests.support.places import IRIS


def test_a_policy_is_given_back_whatever_happens_under_it():
    with pytest.raises(KeyError), dtype_policy("mixed_bfloat16"):
        assert keras.layers.Dense(1).compute_dtype == "bfloat16"
        raise KeyError
    assert keras.layers.Dense(1).compute_dtype == "float32"


CODE = """
import json, locale, logging, os, random, signal, sys, warnings
import keras, matplotlib, numpy, optuna
import dltool

def shared():
    config = keras.config
    return {
        "Keras": [config.floatx(), config.epsilon(), config.image_data_format(), config.dtype_policy().name],
        "random": repr(random.getstate()), "NumPy": repr((numpy.random.get_state(), numpy.geterr())),
        "warnings": [*map(str, warnings.filters)], "logging": [
            logging.getLogger(name).level for name in (None, "matplotlib", "optuna", "PIL", "tensorflow")
        ],
        "matplotlib": repr(dict(matplotlib.rcParams)), "locale": locale.setlocale(locale.LC_ALL),
        "signals": [str(signal.getsignal(number)) for number in range(1, 32)],
        "folder": os.getcwd(), "hook": str(sys.excepthook), "shown": str(warnings.showwarning),
    }

if sys.argv[1] == "set":
    keras.config.set_floatx("float64")
    keras.config.set_epsilon(1e-3)
    keras.config.set_image_data_format("channels_first")
    keras.config.set_dtype_policy("mixed_float16")
    random.seed(5)
before = shared()
iris, images = (dltool.load_config(path, ["training.epochs=2", *more]) for path, *more in json.loads(sys.argv[2]))
dltool.check(images)
run = dltool.train(iris, "run", device="cpu")
rows = list(dltool.predict(run, json.loads(sys.argv[3]), device="cpu"))
scores = dltool.evaluate(run, device="cpu").metrics
for written in (dltool.write_evaluation(run, device="cpu")[1], dltool.write_explanation(run, dltool.explain(run))):
    assert written is not None
dltool.calibrate(run, device="cpu")
dltool.show_data(images, "shown")
dltool.train(images, "run_of_images", device="cpu")
dltool.read_sweep("sweep.yaml")
dltool.sweep("sweep.yaml", "swept", device="cpu", jobs=1)
after = shared()
print(json.dumps([[name for name in before if before[name] != after[name]], scores, repr(rows)]))
"""
ROW = {"sepal_length": [5.1], "sepal_width": [3.5], "petal_length": [1.4], "petal_width": [0.2]}
SWEEP = """
name: s
base: {}
axes: {{training.batch_size: {{low: 8, high: 32}}}}
search: {{type: random, trials: 1}}
objective: {{metric: loss, direction: minimize}}
"""


def test_nothing_that_a_notebook_shares_with_us_is_changed_and_nothing_that_it_has_set_changes_a_number(tmp_path):
    for name in ("a/1", "a/2", "a/3", "b/1", "b/2", "b/3"):
        path = tmp_path / "images" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), 40 * ord(name[0]) % 256, np.uint8)).save(path)
    (tmp_path / "images.yaml").write_text(
        "name: i\ndata: {source: image_folder, path: images, scaling: none}\n"
        "model: {type: sequential, layers: [{type: rescaling, scale: 0.1}, {type: random_flip}, flatten, "
        "{type: dense, units: 2, activation: softmax}]}\n"
        "training: {loss: categorical_crossentropy, dtype_policy: mixed_bfloat16, epochs: 1, batch_size: 2}\n"
    )
    said = []
    for how in ("set", "as it is"):
        folder = tmp_path / how
        folder.mkdir()
        (folder / "sweep.yaml").write_text(SWEEP.format(IRIS))
        configs = [[str(IRIS), "training.dtype_policy=mixed_float16"], [str(tmp_path / "images.yaml")]]
        words = [sys.executable, "-W", "ignore", "-c", CODE, how, json.dumps(configs), json.dumps(ROW)]
        done = subprocess.run(words, capture_output=True, text=True, cwd=folder, check=False)
        assert done.returncode == 0, done.stderr
        changed, *answers = json.loads(done.stdout.splitlines()[-1])
        assert changed == []
        said.append(answers)
    assert said[0] == said[1]
