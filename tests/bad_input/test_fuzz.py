"""Whatever a file holds, it is read or refused in words; no other exception gets out.

``DLTOOL_FUZZ_EXAMPLES=20000 pytest tests/bad_input/test_fuzz.py`` looks further, each time elsewhere.
"""

import copy
import io
import os
import signal
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from dltool import api, data
from dltool.config.data import Idx, ImageFolder, Npz
from dltool.config.needs import Needs, TaskName
from dltool.config.tables import Csv, Excel, Parquet
from dltool.config.validation import load_config
from dltool.data.inputs import load_labelled, open_inputs
from dltool.errors import DltoolError
from tests.support.files import TABLE, X, Y, animation, archive, excel, gz, idx_bytes, npy, picture, zipped
from tests.support.inputs import seen

REPOSITORY = Path(__file__).parent.parent.parent
EXAMPLES = int(os.environ.get("DLTOOL_FUZZ_EXAMPLES", "150"))
fuzz = settings(
    max_examples=EXAMPLES,
    derandomize="DLTOOL_FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)

EVERYTHING = """
name: everything
data: {source: inline, features: [[[0, 0], [0, 1]], [[1, 0], [1, 1]], [[1, 2], [0, 1]], [[0, 2], [2, 1]]],
  targets: [a, b, b, a], classes: [a, b], scaling: none, validation: {features: [[[0, 0], [0, 1]]], targets: [a]},
  test: 0.25}
model:
  type: sequential
  layers:
    - flatten
    - {type: dense, units: 4, activation: relu, kernel_regularizer: {type: l1_l2, l1: 0.1, l2: 0.1}, use_bias: false}
    - {type: dropout, rate: 0.5}
    - batch_normalization
    - {type: dense, units: 1, activation: sigmoid}
training:
  optimizer: {type: sgd, learning_rate: {type: exponential_decay, initial_learning_rate: 0.1, decay_steps: 9,
    decay_rate: 0.9}, momentum: 0.9, nesterov: true, clipnorm: 1}
  loss: {type: binary_crossentropy, label_smoothing: 0.1}
  metrics: [accuracy, {type: auc}]
  epochs: 3
  batch_size: 2
  class_weight: balanced
  early_stopping: {patience: 3, monitor: validation_loss}
"""
PICTURES = """
name: pictures
data: mnist
model:
  type: sequential
  layers:
    - {type: random_zoom, height_factor: [-0.1, 0.1]}
    - {type: conv2d, filters: 4, kernel_size: [3, 3], strides: 2, padding: same, dilation_rate: 1}
    - {type: max_pooling2d, pool_size: 2}
    - global_average_pooling2d
    - {type: dense, units: 10, activation: softmax}
training: {loss: categorical_crossentropy, epochs: 1, metrics: [{type: top_k_categorical_accuracy, k: 3}]}
"""
SHIPPED = [path.read_text() for path in sorted((REPOSITORY / "configs").glob("*.yaml"))]
CONFIGS = [
    text.replace("../data/", f"{REPOSITORY}/data/").replace("extends: ", f"extends: {REPOSITORY}/configs/")
    for text in [*SHIPPED, EVERYTHING, PICTURES]
]
ODD = [
    None, True, False, 0, -1, 1, 2, 7, 0.5, -0.5, 1e-300, 1e300, float("nan"), float("inf"), 2**31, 2**63, 10**30, "",
    "adam", "mnist", "<adam>", "dense", "x.csv", "~nobody-here/x", "a\0b", "/", "..", "x" * 5000, "\ud800", "yes", "5",
    "none", [], [1], [1, 2], [[1], [2, 3]], ["x"], [None], {}, {"type": "adam"}, {"type": None}, {"type": [1]},
    {"source": 3}, {"source": "csv"}, {"": 1}, {"type": "cosine_decay"}, [["x"] * 50] * 50, {"features": [1]},
    "binary_crossentropy", "huber", "sparse_categorical_crossentropy", "sequential", "mlp", "cnn", "inline",
]  # fmt: skip


def allowed(action, *arguments):
    """Let an action succeed or fail in words of its own, within half a minute."""
    signal.signal(signal.SIGALRM, hung)
    signal.alarm(30)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            action(*arguments)
    except DltoolError as error:
        assert str(error)
    finally:
        signal.alarm(0)


def hung(*_):
    raise AssertionError("it hangs")


def check(path, overrides=()):
    api.check(load_config(path, overrides))


def ways(value, keys=()):
    yield keys
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield from ways(child, (*keys, key))


def mutate(draw, value):
    """Return the value with one thing in it dropped, retyped, renamed, wrapped, doubled or moved."""
    value = copy.deepcopy(value)
    *path, key = draw(st.sampled_from([keys for keys in ways(value) if keys]))
    parent = value
    for step in path:
        parent = parent[step]
    kind = draw(st.sampled_from(["drop", "odd", "odd", "odd", "rename", "wrap", "double", "move"]))
    if kind == "drop":
        del parent[key]
    elif kind == "odd":
        parent[key] = draw(st.sampled_from(ODD) | st.integers() | st.floats() | st.text(max_size=8))
    elif kind == "rename" and isinstance(parent, dict):
        parent[draw(st.text(max_size=8) | st.sampled_from(["type", "source", "path", "extends", "units"]))] = (
            parent.pop(key)
        )
    elif kind == "wrap":
        parent[key] = draw(st.sampled_from([[parent[key]], {"type": parent[key]}, {key: parent[key]}]))
    elif kind == "double" and isinstance(parent, list):
        parent += parent * draw(st.integers(1, 3))
    elif kind == "move":
        other = value
        for step in draw(st.sampled_from(list(ways(value)))):
            other = other[step]
        parent[key] = copy.deepcopy(other)
    return value


@fuzz
@given(st.data())
def test_configs_of_odd_values(tmp_path_factory, data):
    value = yaml.safe_load(data.draw(st.sampled_from(CONFIGS)))
    for _ in range(data.draw(st.integers(1, 3))):
        if value and isinstance(value, dict):
            value = mutate(data.draw, value)
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=data.draw(st.booleans()))
    path.write_text(text, "utf-8", errors="surrogatepass")
    allowed(check, path)


