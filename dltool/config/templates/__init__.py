"""The starter configs of ``dltool init``: each trains as it stands."""

from __future__ import annotations

from pathlib import Path

from dltool.shipped import shipped

_FOLDER = Path(__file__).parent
NAMES = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def template_text(name: str) -> str:
    """Return a starter config; what it says of files that come with the tool is where they lie here."""
    return (_FOLDER / f"{name}.yaml").read_text("utf-8").replace("{iris}", str(shipped("iris.csv")))
