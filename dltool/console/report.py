"""The report of a run: one page with everything in it, to be opened without a network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from dltool.console.formatting import number

if TYPE_CHECKING:
    from dltool.config.plan import Plan

_NOT_METRICS = ("epoch", "learning_rate", "seconds", "examples_per_second")
_MOST_POINTS = 400
_MOST_ROWS = 100

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
:root {{ color-scheme: light dark; --ink: #1f2933; --paper: #fff; --line: #d9e0e6; --soft: #f4f6f8; --dim: #66788a; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #e4e9ee; --paper: #14191f; --line: #2f3a45; --soft: #1c232b; --dim: #93a4b3; }} }}
body {{ font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ margin: 0; }} h2 {{ margin: 2.2rem 0 .6rem; font-size: 1.15rem; }} .dim {{ color: var(--dim); }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }}
th, td {{ padding: .2rem .8rem .2rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }}
th:first-child, td:first-child {{ text-align: left; }}
pre {{ background: var(--soft); padding: 1rem; overflow-x: auto; font-size: 13px; }}
.curves {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1rem; }}
figure {{ margin: 0; background: #fff; border: 1px solid var(--line); border-radius: 6px; }}
figure svg {{ display: block; width: 100%; height: auto; }}
</style></head><body>
<h1>{title}</h1><p class="dim">{subtitle}</p>
<h2>Result</h2>{result}
<h2>Curves</h2><div class="curves">{curves}</div>
<h2>Model</h2>{model}
<h2>Epochs</h2>{epochs}
<h2>Config</h2><pre>{config}</pre>
</body></html>
"""


def report_html(facts: dict[str, Any], rows: Sequence[dict[str, Any]], plan: Plan, config: str, name: str) -> str:
    """Return the report as one HTML page that loads nothing from anywhere.

    Args:
        facts: what ``run.json`` holds.
        rows: what ``metrics.jsonl`` holds, a mapping an epoch.
        plan: the layers.
        config: the config as YAML.
        name: the run's name.
    """
    outcome = str(facts["status"]).replace("_", " ")
    seconds, device = facts["training_seconds"], facts["device"]
    subtitle = f"{outcome} after {facts['epochs']} epochs, {seconds:.1f} s on {device} · {facts['created']}"
    return _PAGE.format(
        title=escape(name),
        subtitle=escape(subtitle),
        result=_result(facts, rows),
        curves="".join(f"<figure>{svg}</figure>" for svg in curves(rows)),
        model=_model(plan),
        epochs=_epochs(rows),
        config=escape(config),
    )


def curves(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return an SVG picture for each metric, training and validation in one, and for the rate where it varies."""
    names = [name for name in (rows[0] if rows else ()) if name not in _NOT_METRICS]
    pictures = [
        _curve(name, rows, [other for other in (name, f"validation_{name}") if other in names])
        for name in names
        if not name.startswith("validation_")
    ]
    if len({row["learning_rate"] for row in rows}) > 1:
        pictures.append(_curve("learning_rate", rows, ["learning_rate"]))
    return pictures


def _curve(title: str, rows: Sequence[dict[str, Any]], names: Sequence[str]) -> str:
    import pygal
    from pygal.style import CleanStyle

    style = CleanStyle(
        background="transparent",
        plot_background="transparent",
        colors=("#2f6fde", "#e8862e"),
        font_family="system-ui, sans-serif",
        title_font_size=20,
        label_font_size=13,
        major_label_font_size=13,
        legend_font_size=14,
    )
    chart = pygal.XY(
        style=style,
        js=[],
        width=640,
        height=380,
        title=title,
        show_dots=len(rows) == 1,
        stroke_style={"width": 2},
        legend_at_bottom=True,
        x_title="epoch",
        x_label_rotation=0,
        truncate_legend=-1,
        no_prefix=True,
        disable_xml_declaration=True,
        x_value_formatter=lambda epoch: f"{epoch:g}",
        value_formatter=number,
        max_scale=8,
    )
    for name in names:
        label = "validation" if name.startswith("validation_") else "training"
        points = [(row["epoch"], row[name]) for row in _thinned(rows, _MOST_POINTS) if math.isfinite(row[name])]
        chart.add(label, points)
    svg: str = chart.render(is_unicode=True)
    return svg


def _thinned(rows: Sequence[dict[str, Any]], most: int) -> Sequence[dict[str, Any]]:
    """Return at most about ``most`` rows, evenly chosen, the last one included."""
    if len(rows) <= most:
        return rows
    return [rows[round(i * (len(rows) - 1) / (most - 1))] for i in range(most)]


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in body)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table>"


def _result(facts: dict[str, Any], rows: Sequence[dict[str, Any]]) -> str:
    kept = next((row for row in rows if row["epoch"] == facts["weights_epoch"]), {})
    body = [(name, number(value)) for name, value in kept.items() if name not in _NOT_METRICS]
    counts = ", ".join(f"{count:,} {part}" for part, count in facts["rows"].items() if count)
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    reason = f"<p>{escape(facts['reason'])}</p>" if facts.get("reason") else ""
    head = ("metric", f"epoch {facts['weights_epoch']} (the model's)")
    return f'{reason}{_table(head, body)}<p class="dim">{escape(counts)} rows · {escape(versions)}</p>'


def _model(plan: Plan) -> str:
    body = [
        (layer.type, " x ".join(map(str, layer.output_shape)), f"{layer.parameters:,}") for layer in plan.layers
    ]
    return _table(("layer", "output shape", "parameters"), [*body, ("total", "", f"{plan.parameters:,}")])


def _epochs(rows: Sequence[dict[str, Any]]) -> str:
    names = [name for name in (rows[0] if rows else ()) if name != "epoch"]
    body = [(str(row["epoch"]), *(number(row[name]) for name in names)) for row in _thinned(rows, _MOST_ROWS)]
    return _table(("epoch", *names), body)
