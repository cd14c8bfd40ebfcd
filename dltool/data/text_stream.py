"""The text of a file as UTF-8, whatever it is compressed by and encoded in."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa

from dltool.config.table_format import TableFormat
from dltool.errors import DataError

_CHUNK = 1 << 20
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
"""By the first bytes of a file."""


def open_text(path: Path, encoding: str, *, strict: bool = False) -> IO[bytes]:
    """Open a file for reading as UTF-8; ``as_utf8`` says what its stream does."""
    return as_utf8(path.open("rb"), str(path), encoding, strict=strict)


def as_utf8(stream: IO[bytes], name: str, encoding: str, *, strict: bool = False) -> IO[bytes]:
    """Return a stream as UTF-8.

    Args:
        stream: at its beginning; what it holds may be compressed by gzip, bzip2 or Zstandard.
        name: what to call it in messages.
        encoding: of its text; UTF-8 is handed on as it is.
        strict: whether that is looked through too.

    Returns:
        A stream whose reading raises DataError where the other is damaged, or no text in its encoding; to close it
        closes the other.
    """
    buffered = io.BufferedReader(stream)  # type: ignore[type-var]
    begin = buffered.peek(4)
    compression = next((name for mark, name in _COMPRESSIONS.items() if begin.startswith(mark)), None)
    decoder = None if encoding == "utf-8" and not strict else codecs.getincrementaldecoder(encoding)()
    if compression is None and decoder is None:
        return buffered
    return io.BufferedReader(_Decoded(name, buffered, compression, encoding, decoder), _CHUNK)


def rows_alone(stream: IO[bytes], format_: TableFormat) -> tuple[IO[bytes], Sequence[int]]:
    """Return a stream of UTF-8 without the lines that are no rows, and the numbers of those that were met so far.

    They are the first ``skip_rows`` ones, and those that begin with the mark of a comment where a row begins: the
    lines within a cell in quotes stay.
    """
    left_out = array("Q", range(1, format_.skip_rows + 1))
    for _ in left_out:
        while (piece := stream.readline(_CHUNK)) and not piece.endswith(b"\n"):
            pass
    if format_.comment is None:
        return stream, left_out
    return io.BufferedReader(_Pieces(_without_comments(stream, format_, left_out)), _CHUNK), left_out


def _without_comments(stream: IO[bytes], format_: TableFormat, left_out: array[int]) -> Iterator[bytes]:
    mark, quote, number = (format_.comment or "").encode(), format_.quote.encode(), len(left_out)

    def read() -> Iterator[bytes]:
        """Yield lines, a long one in pieces, and count them."""
        nonlocal number
        while piece := stream.readline(_CHUNK):
            number += piece.endswith(b"\n")
            yield piece

    # Cells without a quote, or between two, up to the end of the line: the row ends there too, as of most it does.
    q, d = re.escape(quote), re.escape(format_.delimiter.encode())
    plain = re.compile(rb"(?:(?:%b[^%b\n]*%b|[^%b%b\n]*)(?:%b|\r?\n))*" % (q, q, q, q, d, d))
    pieces, begins, is_comment = read(), True, False
    for piece in pieces:
        if begins:
            is_comment = piece.removeprefix(codecs.BOM_UTF8).startswith(mark)
            if is_comment:
                left_out.append(number + (not piece.endswith(b"\n")))
        begins = piece.endswith(b"\n")
        if not is_comment:
            yield piece
            if quote in piece and not plain.fullmatch(piece):
                yield from _rest_of_row(piece, pieces, format_)


def _rest_of_row(begin: bytes, pieces: Iterator[bytes], format_: TableFormat) -> list[bytes]:
    """Take the lines over which a row goes on, because a line end stands in quotes."""
    taken: list[bytes] = []

    def lines() -> Iterator[str]:
        yield begin.decode("latin-1")
        for piece in pieces:
            taken.append(piece)
            yield piece.decode("latin-1")

    # A cell too long to be meant is refused by what reads the rows.
    with contextlib.suppress(csv.Error):
        next(csv.reader(lines(), delimiter=format_.delimiter, quotechar=format_.quote))
    return taken


class CountedLines(io.RawIOBase):
    """A stream whose lines are counted as they are read: up to a line feed, a carriage return, or both."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._ends, self._last = stream, 0, b"\n"

    @property
    def count(self) -> int:
        """How many lines there are in what was read, whether or not the last one has an end."""
        return self._ends + (self._last not in b"\r\n")

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return some bytes, as a file does."""
        piece = self._stream.read(size)
        if piece:
            # A tenth of the time that ``bytes.count`` takes where many are found.
            self._ends += int(np.count_nonzero(np.frombuffer(piece, np.uint8) == ord("\n")))
            if returns := piece.count(b"\r"):
                self._ends += returns - piece.count(b"\r\n")
            self._ends -= self._last + piece[:1] == b"\r\n"
            self._last = piece[-1:]
        return piece


class UnbrokenLineEnds(io.RawIOBase):
    """A stream that is read in pieces, none of which ends between a carriage return and its line feed.

    Where one does so within quotes, Arrow loses the line feed.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._held = stream, b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return some bytes, as a file does."""
        piece = self._held + self._stream.read(size if size < 0 else size - len(self._held))
        self._held = b"\r" if 1 < len(piece) == size and piece.endswith(b"\r") else b""
        return piece[:-1] if self._held else piece


class _Pieces(io.RawIOBase):
    """A stream of pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._made = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        some, left = [self._made], len(buffer) - len(self._made)
        while left > 0 and (piece := next(self._pieces, b"")):
            some.append(piece)
            left -= len(piece)
        made = b"".join(some)
        count = min(len(buffer), len(made))
        buffer[:count], self._made = made[:count], made[count:]
        return count


class _Decoded(io.RawIOBase):
    """A file's bytes, decompressed and brought to UTF-8."""

    def __init__(self, name: str, stream: IO[bytes], compression: str | None, encoding: str, decoder: Any) -> None:
        self._name, self._stream, self._encoding = name, stream, encoding
        self._bytes: Any = pa.input_stream(stream, compression=compression) if compression else stream
        self._decoder = decoder
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
            return bytes(self._decoder.decode(read, final=not read).encode())
        except UnicodeError as error:
            raise DataError(f"{self._name}: no text in {self._encoding}; data.encoding may name another") from error
