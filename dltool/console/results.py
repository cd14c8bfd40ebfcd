"""Tables for a person, and the same facts for a program."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

from dltool.console.display import number

if TYPE_CHECKING:
    from dltool.config.plan import Plan
    from dltool.inference.evaluate import Evaluation

_LARGEST_MATRIX = 20


@dataclass(frozen=True)
class ClassScores:
    """How well one class is told from the others."""

    name: str
    precision: float
    recall: float
    f1: float
    rows: int


def class_scores(classes: Sequence[str], confusion: Sequence[Sequence[int]]) -> list[ClassScores]:
    """Return precision, recall and F1 a class; 0 where a class was never predicted or never occurs.

    Args:
        classes: names by index.
        confusion: rows by true class (first index) and predicted class.
    """
    scores = []
    for i, name in enumerate(classes):
        right = confusion[i][i]
        rows, predicted = sum(confusion[i]), sum(row[i] for row in confusion)
        precision, recall = right / max(predicted, 1), right / max(rows, 1)
        f1 = 2 * right / max(rows + predicted, 1)
        scores.append(ClassScores(name, precision, recall, f1, rows))
    return scores


def console(*, error: bool = False) -> Console:
    """Return a console for results (or, with ``error``, for everything else): no colours and no wrapping in a pipe."""
    stream = sys.stderr if error else sys.stdout
    return Console(file=stream, highlight=False, width=None if stream.isatty() else 200)


def _table(*columns: str, title: str = "") -> Table:
    table = Table(title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right")
    return table


def print_summary(path: Path, facts: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """Print, to standard error, how a run ended and what to type next."""
    out = console(error=True)
    outcome = str(facts["status"]).replace("_", " ")
    colour = "red" if facts["status"] == "diverged" else "green"
    reason = f": {facts['reason']}" if facts.get("reason") else ""
    out.print(f"\n[bold {colour}]{outcome}[/]{reason} after {facts['epochs']} epochs, {facts['training_seconds']:.1f} s")
    kept = next((row for row in rows if row["epoch"] == facts["weights_epoch"]), None)
    if kept:
        table = _table("metric", f"epoch {kept['epoch']}", "best", "in epoch")
        for name in kept:
            if name not in ("epoch", "learning_rate", "seconds", "examples_per_second"):
                best = _best_row(name, rows)
                table.add_row(name, number(kept[name]), number(best[name]), str(best["epoch"]))
        out.print(table)
    out.print(f"run      {path}\nreport   {path / 'report.html'}", soft_wrap=True)
    split = "test" if facts["rows"]["test"] else "validation" if facts["rows"]["validation"] else "train"
    option = "" if split == "test" else f" --split {split}"
    out.print(f"next     dltool evaluate {path}{option}\n         dltool predict {path} INPUT", soft_wrap=True)


def _best_row(name: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    from dltool.training.watch import direction

    choose = max if direction(name) == "max" else min
    return choose(rows, key=lambda row: row[name])


def print_evaluation(evaluation: Evaluation) -> None:
    """Print metrics and, for classes, the scores of each class and the confusion matrix."""
    out = console()
    table = _table("metric", "value", title=f"{evaluation.split}: {evaluation.rows:,} rows")
    for name, value in evaluation.metrics.items():
        table.add_row(name, number(value))
    out.print(table)
    if not evaluation.classes:
        return
    table = _table("class", "precision", "recall", "F1", "rows")
    for score in class_scores(evaluation.classes, evaluation.confusion):
        values = (f"{value:.4f}" for value in (score.precision, score.recall, score.f1))
        table.add_row(score.name, *values, f"{score.rows:,}")
    out.print(table)
    if len(evaluation.classes) <= _LARGEST_MATRIX:
        out.print(_matrix(evaluation))
    else:
        out.print(_most_confused(evaluation))


def _matrix(evaluation: Evaluation) -> Table:
    table = _table("true \\ predicted", *evaluation.classes)
    for i, (name, row) in enumerate(zip(evaluation.classes, evaluation.confusion, strict=True)):
        cells = [_cell(count, right=i == j) for j, count in enumerate(row)]
        table.add_row(name, *cells)
    return table


def _cell(count: int, *, right: bool) -> str:
    if right:
        return f"[bold green]{count:,}[/]"
    return f"[red]{count:,}[/]" if count else "[dim]·[/]"


def _most_confused(evaluation: Evaluation) -> Table:
    pairs = [
        (count, evaluation.classes[i], evaluation.classes[j])
        for i, row in enumerate(evaluation.confusion)
        for j, count in enumerate(row)
        if i != j and count
    ]
    table = _table("most confused: true", "predicted", "rows")
    for count, true, predicted in sorted(pairs, reverse=True)[:_LARGEST_MATRIX]:
        table.add_row(true, predicted, f"{count:,}")
    return table


def evaluation_facts(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as plain data."""
    facts: dict[str, Any] = {"split": evaluation.split, "rows": evaluation.rows, "metrics": evaluation.metrics}
    if evaluation.classes:
        scores = class_scores(evaluation.classes, evaluation.confusion)
        facts["classes"] = {score.name: {k: v for k, v in vars(score).items() if k != "name"} for score in scores}
        facts["confusion"] = evaluation.confusion
    return facts


def print_plan(plan: Plan) -> None:
    """Print the layers with their shapes, parameters and memory, and the work of an epoch."""
    out = console()
    table = _table("layer", "output shape", "parameters", "bytes")
    table.add_row("[dim]input[/]", _shape(plan.signature.input_shape), "", "")
    for layer in plan.layers:
        table.add_row(layer.type, _shape(layer.output_shape), f"{layer.parameters:,}", f"{layer.bytes:,}")
    table.add_section()
    table.add_row("[bold]total[/]", "", f"{plan.parameters:,}", f"{4 * plan.parameters:,}")
    out.print(table)
    rows = plan.rows
    parts = [f"{rows.train:,} train"]
    parts += [f"{count:,} {name}" for name, count in (("validation", rows.validation), ("test", rows.test)) if count]
    out.print(f"rows     {', '.join(parts)}")
    if plan.signature.classes:
        out.print(f"classes  {len(plan.signature.classes)}: {_listed(plan.signature.classes)}", markup=False)
    out.print(f"steps    {plan.steps:,} an epoch (batches of {plan.batch_size})")
    out.print(f"memory   about {plan.bytes / 2**20:,.0f} MiB for training, data included, TensorFlow itself not")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (", …" if len(names) > 10 else "")


def _shape(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def plan_facts(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain data."""
    return {
        "layers": [
            {
                "type": layer.type,
                "output_shape": layer.output_shape,
                "parameters": layer.parameters,
                "bytes": layer.bytes,
            }
            for layer in plan.layers
        ],
        "input_shape": plan.signature.input_shape,
        "parameters": plan.parameters,
        "rows": vars(plan.rows),
        "steps": plan.steps,
        "batch_size": plan.batch_size,
        "classes": plan.signature.classes,
        "memory_bytes": plan.bytes,
    }
