"""The report of a sweep: one page with all of its points, to be opened without a network."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import suppress
from html import escape

from dltool.analysis.records import SweepRecord
from dltool.config.value_text import short_names, value_text, values_text
from dltool.errors import DltoolError
from dltool.report.page import page
from dltool.report.sweep_pictures import HIGHLIGHTED, Curve, learning_curves, parallel_coordinates
from dltool.runs.trials import PointResult, Trial, best_trial
from dltool.wording.formatting import counted, duration, mean_text, number
from dltool.wording.notes import selection_text

_MOST_CURVES = 200
_MOST_HISTORIES = 1000
_MOST_POINTS = 1000
_MOST_FAILURES = 20
_MOST_RUNS_SEEN = _MOST_FAILURES_SEEN = 5
"""More of them are folded away."""
_MOST_POINTS_SEEN = 20
"""A longer table is folded away, but for its first rows."""
_FIRST_POINTS = 10

_STYLE = """
.best-of { border-left: 4px solid var(--validation); padding: .1rem 1rem; margin: 1.4rem 0; }
.best-of p { margin: .3rem 0; overflow-wrap: anywhere; } .figure { font-size: 1.3rem; font-weight: 600; }
:root { --third: #1c7f47; --fourth: #8a4fd0; --fifth: #c2337a; }
@media (prefers-color-scheme: dark) { :root { --third: #5fcf8d; --fourth: #c49bff; --fifth: #ff8ac0; } }
.place-1 { --own: var(--validation); } .place-2 { --own: var(--training); } .place-3 { --own: var(--third); }
.place-4 { --own: var(--fourth); } .place-5 { --own: var(--fifth); }
.line[class*=place] { stroke: var(--own); stroke-width: 2; } circle.line[class*=place] { fill: var(--own); }
.line.place-1, .line.best { stroke: var(--validation); stroke-width: 3; }
.place-3 { stroke-dasharray: 9 3; } .place-4 { stroke-dasharray: 3 3; } .place-5 { stroke-dasharray: 9 3 3 3; }
circle, .band { stroke-dasharray: none; } .band { fill: var(--own); opacity: .13; }
.line.other { stroke: var(--dim); stroke-width: 1; stroke-opacity: .5; } circle.line.other { fill: var(--dim); }
.line:hover, .line.on { stroke: var(--ink); stroke-width: 3; stroke-opacity: 1; }
figure { overflow-x: auto; overflow-y: hidden; padding-top: .8rem; }
figcaption { display: block; padding: .2rem 1rem .8rem; color: var(--dim); font-size: .85rem; }
figcaption ul { list-style: none; margin: 0 0 .5rem; padding: 0; color: var(--ink); }
figcaption li { display: flex; align-items: baseline; }
figcaption li svg { flex: none; width: 36px; height: 8px; margin-right: .6rem; }
details .points { max-height: 40rem; overflow: auto; }
.points thead th { position: sticky; top: 0; background: var(--paper); white-space: nowrap; }
th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
th[aria-sort=ascending] button::after { content: " \\2191"; }
th[aria-sort=descending] button::after { content: " \\2193"; }
tr.best td { font-weight: 600; } tbody tr:hover td { background: var(--soft); }
.copied { position: relative; }
.copy { position: absolute; top: 0; right: 0; margin: .6rem; padding: .3rem .9rem; font: inherit;
  color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 6px; cursor: pointer; }
@media (max-width: 40rem) { .copied pre { padding-top: 3.2rem; } }
@media print { .copy { display: none; } details .points { max-height: none; overflow: visible; }
  .points table { font-size: 10px; } .points thead th { white-space: normal; overflow-wrap: anywhere; } }
"""

_SCRIPT = """
for (const head of document.querySelectorAll(".points th")) {
  head.querySelector("button").onclick = () => {
    const down = head.getAttribute("aria-sort") === "ascending", column = head.cellIndex;
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = head.closest("table").tBodies[0];
    const value = row => row.cells[column].dataset.value;
    const compare = (a, b) => isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b;
    const rows = [...body.rows].filter(row => value(row) !== "");
    const empty = [...body.rows].filter(row => value(row) === "");
    rows.sort((a, b) => (down ? -1 : 1) * compare(value(a), value(b)));
    body.append(...rows, ...empty);
  };
}
for (const row of document.querySelectorAll(".points tbody tr")) {
  const mark = on => {
    for (const line of document.querySelectorAll(`.line[data-point="${row.dataset.point}"]`))
      line.classList.toggle("on", on);
  };
  row.onmouseenter = () => mark(true);
  row.onmouseleave = () => mark(false);
}
const copy = document.querySelector(".copy");
if (copy) copy.onclick = async () => {
  const text = document.querySelector("pre");
  getSelection().selectAllChildren(text);
  try { await navigator.clipboard.writeText(text.textContent); } catch { document.execCommand("copy"); }
  copy.textContent = "Copied";
};
"""


def sweep_report_html(results: SweepRecord) -> str:
    """Return the report as one HTML page that loads nothing from anywhere; its script only sorts and marks.

    A trial whose files cannot be read is left out of the pictures.

    Args:
        results: what the sweep's directory holds; the histories and the best config are read from there.
    """
    best, ranked = results.best, results.ranked
    body = f"""{_head(results, best)}
<h2>Curves</h2>{_curves(results, ranked, best)}
{_axes(results, ranked, best)}
<h2>Points</h2>{_points(results, ranked, best)}
{_failures(results.trials)}
{_config(results, best)}"""
    return page(results.name, body, _STYLE, _SCRIPT)


def _head(results: SweepRecord, best: PointResult | None) -> str:
    count = len(results.points)
    cards = {
        "points": f"{count:,}",
        "trials": f"{len(results.trials):,}",
        "training time": duration(results.seconds),
        "objective": f"{results.metric}, {results.direction}d",
        "begun": results.created[:16].replace("T", " ") + "\N{NO-BREAK SPACE}UTC",
    }
    listed = "".join(f"<div><dt>{label}</dt><dd>{escape(value)}</dd></div>" for label, value in cards.items())
    bad = "" if results.status == "completed" else " diverged"
    outcome = f'<span class="outcome{bad}">{escape(results.status)}</span>'
    return f"<h1>{escape(results.name)}</h1><div>{outcome}</div>{_best(results, best)}<dl>{listed}</dl>"


def _best(results: SweepRecord, best: PointResult | None) -> str:
    if best is None:
        if not results.ranks:
            return ""
        return "<p>No point came to a sound end in all its runs, so none can be called the best.</p>"
    mean = mean_text(best.mean, best.standard_error)
    # A trial's path is digits alone.
    links = [f'<a href="{trial.path}/report.html">{trial.path}</a>' for trial in best.trials]
    runs, more = ", ".join(links[:_MOST_RUNS_SEEN]), ", ".join(links[_MOST_RUNS_SEEN:])
    return f"""<div class="best-of"><p class="figure">Best: {escape(results.metric)} {mean}</p>
<p>point {best.point}: {escape(values_text(best.values))}</p>
<p>runs {runs}</p>{_folded("run", more, len(links) - _MOST_RUNS_SEEN)}
<p class="dim">{escape(selection_text(results.metric))}</p></div>"""


def _folded(noun: str, inside: str, count: int) -> str:
    if count <= 0:
        return ""
    return f"<details><summary>and {count:,} more {noun}{'' if count == 1 else 's'}</summary>{inside}</details>"


def _curves(results: SweepRecord, ranked: Sequence[PointResult], best: PointResult | None) -> str:
    found = list(_histories(results, ranked))
    picture = learning_curves(found, results.metric, results.direction)
    if not picture:
        return "<p>No epoch was completed.</p>"
    keys = "".join(_key(curve.point, i + 1, best) for i, curve in enumerate(found[:HIGHLIGHTED]))
    several = any(len(curve.runs) > 1 for curve in found)
    text = f"{results.metric}, a line a point"
    if several:
        text += ": the mean of those of its runs that came that far; the bands are ± its standard error"
    chosen, others = "best" if results.ranks else "first", len(found) - HIGHLIGHTED
    if others > 0:
        text += f"; the {chosen} {HIGHLIGHTED} points are in colour, the other {others:,} thin and grey"
    text += "; the worst twentieth of the values may lie outside"
    if len(found) < len(ranked):
        text += f"; {counted(len(ranked) - len(found), 'point')} not drawn"
    return f"<figure>{picture}<figcaption><ul>{keys}</ul>{escape(text)}</figcaption></figure>"


def _key(point: PointResult, place: int, best: PointResult | None) -> str:
    sample = f'<svg aria-hidden="true"><line class="line place-{place}" x1="0" x2="36" y1="4" y2="4"/></svg>'
    said = f"point {point.point}{', the best' if best and point.point == best.point else ''}"
    return f"<li>{sample}{escape(f'{said}: {values_text(point.values)}')}</li>"


def _histories(results: SweepRecord, ranked: Sequence[PointResult]) -> Iterator[Curve]:
    """Read the histories of the first points, of as many as can be drawn and read in a while."""
    read = 0
    for point in ranked[:_MOST_CURVES]:
        read += len(point.trials)
        if read > max(_MOST_HISTORIES, len(point.trials)):
            return
        runs = []
        for trial in point.trials:
            with suppress(DltoolError):
                runs.append(results.run(trial).metrics())
        if any(runs):
            yield Curve(point, [rows for rows in runs if rows])


def _axes(results: SweepRecord, ranked: Sequence[PointResult], best: PointResult | None) -> str:
    picture = parallel_coordinates(ranked[:_MOST_POINTS], results.axes, results.metric, best) if results.ranks else ""
    if not picture:
        return ""
    text = "a line a point, the stronger the better"
    if best:
        text += f"; the thick orange one is point {best.point}, the best"
    return f"<h2>Axes</h2><figure>{picture}<figcaption>{escape(text)}</figcaption></figure>"


def _points(results: SweepRecord, ranked: Sequence[PointResult], best: PointResult | None) -> str:
    shown = ranked[:_MOST_POINTS]
    more = len(ranked) - len(shown)
    rest = f"<p>and {counted(more, 'point')} more in results.csv</p>" if more else ""
    table = f'<div class="points">{_table(results, shown, best)}</div>{rest}'
    if len(shown) <= _MOST_POINTS_SEEN:
        return table
    first = _table(results, shown[:_FIRST_POINTS], best)
    which = "best" if results.ranks else "first"
    return f"""<p class="dim">The {which} {_FIRST_POINTS} of {counted(len(ranked), "point")}:</p>
<div class="points">{first}</div>
<details><summary>all {counted(len(shown), "point")}</summary>{table}</details>"""


def _table(results: SweepRecord, points: Sequence[PointResult], best: PointResult | None) -> str:
    axes = short_names(list(results.axes))
    others = list(dict.fromkeys(name for trial in results.trials for name in trial.metrics))
    others = [name for name in others if name != results.metric]
    names = ["point", *axes.values(), results.metric, "± standard error", *others, "runs", "status", "time"]
    head = "".join(f"<th><button>{escape(name)}</button></th>" for name in names)
    lines = []
    for point in points:
        cells = [_cell(str(point.point), point.point)]
        for name in axes:
            value = point.values.get(name)
            cells.append(_cell(value_text(value), value if _is_number(value) else value_text(value)))
        cells += [_number_cell(point.mean), _number_cell(point.standard_error)]
        cells += [_number_cell(_mean(point.trials, name)) for name in others]
        cells.append(_cell(f"{len(point.objectives)} of {len(point.trials)}", len(point.objectives)))
        status = ", ".join(dict.fromkeys(trial.status.replace("_", " ") for trial in point.trials))
        seconds = sum(trial.seconds or 0.0 for trial in point.trials)
        cells += [_cell(status, status), _cell(duration(seconds), seconds)]
        mark = ' class="best"' if best and point.point == best.point else ""
        lines.append(f'<tr{mark} data-point="{point.point}">{"".join(cells)}</tr>')
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(text: str, value: object) -> str:
    return f'<td data-value="{escape(str(value))}">{escape(text)}</td>'


def _number_cell(value: float | None) -> str:
    return _cell("-", "") if value is None else _cell(number(value), value)


def _mean(trials: Sequence[Trial], metric: str) -> float | None:
    found = [value for trial in trials if (value := trial.metrics.get(metric)) is not None]
    return statistics.fmean(found) if found else None


def _failures(trials: Sequence[Trial]) -> str:
    failed = [trial for trial in trials if trial.status == "failed"]
    if not failed:
        return ""
    lines = [f'<li><span class="bad">trial {trial.trial}</span>: {escape(trial.reason)}</li>' for trial in failed]
    seen, folded = "".join(lines[:_MOST_FAILURES_SEEN]), "".join(lines[_MOST_FAILURES_SEEN:_MOST_FAILURES])
    more = len(failed) - _MOST_FAILURES
    rest = f"<p>and {more:,} more; sweep.json has their reasons</p>" if more > 0 else ""
    inside = f"<ul>{folded}</ul>{rest}"
    return f"<h2>Failed</h2><ul>{seen}</ul>{_folded('trial', inside, len(failed) - _MOST_FAILURES_SEEN)}"


def _config(results: SweepRecord, best: PointResult | None) -> str:
    if best is None:
        return ""
    trial = best_trial(best, results.direction) or best.trials[0]
    try:
        text = results.run(trial).config_text()
    except DltoolError:
        return ""
    return f"""<h2>Config of the best point</h2>
<p class="dim">Trial {escape(trial.path)}, {escape(selection_text(results.metric))}; it is the run that
<code>dltool evaluate</code> takes of this directory.</p>
<div class="copied"><button class="copy">Copy</button><pre>{escape(text)}</pre></div>"""
