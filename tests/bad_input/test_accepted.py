"""What looks odd and is valid must come out right, and what is hardly meant is said once."""

import io
import json
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from dltool import data
from dltool.config.validation import load_config
from tests.support.files import (
    CATEGORICAL,
    GOOD,
    REGRESSION,
    TABLE,
    X,
    Y,
    animation,
    csv,
    gz,
    idx,
    idx_bytes,
    images,
    npy,
    npz,
    npz_bytes,
    picture,
    zipped,
)  # fmt: skip
from tests.support.folders import tree, write
from tests.support.inputs import seen


class Sound(NamedTuple):
    name: str
    files: dict
    features: object
    targets: object
    classes: tuple | None = None


A, B = [1, 3, 5, 6], [2, 4, 7, 9]
NUMBERS = np.array([A, B]).T
LABELS = [0, 1, 0, 1]
PIXELS = np.arange(24).reshape(6, 2, 2)


def table(name, content, features=NUMBERS, targets=LABELS, classes=("no", "yes"), **options):
    return Sound(name, csv(content, **options), features, targets, classes)


def named(name, *cells, classes):
    """A table whose labels are the cells."""
    content = "a,y\n" + "".join(f"{row},{cell}\n" for row, cell in enumerate(cells))
    targets = [classes.index(cell) for cell in cells]
    return table(name, content, np.arange(len(cells))[:, None], targets, classes)


BLACK = np.zeros((4, 4, 3))
SOUND = [
    table("a byte order mark", b"\xef\xbb\xbf" + TABLE.encode()),
    table("CRLF", TABLE.replace("\n", "\r\n")),
    table("a byte order mark and CRLF", b"\xef\xbb\xbf" + TABLE.replace("\n", "\r\n").encode()),
    table("no line break at the end", TABLE.rstrip()),
    table("blank lines", "\n" + TABLE.replace("\n", "\n\n")),
    table("semicolons, said so", TABLE.replace(",", ";"), more="delimiter: ;"),
    table("tabs, said so", TABLE.replace(",", "\t"), more='delimiter: "\\t"'),
    table("quotes around everything", "\n".join('"' + row.replace(",", '","') + '"' for row in TABLE.split())),
    table("spaces around numbers", "a,b,y\n 1,2 ,no\n3, 4,yes\n5,7,no\n6 , 9 ,yes\n"),
    table("exponents and signs", "a,b,y\n+1,2e0,no\n3.,.4e1,yes\n5,7,no\n6,900E-2,yes\n"),
    table("rows dropped", TABLE + ",1,yes\n2,NA,no\n1,2,\n", more="missing: drop"),
    table("means taken", "a,b,y\n1,2,no\n3,,yes\n5,7,no\n6,9,yes\n", np.array([A, [2, 6, 7, 9]]).T,
          more="missing: mean"),
    named("yes and no", "yes", "no", "yes", "no", classes=("no", "yes")),
    named("on and off", "on", "off", "on", classes=("off", "on")),
    named("true and false", "true", "false", "true", classes=("false", "true")),
    named("010 and 10", "010", "10", "010", "10", classes=("010", "10")),
    named("007 and 008", "008", "007", "008", classes=("007", "008")),
    named("whole numbers in order", "10", "9", "100", "9", classes=("9", "10", "100"))._replace(
        files=csv("a,y\n0,10\n1,9\n2,100\n3,9\n", training=CATEGORICAL)),
    named("letters beyond ASCII", "ß", "日本", "ß", classes=("ß", "日本")),
    table("one class spelt 1 and 1.0", "a,y\n5,1\n6,1.0\n7,0\n", [[5], [6], [7]], [1, 1, 0], ("0", "1")),
    table("a comma in a quoted name", 'a,y\n1,"x, y"\n2,z\n', [[1], [2]], [0, 1], ("x, y", "z")),
    table("numbers to predict", "a,y\n1,1.5\n2,-2e3\n", [[1], [2]], [[1.5], [-2000]], (), training=REGRESSION),
    Sound("big-endian floats", npz(x_train=X.astype(">f8")), X, Y),
    Sound("big-endian labels", npz(y_train=Y.astype(">i2")), X, Y),
    Sound("column order", npz(x_train=np.asfortranarray(X)), X, Y),
    Sound("half precision", npz(x_train=X.astype("f2")), X, Y),
    Sound("booleans", npz(x_train=X > 5, y_train=Y > 0), X > 5, Y),
    Sound("labels as floats", npz(y_train=Y.astype("f8")), X, Y),
    Sound("labels as a column", npz(y_train=Y[:, None]), X, Y),
    Sound("labels as texts", npz(y_train=np.where(Y, "yes", "no")), X, Y, ("no", "yes")),
    Sound("one-hot labels", npz(y_train=np.eye(2)[Y], training=CATEGORICAL), X, Y, ("0", "1")),
    Sound("one number an example", npz(x_train=X[:, 0]), X[:, :1], Y),
    Sound("a compressed archive", npz_bytes(zipped([("x_train.npy", npy(X)), ("y_train.npy", npy(Y))], 8)), X, Y),
    Sound("something else beside", npz_bytes(zipped([("x_train.npy", npy(X)), ("y_train.npy", npy(Y)), ("a", b"?")])),
          X, Y),
    Sound("IDX", idx(), PIXELS[..., None], Y),
    Sound("IDX gzipped without .gz", idx(gz(idx_bytes(PIXELS)), gz(idx_bytes(Y))), PIXELS[..., None], Y),
    Sound("IDX in big-endian shorts", idx(idx_bytes(PIXELS * 100, 0x0B, ">i2")), PIXELS * 100, Y),
    Sound("IDX in doubles", idx(idx_bytes(PIXELS / 8, 0x0E, ">f8")), PIXELS / 8, Y),
    Sound("a GIF that moves", images(**{"cat__1.png": b"absent", "cat__0.gif": animation()}), [BLACK] * 4, LABELS,
          ("cat", "dog"))._replace(targets=[0, 0, 1, 1]),
    Sound("a .tif beside", images(**{"cat__1.png": picture(), "cat__0.tif": picture("TIFF", value=9)}), [BLACK] * 4,
          [0, 0, 1, 1], ("cat", "dog")),
    Sound("a class called yes", images(**{"yes__1.png": picture()}, training=CATEGORICAL)
          | {"pictures/cat/1.png": picture()}, [BLACK] * 5, [0, 0, 1, 1, 2], ("cat", "dog", "yes")),
]  # fmt: skip


