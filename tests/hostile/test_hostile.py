"""Files that somebody made to do harm: each is refused by name, runs nothing, and reads nothing but itself."""

import io
import json
import os
import pickle
import re
import shutil
import struct
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

MODEL, TABLE, PICTURES = "table/model.keras", ["predict", "table", "input.csv"], ["predict", "images", "picture.png"]
MEMBERS = ("metadata.json", "config.json", "model.weights.h5", "dltool.json")


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in MEMBERS}


def write_members(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)


def tampered(change, model=MODEL):
    """Return what changes the members of a model file, a mapping of name to bytes."""

    def make(folder):
        members = members_of(folder / model)
        change(members)
        write_members(folder / model, members.items())

    return make


def layer(**config):
    """Put another layer in the place of the first dense one."""

    def change(members):
        network = json.loads(members["config.json"])
        layers = find(network, "Sequential")["config"]["layers"]
        layers[next(i for i, each in enumerate(layers) if each["class_name"] == "Dense")] |= config
        members["config.json"] = json.dumps(network).encode()

    return tampered(change)


def find(node, class_name):
    if isinstance(node, dict):
        if node.get("class_name") == class_name:
            return node
        node = list(node.values())
    found = [find(each, class_name) for each in node if isinstance(each, dict | list)]
    return next((each for each in found if each), None)


def vocabulary(members):
    network = json.loads(members["config.json"])
    find(network, "StringLookup")["config"]["vocabulary"] = "/etc/passwd"
    members["config.json"] = json.dumps(network).encode()


def description(**parts):
    def change(members):
        plain = json.loads(members["dltool.json"])
        for path, value in parts.items():
            *above, last = path.split("__")
            node = plain
            for key in above:
                node = node[int(key) if key.isdecimal() else key]
            node[last] = value
        members["dltool.json"] = json.dumps(plain).encode()

    return tampered(change)


def weights(change):
    def changed(members):
        content = io.BytesIO(members["model.weights.h5"])
        with h5py.File(content, "r+") as file:
            paths = []
            file.visititems(lambda path, item: paths.append(path) if isinstance(item, h5py.Dataset) else None)
            path = next(path for path in paths if "dense" in path and file[path].ndim == 2)
            array, values = file[path], file[path][()]
            del file[path]
            change(file, path, array, values)
        members["model.weights.h5"] = content.getvalue()

    return tampered(changed)


def external_storage(file, path, array, values):
    space = h5py.h5s.create_simple(values.shape)
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_external(b"/etc/passwd", 0, values.nbytes)
    group, name = path.rsplit("/", 1)
    h5py.h5d.create(file[group].id, name.encode(), h5py.h5t.NATIVE_FLOAT, space, dcpl=properties)


def virtual(file, path, array, values):
    layout = h5py.VirtualLayout(values.shape, "float32")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", values.shape)
    file.create_virtual_dataset(path, layout)


def soft(file, path, array, values):
    file[path] = h5py.SoftLink("/layers")


def outside(file, path, array, values):
    file[path] = h5py.ExternalLink("/etc/passwd", "/")


def swollen(file, path, array, values):
    file.create_dataset(path, shape=(1 << 20, 1 << 20), dtype="float32", chunks=(1, 1 << 20), compression="gzip")


def another_shape(file, path, array, values):
    file.create_dataset(path, data=np.zeros((3, 3), "float32"))


def objects(file, path, array, values):
    file.create_dataset(path, shape=values.shape, dtype=h5py.string_dtype())


def compressed(folder):
    members = members_of(folder / MODEL)
    members["metadata.json"] = b" " * (200 << 20)
    write_members(folder / MODEL, members.items(), zipfile.ZIP_DEFLATED)


def climbing(folder):
    write_members(folder / MODEL, [*members_of(folder / MODEL).items(), ("../../climbed", b"mine")])


def twice(folder):
    members = members_of(folder / MODEL)
    with pytest.warns(UserWarning, match="Duplicate name"):
        write_members(folder / MODEL, [*members.items(), ("config.json", members["config.json"])])


def pickled_model(folder):
    (folder / MODEL).write_bytes(pickle.dumps({"model": Harm()}))


