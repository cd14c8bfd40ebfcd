"""Why a model answers what it does: tables for a person, plain data for a program."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from dltool.console.streams import print_blocks, results
from dltool.console.tables import listing_table
from dltool.inference.explanation import Example, Explanation
from dltool.runs.texts import json_safe
from dltool.wording.explanation import SHUFFLES, completeness, examples_listing, importances_listing, measured_on


def print_explanation(explanation: Explanation) -> None:
    """Print what columns are worth, what made the answers to the examples, and what there is not."""
    out = results()
    if explanation.importances:
        head = Text(f"what shuffling a column does, {measured_on(explanation)}", "bold")
        table = listing_table(importances_listing(explanation))
        print_blocks(out, head, Text(), table, Text(), Text(SHUFFLES, "bright_black"), Text())
    print_blocks(out, Text(f"what made the answers, {explanation.name}", "bold"), Text())
    listing = examples_listing(explanation, out.width)
    made = listing_table(listing)
    for name, column in zip(listing.head, made.columns, strict=True):
        column.no_wrap = name in ("", "baseline")  # numbers
    notes = [Text(note, "bright_black") for note in (explanation.method, completeness(explanation)) if note]
    left_out = [Text(f"left out: {reason}", "bright_black") for reason in explanation.left_out]
    print_blocks(out, made, Text(), *notes, *left_out)


def explanation_facts(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as plain data; what is not a finite number is None."""
    found = {
        "name": explanation.name,
        "measured": explanation.measured,
        "measured_rows": explanation.measured_rows,
        "loss_unit": explanation.loss_unit,
        "importances": {
            each.column: {name: vars(change) for name, change in each.changes.items()}
            for each in explanation.importances
        },
        "dependences": {each.column: {k: v for k, v in vars(each).items() if k != "column"} for each in
                        explanation.dependences},
        "kind": explanation.kind,
        "columns": explanation.columns,
        "examples": [_example(each) for each in explanation.examples],
        "method": explanation.method,
        "left_out": explanation.left_out,
    }  # fmt: skip
    facts: dict[str, Any] = json_safe(found)
    return facts


def _example(example: Example) -> dict[str, Any]:
    attributions = [
        vars(each)
        | {
            "values": each.values.tolist(),
            "grad_cam": None if each.grad_cam is None else each.grad_cam.tolist(),
        }
        for each in example.attributions
    ]
    return {name: value for name, value in vars(example).items() if name != "image"} | {"attributions": attributions}
