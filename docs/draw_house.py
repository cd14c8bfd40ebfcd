"""Draw which room imports which, and put the picture into CONTRIBUTING.md: `make docs`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_REPOSITORY = Path(__file__).parent.parent
PACKAGE = _REPOSITORY / "dltool"
PAGE = _REPOSITORY / "CONTRIBUTING.md"
GROUND = ("environment", "errors", "interruptions", "shipped")
"""Modules beside the rooms, which any of them may stand on; the picture leaves them out."""

_PICTURE = re.compile(r"(?<=```mermaid\n).*?(?=```)", re.DOTALL)


@cache
def modules() -> dict[str, Path]:
    """Return every file of the package by the name that it is imported by, a package's own file by the package's."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def room_of(module: str) -> str:
    """Return the first name below the package, ``__init__`` for the package's own file."""
    return [*module.split("."), "__init__"][1]


def imports_of(path: Path) -> Iterator[str]:
    """Yield the modules of ours that a file imports anywhere, for type hints too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield from {inner if inner in modules() else node.module} & modules().keys()
        elif isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & modules().keys()


def arrows() -> dict[str, set[str]]:
    """Return what each module imports of the others."""
    return {module: {target for target in imports_of(path) if target != module} for module, path in modules().items()}


def room_arrows() -> dict[str, set[str]]:
    """Return what each room imports of the others, without the ground."""
    found: dict[str, set[str]] = {}
    for module, targets in arrows().items():
        room = room_of(module)
        if room not in GROUND:
            others = {room_of(target) for target in targets} - {room, *GROUND}
            found.setdefault(room, set()).update(others)
    return found


def picture() -> str:
    """Return the rooms as a Mermaid graph; an arrow that follows from others is left out."""
    found = room_arrows()
    lines = ["graph TD"]
    for room in sorted(found):
        lines += [
            f"    {_shown(room)} --> {_shown(other)}"
            for other in sorted(found[room])
            if not _follows(found, room, other)
        ]
    return "\n".join(lines) + "\n"


def _follows(arrows: dict[str, set[str]], start: str, end: str) -> bool:
    """Return whether the end can be reached otherwise; what lies on a circle with one of both is no other way."""
    return any(
        end in reached(arrows, way) and start not in reached(arrows, way) and way not in reached(arrows, end)
        for way in arrows[start] - {end}
    )


def reached(arrows: dict[str, set[str]], start: str) -> set[str]:
    """Return what lies at the end of any path of arrows, the start itself only where it lies on a circle."""
    found: set[str] = set()
    waiting = list(arrows[start])
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            waiting += arrows[other]
    return found


def _shown(room: str) -> str:
    return {"__init__": "dltool", "__main__": "main"}.get(room, room)


def page() -> str:
    """Return CONTRIBUTING.md with the picture as it has to be."""
    return _PICTURE.sub(lambda _: picture(), PAGE.read_text("utf-8"), count=1)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
