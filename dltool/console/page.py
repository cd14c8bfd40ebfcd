"""The frame of every HTML page: it stands alone and loads nothing from anywhere."""

from __future__ import annotations

from html import escape

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2933; --paper: #fff; --line: #dde3e9; --soft: #f5f7f9; --dim: #5f7183;
  --training: #2f6fde; --validation: #e07b1f; --good: #1c7f47; --bad: #c0392b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9ee; --paper: #14191f; --line: #2e3945; --soft: #1b222a; --dim: #94a5b5;
    --training: #6ea3ff; --validation: #ffa657; --good: #5fcf8d; --bad: #ff8272; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 64rem; margin: 2.5rem auto; padding: 0 1.2rem; }
a { color: var(--training); }
h1 { margin: 0; font-size: 1.8rem; overflow-wrap: anywhere; }
h2 { margin: 2.4rem 0 .7rem; font-size: 1.15rem; }
.outcome { font-weight: 600; color: var(--good); } .outcome.diverged { color: var(--bad); }
.outcome.lost { color: var(--validation); }
.dim, dt { color: var(--dim); } .bad { color: var(--bad); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem; margin: 1.4rem 0 0;
  padding: 1rem 1.2rem; background: var(--soft); border-radius: 8px; }
dt { font-size: .85rem; } dd { margin: 0; font-size: 1.1rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
th, td { padding: .25rem 0 .25rem 1.4rem; text-align: right; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th { font-weight: 600; color: var(--dim); } tr.total td { font-weight: 600; }
.matrix td + td, .matrix th + th { padding: .25rem .7rem; text-align: center; }
.matrix td + td { border: 1px solid var(--line); }
.columns { display: flex; flex-wrap: wrap; gap: 0 3rem; }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1rem; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 8px; }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); } svg text.name { font-weight: 600; }
svg text.halo { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.guide { stroke: var(--line); } .axis { stroke: var(--dim); }
.line { fill: none; stroke: var(--training); stroke-width: 1.5; stroke-linejoin: round; }
circle.line { fill: var(--training); }
.line.validation { stroke: var(--validation); } circle.line.validation { fill: var(--validation); }
svg text.training { fill: var(--training); } svg text.validation { fill: var(--validation); }
figure svg { display: block; width: 100%; height: auto; }
pre { background: var(--soft); padding: 1rem 1.2rem; border-radius: 8px; overflow-x: auto; font-size: 13px; }
details { overflow: auto; } summary { cursor: pointer; }
"""


def page(title: str, body: str, style: str = "", script: str = "") -> str:
    """Return a whole HTML page, light or dark as the reader has it.

    Args:
        title: plain text.
        body: HTML.
        style: more CSS.
        script: JavaScript that runs when the body is there; nothing that a user wrote may be in it.
    """
    run = f"<script>{script}</script>" if script else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · dltool</title><style>{_STYLE}{style}</style></head><body>
{body}
{run}</body></html>
"""
