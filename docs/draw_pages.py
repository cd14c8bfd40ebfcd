"""Draw the pages of six models: `python docs/draw_pages.py` writes docs/pages/ with Chromium, in about five minutes.

Each is trained, evaluated and explained as a user would; the pages are shown whole.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops

_ROOT = Path(__file__).parent.parent
_PAGES = _ROOT / "docs" / "pages"
_TALLEST, _COLORS = 16_000, 64


class _Look(NamedTuple):
    """A way to look at a page."""

    name: str
    width: int
    is_dark: bool = False


_PLAIN = _Look("", 1200)
_MORE = (_Look("-dark", 1200, is_dark=True), _Look("-400", 400), _Look("-400-dark", 400, is_dark=True))


def main() -> None:
    """Train six models, and draw the pages of how good they are, and of why they answer as they do."""
    _PAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pages-") as folder:
        work = Path(folder)
        for name in ("configs", "data", "docs"):
            (work / name).symlink_to(_ROOT / name)
        for name in ("mnist_cnn", "iris", "diabetes", "xor", "mnist_autoencoder"):
            for command, page in _written(work, name, f"configs/{name}.yaml"):
                _draw(page, _PLAIN, _PAGES / f"{name}-{command}.png")
        (_PAGES / "churn.csv").write_text(customers())
        (work / "churn.yaml").write_text(_dltool(work, "init", "csv", "docs/pages/churn.csv", "--target", "churn"))
        for command, page in _written(work, "churn", "churn.yaml", "region", "spend"):
            for look in (_PLAIN, *_MORE):
                _draw(page, look, _PAGES / f"churn-{command}{look.name}.png")
            _chromium("--no-pdf-header-footer", f"--print-to-pdf={_PAGES}/churn-{command}.pdf", page.as_uri())


def customers(rows: int = 3_000) -> str:
    """Return a table of which one row in eleven is of the second class, with an id and holes."""
    random = np.random.default_rng(1)
    lines = ["id,age,plan,region,spend,churn"]
    for i in range(rows):
        age, plan = random.integers(18, 81), random.choice(["basic", "plus", "pro"])
        region, spend = random.choice(["north", "south", "east", "west"]), random.lognormal(3, 0.7)
        logit = -3.2 + 0.03 * (age - 50) + 1.5 * (plan == "basic") + 0.8 * (region == "west") - 0.02 * (spend - 20)
        churn = "yes" if random.random() < 1 / (1 + np.exp(-logit)) else "no"
        shown = "" if random.random() < 0.04 else f"{spend:.2f}"
        lines.append(f"c{7 * i:05d},{age},{plan},{region},{shown},{churn}")
    return "\n".join(lines) + "\n"


def _written(work: Path, name: str, config: str, *columns: str) -> list[tuple[str, Path]]:
    """Train by a config; return the pages that `evaluate`, by some columns, and `explain` write, by command."""
    run, by = f"runs/{name}", [word for column in columns for word in ("--by", column)]
    _dltool(work, "train", config, "-q", "--run-dir", run)
    _dltool(work, "evaluate", run, *by, "--report", f"{run}-evaluate")
    _dltool(work, "explain", run, "--report", f"{run}-explain")
    return [(command, work / f"{run}-{command}" / "report.html") for command in ("evaluate", "explain")]


def _draw(page: Path, look: _Look, to: Path) -> None:
    """Write a picture of a whole page, of few colours."""
    with tempfile.NamedTemporaryFile(suffix=".png") as shot:
        dark = ["--blink-settings=preferredColorScheme=0"] * look.is_dark
        size = f"--window-size={look.width},{_TALLEST}"
        _chromium("--hide-scrollbars", size, f"--screenshot={shot.name}", *dark, page.as_uri())
        picture = Image.open(shot.name).convert("RGB")
    empty = Image.new("RGB", picture.size, picture.getpixel((0, picture.height - 1)))
    found = ImageChops.difference(picture, empty).getbbox() or (0, 0, 0, 0)
    whole = picture.crop((0, 0, look.width, found[3] + 16))
    whole.quantize(_COLORS, dither=Image.Dither.NONE).save(to, optimize=True)


def _chromium(*words: str) -> None:
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", *words]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def _dltool(work: Path, *words: str) -> str:
    # Pages show the command that trained: as a user types it, without the folders of this machine.
    command = [
        sys.executable,
        "-c",
        "import sys; sys.argv[0] = 'dltool'; import dltool.__main__ as m; m.main()",
        *words,
    ]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=work).stdout


if __name__ == "__main__":
    main()
