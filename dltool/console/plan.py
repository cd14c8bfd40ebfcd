"""What a config will train: tables for a person, plain data for a program."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from dltool.console.streams import print_blocks, results
from dltool.console.tables import aligned, table
from dltool.contracts.plan import Plan
from dltool.wording.formatting import number, shape, size
from dltool.wording.listings import Listing, columns_listing

_MOST_TARGETS = 4
_LEAST_WIDTH = 12
"""Of what wraps before names and counts do, in characters."""


def print_plan(plan: Plan) -> None:
    """Print the layers with their shapes, parameters and memory, and the work of an epoch."""
    rows, classes = plan.rows, plan.signature.classes
    parts = [f"{rows.train:,} train"]
    parts += [f"{count:,} {name}" for name, count in (("validation", rows.validation), ("test", rows.test)) if count]
    facts: dict[str, str | Text] = {"rows": ", ".join(parts)}
    if rows.folds:
        facts["folds"] = f"{rows.folds}: each validates a network that is trained on the others; then one on all"
    if classes:
        facts["classes"] = f"{len(classes)}: {', '.join(classes[:10])}{', …' if len(classes) > 10 else ''}"
    facts |= _scaling_notes(plan)
    facts["steps"] = f"{plan.steps:,} an epoch (batches of {plan.batch_size:,})"
    facts["memory"] = f"about {size(plan.bytes)} for training, data included, TensorFlow itself not"
    columns = columns_listing(plan.signature)
    blocks: list[Table | Text] = [_columns_table(columns), Text()] if columns else []
    print_blocks(results(), *blocks, _layers_table(plan), Text(), aligned(facts))


def _columns_table(columns: Listing) -> Table:
    """Return the columns of the data; those that are left out are grey."""
    made = table(*columns.head)
    for i in (1, 2, 4, 5):
        made.columns[i].justify = "left"
    made.columns[0].no_wrap = True
    for i in (2, 4, 5):
        made.columns[i].no_wrap, made.columns[i].min_width = False, _LEAST_WIDTH
    for row in columns.body:
        made.add_row(*map(Text, row), style="bright_black" if row[1] == "ignore" else "")
    return made


def _layers_table(plan: Plan) -> Table:
    """Return the layers with their output shapes, parameters and memory of the weights, the total below."""
    made = table("layer", "output shape", "parameters", "memory")
    made.add_row("input", shape(plan.signature.input_shape), "0", "0 B", style="bright_black")
    if count := plan.embedding_parameters:
        made.add_row(Text("embeddings", "cyan"), "", f"{count:,}", size(plan.embedding_bytes))
    for layer in plan.layers:
        parameters = Text(f"{layer.parameters:,}", "default" if layer.parameters else "bright_black")
        memory = Text(size(layer.bytes), "default" if layer.parameters else "bright_black")
        made.add_row(Text(layer.name, "cyan"), shape(layer.output_shape), parameters, memory)
    made.add_row("total", "", f"{plan.parameters:,}", size(plan.weight_bytes), style="bold")
    return made


def _scaling_notes(plan: Plan) -> dict[str, str]:
    """Say how numbers are scaled before the first layer and behind the last one."""
    facts, numbers, targets = {}, plan.signature.input_numbers, plan.signature.target_numbers
    if numbers and not numbers.is_identity:
        facts["input"] = "shifted and scaled, each number by what the training rows hold, before the first layer"
    if fills := sorted({column.fill for column in plan.signature.columns if column.fill}):
        facts["missing"] = f"a hole is taken for {', '.join(fills)}"
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
    fields = ("name", "type", "output_shape", "parameters", "bytes")
    return {
        "layers": [{field: getattr(layer, field) for field in fields} for layer in plan.layers],
        "input_shape": plan.signature.input_shape,
        "parameters": plan.parameters,
        "rows": vars(plan.rows),
        "steps": plan.steps,
        "batch_size": plan.batch_size,
        "classes": plan.signature.classes,
        "columns": [asdict(column) for column in plan.signature.table],
        "scaling": _scaling_notes(plan),
        "memory_bytes": plan.bytes,
    }