class Harm:
    def __reduce__(self):
        return os.system, ("touch harmed",)


def pickled_arrays(folder):
    np.savez(folder / "input.npz", x_train=np.array([Harm()], dtype=object))


def promising_arrays(folder):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 2000), }"
    header += b" " * (64 - (len(header) + 11) % 64) + b"\n"
    npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    write_members(folder / "input.npz", [("x_train.npy", npy)])


def bomb_of_arrays(folder):
    array = io.BytesIO()
    np.save(array, np.zeros((64 << 20,), "uint8"))
    write_members(folder / "input.npz", [(f"x{i}.npy", array.getvalue()) for i in range(3)], zipfile.ZIP_DEFLATED)


def picture(width, height):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


def text(name, content):
    return lambda folder: (folder / name).write_text(content)


def link(name, target="/etc/passwd"):
    def make(folder):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)

    return make


HEAD = "name: x\ndata: {source: inline, features: [[1], [2]], targets: [0, 1]}\n"
TRAINING = "training: {loss: binary_crossentropy, epochs: 1}\n"
CHECK = ["check", "evil.yaml"]
ALIASES = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
CASES = {
    "a Lambda of bytecode": (layer(class_name="Lambda", config={"function": ["4wAAAA==", None, None]}), TABLE, 77),
    "a TFSMLayer": (layer(class_name="TFSMLayer", config={"filepath": "/tmp"}), TABLE, 77),
    "a module of another package": (layer(module="os", class_name="system", config={"command": "id"}), TABLE, 77),
    "a registered class": (layer(registered_name="evil>Layer"), TABLE, 77),
    "a function for an activation": (
        layer(config={"units": 5, "activation": {"class_name": "function", "module": "os", "config": "system"}}),
        TABLE,
        77,
    ),
    "a vocabulary from a file": (tampered(vocabulary), TABLE, 77),
    "a network of another size": (layer(config={"units": 1 << 40}), TABLE, 77),
    "a network nested without end": (tampered(lambda m: m.update({"config.json": b"[" * 200_000})), TABLE, 65),
    "an unknown layer": (description(layers__1__type="lambda"), TABLE, 65),
    "a path in the description": (description(training__path="/etc/passwd"), TABLE, 65),
    "units beyond memory": (description(layers__1__units=2147483647), TABLE, 77),
    "units beyond all numbers": (description(layers__1__units=10**30), TABLE, 65),
    "a threshold between three classes": (description(threshold=0.3), TABLE, 65),
    "a threshold beyond probabilities": (description(threshold=1.0), TABLE, 65),
    "residuals of classes": (description(residuals={"rows": 1, "values": [[0.5]]}), TABLE, 65),
    "more residuals than rows": (description(residuals={"rows": 2**31, "values": [[0.5]]}), TABLE, 65),
    "an input beyond memory": (description(signature__input_shape=[1 << 30, 1 << 30]), TABLE, 65),
    "columns of images": (description(signature__input_dtype="uint8", signature__input_numbers=None), TABLE, 65),
    "weights behind an external link": (weights(outside), TABLE, 77),
    "weights behind a soft link": (weights(soft), TABLE, 77),
    "weights stored in a system file": (weights(external_storage), TABLE, 77),
    "weights that are virtual": (weights(virtual), TABLE, 77),
    "weights that swell": (weights(swollen), TABLE, 77),
    "weights of another shape": (weights(another_shape), TABLE, 77),
    "weights that are texts": (weights(objects), TABLE, 77),
    "no HDF5 at all": (
        tampered(lambda m: m.update({"model.weights.h5": b"x" * len(m["model.weights.h5"])})),
        TABLE,
        65,
    ),
    "a bomb for a model": (compressed, TABLE, 77),
    "a member that climbs": (climbing, TABLE, 77),
    "a member twice": (twice, TABLE, 77),
    "a pickle for a model": (pickled_model, TABLE, 65),
    "a link for a model": (link(MODEL), TABLE, 77),
    "a link for a config": (link("table/config.yaml"), ["evaluate", "table"], 77),
    "a link for run.json": (link("table/run.json"), ["reproduce", "table"], 77),
    "a config that extends a system file": (
        text("table/config.yaml", "extends: /etc/passwd\n"),
        ["evaluate", "table"],
        65,
    ),
    "pickled arrays": (pickled_arrays, ["predict", "images", "input.npz"], 77),
    "arrays that promise 7 TiB": (promising_arrays, ["predict", "images", "input.npz"], 65),
    "a bomb of arrays": (bomb_of_arrays, ["predict", "images", "input.npz"], 65),
    "a picture of 4 thousand million pixels": (
        lambda folder: (folder / "picture.png").write_bytes(picture(65_000, 65_000)),
        PICTURES,
        65,
    ),
    "a pipe for a table": (lambda folder: os.mkfifo(folder / "pipe"), ["predict", "table", "pipe"], 77),
    "a device for a table": (lambda folder: None, ["predict", "table", "/dev/zero"], 77),
    "a Python object in YAML": (text("evil.yaml", "name: !!python/object/apply:os.system [touch harmed]\n"), CHECK, 78),
    "aliases that multiply": (text("evil.yaml", ALIASES), CHECK, 78),
    "a config nested without end": (text("evil.yaml", "[" * 100_000), CHECK, 78),
    "a config of more units than memory": (
        text(
            "evil.yaml",
            HEAD + TRAINING + "model: {type: mlp, hidden_units: [2147483647, 2147483647]}\n",
        ),
        ["train", "evil.yaml", "--device", "cpu"],
        78,
    ),
    "a config of more units than numbers": (
        text("evil.yaml", HEAD + TRAINING + "model: {type: mlp, hidden_units: [2147483648]}\n"),
        CHECK,
        78,
    ),
}


