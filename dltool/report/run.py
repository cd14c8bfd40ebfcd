"""The report of a run: one page with everything in it, to be opened without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dltool.config.metric_names import is_on_validation, on_validation
from dltool.contracts.plan import Plan
from dltool.inference.evaluation import Evaluation
from dltool.report.curves import curves
from dltool.report.rendering import render
from dltool.wording.formatting import duration, number, shape, size
from dltool.wording.history import Row, headline_metric, metric_names, scored_row, thinned
from dltool.wording.listings import (
    MOST_CLASSES,
    Listing,
    columns_listing,
    folds_listing,
    history_listing,
    metrics_listing,
    pairs_listing,
    scores_listing,
)
from dltool.wording.notes import (
    calibration_notes,
    lost_since_best,
    metric_notes,
    weights_note,
    worse_than_trivial_answer,
)

_MOST_ROWS = 200


def report_html(
    facts: Mapping[str, Any],
    rows: Sequence[Row],
    plan: Plan,
    config: str,
    name: str,
    evaluation: Evaluation | None = None,
    folds: Sequence[Sequence[Row]] = (),
) -> str:
    """Return the report as one HTML page that loads nothing from anywhere and runs no script.

    Args:
        facts: what ``run.json`` holds.
        rows: what ``metrics.jsonl`` holds, a mapping an epoch.
        plan: the layers.
        config: the config as YAML.
        name: the run's name.
        evaluation: what the model achieves on some part of the data, if it was evaluated.
        folds: of each, what its ``metrics.jsonl`` holds.
    """
    weights_row = scored_row(facts, rows)
    return render(
        "run.html.jinja",
        name=name,
        status=facts["status"],
        reason=facts["reason"],
        headline=_headline(weights_row, facts) if weights_row else None,
        worse=weights_row and worse_than_trivial_answer(facts["worse_than_trivial"], weights_row, facts["trivial"]),
        lost=lost_since_best(facts, rows),
        overview=overview(facts),
        monitor=facts.get("monitor"),
        figures=curves(rows, facts["best_epoch"] or 0, facts["weights_epoch"], folds),
        folds=folds_listing(facts),
        result=history_listing(facts, rows),
        notes=[
            *metric_notes(facts["trivial_answer"], facts["loss_unit"], facts["decision"]),
            *calibration_notes(facts.get("calibration")),
        ],
        columns=columns_listing(plan.signature),
        layers=layers_listing(plan),
        evaluation=_evaluation(evaluation) if evaluation else None,
        epochs=epochs_listing(rows),
        epoch_count=len(rows),
        config=config,
        provenance=provenance(facts),
    )


def overview(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return what is worth a glance, by what it is: of what ``run.json`` holds."""
    return {
        "epochs": f"{facts['epochs']:,}",
        "training time": duration(facts["training_seconds"] or 0.0),
        "device": facts["device"],
        "rows": ", ".join(f"{count:,}\N{NO-BREAK SPACE}{part}" for part, count in facts["rows"].items() if count),
        "parameters": f"{facts['parameters']:,}",
        "seed": str(facts["seed"]),
    }


def _headline(row: Row, facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the number that a person would quote: of the folds, or in the epoch whose weights the model holds."""
    trivial, folds = facts["trivial"], facts["rows"]["folds"]
    name = headline_metric(metric_names([row]))
    loss = on_validation("loss") if is_on_validation(name) else "loss"
    title, part = (name, "") if loss != "loss" else (f"training_{name}", "; there is no validation part")
    beside = [f"trivial answer {number(trivial.get(name))}"]
    if name != loss:
        beside.append(f"{loss.replace('_', ' ')} {number(row[loss])} (trivial answer {number(trivial.get(loss))})")
    value, where = number(row[name]), f"in epoch {row['epoch']:,}{part}"
    if estimate := facts["cross_validation"].get(name):
        value, where = f"{value} ± {number(estimate['standard_error'])}", f"the mean of {folds} folds ± standard error"
    return {
        "value": value,
        "metric": title.replace("_", " "),
        "where": where,
        "beside": " · ".join(beside),
    }


def layers_listing(plan: Plan) -> Listing:
    """List the layers with their shapes, parameters and memory."""
    body = [
        (layer.name, shape(layer.output_shape), f"{layer.parameters:,}", size(layer.bytes)) for layer in plan.layers
    ]
    if count := plan.embedding_parameters:
        body.insert(0, ("embeddings", "", f"{count:,}", size(plan.embedding_bytes)))
    total = ("total", "", f"{plan.parameters:,}", size(plan.weight_bytes))
    return Listing(("layer", "output shape", "parameters", "memory"), body, [total])


def epochs_listing(rows: Sequence[Row]) -> Listing:
    """List the epochs, of many some."""
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
    return Listing(("epoch", *names, "learning rate", "time", "examples/s"), body, [])


def _evaluation(evaluation: Evaluation) -> dict[str, Any]:
    classes = evaluation.classes
    return {
        "split": evaluation.split,
        "rows": evaluation.rows,
        "metrics": metrics_listing(evaluation),
        "scores": scores_listing(evaluation),
        "classes": classes,
        "matrix": confusion_cells(evaluation) if len(classes) <= MOST_CLASSES else None,
        "pairs": pairs_listing(evaluation) if classes else None,
        "weights": weights_note(evaluation),
    }


def confusion_cells(evaluation: Evaluation) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return each true class with its counts by predicted class, and each count's background colour."""
    return [
        (name, [(f"{count:,}", _background(count / max(sum(row), 1), right=i == j)) for j, count in enumerate(row)])
        for i, (name, row) in enumerate(zip(evaluation.classes, evaluation.confusion, strict=True))
    ]


def _background(share: float, *, right: bool) -> str:
    colour = "47, 111, 222" if right else "224, 80, 50"
    # Few rows are wrong as a rule; the square root lets them be seen.
    return f"rgba({colour}, {0.6 * share**0.5:.2f})"


def provenance(facts: Mapping[str, Any]) -> str:
    """Say what a run was made of, and by: what ``run.json`` holds."""
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    data = ", ".join(f"{part} {digest[:12]}" for part, digest in facts["data_fingerprint"].items())
    return f"{facts['created']} · {facts['command']} · {versions} · SHA-256 of the data: {data}"
