"""What a run directory must be like: while it is worked in, after any fault, and in the end."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
from safetensors.numpy import load

from dltool.runs.stored_files import is_unfinished

_TIMES = {"seconds", "examples_per_second", "epoch_seconds"}
_END = ("status", "reason", "epochs", "best_epoch", "best", "weights_epoch", "data_fingerprint", "device")


def rows_of(run: Path):
    """Return the lines of the log that are whole, without times."""
    lines = (run / "metrics.jsonl").read_bytes().split(b"\n")[:-1]
    return [{name: value for name, value in json.loads(line).items() if name not in _TIMES} for line in lines]


def moments_of(run: Path):
    """Return the moments, as (epoch, step), of the checkpoints, the newest first; each of them must be whole."""
    moments = []
    for path in (run / "checkpoint").glob("[0-9]*"):
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # a newer one came: somebody works there
            continue
        epoch, step, digest = path.stem.split("-")
        assert hashlib.sha256(content).hexdigest()[:16] == digest, path
        moments.append((int(epoch), int(step)))
    return sorted(moments, reverse=True)


def weights_of(model: Path):
    """Return the arrays in a model file."""
    arrays = {}
    with zipfile.ZipFile(model) as archive:
        assert archive.testzip() is None
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as weights:
            weights.visititems(
                lambda name, node: arrays.update({name: node[()]}) if isinstance(node, h5py.Dataset) else None
            )
    assert arrays
    return arrays


def state_of(run: Path):
    """Return the arrays and the state of the newest checkpoint, without times."""
    content = max((run / "checkpoint").iterdir()).read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    state = json.loads(header["__metadata__"]["state"])
    return load(content), {name: value for name, value in state.items() if name not in _TIMES}


def assert_whole(run: Path, golden: Path, before=()):
    """Check that every file is whole or absent, and no checkpoint that was there before is lost without a newer one.

    Returns:
        The moments of the checkpoints, to be given as ``before`` the next time.
    """
    known = {".lock", *(path.name for path in golden.iterdir())}
    for path in run.iterdir() if run.exists() else ():
        assert path.name in known or is_unfinished(path), path
    if (run / "run.json").exists():
        assert json.loads((run / "run.json").read_text())["status"] in ("running", "interrupted", "completed", "failed")
    if (run / "config.yaml").exists():
        assert (run / "config.yaml").read_bytes() == (golden / "config.yaml").read_bytes()
    if (run / "metrics.jsonl").exists():
        rows = rows_of(run)
        assert rows == rows_of(golden)[: len(rows)]
    if (run / "model.keras").exists():
        weights_of(run / "model.keras")
    if (run / "report.html").exists():
        assert (run / "report.html").read_text().rstrip().endswith("</html>")
    if (run / "predictions.safetensors").exists():
        load((run / "predictions.safetensors").read_bytes())
    moments = moments_of(run) if run.exists() else []
    assert moments[:1] >= list(before[:1]), "a checkpoint was lost"
    return moments


def assert_same_end(run: Path, golden: Path):
    """Check that a run ended as the one without a fault did, to the bit, and nothing else is left of it."""
    assert {path.name for path in run.iterdir()} == {path.name for path in golden.iterdir()}
    assert rows_of(run) == rows_of(golden)
    facts, expected = (json.loads((path / "run.json").read_text()) for path in (run, golden))
    assert [facts[name] for name in _END] == [expected[name] for name in _END]
    assert facts["status"] == "completed"
    assert moments_of(run)[0] == moments_of(golden)[0]
    assert len(moments_of(run)) <= 2
    assert all(path.name[0].isdigit() for path in (run / "checkpoint").iterdir())
    (arrays, state), (expected_arrays, expected_state) = state_of(run), state_of(golden)
    assert state == expected_state
    _assert_equal(arrays, expected_arrays)
    _assert_equal(*(load((path / "predictions.safetensors").read_bytes()) for path in (run, golden)))
    _assert_equal(weights_of(run / "model.keras"), weights_of(golden / "model.keras"))
    assert_whole(run, golden)


def _assert_equal(arrays, expected):
    assert arrays.keys() == expected.keys()
    for name, array in arrays.items():
        assert (array.dtype, array.shape) == (expected[name].dtype, expected[name].shape)
        assert np.asarray(array).tobytes() == np.asarray(expected[name]).tobytes(), name
