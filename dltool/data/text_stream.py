"""The text of a file as UTF-8, whatever it is compressed by and encoded in."""

from __future__ import annotations

import codecs
import io
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from dltool.errors import DataError

_CHUNK = 1 << 20
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
"""By the first bytes of a file."""


def open_text(path: Path, encoding: str) -> IO[bytes]:
    """Open a file for reading as UTF-8.

    Args:
        path: of the file, which may be compressed by gzip, bzip2 or Zstandard.
        encoding: of its text; UTF-8 is handed on as it is.

    Returns:
        A stream whose reading raises DataError where the file is damaged, or no text in its encoding.
    """
    stream = path.open("rb")
    begin = stream.read(4)
    stream.seek(0)
    compression = next((name for mark, name in _COMPRESSIONS.items() if begin.startswith(mark)), None)
    if compression is None and encoding == "utf-8":
        return stream
    return io.BufferedReader(_Decoded(path, stream, compression, encoding), _CHUNK)


class _Decoded(io.RawIOBase):
    """A file's bytes, decompressed and brought to UTF-8."""

    def __init__(self, path: Path, stream: IO[bytes], compression: str | None, encoding: str) -> None:
        self._path, self._stream, self._encoding = path, stream, encoding
        self._bytes: Any = pa.input_stream(stream, compression=compression) if compression else stream
        self._decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)()
        self._made, self._ended = b"", False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._made and not self._ended:
            self._made = self._next()
        count = min(len(buffer), len(self._made))
        buffer[:count], self._made = self._made[:count], self._made[count:]
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()

    def _next(self) -> bytes:
        try:
            read = self._bytes.read(_CHUNK)
        except OSError as error:
            raise DataError(f"{self._path}: cannot be decompressed: it is damaged, or ends early") from error
        self._ended = not read
        if self._decoder is None:
            return bytes(read)
        try:
            return self._decoder.decode(read, final=not read).encode()
        except UnicodeError as error:
            raise DataError(f"{self._path}: no text in {self._encoding}; data.encoding may name another") from error