@pytest.mark.parametrize("case", SOUND, ids=lambda case: case.name)
def test_what_looks_odd_is_read_as_it_is_meant(tmp_path, case):
    write(tmp_path, case.files)
    config = load_config(tmp_path / "c.yaml", ["data.scaling=none"])
    found = data.load(config.data, config.needs, config.seed)
    np.testing.assert_allclose(
        seen(found.train.features, found.signature),
        np.asarray(case.features, float),
        rtol=1e-6,
    )
    np.testing.assert_array_equal(found.train.targets, case.targets)
    assert case.classes is None or found.signature.classes == case.classes
    assert data.describe(config.data, config.needs, config.seed) == (found.signature, found.rows)


TEXTS = [
    ("a byte order mark", b"\xef\xbb\xbf" + GOOD.encode()),
    ("CRLF", GOOD.replace("\n", "\r\n").encode()),
    ("an end mark", f"---\n{GOOD}...\n".encode()),
    ("JSON", b""),
]


@pytest.mark.parametrize(("name", "content"), TEXTS, ids=[name for name, _ in TEXTS])
def test_configs_that_look_odd(tmp_path, name, content):
    (tmp_path / "valid.yaml").write_text(GOOD)
    valid = load_config(tmp_path / "valid.yaml")
    (tmp_path / "c.yaml").write_bytes(content or json.dumps(valid.plain()).encode())
    assert load_config(tmp_path / "c.yaml").plain() == valid.plain()


