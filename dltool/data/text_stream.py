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
    """Open a file for reading as UTF-8; ``as_utf8`` says what its stream does."""
    return as_utf8(path.open("rb"), str(path), encoding)


def as_utf8(stream: IO[bytes], name: str, encoding: str) -> IO[bytes]:
    """Return a stream as UTF-8.

    Args:
        stream: at its beginning; what it holds may be compressed by gzip, bzip2 or Zstandard.
        name: what to call it in messages.
        encoding: of its text; UTF-8 is handed on as it is.

    Returns:
        A stream whose reading raises DataError where the other is damaged, or no text in its encoding; to close it
        closes the other.
    """
    buffered = io.BufferedReader(stream)  # type: ignore[type-var]
    begin = buffered.peek(4)
    compression = next((name for mark, name in _COMPRESSIONS.items() if begin.startswith(mark)), None)
    if compression is None and encoding == "utf-8":
        return buffered
    return io.BufferedReader(_Decoded(name, buffered, compression, encoding), _CHUNK)


class _Decoded(io.RawIOBase):
    """A file's bytes, decompressed and brought to UTF-8."""

    def __init__(self, name: str, stream: IO[bytes], compression: str | None, encoding: str) -> None:
        self._name, self._stream, self._encoding = name, stream, encoding
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
            raise DataError(f"{self._name}: cannot be decompressed: it is damaged, or ends early") from error
        self._ended = not read
        if self._decoder is None:
            return bytes(read)
        try:
            return self._decoder.decode(read, final=not read).encode()
        except UnicodeError as error:
            raise DataError(f"{self._name}: no text in {self._encoding}; data.encoding may name another") from error
