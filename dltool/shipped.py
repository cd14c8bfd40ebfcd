"""The small data sets that come with the tool."""

from __future__ import annotations

from pathlib import Path


def shipped(name: str) -> Path:
    """Return where a file of the tool's own ``data`` folder lies: in the installed package, or in the checkout."""
    package = Path(__file__).parent
    installed = package / "shipped" / name
    return installed if installed.exists() else package.parent / "data" / name