@fuzz
@given(st.data())
def test_configs_of_odd_text(tmp_path_factory, data):
    text = data.draw(st.sampled_from(CONFIGS))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.sampled_from([0, 0, 1, 2, 10, 100]))
        marks = ["[", "]", "{", "}", ":", ": ", "- ", "\n", "\t", "&a ", "*a", "!!x ", "'", '"', "|", ">", "#", "%",
        "@",
                 "\0", "\x85", "\u2028", "\ufeff", "---\n", "...\n", "? ", "<<: ", "~", ",", "\r", "1e9",
                 "[" * 70]  # fmt: skip
        text = text[:start] + data.draw(st.sampled_from(marks) | st.just(text[start:end] * 2)) + text[end:]
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_text(text, "utf-8")
    allowed(check, path)


@fuzz
@given(st.data())
def test_odd_settings(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_text(EVERYTHING)
    known = [".".join(map(str, keys)) for keys in ways(yaml.safe_load(EVERYTHING)) if keys]
    name = data.draw(st.sampled_from(known) | st.text("abc.[]0", max_size=8))
    odd = st.sampled_from([yaml.safe_dump(value, default_flow_style=True) for value in ODD])
    allowed(check, path, [f"{name}={data.draw(odd | st.text(max_size=9))}"])


def damage(draw, content):
    """Return bytes with some of them flipped, cut off, inserted, doubled or taken out."""
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(content)))
        end = place + draw(st.sampled_from([1, 2, 8, 50, 400]))
        kind = draw(st.sampled_from(["flip", "flip", "flip", "truncate", "insert", "double", "take", "set"]))
        if kind == "flip" and place < len(content):
            content = content[:place] + bytes([content[place] ^ draw(st.integers(1, 255))]) + content[place + 1 :]
        elif kind == "truncate":
            content = content[:place]
        elif kind == "insert":
            odd = st.sampled_from(
                [b"\0", b'"', b"\n", b",", b"\xff\xff\xff\xff", b"\r", b"\xef\xbb\xbf", b"nan", b"1e999"]
            )
            content = content[:place] + draw(odd | st.binary(max_size=8)) + content[place:]
        elif kind == "double":
            content = content[:end] + content[place:end] + content[end:]
        elif kind == "take":
            content = content[:place] + content[end:]
        elif kind == "set":
            content = content[:place] + draw(st.sampled_from([b"\xff", b"\0", b"\x7f"])) * (end - place) + content[end:]
    return content


def read(spec, task):
    data.describe(spec, Needs(task), 1)
    data.load(spec, Needs(task), 1)


