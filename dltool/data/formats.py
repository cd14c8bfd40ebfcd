"""What a file is that is not what it is read as, by its first bytes, and the way out."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

_AS_CSV = "save it as CSV in UTF-8, or as Parquet"
_AS_IMAGE = "data.source: image_folder trains on images; to be predicted from, its name must end in"
_PICKLE = "it could run code when read, and is not opened; save it as CSV in UTF-8"
_UNPACK = "unpack it, and name the CSV that is in it"

BROKEN_ARCHIVE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)
"""What reading a damaged ZIP archive may raise."""

_ZIP = b"PK\x03\x04"

# The beginning, what it is, and what to do about it where a table is read.
_KINDS = (
    (b"\xfd7zXZ\0", "compressed by xz", _UNPACK + " (unxz -k makes one)"),
    (b"\x04\x22\x4d\x18", "compressed by LZ4", _UNPACK + " (lz4 -dk makes one)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a", "a RAR archive", _UNPACK),
    (_ZIP, "a ZIP archive", _UNPACK),
    (b"PAR1", "a Parquet file", "data.source: parquet reads it"),
    (b"ARROW1\0\0", "an Arrow (Feather) file", _AS_CSV),
    (b"Obj\x01", "an Avro file", _AS_CSV),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook (.xls)", "save it as .xlsx, or the sheet as CSV"),
    (b"SQLite format 3\0", "an SQLite database", _AS_CSV),
    (b"\x89HDF\r\n", "an HDF5 file", _AS_CSV),
    (b"\x93NUMPY", "a NumPy array (.npy)", "numpy.savez keeps it as an NPZ, which data.source: npz reads"),
    (b"%PDF-", "a PDF", _AS_CSV),
    (b"{\\rtf", "a rich text", _AS_CSV),
    (b"\x89PNG\r\n", "a PNG image", _AS_IMAGE + " .png"),
    (b"\xff\xd8\xff", "a JPEG image", _AS_IMAGE + " .jpg"),
    (b"GIF89a", "a GIF image", _AS_IMAGE + " .gif"),
    (b"II*\0", "a TIFF image", "save it as PNG"),
    (b"MM\0*", "a TIFF image", "save it as PNG"),
    (b"\xff\xfe\0\0", "text in UTF-32", "save it as CSV in UTF-8"),
    (b"\xff\xfe", "text in UTF-16", "set data.encoding: utf-16, or save it as CSV in UTF-8"),
    (b"\xfe\xff", "text in UTF-16", "set data.encoding: utf-16, or save it as CSV in UTF-8"),
    (b"<?xml", "an XML file", _AS_CSV),
    (b'{"', "a JSON file", _AS_CSV),
    (b'[{"', "a JSON file", _AS_CSV),
    (b"version https://git-lfs", "a placeholder of Git LFS", "fetch the file itself with git lfs pull"),
    (b"\x80\x02", "a Python pickle", _PICKLE),
    (b"\x80\x03", "a Python pickle", _PICKLE),
    (b"\x80\x04", "a Python pickle", _PICKLE),
    (b"\x80\x05", "a Python pickle", _PICKLE),
)  # fmt: skip
_SEPARATOR = re.compile(rb"(?:\xef\xbb\xbf)?\"?sep=(.)\"?\s*", re.IGNORECASE)
_PAGES = (b"<!doctype html", b"<html")
_WORKBOOK = "xl/workbook.xml"
_SHEETS = {
    _WORKBOOK: "an Excel workbook",
    "xl/workbook.bin": "a binary Excel workbook (.xlsb)",
    "content.xml": "an OpenDocument sheet",
}


def no_table(begin: bytes, path: str | None = None, wanted: str = "CSV") -> str:
    """Say what a file is, and what to do, where its first line is that of no CSV; empty where it may be.

    Args:
        begin: The first line, or what there is up to the first line break.
        path: Of the file, if it has one: the members of an archive tell what it is.
        wanted: What it was taken for.
    """
    if begin.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES):
        return "an HTML page, no table; was a page saved instead of the file that it shows?"
    found = next(((what, way_out) for mark, what, way_out in _KINDS if begin.startswith(mark)), None)
    if begin.startswith(_ZIP):
        found = _of_archive(path, begin) or found
    if found:
        return f"{found[0]}, no {wanted}: {found[1]}"
    if noted := _SEPARATOR.fullmatch(begin):
        delimiter = '"\\t"' if noted[1] == b"\t" else noted[1].decode("latin-1")
        return f"the first line is Excel's note of the delimiter: remove it, and set data.delimiter: {delimiter}"
    # UTF-16 without a mark: every other byte of plain letters is 0.
    if len(begin) >= 4 and (begin[0] == begin[2] == 0 or begin[1] == begin[3] == 0) and any(begin[:4]):
        return "text in UTF-16, no UTF-8: save it as CSV in UTF-8 (iconv -f UTF-16LE or UTF-16BE -t UTF-8 does it)"
    return ""


def sheet_of(names: list[str]) -> str:
    """Say which spreadsheet a ZIP archive of such members is; empty if it is none."""
    return next((what for member, what in _SHEETS.items() if member in names), "")


def is_workbook(path: Path) -> bool:
    """Tell whether a file is an Excel workbook of the kind that can be read, .xlsx or .xlsm."""
    with path.open("rb") as stream:
        is_archive = stream.read(len(_ZIP)) == _ZIP
    return is_archive and _WORKBOOK in _members(path)


def _members(path: Path) -> list[str]:
    """Return the names in an archive, if it is a whole one."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except BROKEN_ARCHIVE:
        return []


def _of_archive(path: str | None, begin: bytes) -> tuple[str, str] | None:
    names = [name for name in _SHEETS if name.encode() in begin] if path is None else _members(Path(path))
    if sheet := sheet_of(names):
        return sheet, "data.source: excel reads it" if _WORKBOOK in names else "save it as .xlsx, or the sheet as CSV"
    if any(name.endswith(".npy") for name in names):
        return "a NumPy archive (NPZ)", "data.source: npz reads it"
    return None
