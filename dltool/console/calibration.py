"""What a temperature is good for, for a person."""

from __future__ import annotations

from dataclasses import asdict

from rich.text import Text

from dltool.config.counts import counted
from dltool.console.streams import print_blocks, results
from dltool.console.tables import table
from dltool.contracts.calibration import Calibration
from dltool.wording.formatting import number
from dltool.wording.notes import calibration_notes


def print_calibration(calibration: Calibration) -> None:
    """Print what was measured before and after, and what may be said of it."""
    measures = table("measure", "before", "after")
    facts = asdict(calibration)
    for name in ("negative_log_likelihood", "expected_calibration_error"):
        measures.add_row(name.replace("_", " "), *(number(facts[f"{name}_{when}"]) for when in ("before", "after")))
    head = Text(f"{calibration.part}: {counted(calibration.rows, 'row')}", "bold")
    notes = [Text(note, "bright_black") for note in calibration_notes(facts)]
    print_blocks(results(), head, Text(), measures, Text(), *notes)
