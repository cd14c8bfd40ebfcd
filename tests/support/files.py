"""How to make files, valid ones and broken ones, without the code that reads them."""

import gzip
import io
import struct
import zipfile
import zlib

import numpy as np
import openpyxl
import pyarrow
import pyarrow.parquet
from PIL import Image

MODEL = "model: {type: mlp, hidden_units: [2]}\n"
TRAINING = "training: {loss: binary_crossentropy, epochs: 1}\n"
INLINE = "data: {source: inline, features: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [0, 1, 1, 0]}\n"
GOOD = f"name: good\nseed: 1\n{INLINE}{MODEL}{TRAINING}"
TABLE = "a,b,y\n1,2,no\n3,4,yes\n5,7,no\n6,9,yes\n"
X = np.arange(12, dtype="f4").reshape(6, 2)
Y = np.array([0, 1, 0, 1, 0, 1])


def config(data, training=TRAINING):
    """A config with the given data section."""
    return f"name: c\ndata: {data}\n{MODEL}{training}"


REGRESSION = "training: {loss: mean_squared_error, epochs: 1}\n"
CATEGORICAL = "training: {loss: categorical_crossentropy, epochs: 1}\n"


def csv(content=TABLE, more="", training=TRAINING, **others):
    """A table and a config that reads it."""
    data = "{source: csv, path: t.csv, targets: y" + (f", {more}" if more else "") + "}"
    return {"c.yaml": config(data, training), "t.csv": content, **others}


def npz(more="", training=TRAINING, **arrays):
    """An NPZ file and a config that reads it."""
    return npz_bytes(archive({"x_train": X, "y_train": Y} | arrays), more, training)


def npz_bytes(content, more="", training=TRAINING):
    """An NPZ file of the given bytes and a config that reads it."""
    data = "{source: npz, path: a.npz" + (f", {more}" if more else "") + "}"
    return {"c.yaml": config(data, training), "a.npz": content}


def archive(arrays):
    """NumPy's own NPZ bytes."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def zipped(members, compression=zipfile.ZIP_STORED):
    """A ZIP of (name, bytes) pairs, equal names included."""
    import warnings

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of equal names
        for name, content in members:
            file.writestr(name, content)
    return stream.getvalue()


def npy(array):
    """NumPy's own NPY bytes."""
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def header(text, content=b"", version=b"\x01\x00"):
    """NPY bytes with a header of the given text."""
    text = text.encode("latin-1").ljust(117) + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + content


def npz_header(text, content=b"", name="x_train.npy"):
    """An NPZ file of which one array has a header of the given text."""
    members = {"x_train.npy": npy(X), "y_train.npy": npy(Y)} | {name: header(text, content)}
    return npz_bytes(zipped(list(members.items())))


def idx_bytes(array, kind=0x08, dtype="u1"):
    """IDX bytes."""
    array = np.asarray(array)
    dimensions = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, kind, array.ndim]) + dimensions + array.astype(dtype).tobytes()


def idx(features=None, targets=None, more=""):
    """Two IDX files and a config that reads them."""
    data = "{source: idx, features: x, targets: y" + (f", {more}" if more else "") + "}"
    return {
        "c.yaml": config(data),
        "x": idx_bytes(np.arange(24).reshape(6, 2, 2)) if features is None else features,
        "y": idx_bytes(Y) if targets is None else targets,
    }


def gz(content):
    """Compressed by gzip."""
    return gzip.compress(content)


def picture(form="PNG", size=(4, 4), value=0, **options):
    """An image file of one colour, or of noise."""
    stream = io.BytesIO()
    noise = np.random.default_rng(0).integers(256, size=(*size, 3), dtype=np.uint8)
    pixels = noise if value is None else np.full((*size, 3), value, np.uint8)
    Image.fromarray(pixels).save(stream, form, **options)
    return stream.getvalue()


def animation(form="GIF"):
    """An image file of three pictures, the first black."""
    first, *others = (Image.fromarray(np.full((4, 4, 3), value, np.uint8)) for value in (0, 100, 200))
    stream = io.BytesIO()
    first.save(stream, form, save_all=True, append_images=others)
    return stream.getvalue()


def deep_png(colour=2, channels=3):
    """A PNG of 16 bits a channel."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\0" + bytes(4 * channels * 2)) * 4
    size = struct.pack(">IIBBBBB", 4, 4, 16, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def huge_png():
    """A PNG whose header says 60,000 x 60,000."""
    small = picture()
    start = small.index(b"IHDR")
    head = small[start : start + 4] + struct.pack(">II", 60_000, 60_000) + small[start + 12 : start + 17]
    return small[:start] + head + struct.pack(">I", zlib.crc32(head)) + small[start + 21 :]


def wide_webp():
    """A WebP that says that it is 10,289,156 x 4: found by fuzzing, it took Pillow half a minute."""
    content = bytearray(animation("WEBP"))
    content[24:27] = b"\x03\x00\x9d"
    return bytes(content)


def images(more="", training=TRAINING, **files):
    """A folder of a class a folder, and a config that reads it; a "/" in a name is written "__"."""
    data = "{source: image_folder, path: pictures" + (f", {more}" if more else "") + "}"
    valid = {"cat__1.png": picture(value=10), "cat__2.png": picture(), "dog__1.png": picture(), "dog__2.png": picture()}
    named = {name.replace("__", "/"): content for name, content in (valid | files).items() if content != b"absent"}
    return {"c.yaml": config(data, training), **{f"pictures/{name}": content for name, content in named.items()}}


def workbook(*members):
    """The beginnings of a spreadsheet: a ZIP of members of such names."""
    return zipped([(name, b"<x/>") for name in ("[Content_Types].xml", *members)])


def excel(*rows, title="Data", more=()):
    """An Excel workbook of a sheet of such rows, and of further empty sheets of such names."""
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    for name in more:
        book.create_sheet(name)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def parquet():
    """A table in Parquet."""
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"a": [1, 2], "y": ["no", "yes"]}), stream)
    return stream.getvalue()