@pytest.mark.parametrize(
    ("written", "classes"),
    [
        ("[yes, no]", ["yes", "no"]),
        ("[on, off]", ["on", "off"]),
        ("['010', '8']", ["010", "8"]),
        ("[n, y]", ["n", "y"]),
    ],
)
def test_words_that_yaml_1_1_reads_otherwise_stay_words(tmp_path, written, classes):
    (tmp_path / "c.yaml").write_text(
        GOOD.replace("targets: [0, 1, 1, 0]", f"targets: [0, 1, 1, 0], classes: {written}")
    )
    config = load_config(tmp_path / "c.yaml")
    assert list(data.load(config.data, config.needs, 0).signature.classes) == classes


CONSTANT = np.array([[1, 5], [2, 5], [3, 5], [4, 5], [5, 5], [6, 5]], "f4")
LATE = np.array([[0, 5]] * 149 + [[1, 5]], "f4")
WARNED = [
    ("a constant column", csv("a,b,y\n1,2,no\n3,2,yes\n"), ["t.csv: every training row", "in column 'b'"]),
    ("a column of one word", csv("a,b,y\n1,x,no\n3,x,yes\n"), ["in column 'b'"]),
    ("several constant columns", csv("a,b,c,y\n1,2,0,no\n3,2,0,yes\n"), ["in 2 columns: 'b', 'c'"]),
    ("a constant to predict", csv("a,y\n1,2\n3,2\n", training=REGRESSION), ["in column 'y'"]),
    ("a constant feature", npz(x_train=CONSTANT), ["a.npz, x_train: every training row", "in column '1'"]),
    ("a class without rows", npz(y_train=Y * 2, training=CATEGORICAL),
     ["a.npz, y_train: no training row is of class '1'"]),
    ("a file skipped", images(**{"cat__9.tif": picture("TIFF")}), ["1 file is skipped (cat/9.tif)", "no JPEG"]),
    ("files skipped", images(**{"cat__9.tif": b"", "dog__note.txt": "", "labels.csv": "x"}), ["3 files are skipped"]),
    ("an animation", images(**{"cat__9.gif": animation()}), []),
    ("nothing odd", npz(), []),
    ("a late change", csv("a,b,y\n" + "1,1,no\n1,1,yes\n" * 75 + "1,2,yes\n"), ["column 'a' is left out: every row"]),
    ("a column without a name", csv(",b,y\n0,2,no\n1,4,yes\n2,3,no\n"), ["column 'column_1' is left out", "no name"]),
    ("an id", csv("id,b,y\n" + "".join(f"k{i},{i % 7},{i % 2}\n" for i in range(40))), ["column 'id' is left out"]),
    ("a late change in an array", npz(x_train=LATE, y_train=np.arange(150) % 2), ["in column '1'"]),
    ("border pixels", idx(), []),
]  # fmt: skip


@pytest.mark.parametrize(("name", "files", "said"), WARNED, ids=[name for name, _, _ in WARNED])
def test_check_says_what_is_hardly_meant_once(program, tmp_path, name, files, said):
    write(tmp_path, files)
    before = tree(tmp_path)
    code, out, err = program.run(["check", "c.yaml"], tmp_path)
    assert code == 0, err
    assert "dense" in out
    lines = err.splitlines()
    assert len(lines) == (1 if said else 0), err
    assert all(line.startswith("warning: ") for line in lines)
    assert all(words in err for words in said), err
    assert tree(tmp_path) == before


def test_a_picture_that_moves_is_said_when_it_is_read(tmp_path):
    write(tmp_path, images(**{"cat__8.gif": animation(), "cat__9.webp": animation("WEBP")}))
    config = load_config(tmp_path / "c.yaml")
    with pytest.warns(
        match=r"8\.gif \(and 1 such files more\): the file holds several pictures; only the first"
    ) as seen:
        data.load(config.data, config.needs, 0)
    assert len(seen) == 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_pictures_of_every_usual_mode_are_read(tmp_path, mode):
    stream = io.BytesIO()
    Image.fromarray(np.full((4, 4, 3), 255, np.uint8)).convert(mode).save(stream, "JPEG" if mode == "CMYK" else "PNG")
    write(tmp_path, images(**{"cat__0.png": stream.getvalue()}))
    config = load_config(tmp_path / "c.yaml")
    first = data.load(config.data, config.needs, 0).train.features["images"][0]
    assert (first == 255).all()
