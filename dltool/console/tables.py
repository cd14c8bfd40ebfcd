"""Tables for a person: coloured on a terminal, aligned plain text in a pipe."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dltool.config.status import Status
from dltool.console.streams import UNLIMITED_WIDTH
from dltool.wording.listings import Listing

STATUS_COLOURS: dict[str, str] = {
    Status.COMPLETED: "green",
    Status.STOPPED_EARLY: "green",
    Status.RUNNING: "cyan",
    Status.INTERRUPTED: "yellow",
    Status.PRUNED: "yellow",
    Status.DIVERGED: "red",
    Status.FAILED: "red",
    Status.KILLED: "red",
}

_COLUMN_STYLES = {"best": "green", "trivial": "bright_black"}


def table(*columns: str) -> Table:
    """Return an empty table: the first column is text, the others are numbers."""
    made = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for i, column in enumerate(columns):
        made.add_column(Text(column), justify="right" if i else "left", no_wrap=i > 0)
    return made


def table_of_runs(*columns: str) -> Table:
    """Return a table whose other columns wrap before the run's name does; no cell of theirs is cut."""
    shown = table("run", *columns)
    for i, column in enumerate(shown.columns):
        column.no_wrap = i == 0
        column.overflow = "fold" if i else "ellipsis"
    return shown


def fits(shown: Table, out: Console) -> bool:
    """Tell whether a table needs no more columns than the console has."""
    return shown.__rich_measure__(out, out.options.update_width(UNLIMITED_WIDTH)).maximum <= out.width


def listing_table(listing: Listing) -> Table:
    """Return a listing as a table, with the best values in green and what is only to compare with in grey."""
    made = table(*listing.head)
    styles = [_COLUMN_STYLES.get(name, "") for name in listing.head]
    for row in listing.body:
        made.add_row(*map(Text, row, styles))
    for row in listing.totals:
        made.add_row(*map(Text, row), style="bright_black")
    return made


def aligned(facts: Mapping[str, str | Text]) -> Text:
    """Write a fact a line, its name before it in grey."""
    width = max(map(len, facts))
    lines = [Text.assemble((f"{name:<{width}}  ", "bright_black"), value) for name, value in facts.items()]
    return Text("\n").join(lines)
