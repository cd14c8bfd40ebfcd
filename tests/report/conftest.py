import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html import escape, unescape
from typing import Any

import pytest

from tests.support.finished_run import evaluation, facts, plan, rows

__all__ = ["evaluation", "facts", "plan", "rows"]


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
