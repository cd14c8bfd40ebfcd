"""The report of a run: one page with everything in it, to be opened without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from dltool.console.curves import curves
from dltool.console.formatting import counted, duration, number, shape, size
from dltool.console.history import Row, best_row, metric_names, row_of_epoch, thinned
from dltool.console.scores import average_scores, class_scores, confused_pairs

if TYPE_CHECKING:
    from dltool.config.plan import Plan
    from dltool.inference.evaluate import Evaluation

_MOST_ROWS = 200
_MOST_CLASSES = 20

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2933; --paper: #fff; --line: #dde3e9; --soft: #f5f7f9; --dim: #5f7183;
  --training: #2f6fde; --validation: #e07b1f; --good: #1c7f47; --bad: #c0392b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9ee; --paper: #14191f; --line: #2e3945; --soft: #1b222a; --dim: #94a5b5;
    --training: #6ea3ff; --validation: #ffa657; --good: #5fcf8d; --bad: #ff8272; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 64rem; margin: 2.5rem auto; padding: 0 1.2rem; }
h1 { margin: 0; font-size: 1.8rem; overflow-wrap: anywhere; }
h2 { margin: 2.4rem 0 .7rem; font-size: 1.15rem; }
.outcome { font-weight: 600; color: var(--good); } .outcome.diverged { color: var(--bad); }
.dim, dt { color: var(--dim); }
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
figure svg { display: block; width: 100%; height: auto; }
pre { background: var(--soft); padding: 1rem 1.2rem; border-radius: 8px; overflow-x: auto; font-size: 13px; }
details { overflow: auto; } summary { cursor: pointer; }
"""