LONG = TABLE + "".join(f"{i},{i * 0.5},{('no', 'yes')[i % 2]}\n" for i in range(40))
LAYOUTS = [
    {"errors": "skip"}, {"comment": "#"}, {"comment": "1", "quote": "'"}, {"skip_rows": 1},
    {"comment": "a", "errors": "skip", "encoding": "latin-1"},
]  # fmt: skip
TABLES = [
    LONG.encode(),
    b'a,b,y\n"x, y",1,"n"\n"z",2,j\n"x, y",NA,n\n',
    LONG.replace("no", "1").replace("yes", "2.0").encode(),
]


@fuzz
@given(st.data())
def test_damaged_tables(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_bytes(damage(data.draw, data.draw(st.sampled_from(TABLES))))
    options = {"missing": data.draw(st.sampled_from(["refuse", "drop", "mean"]))}
    options |= data.draw(
        st.sampled_from([{}, {"validation": 0.2}, {"test": str(path)}, {"delimiter": ";"}, {"header": False}, *LAYOUTS])
    )
    spec = Csv(
        source="csv", path=str(path), targets=data.draw(st.sampled_from(["y", "a", ["a", "b"], "column_3"])), **options
    )
    allowed(read, spec, data.draw(st.sampled_from(TaskName)))


def stored(**options):
    stream = io.BytesIO()
    cells = {"a": [1.5, None, 3.0, 4.0], "b": ["u", "v", "u", None], "c": [True, False] * 2, "y": [0, 1, 0, 1]}
    pq.write_table(pa.table(cells), stream, **options)
    return stream.getvalue()


PARQUETS = [stored(), stored(compression="none", use_dictionary=False), stored(compression="gzip", row_group_size=2)]


@fuzz
@given(st.data())
def test_damaged_parquet(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzz.parquet"
    path.write_bytes(damage(data.draw, data.draw(st.sampled_from(PARQUETS))))
    options = data.draw(st.sampled_from([{}, {"missing": "mean"}, {"missing": "drop"}, {"test": str(path)}]))
    targets = data.draw(st.sampled_from(["y", "b", ["a", "y"]]))
    spec = Parquet(source="parquet", path=str(path), targets=targets, **options)
    allowed(read, spec, data.draw(st.sampled_from(TaskName)))


WORKBOOKS = [excel(["a", "b", "y"], [1.5, "u", 0], [None, "v", 1], [3, "u", 0], [4, None, 1])]


@fuzz
@given(st.data())
def test_damaged_workbooks(tmp_path_factory, data):
    """Both the archive and what is in it."""
    path = tmp_path_factory.getbasetemp() / "fuzz.xlsx"
    content = data.draw(st.sampled_from(WORKBOOKS))
    if data.draw(st.booleans()):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            members = {name: book.read(name) for name in book.namelist()}
        name = data.draw(st.sampled_from(sorted(members)))
        content = zipped([*(members | {name: damage(data.draw, members[name])}).items()])
    else:
        content = damage(data.draw, content)
    path.write_bytes(content)
    options = data.draw(st.sampled_from([{}, {"missing": "mean"}, {"sheet": "Data"}, {"test": str(path)}]))
    spec = Excel(source="excel", path=str(path), targets=data.draw(st.sampled_from(["y", "b"])), **options)
    allowed(read, spec, data.draw(st.sampled_from(TaskName)))


MEMBERS = [("x_train.npy", npy(X)), ("y_train.npy", npy(Y)), ("x_test.npy", npy(X)), ("y_test.npy", npy(Y))]
ARCHIVES = [
    zipped(MEMBERS), zipped(MEMBERS, 8), zipped(MEMBERS, 12), zipped(MEMBERS, 14),
    archive({"x_train": np.zeros((6, 4, 4), "u1"), "y_train": np.array(list("ababab"))}),
]  # fmt: skip


@fuzz
@given(st.data())
def test_damaged_archives(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzz.npz"
    path.write_bytes(damage(data.draw, data.draw(st.sampled_from(ARCHIVES))))
    options = data.draw(st.sampled_from([{}, {"validation": 0.3}, {"classes": ["a", "b"]}, {"test": str(path)}]))
    allowed(read, Npz(source="npz", path=str(path), **options), data.draw(st.sampled_from(TaskName)))


@fuzz
@given(st.data())
def test_damaged_arrays_in_whole_archives(tmp_path_factory, data):
    """The checksum of an archive hides most damage from what reads the arrays."""
    path = tmp_path_factory.getbasetemp() / "fuzz.npz"
    odd = [npy(X), npy(Y), npy(X.astype(">f8")), npy(np.array(list("ababab"))), npy(np.zeros((6, 4, 4), "u1"))]
    odd += [npy(np.zeros((6, 2), kind)) for kind in ("?", "f2", "c8", "M8[s]", "S1", "U0", "g", "i1", "V3", ">u8")]
    odd += [npy(np.zeros(shape, "i4")) for shape in ((), (0,), (6, 0), (6, 1, 1, 1), (1,))]
    members = [
        (name, data.draw(st.sampled_from(odd)) if data.draw(st.booleans()) else content) for name, content in MEMBERS
    ]
    path.write_bytes(zipped([(name, damage(data.draw, content)) for name, content in members]))
    allowed(read, Npz(source="npz", path=str(path)), data.draw(st.sampled_from(TaskName)))


@fuzz
@given(st.data())
def test_damaged_idx_files(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp()
    kinds = [(8, "u1"), (9, "i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")]
    kind, dtype = data.draw(st.sampled_from(kinds))
    features, targets = idx_bytes(np.arange(24).reshape(6, 2, 2), kind, dtype), idx_bytes(Y, kind, dtype)
    for name, content in (("x", features), ("y", targets)):
        damaged = damage(data.draw, content) if data.draw(st.booleans()) else content
        compressed = gz(damaged) if data.draw(st.booleans()) else damaged
        (folder / name).write_bytes(damage(data.draw, compressed) if data.draw(st.booleans()) else compressed)
    spec = Idx(source="idx", features=str(folder / "x"), targets=str(folder / "y"))
    allowed(read, spec, data.draw(st.sampled_from(TaskName)))


def saved(form, mode="RGB", **options):
    noise = np.random.default_rng(0).integers(256, size=(9, 7, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(stream, form, **options)
    return stream.getvalue()


PICTURE_FILES = [
    ("png", saved("PNG")), ("png", saved("PNG", "P")), ("png", saved("PNG", "LA")), ("jpg", saved("JPEG")),
    ("jpg", saved("JPEG", "CMYK", progressive=True)), ("gif", saved("GIF", "P")), ("gif", animation()),
    ("bmp", saved("BMP")), ("bmp", saved("BMP", "P")), ("webp", saved("WEBP")), ("webp", saved("WEBP", lossless=True)),
    ("webp", animation("WEBP")), ("png", animation("PNG")), ("png", saved("PNG", "1")), ("jpg", saved("JPEG", "L")),
]  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """What a model knows of the tables and archives that it was trained on."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "t.csv").write_bytes(TABLES[0])
    (folder / "a.npz").write_bytes(ARCHIVES[0])
    table = Csv(source="csv", path=str(folder / "t.csv"), targets="y")
    arrays = Npz(source="npz", path=str(folder / "a.npz"))
    return [(spec, data.describe(spec, Needs(TaskName.BINARY), 1)[0]) for spec in (table, arrays)]


def use(path, spec, signature):
    for batch in open_inputs(path, signature):
        assert seen(batch.features, signature).shape[1:] == signature.input_shape
    load_labelled(path, signature, spec)


@fuzz
@given(st.data())
def test_damaged_inputs_of_a_model(tmp_path_factory, trained, data):
    path = tmp_path_factory.getbasetemp() / data.draw(st.sampled_from(["fuzz.csv", "fuzz.npz", "fuzz.txt"]))
    path.write_bytes(damage(data.draw, data.draw(st.sampled_from([*TABLES, *ARCHIVES]))))
    spec, signature = data.draw(st.sampled_from(trained))
    allowed(use, str(path), spec, signature)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("pictures")
    for name in ("cat", "dog"):
        (made / name).mkdir()
        (made / name / "1.png").write_bytes(picture(size=(9, 7)))
    return made


@fuzz
@given(st.data())
def test_damaged_pictures(folder, data):
    suffix, content = data.draw(st.sampled_from(PICTURE_FILES))
    path = folder / data.draw(st.sampled_from(["cat", "dog"])) / f"0.{suffix}"
    path.write_bytes(damage(data.draw, content))
    size = data.draw(st.sampled_from([{}, {"image_size": [3, 4]}]))
    mode = data.draw(st.sampled_from(["rgb", "grayscale"]))
    try:
        allowed(read, ImageFolder(source="image_folder", path=str(folder), color_mode=mode, **size), TaskName.BINARY)
    finally:
        path.unlink()


def test_the_configs_are_valid_before_they_are_changed(tmp_path):
    for text in CONFIGS:
        (tmp_path / "c.yaml").write_text(text)
        check(tmp_path / "c.yaml")
