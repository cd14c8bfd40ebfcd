"""What tables of an explanation hold, cell by cell, and what stands beside them."""

from __future__ import annotations

import math

from dltool.config.counts import counted
from dltool.inference.explanation import Attribution, Example, Explanation
from dltool.wording.formatting import number, signed, truncated
from dltool.wording.listings import Listing

_EXACT = 1e-3
"""An error of the sum of attributions that is small enough."""
_DIFFERENCE = "the difference (or of 1 % of all that adds and takes, or of 0.012 % of the answers, where that is more)"
_MOST_NAMED = 3
MOST_COLUMNS = 30
"""Rows of a table of columns."""
SHUFFLES = (
    "A column is shuffled ten times among the rows; ± is half of the 95 % interval, which holds 0 in 95 of 100 columns "
    "that tell nothing. Columns that say the same share what they are worth: each alone may look like nothing."
)


def importances_listing(explanation: Explanation) -> Listing:
    """List the columns with what shuffling does to the loss and to the first metric, the most important first."""
    found = explanation.importances[:MOST_COLUMNS]
    metrics = list(dict.fromkeys(name for each in found for name in each.changes))
    metrics = ["loss", *[name for name in metrics if name != "loss"][:1]]
    body = []
    for each in found:
        cells = [each.column]
        for name in metrics:
            change = each.changes.get(name)
            cells.append(f"{signed(change.mean)} ± {_rounded(change.half_width)}" if change else "-")
        body.append(tuple(cells))
    return Listing(("column", *metrics), body, [])


def _rounded(width: float) -> str:
    """Write half the width of an interval to two digits, without an exponent where it is a usual number."""
    rounded = float(f"{width:.2g}")
    return f"{rounded:,.0f}" if 100 <= rounded < 1e9 else f"{width:.2g}"


def examples_listing(explanation: Explanation, width: int) -> Listing:
    """List the answer to each example with up to three parts that add most to it or take most from it.

    Args:
        explanation: of the examples.
        width: columns of text that fit: there are as many of the parts as have room, one at least.
    """
    for named in range(min(3, len(explanation.columns)), -1, -1):
        listing = _examples_listing(explanation, named)
        cells = zip(listing.head, *listing.body, strict=True)
        if named == 1 or sum(2 + max(map(len, column)) for column in cells) - 2 <= width:
            break
    return listing


def _examples_listing(explanation: Explanation, named: int) -> Listing:
    # Of what was named, neither why nor what is true is known.
    notes = {"chosen as": "why", "true": "true"}
    notes = {head: name for head, name in notes.items() if any(getattr(each, name) for each in explanation.examples)}
    body = []
    for example in explanation.examples:
        for each in example.attributions:
            strongest = strongest_parts(explanation, example, each)[:named]
            parts = [f"{name} {signed(value)}" for name, value in strongest]
            said = [getattr(example, name) for name in notes.values()]
            body.append((example.id, *said, each.output, number(each.answer), number(each.baseline), *parts))
    return Listing(("example", *notes, "answer", "", "baseline", *["adds most", "then", "then"][:named]), body, [])


def strongest_parts(
    explanation: Explanation, example: Example, attribution: Attribution, longest: int | None = None
) -> list[tuple[str, float]]:
    """Return the columns or steps of an example with what they hold and add, the strongest first; none of an image.

    Args:
        explanation: of the example.
        example: the example.
        attribution: of one answer to it.
        longest: letters of a name with its value: both are cut short, half of it is the name's if it needs it. None
            leaves them as they are.
    """

    def named(name: str, value: str) -> str:
        if longest is None:
            return f"{name} = {value}" if value else name
        value = truncated(value, longest - 3 - min(len(name), longest // 2))
        return f"{truncated(name, longest - len(value) - 3)} = {value}" if value else truncated(name, longest)

    held = example.values or [""] * len(explanation.columns)
    names = map(named, explanation.columns, held)
    pairs = zip(names, map(float, attribution.values), strict=True) if explanation.columns else []
    return sorted(pairs, key=lambda pair: -abs(pair[1]))


def completeness(explanation: Explanation) -> str:
    """Say how exactly attributions add up, at the worst; nothing where they are exact."""
    made = [each for example in explanation.examples for each in example.attributions if each.steps]
    if not made:
        return ""
    most = max(each.steps for each in made)
    worst = max((each.error for each in made), key=lambda error: math.inf if math.isnan(error) else error)
    said = f"{most:,} steps at most; the sums are off by {worst:.1e} of {_DIFFERENCE} at the worst"
    rough = [
        example.id
        for example in explanation.examples
        if any(each.steps and not each.error <= _EXACT for each in example.attributions)
    ]
    if not rough:
        return said
    more = f" and {len(rough) - _MOST_NAMED:,} more" if len(rough) > _MOST_NAMED else ""
    examples = "example" if len(rough) == 1 else "examples"
    return f"{said}, too much to rely on {examples} {', '.join(rough[:_MOST_NAMED])}{more}"


def measured_on(explanation: Explanation) -> str:
    """Say on which rows columns were shuffled."""
    said = f"{explanation.measured}: {counted(explanation.measured_rows, 'row')}"
    if explanation.measured == "train":
        said += "; the network learnt from these, so that what it knows by heart counts too"
    return f"{said}; the loss is of {explanation.loss_unit}" if explanation.loss_unit else said
