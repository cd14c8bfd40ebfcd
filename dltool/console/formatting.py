"""Numbers as a person reads them."""

from __future__ import annotations


def number(value: float) -> str:
    """Write a metric with about four significant digits: 0.0123, 12.35, 1.2e-05."""
    size = abs(value)
    if size == 0 or 0.001 <= size < 10:
        return f"{value:.4f}"
    return f"{value:.2f}" if 10 <= size < 100_000 else f"{value:.3g}"


def duration(seconds: float) -> str:
    """Write a time span: 0.35 s, 12.3 s, 3 min 05 s, 2 h 07 min."""
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(count: float) -> str:
    """Write a number of bytes: 512 B, 1.5 KiB, 3.2 GiB."""
    units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while count >= 1024 and len(units) > 1:
        count /= 1024
        del units[0]
    return f"{count:.0f} B" if units[0] == "B" else f"{count:.1f} {units[0]}"
