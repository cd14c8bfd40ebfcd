"""Numbers as a person reads them, and texts that are safe to show."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

# Control characters but for tab and newline, what turns the direction of writing, and bytes that are no text.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def escape_controls(text: str) -> str:
    """Escape the characters that a terminal would obey instead of showing: U+001B becomes x1b after a backslash.

    Bytes of a file's name that are no text are escaped too.
    """
    return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1].replace("\\udc", "\\x"), text)


def number(value: float | None) -> str:
    """Write a metric with about four significant digits: 0.0123, 12.35, 312,045, 1.2e-05; a dash for none."""
    if value is None:
        return "-"
    size = abs(value)
    if size == 0 or 0.001 <= size < 10:
        return f"{value:.4f}"
    if 10 <= size < 999.995:
        return f"{value:.2f}"
    return f"{value:,.0f}" if 999.995 <= size < 1e9 else f"{value:.3g}"


def signed(value: float) -> str:
    """Write a difference with four significant digits and its sign: +0.01235, -1.2e-05, +312,045."""
    return f"{value:+,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:+.4g}"


def mean_text(mean: float | None, error: float | None) -> str:
    """Write a mean with its standard error, as far as there are such: 0.1234 ± 0.0021."""
    return number(mean) + ("" if error is None else f" ± {number(error)}")


def metrics_text(metrics: Mapping[str, float | None]) -> str:
    """Write metrics on one line: ``loss 0.1234  accuracy 0.9812``."""
    return "  ".join(f"{name} {number(value)}" for name, value in metrics.items())


def truncated(text: str, most: int) -> str:
    """Write the beginning of a text that is longer than ``most`` characters, and that it goes on."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def duration(seconds: float) -> str:
    """Write a time span: 0.3 ms, 2.90 s, 12.3 s, 3 min 05 s, 2 h 07 min."""
    if seconds < 0.09995:
        return f"{1000 * seconds:.1f} ms"
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def clock(seconds: float) -> str:
    """Write a time span in the width that a counter wants: 0:07, 12:05, 2:07:00."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def size(count: float) -> str:
    """Write a number of bytes: 512 B, 1.5 KiB, 3.2 GiB."""
    units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while count >= 1024 and len(units) > 1:
        count /= 1024
        del units[0]
    return f"{count:.0f} B" if units[0] == "B" else f"{count:.1f} {units[0]}"


def shape(sizes: Sequence[int]) -> str:
    """Write a shape: 28 x 28 x 1."""
    return " x ".join(map(str, sizes))