def tree(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("case", CASES)
def test_refused_by_name(case, program, folder):
    make, words, expected = CASES[case]
    make(folder)
    before = tree(folder)
    code, out, err = program.run([*words, *(["--device", "cpu"] if words[0] == "predict" else [])], folder, case)
    assert code == expected, (code, out, err)
    assert out == ""
    assert "Traceback" not in err
    subject = next((word for word in words[1:] if "." in word or "/" in word or word == "pipe"), words[1])
    named = {subject, words[1], "config.yaml", "run.json"}
    assert any(name in err for name in named), err
    assert tree(folder) == before
    assert len(err) < 2000


def test_nothing_was_started_connected_to_or_opened_elsewhere(program, folder):
    """Runs after the cases above, in whose traces it looks."""
    if program.trace is None:
        pytest.skip("strace is missing or may not trace here, so what the program opens cannot be seen")
    for number, (case, (make, words, _)) in enumerate(CASES.items()):
        if case not in program.calls():  # as under `-k`
            target = shutil.copytree(folder, folder.parent / str(number))
            make(target)
            program.run(words, target, case)
    here = (str(folder.parent.parent), sys.prefix, sys.base_prefix, str(Path.cwd()), tempfile.gettempdir())
    system = ("/proc/self", "/proc/meminfo", "/sys/", "/usr/lib", "/lib", "/etc/ld.so", "/etc/localtime", "/dev/null")
    for case, calls in program.calls().items():
        for call in calls if case in CASES else ():
            assert "execve(" not in call, (case, call)
            assert "connect(" not in call, (case, call)
            opened = re.search(r'open(?:at)?\([^"]*"(/[^"]*)"', call)
            assert not opened or "ENOENT" in call or opened[1].startswith((*here, *system)), (case, call)


def test_control_characters_are_shown_and_formulas_stay_data(program, folder):
    (folder / "evil.yaml").write_text('name: x\n"\\e[2Jcleared": 1\n' + HEAD.removeprefix("name: x\n") + TRAINING)
    code, _, err = program.run(CHECK, folder)
    assert code == 78
    assert "\x1b" not in err
    assert "\\x1b[2Jcleared" in err
    code, out, err = program.run([*TABLE, "--top", "3", "--device", "cpu"], folder)
    assert code == 0, err
    assert "=cmd|' /C calc'!A0" in out
    Image.new("RGB", (6, 6)).save(folder / "picture.png")
    code, _, err = program.run([*PICTURES, "--device", "cpu"], folder)
    assert code == 0, err