def report_html(
    facts: Mapping[str, Any],
    rows: Sequence[Row],
    plan: Plan,
    config: str,
    name: str,
    evaluation: Evaluation | None = None,
) -> str:
    """Return the report as one HTML page that loads nothing from anywhere and runs no script.

    Args:
        facts: what ``run.json`` holds.
        rows: what ``metrics.jsonl`` holds, a mapping an epoch.
        plan: the layers.
        config: the config as YAML.
        name: the run's name.
        evaluation: what the model achieves on some part of the data, if that was measured.
    """
    pictures = "".join(f"<figure>{svg}</figure>" for svg in curves(rows)) or "<p>No epoch was completed.</p>"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(name)} · dltool</title><style>{_STYLE}</style></head><body>
{_head(facts, name)}
<h2>Curves</h2><div class="curves">{pictures}</div>
<div class="columns"><section><h2>Result</h2>{_result(facts, rows)}</section>
<section><h2>Model</h2>{_model(plan)}</section></div>
{_evaluation(evaluation) if evaluation else ""}
<h2>Epochs</h2>{_epochs(rows)}
<h2>Config</h2><pre>{escape(config)}</pre>
<p class="dim">{escape(_provenance(facts))}</p>
</body></html>
"""


def _head(facts: Mapping[str, Any], name: str) -> str:
    status = str(facts["status"])
    reason = f" · {escape(facts['reason'])}" if facts["reason"] else ""
    parts = ", ".join(f"{count:,} {part}" for part, count in facts["rows"].items() if count)
    cards = {
        "epochs": f"{facts['epochs']:,}",
        "training time": duration(facts["training_seconds"]),
        "device": facts["device"],
        "rows": parts,
        "parameters": f"{facts['parameters']:,}",
        "seed": str(facts["seed"]),
    }
    listed = "".join(f"<div><dt>{label}</dt><dd>{escape(value)}</dd></div>" for label, value in cards.items())
    outcome = f'<span class="outcome {escape(status)}">{escape(status.replace("_", " "))}</span>{reason}'
    return f"<h1>{escape(name)}</h1><div>{outcome}</div><dl>{listed}</dl>"


def _result(facts: Mapping[str, Any], rows: Sequence[Row]) -> str:
    kept = row_of_epoch(facts["weights_epoch"], rows)
    if not kept:
        return "<p>The model holds its initial weights.</p>"
    body = []
    for name in metric_names(rows):
        best = best_row(name, rows)
        body.append((name, number(kept[name]), number(best[name]), f"{best['epoch']:,}"))
    return _table(("metric", f"epoch {kept['epoch']:,}", "best", "in epoch"), body)


def _model(plan: Plan) -> str:
    body = [
        (layer.type, shape(layer.output_shape), f"{layer.parameters:,}", size(layer.bytes)) for layer in plan.layers
    ]
    total = ("total", "", f"{plan.parameters:,}", size(sum(layer.bytes for layer in plan.layers)))
    return _table(("layer", "output shape", "parameters", "memory"), body, [total])


def _epochs(rows: Sequence[Row]) -> str:
    names = metric_names(rows)
    body = [
        (
            f"{row['epoch']:,}",
            *(number(row[name]) for name in names),
            f"{row['learning_rate']:.4g}",
            duration(row["seconds"]),
            f"{row['examples_per_second']:,.0f}",
        )
        for row in thinned(rows, _MOST_ROWS)
    ]
    shown = "" if len(body) == len(rows) else f", {len(body)} of them shown"
    table = _table(("epoch", *names, "learning rate", "time", "examples/s"), body)
    return f"<details><summary>{counted(len(rows), 'epoch')}{shown}</summary>{table}</details>"


def _evaluation(evaluation: Evaluation) -> str:
    classes, confusion = evaluation.classes, evaluation.confusion
    metrics = _table(("metric", "value"), [(name, number(value)) for name, value in evaluation.metrics.items()])
    title = f"<h2>Measured on {escape(evaluation.split)} ({counted(evaluation.rows, 'row')})</h2>"
    if not classes:
        return title + metrics
    scores, averages = (
        [(s.name, f"{s.precision:.4f}", f"{s.recall:.4f}", f"{s.f1:.4f}", f"{s.rows:,}") for s in of]
        for of in (class_scores(classes, confusion), average_scores(classes, confusion))
    )
    table = _table(("class", "precision", "recall", "F1", "rows"), scores, averages)
    matrix = _matrix(evaluation) if len(classes) <= _MOST_CLASSES else _pairs(evaluation)
    return f'{title}<div class="columns"><div>{metrics}</div><div>{table}</div></div>{matrix}'


def _matrix(evaluation: Evaluation) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in evaluation.classes)
    lines = []
    for i, (name, row) in enumerate(zip(evaluation.classes, evaluation.confusion, strict=True)):
        cells = "".join(_matrix_cell(count / max(sum(row), 1), count, right=i == j) for j, count in enumerate(row))
        lines.append(f"<tr><td>{escape(name)}</td>{cells}</tr>")
    return f'<h2>Confusion</h2><table class="matrix"><tr><th>true \\ predicted</th>{head}</tr>{"".join(lines)}</table>'


def _matrix_cell(share: float, count: int, *, right: bool) -> str:
    colour = "47, 111, 222" if right else "224, 80, 50"
    # Few rows are wrong as a rule; the square root lets them be seen.
    return f'<td style="background: rgba({colour}, {0.6 * share**0.5:.2f})">{count:,}</td>'


def _pairs(evaluation: Evaluation) -> str:
    pairs = confused_pairs(evaluation.classes, evaluation.confusion, _MOST_CLASSES)
    body = [(pair.true, pair.predicted, f"{pair.rows:,}", f"{pair.share:.1%}") for pair in pairs]
    return f"<h2>Most confused</h2>{_table(('class', 'taken for', 'rows', 'share'), body)}"


def _provenance(facts: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    return f"{facts['created']} · {facts['command']} · {versions} · data {facts['data_fingerprint']}"


def _table(head: Sequence[str], body: Sequence[Sequence[str]], totals: Sequence[Sequence[str]] = ()) -> str:
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = [f"<tr>{_cells(row)}</tr>" for row in body] + [f'<tr class="total">{_cells(row)}</tr>' for row in totals]
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _cells(row: Sequence[str]) -> str:
    return "".join(f"<td>{escape(cell)}</td>" for cell in row)
