import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from html import escape, unescape
from types import SimpleNamespace
from typing import Any

import pytest

from dltool.config.layers import Conv2D, Dense, Flatten
from dltool.config.plan import Plan, PlannedLayer
from dltool.config.signature import Rows, Signature, Task
from dltool.inference.scores import Confusion, average_scores, class_scores, confused_pairs


@pytest.fixture
def plan() -> Plan:
    layers = (
        PlannedLayer(Conv2D(type="conv2d", filters=32, kernel_size=3), (28, 28, 1), (26, 26, 32), 320, ()),
        PlannedLayer(Flatten(type="flatten"), (26, 26, 32), (21632,), 0, ()),
        PlannedLayer(Dense(type="dense", units=3), (21632,), (3,), 64899, ()),
    )
    signature = Signature(Task.CATEGORICAL, (28, 28, 1), "uint8", 3, classes=("cat", "dog", "<b>"))
    return Plan(layers, signature, Rows(train=1000, validation=100), batch_size=32)


@pytest.fixture
def rows() -> list[dict[str, float]]:
    """Four epochs; the loss is best in the third, accuracy in the fourth."""
    losses, accuracies = [0.9, 0.5, 0.25, 0.75], [0.25, 0.5, 0.5, 0.875]
    return [
        {
            "epoch": i + 1,
            "loss": losses[i],
            "accuracy": accuracies[i],
            "validation_loss": losses[i] + 0.125,
            "learning_rate": 0.01,
            "seconds": 2.5,
            "examples_per_second": 18_600.4,
        }
        for i in range(4)
    ]


@pytest.fixture
def facts() -> dict:
    return {
        "status": "stopped_early",
        "reason": "validation_loss has not improved for 1 epoch",
        "created": "2026-01-02T03:04:05+00:00",
        "command": "dltool train pets.yaml",
        "versions": {"python": "3.12.1", "keras": "3.15.1"},
        "device": "cpu",
        "seed": 7,
        "data_fingerprint": {"train": "abc123", "validation": "def456"},
        "rows": {"train": 1000, "validation": 100, "test": 0},
        "parameters": 65219,
        "epochs": 4,
        "training_seconds": 10.04,
        "best_epoch": 3,
        "best": 0.375,
        "weights_epoch": 3,
        "trivial": {"loss": 0.6931, "accuracy": 0.5, "validation_loss": 0.7},
        "trivial_answer": "the frequencies of the classes in the training rows",
        "loss_unit": "",
        "worse_than_trivial": [],
    }


def evaluation_of(classes: Sequence[str] = (), confusion: Confusion = ()) -> SimpleNamespace:
    """Return what ``dltool.inference.evaluate.Evaluation`` holds, without loading TensorFlow."""
    return SimpleNamespace(
        split="validation",
        rows=20,
        metrics={"loss": 0.5},
        classes=classes,
        confusion=confusion,
        class_scores=class_scores(classes, confusion),
        averages=average_scores(classes, confusion) if classes else (),
        confused_pairs=confused_pairs(classes, confusion, 20),
        labels=(),
        targets=(),
        trivial={"loss": 1.25},
        trivial_answer="the frequencies of the classes in the training rows",
        loss_unit="",
        penalised=False,
        weighted=False,
    )


@pytest.fixture
def evaluation() -> SimpleNamespace:
    return evaluation_of(("cat", "dog", "<b>"), ((8, 2, 0), (1, 3, 1), (0, 0, 5)))


@pytest.fixture
def on_terminal() -> Callable[..., str]:
    """Run a program on a terminal of its own and return everything that it wrote there."""

    def run(program: str, *, columns: int = 100, **environment: str) -> str:
        main, terminal = pty.openpty()
        variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
        variables |= {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": "40", **environment}
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=terminal, stdout=terminal, stderr=terminal, env=variables
        )
        os.close(terminal)
        written = b""
        try:
            while chunk := os.read(main, 65536):
                written += chunk
        except OSError:  # how Linux says that nobody holds the terminal any longer
            pass
        os.close(main)
        assert process.wait() == 0, written.decode()
        return written.decode()

    return run


@pytest.fixture
def in_browser(tmp_path) -> Callable[..., list]:
    """Open pages in Chromium, each in a window of each width, and return what a JavaScript function says of each."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed, in which the page would be opened")

    def look(pages: list[str], widths: list[int], function: str) -> list[Any]:
        frames = [
            f'<iframe style="width: {width}px; height: 3000px; border: 0" srcdoc="{escape(html)}"></iframe>'
            for html in pages
            for width in widths
        ]
        script = f"""window.onload = () => {{
          const said = [...document.querySelectorAll("iframe")].map(frame => ({function})(frame.contentWindow));
          document.getElementById("said").textContent = JSON.stringify(said);
        }}"""
        path = tmp_path / "windows.html"
        path.write_text(f'<!doctype html><pre id="said"></pre>{"".join(frames)}<script>{script}</script>')
        words = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", path.as_uri()]
        done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
        found = re.search(r'<pre id="said">(.*?)</pre>', done.stdout, re.DOTALL)
        assert found
        return json.loads(unescape(found[1]))

    return look


@pytest.fixture
def outside() -> str:
    """A JavaScript function: what of a page sticks out to the sides, though it can be scrolled nowhere."""
    return """w => {
      const scrolls = e => e && (/auto|scroll/.test(w.getComputedStyle(e).overflowX) || scrolls(e.parentElement));
      const out = [];
      for (const e of w.document.body.querySelectorAll("*")) {
        const place = e.getBoundingClientRect();
        if (place.width && (place.right > w.innerWidth + 1 || place.left < 0) && !scrolls(e))
          out.push(e.outerHTML.slice(0, 100));
      }
      for (const e of w.document.querySelectorAll(".curves svg text")) {
        const box = e.closest("figure").getBoundingClientRect(), place = e.getBoundingClientRect();
        if (place.left < box.left || place.right > box.right) out.push(e.outerHTML);
      }
      if (w.document.documentElement.scrollWidth > w.innerWidth) out.push("the page");
      return out;
    }"""
