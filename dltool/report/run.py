"""The report of a run: one page with everything in it, to be opened without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from dltool.report.curves import curves
from dltool.report.page import page
from dltool.wording.formatting import counted, duration, number, shape, size
from dltool.wording.history import (
    Row,
    headline_metric,
    metric_names,
    row_of_epoch,
    thinned,
)
from dltool.wording.listings import (
    MOST_CLASSES,
    Listing,
    history_listing,
    metrics_listing,
    pairs_listing,
    scores_listing,
)
from dltool.wording.notes import lost_since_best, metric_notes, worse_than_trivial_answer

if TYPE_CHECKING:
    from dltool.config.plan import Plan
    from dltool.inference.evaluate import Evaluation

_MOST_ROWS = 200


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
    body = f"""{_head(facts, rows, name)}
<h2>Curves</h2>{_curves(facts, rows)}
<div class="columns"><section><h2>Result</h2>{_result(facts, rows)}</section>
<section><h2>Model</h2>{_model(plan)}</section></div>
{_evaluation(evaluation) if evaluation else ""}
<h2>Epochs</h2>{_epochs(rows)}
<h2>Config</h2><pre>{escape(config)}</pre>
<p class="dim">{escape(_provenance(facts))}</p>"""
    return page(name, body)


def _head(facts: Mapping[str, Any], rows: Sequence[Row], name: str) -> str:
    status, lost = str(facts["status"]), lost_since_best(facts, rows)
    reason = f" · {escape(facts['reason'])}" if facts["reason"] else ""
    parts = ", ".join(f"{count:,}\N{NO-BREAK SPACE}{part}" for part, count in facts["rows"].items() if count)
    cards = {
        "epochs": f"{facts['epochs']:,}",
        "training time": duration(facts["training_seconds"] or 0.0),
        "device": facts["device"],
        "rows": parts,
        "parameters": f"{facts['parameters']:,}",
        "seed": str(facts["seed"]),
    }
    listed = "".join(f"<div><dt>{label}</dt><dd>{escape(value)}</dd></div>" for label, value in cards.items())
    colour = " lost" if lost else ""
    outcome = f'<span class="outcome {escape(status)}{colour}">{escape(status.replace("_", " "))}</span>{reason}'
    warning = f"<p>Warning: {escape(lost)}.</p>" if lost else ""
    return f"<h1>{escape(name)}</h1><div>{outcome}</div>{_headline(facts, rows)}{warning}<dl>{listed}</dl>"


def _headline(facts: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """Show the number that a person would quote, in the epoch whose weights the model holds."""
    kept, trivial = row_of_epoch(facts["weights_epoch"], rows), facts["trivial"]
    if not kept:
        return "<p>The model holds its initial weights.</p>"
    name = headline_metric(metric_names(rows))
    loss = "validation_loss" if name.startswith("validation_") else "loss"
    said, part = (name, "") if loss != "loss" else (f"training_{name}", "; there is no validation part")
    beside = [f"trivial answer {number(trivial.get(name))}"]
    if name != loss:
        beside.append(f"{loss.replace('_', ' ')} {number(kept[loss])} (trivial answer {number(trivial.get(loss))})")
    worse = worse_than_trivial_answer(facts["worse_than_trivial"], kept, trivial)
    warnings = f'<p class="bad">Warning: {escape(worse)}.</p>' if worse else ""
    return f"""<div class="headline"><span class="value">{number(kept[name])}</span>
<p><b>{escape(said.replace("_", " "))}</b> in epoch {kept["epoch"]:,}{part}<br>
<span class="dim">{escape(" · ".join(beside))}</span></p></div>{warnings}"""


def _curves(facts: Mapping[str, Any], rows: Sequence[Row]) -> str:
    figures = curves(rows, facts["best_epoch"], facts["weights_epoch"])
    if not figures:
        return "<p>No epoch was completed.</p>"
    monitor = f", by {facts['monitor']}" if facts.get("monitor") else ""
    note = f"best: the best epoch{monitor}; kept: the epoch whose weights the model holds"
    return f'<p class="dim">{escape(note)}</p><div class="curves">{"".join(figures)}</div>'


def _result(facts: Mapping[str, Any], rows: Sequence[Row]) -> str:
    listing = history_listing(facts, rows)
    if listing is None:
        return "<p>No epoch was completed.</p>"
    notes = metric_notes(facts["trivial_answer"], facts["loss_unit"])
    return _listing(listing) + "".join(f'<p class="dim">{escape(note)}</p>' for note in notes)


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
    title = f"<h2>Measured on {escape(evaluation.split)} ({counted(evaluation.rows, 'row')})</h2>"
    metrics, scores = _listing(metrics_listing(evaluation)), scores_listing(evaluation)
    if scores is None:
        return title + metrics
    shown = f'{title}<div class="columns"><div>{metrics}</div><div>{_listing(scores)}</div></div>'
    if not evaluation.classes:
        return shown
    if len(evaluation.classes) <= MOST_CLASSES:
        return shown + _matrix(evaluation)
    return f"{shown}<h2>Most confused</h2>{_listing(pairs_listing(evaluation))}"


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


def _provenance(facts: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    data = ", ".join(f"{part} {digest[:12]}" for part, digest in facts["data_fingerprint"].items())
    return f"{facts['created']} · {facts['command']} · {versions} · SHA-256 of the data: {data}"


def _listing(listing: Listing) -> str:
    return _table(listing.head, listing.body, listing.totals)


def _table(head: Sequence[str], body: Sequence[Sequence[str]], totals: Sequence[Sequence[str]] = ()) -> str:
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = [f"<tr>{_cells(row)}</tr>" for row in body] + [f'<tr class="total">{_cells(row)}</tr>' for row in totals]
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _cells(row: Sequence[str]) -> str:
    return "".join(f"<td>{escape(cell)}</td>" for cell in row)
