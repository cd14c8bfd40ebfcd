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
  max-width: 64rem; margin: 2.5rem auto; padding: 0 1.2rem; overflow-wrap: anywhere; }
a { color: var(--training); }
h1 { margin: 0; font-size: 1.8rem; line-height: 1.25; }
h2 { margin: 2.4rem 0 .7rem; font-size: 1.15rem; }
.outcome { font-weight: 600; color: var(--good); } .outcome.diverged { color: var(--bad); }
.outcome.lost { color: var(--validation); }
.headline { display: flex; flex-wrap: wrap; align-items: center; gap: .2rem 1.4rem; margin: 1.2rem 0; }
.headline .value { font-size: 3.2rem; font-weight: 650; line-height: 1.1; font-variant-numeric: tabular-nums; }
.headline p { flex: 1 1 18rem; margin: 0; }
.dim, dt { color: var(--dim); } .bad { color: var(--bad); }
dl { display: flex; flex-wrap: wrap; gap: 1rem 1.6rem; margin: 1.4rem 0 0;
  padding: 1rem 1.2rem; background: var(--soft); border-radius: 8px; }
dl div { flex: 1 0 auto; min-width: 5rem; max-width: 100%; }
dt { font-size: .85rem; } dd { margin: 0; font-size: 1.1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
th, td { padding: .25rem 0 .25rem 1.4rem; text-align: right; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
th, td:first-child { white-space: normal; max-width: 20rem; overflow-wrap: break-word; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.matrix th, .matrix td:first-child { max-width: 9rem; } .matrix td:first-child { padding-right: .7rem; }
th { font-weight: 600; color: var(--dim); } tr.total td { font-weight: 600; }
.matrix td + td, .matrix th + th { padding: .25rem .7rem; text-align: center; }
.matrix td + td { border: 1px solid var(--line); }
.columns { display: flex; flex-wrap: wrap; gap: 1rem 3rem; } .columns > * { min-width: 0; }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1rem; }
.curves figure:first-child:nth-last-child(odd) { grid-column: 1 / -1; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 8px; min-width: 0; }
figcaption { display: flex; flex-wrap: wrap; gap: 0 1.2rem; padding: .7rem 1.2rem .3rem; }
.key::before { content: ""; display: inline-block; width: 1.4rem; margin-right: .4rem; vertical-align: middle;
  border-top: 2px solid var(--training); }
.key.validation::before { border-top: 3px solid var(--validation); }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); } svg text.name { font-weight: 600; }
svg text.halo { paint-order: stroke; stroke: var(--paper); stroke-width: 9px; stroke-linejoin: round; }
.guide { stroke: var(--line); } .axis { stroke: var(--dim); } .mark { stroke: var(--dim); stroke-dasharray: 4 3; }
svg text.mark { stroke: none; }
.line { fill: none; stroke: var(--training); stroke-width: 1.5; stroke-linejoin: round; }
circle.line { fill: var(--training); }
.line.validation { stroke: var(--validation); stroke-width: 2.2; } circle.line.validation { fill: var(--validation); }
svg.plot { display: block; overflow: visible; } .plot .line { vector-effect: non-scaling-stroke; }
pre { background: var(--soft); padding: 1rem 1.2rem; border-radius: 8px; overflow-x: auto; font-size: 13px; }
details { overflow: auto; } summary { cursor: pointer; }
@media (max-width: 40rem) { th, td { padding-left: .7rem; } table { font-size: 14px; }
  .columns td:first-child { min-width: 8rem; overflow-wrap: anywhere; } }
@media print {
  body { margin: 0; max-width: none; print-color-adjust: exact; }
  table { overflow: visible; } pre { white-space: pre-wrap; }
  h2 { break-after: avoid; } figure, tr, dl { break-inside: avoid; } }
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
