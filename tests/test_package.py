"""The package as somebody at a prompt or in a notebook meets it."""

import inspect
import subprocess
import sys

import pytest

import dltool
from dltool import api

CONFIG = {
    "name": "pets",
    "data": {"source": "inline", "features": [[0, 1], [1, 0], [2, 2], [3, 1]], "targets": [0, 1, 1, 0]},
    "model": {"type": "mlp", "hidden_units": [4]},
    "training": {"loss": "binary_crossentropy", "metrics": ["accuracy"], "epochs": 2, "batch_size": 2},
}


def test_the_tab_key_completes_what_is_not_loaded_yet():
    program = "import rlcompleter, dltool; print(rlcompleter.Completer({'dltool': dltool}).attr_matches('dltool.'))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert eval(done.stdout) == [f"dltool.{name}(" for name in sorted(dltool.__all__)]


def test_the_package_has_what_the_api_has_and_loads_it_late():
    offered = sorted(name for name, value in vars(api).items() if inspect.isfunction(value))
    assert dltool.__all__ == offered == dir(dltool)
    assert all(getattr(dltool, name) is getattr(api, name) for name in offered)
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        _ = dltool.trian
    program = "import dltool, sys; dir(dltool); print('dltool.api' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_results_say_in_a_line_what_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = dltool.load_config(CONFIG)
    assert repr(config) == "<Config pets: inline data, mlp, binary_crossentropy, 2 epochs, seed 0>"
    assert repr(dltool.check(config)) == "<Plan of 2 layers, (2,) -> (1,): 17 parameters, 2 steps an epoch>"
    runs = [dltool.train(config, name, device="cpu") for name in ("a", "b")]
    best = runs[0].facts["best"]
    assert repr(runs[0]) == f"<Run a: completed, 2 epochs, best loss {best:.6g}>"
    evaluation = dltool.evaluate("a", split="train")
    scores = f"loss {evaluation.metrics['loss']:.6g}, accuracy {evaluation.metrics['accuracy']:.6g}"
    assert repr(evaluation) == f"<Evaluation of train, 4 rows: {scores}>"
    assert repr(dltool.compare(["a", "b"])).startswith("<Comparison of 2 by loss: best a (")
    assert repr(dltool.reproduce("a")) == "<Reproduction: identical>"
    (tmp_path / "a" / "run.json").write_text("{")
    assert repr(runs[0]) == "<Run a: not to be read>"
    (tmp_path / "b" / "run.json").unlink()
    assert repr(runs[1]) == "<Run b: not to be read>"
