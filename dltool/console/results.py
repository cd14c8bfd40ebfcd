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
from dltool.console.tables import STATUS_COLOURS, confusion_table, layers_table, listing_table
from dltool.training.watch import worse_than_trivial
from dltool.wording.formatting import counted, duration, json_safe, number, size
from dltool.wording.history import Row, row_of_epoch
from dltool.wording.listings import history_listing, metrics_listing, scores_listing
from dltool.wording.notes import lost_since_best, metric_notes, worse_than_trivial_answer

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
    if metrics := history_listing(facts, rows):
        notes = metric_notes(facts["trivial_answer"], facts["loss_unit"])
        blocks += [Text(), listing_table(metrics), Text(), *(Text(note, "bright_black") for note in notes)]
    if worse := _worse_than_trivial(facts, rows):
        blocks.append(Text(f"warning: {worse}", "yellow"))
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
    diverged = f"diverged: {facts['reason']}" if facts["status"] == "diverged" else ""
    for problem in (diverged, lost_since_best(facts, rows), _worse_than_trivial(facts, rows)):
        if problem:
            messages().print(Text(f"warning: {problem}", "yellow"), soft_wrap=True)


def _worse_than_trivial(facts: Mapping[str, Any], rows: Sequence[Row]) -> str:
    row = row_of_epoch(facts["weights_epoch"], rows)
    return worse_than_trivial_answer(facts["worse_than_trivial"], row, facts["trivial"]) if row else ""


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
    """Return the option with which `evaluate` measures a part that there is."""
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
    notes = [Text(note, "bright_black") for note in metric_notes(evaluation.trivial_answer, evaluation.loss_unit)]
    _print(out, head, Text(), listing_table(metrics_listing(evaluation)), Text(), *notes)
    if worse := worse_than_trivial_answer(_worse(evaluation), evaluation.metrics, evaluation.trivial):
        _print(messages(), Text(f"warning: {worse}", "yellow"))
    if scores := scores_listing(evaluation):
        _print(out, Text(), listing_table(scores))
    if evaluation.classes:
        _print(out, Text(), confusion_table(evaluation, out.width))


def evaluation_facts(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as plain data; what is not a finite number is None."""
    facts: dict[str, Any] = {
        "split": evaluation.split,
        "rows": evaluation.rows,
        "metrics": json_safe(evaluation.metrics),
        "trivial": json_safe(evaluation.trivial),
        "trivial_answer": evaluation.trivial_answer,
        "worse_than_trivial": _worse(evaluation),
        "loss_unit": evaluation.loss_unit,
    }
    for key, each in (("labels", evaluation.labels), ("targets", evaluation.targets)):
        if each:
            facts[key] = {one.name: json_safe({k: v for k, v in vars(one).items() if k != "name"}) for one in each}
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
    facts |= _scaling_notes(plan)
    facts["steps"] = f"{plan.steps:,} an epoch (batches of {plan.batch_size:,})"
    facts["memory"] = f"about {size(plan.bytes)} for training, data included, TensorFlow itself not"
    _print(results(), layers_table(plan), Text(), aligned(facts))


def _scaling_notes(plan: Plan) -> dict[str, str]:
    """Say how numbers are scaled before the first layer and behind the last one."""
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
        "scaling": _scaling_notes(plan),
        "memory_bytes": plan.bytes,
    }
