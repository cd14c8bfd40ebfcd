"""What commands print at the end: for a person as tables, for a program as plain data."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dltool.console.console import messages, results
from dltool.console.formatting import counted, duration, finite, number, size
from dltool.console.history import Row, best_row, lost_since_best, metric_names, row_of_epoch
from dltool.console.listings import metrics_listing, scores_listing
from dltool.console.tables import STATUS_COLOURS, confusion_table, layers_table, listing_table, table
from dltool.console.trivial import measured_how, measured_text, worse_verdict
from dltool.training.watch import worse_than_trivial

_MOST_TARGETS = 4

if TYPE_CHECKING:
    from dltool.config.plan import Plan
    from dltool.inference.evaluate import Evaluation


def print_summary(path: Path, facts: Mapping[str, Any], rows: Sequence[Row]) -> None:
    """Print, to standard error, how a run ended and what to type next.

    Args:
        path: of the run directory.
        facts: what ``run.json`` holds.
        rows: what ``metrics.jsonl`` holds, a mapping an epoch.
    """
    status, lost = facts["status"], lost_since_best(facts, rows)
    colour = STATUS_COLOURS.get(status, "red")
    outcome = Text(status.replace("_", " "), f"bold {'yellow' if lost and colour == 'green' else colour}")
    took = duration(facts["training_seconds"] or 0.0)
    outcome.append(
        f" after {counted(facts['epochs'], 'epoch')}, {took} on {facts['device']}",
        "not bold default",
    )
    if facts["reason"]:
        outcome.append(f"\n{facts['reason']}", "not bold default")
    if lost:
        outcome.append(f"\nwarning: {lost}", "not bold yellow")
    blocks: list[Text | Table] = [Text(), outcome]
    kept = row_of_epoch(facts["weights_epoch"], rows)
    if kept:
        metrics = table("metric", f"epoch {kept['epoch']:,}", "best", "in epoch", "trivial")
        trivial = facts["trivial"]
        for name in metric_names(rows):
            best = best_row(name, rows)
            kept_text, best_text = (measured_text(row[name], trivial.get(name)) for row in (kept, best))
            values = kept_text, Text(best_text, "green"), f"{best['epoch']:,}"
            metrics.add_row(Text(name), *values, Text(number(trivial.get(name)), "bright_black"))
        notes = measured_how(facts["trivial_answer"], facts["loss_unit"])
        blocks += [Text(), metrics, Text(), *(Text(note, "bright_black") for note in notes)]
        blocks += [Text(verdict, "yellow") for verdict in worse_verdict(facts["worse_than_trivial"], kept, trivial)]
    command = shlex.quote(str(path))
    places = aligned(
        {
            "run": Text(str(path), "cyan"),
            "report": Text(str(path / "report.html"), "cyan"),
            "evaluate": Text(f"dltool evaluate {command}{split_option(facts['rows'])}", "bold"),
            "predict": Text(f"dltool predict {command} INPUT", "bold"),
        }
    )
    _print(messages(), *blocks, Text(), places)


def print_warnings(facts: Mapping[str, Any], rows: Sequence[Row]) -> None:
    """Print, to standard error, only what is wrong: that training diverged, or that the model is a poor one."""
    lost, kept = lost_since_best(facts, rows), row_of_epoch(facts["weights_epoch"], rows)
    found = [f"warning: diverged: {facts['reason']}"] if facts["status"] == "diverged" else []
    found += [f"warning: {lost}"] if lost else []
    found += worse_verdict(facts["worse_than_trivial"], kept, facts["trivial"]) if kept else []
    for warning in found:
        messages().print(Text(warning, "yellow"), soft_wrap=True)


def _print(out: Console, *blocks: Text | Table) -> None:
    for block in blocks:
        # A terminal wraps text so that it can be copied whole; tables have to fit themselves.
        out.print(block, soft_wrap=isinstance(block, Text))


def aligned(facts: Mapping[str, str | Text]) -> Text:
    """Write a fact a line, its name before it in grey."""
    width = max(map(len, facts))
    lines = [Text.assemble((f"{name:<{width}}  ", "bright_black"), value) for name, value in facts.items()]
    return Text("\n").join(lines)


def split_option(rows: Mapping[str, int]) -> str:
    """Return what `evaluate` has to be told to measure a part that there is."""
    if rows["test"]:
        return ""
    return " --split validation" if rows["validation"] else " --split train"


def _worse(evaluation: Evaluation) -> list[str]:
    return worse_than_trivial(
        evaluation.metrics, evaluation.trivial, penalised=evaluation.penalised, weighted=evaluation.weighted
    )


def print_evaluation(evaluation: Evaluation) -> None:
    """Print metrics beside the trivial answer's; for classes and labels the scores of each, and what is confused."""
    out = results()
    head = Text(f"{evaluation.split}: {counted(evaluation.rows, 'row')}", "bold")
    notes = [Text(note, "bright_black") for note in measured_how(evaluation.trivial_answer, evaluation.loss_unit)]
    _print(out, head, Text(), listing_table(metrics_listing(evaluation)), Text(), *notes)
    worse = _worse(evaluation)
    _print(messages(), *(Text(line, "yellow") for line in worse_verdict(worse, evaluation.metrics, evaluation.trivial)))
    if scores := scores_listing(evaluation):
        _print(out, Text(), listing_table(scores))
    if evaluation.classes:
        _print(out, Text(), confusion_table(evaluation, out.width))


