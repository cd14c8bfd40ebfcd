"""How a run ended, for a person."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from dltool.config.counts import counted
from dltool.config.status import Status
from dltool.console.streams import messages, print_blocks
from dltool.console.tables import STATUS_COLOURS, aligned, listing_table
from dltool.wording.formatting import duration
from dltool.wording.history import Row, scored_row
from dltool.wording.listings import folds_listing, history_listing
from dltool.wording.notes import calibration_notes, lost_since_best, metric_notes, worse_than_trivial_answer


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
    if folds := folds_listing(facts):
        blocks += [Text(), listing_table(folds)]
    if metrics := history_listing(facts, rows):
        notes = metric_notes(facts["trivial_answer"], facts["loss_unit"], facts["decision"])
        notes += calibration_notes(facts.get("calibration"))
        blocks += [Text(), listing_table(metrics), Text(), *(Text(note, "bright_black") for note in notes)]
    if worse := _worse_than_trivial(facts, rows):
        blocks.append(Text(f"warning: {worse}", "yellow"))
    command = shlex.quote(str(path))
    next_steps = {"run": Text(str(path), "cyan")}
    if facts["weights_epoch"] is not None:
        next_steps |= {
            "report": Text(str(path / "report.html"), "cyan"),
            "evaluate": Text(f"dltool evaluate {command}{split_option(facts['rows'])}", "bold"),
            "predict": Text(f"dltool predict {command} INPUT", "bold"),
        }
    print_blocks(messages(), *blocks, Text(), aligned(next_steps))


def print_warnings(facts: Mapping[str, Any], rows: Sequence[Row]) -> None:
    """Print, to standard error, only what is wrong: that training diverged, or that the model is a poor one."""
    diverged = f"diverged: {facts['reason']}" if facts["status"] == Status.DIVERGED else ""
    for problem in (diverged, lost_since_best(facts, rows), _worse_than_trivial(facts, rows)):
        if problem:
            messages().print(Text(f"warning: {problem}", "yellow"), soft_wrap=True)


def _worse_than_trivial(facts: Mapping[str, Any], rows: Sequence[Row]) -> str:
    row = scored_row(facts, rows)
    return worse_than_trivial_answer(facts["worse_than_trivial"], row, facts["trivial"]) if row else ""


def split_option(rows: Mapping[str, int]) -> str:
    """Return the option with which `evaluate` measures a part that there is."""
    if rows["test"]:
        return ""
    return " --split validation" if rows["validation"] or rows["folds"] else " --split train"