def evaluation_facts(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as plain data; what is not a finite number is None."""
    facts: dict[str, Any] = {
        "split": evaluation.split,
        "rows": evaluation.rows,
        "metrics": finite(evaluation.metrics),
        "trivial": finite(evaluation.trivial),
        "trivial_answer": evaluation.trivial_answer,
        "worse_than_trivial": _worse(evaluation),
        "loss_unit": evaluation.loss_unit,
    }
    for key, each in (("labels", evaluation.labels), ("targets", evaluation.targets)):
        if each:
            facts[key] = {one.name: finite({k: v for k, v in vars(one).items() if k != "name"}) for one in each}
    if evaluation.classes:
        for key, scores in (("classes", evaluation.class_scores), ("averages", evaluation.averages)):
            facts[key] = {score.name: {k: v for k, v in vars(score).items() if k != "name"} for score in scores}
        facts["confusion"] = evaluation.confusion
    return facts


def print_plan(plan: Plan) -> None:
    """Print the layers with their shapes, parameters and memory, and the work of an epoch."""
    rows, classes = plan.rows, plan.signature.classes
    parts = [f"{rows.train:,} train"]
    parts += [f"{count:,} {name}" for name, count in (("validation", rows.validation), ("test", rows.test)) if count]
    facts: dict[str, str | Text] = {"rows": ", ".join(parts)}
    if classes:
        facts["classes"] = f"{len(classes)}: {', '.join(classes[:10])}{', …' if len(classes) > 10 else ''}"
    facts |= _scaled(plan)
    facts["steps"] = f"{plan.steps:,} an epoch (batches of {plan.batch_size:,})"
    facts["memory"] = f"about {size(plan.bytes)} for training, data included, TensorFlow itself not"
    _print(results(), layers_table(plan), Text(), aligned(facts))


def _scaled(plan: Plan) -> dict[str, str]:
    """Say what is done to numbers outside the layers, in and out."""
    facts, numbers, targets = {}, plan.signature.input_numbers, plan.signature.target_numbers
    if numbers and not numbers.is_identity:
        facts["input"] = "shifted and scaled, each number by what the training rows hold, before the first layer"
    if numbers and numbers.fill:
        facts["missing"] = "filled with the mean of the training rows; texts are unknown then"
    if numbers and numbers.dtype == "float64":
        facts["precision"] = (
            "the input is taken as float64, since float32 cannot tell its numbers apart; in plain Keras "
            "model.predict(array) rounds them first, model(tensor) does not"
        )
    if plan.standardized and targets:
        scale = ", ".join(map(number, targets.scale[:_MOST_TARGETS]))
        more = ", …" if len(targets.scale) > _MOST_TARGETS else ""
        what = "the logarithms of the targets" if targets.transform == "log" else "targets"
        facts["loss"] = f"of {what} in standard deviations ({scale}{more}); errors in the target's own unit"
    if targets and targets.transform == "log":
        facts["answer"] = "the median of the target rather than its mean, since logarithms are learnt"
    return facts


def plan_facts(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain data."""
    fields = ("type", "output_shape", "parameters", "bytes")
    return {
        "layers": [{field: getattr(layer, field) for field in fields} for layer in plan.layers],
        "input_shape": plan.signature.input_shape,
        "parameters": plan.parameters,
        "rows": vars(plan.rows),
        "steps": plan.steps,
        "batch_size": plan.batch_size,
        "classes": plan.signature.classes,
        "scaling": _scaled(plan),
        "memory_bytes": plan.bytes,
    }
