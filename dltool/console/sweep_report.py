"""The report of a sweep: one page with all of its points, to be opened without a network."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import suppress
from html import escape

from dltool.console.formatting import counted, duration, mean_text, number
from dltool.console.page import page
from dltool.console.sweep import selection_text
from dltool.console.sweep_pictures import Curve, learning_curves, parallel_coordinates
from dltool.errors import DltoolError
from dltool.experiments.definition import short_names, value_text, values_text
from dltool.experiments.records import SweepRecord
from dltool.experiments.trials import PointResult, Trial

_MOST_CURVES = 200
_MOST_POINTS = 1000
_MOST_FAILURES = 20

_STYLE = """
.best-of { border-left: 4px solid var(--validation); padding: .1rem 1rem; margin: 1.4rem 0; }
.best-of p { margin: .3rem 0; overflow-wrap: anywhere; } .figure { font-size: 1.3rem; font-weight: 600; }
.line.best { stroke: var(--validation); stroke-width: 2.5; }
.line:hover, .line.on { stroke: var(--ink); stroke-width: 3; stroke-opacity: 1; }
figure { overflow-x: auto; } figcaption { padding: .2rem 1rem .8rem; color: var(--dim); font-size: .85rem; }
.wide svg { min-width: 34rem; }
.points { max-height: 40rem; overflow: auto; } .points thead th { position: sticky; top: 0; background: var(--paper); }
th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
th[aria-sort=ascending] button::after { content: " \\2191"; }
th[aria-sort=descending] button::after { content: " \\2193"; }
tr.best td { font-weight: 600; } tbody tr:hover td { background: var(--soft); }
.copy { float: right; margin: .6rem; padding: .3rem .9rem; font: inherit; color: var(--ink); background: var(--paper);
  border: 1px solid var(--line); border-radius: 6px; cursor: pointer; }
.bad { color: var(--bad); }
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
    body = f"""{_head(results)}
{_best(results, best)}
<h2>Curves</h2>{_curves(results, ranked, best)}
{_axes(results, ranked, best)}
<h2>Points</h2>{_points(results, ranked, best)}
{_failures(results.trials)}
{_config(results, best)}"""
    return page(results.name, body, _STYLE, _SCRIPT)


def _head(results: SweepRecord) -> str:
    count = len(results.points)
    cards = {
        "points": f"{count:,}",
        "trials": f"{len(results.trials):,}",
        "training time": duration(results.seconds),
        "objective": f"{results.metric}, {results.direction}d",
        "begun": results.created[:16].replace("T", " ") + " UTC",
    }
    listed = "".join(f"<div><dt>{label}</dt><dd>{escape(value)}</dd></div>" for label, value in cards.items())
    bad = "" if results.status == "completed" else " diverged"
    outcome = f'<span class="outcome{bad}">{escape(results.status)}</span>'
    return f"<h1>{escape(results.name)}</h1><div>{outcome}</div><dl>{listed}</dl>"


def _best(results: SweepRecord, best: PointResult | None) -> str:
    if best is None:
        if not results.ranks:
            return ""
        return "<p>No point came to a sound end in all its runs, so none can be called the best.</p>"
    mean = mean_text(best.mean, best.standard_error)
    # A trial's path is digits alone.
    runs = ", ".join(f'<a href="{trial.path}/report.html">{trial.path}</a>' for trial in best.trials)
    return f"""<div class="best-of"><p class="figure">Best: {escape(results.metric)} {mean}</p>
<p>point {best.point}: {escape(values_text(best.values))}; runs {runs}</p>
<p class="dim">{escape(selection_text(results.metric))}</p></div>"""


def _curves(results: SweepRecord, ranked: Sequence[PointResult], best: PointResult | None) -> str:
    found = [curve for curve, _ in zip(_histories(results, ranked), range(_MOST_CURVES), strict=False)]
    picture = learning_curves(found, results.metric, results.direction, best)
    if not picture:
        return "<p>No epoch was completed.</p>"
    text = f"{results.metric} of {counted(len(found), 'trial')}"
    if len(found) == _MOST_CURVES:
        text += ", those of the best points" if results.ranks else ", the first ones"
    text += _orange(best)
    return f'<figure class="wide">{picture}<figcaption>{escape(text)}</figcaption></figure>'


def _histories(results: SweepRecord, ranked: Sequence[PointResult]) -> Iterator[Curve]:
    for point in ranked:
        for trial in point.trials:
            with suppress(DltoolError):
                rows = results.run(trial).metrics()
                if rows:
                    yield Curve(point, rows)


def _orange(best: PointResult | None) -> str:
    return f"; orange is point {best.point}, the best" if best else ""


def _axes(results: SweepRecord, ranked: Sequence[PointResult], best: PointResult | None) -> str:
    picture = parallel_coordinates(ranked[:_MOST_POINTS], results.axes, results.metric, best) if results.ranks else ""
    if not picture:
        return ""
    text = f"a line a point, the stronger the better{_orange(best)}"
    return f'<h2>Axes</h2><figure class="wide">{picture}<figcaption>{escape(text)}</figcaption></figure>'


def _points(results: SweepRecord, ranked: Sequence[PointResult], best: PointResult | None) -> str:
    axes = short_names(list(results.axes))
    others = list(dict.fromkeys(name for trial in results.trials for name in trial.metrics))
    others = [name for name in others if name != results.metric]
    names = ["point", *axes.values(), results.metric, "± standard error", *others, "runs", "status", "time"]
    head = "".join(f"<th><button>{escape(name)}</button></th>" for name in names)
    lines = []
    for point in ranked[:_MOST_POINTS]:
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
    more = len(ranked) - len(lines)
    rest = f"<p>and {counted(more, 'point')} more in results.csv</p>" if more else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    return f'<div class="points">{table}</div>{rest}'


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
    lines = "".join(
        f'<li><span class="bad">trial {trial.trial}</span>: {escape(trial.reason)}</li>'
        for trial in failed[:_MOST_FAILURES]
    )
    more = len(failed) - _MOST_FAILURES
    rest = f"<p>and {more:,} more; sweep.json has their reasons</p>" if more > 0 else ""
    return f"<h2>Failed</h2><ul>{lines}</ul>{rest}"


def _config(results: SweepRecord, best: PointResult | None) -> str:
    if best is None:
        return ""
    trial = best.trials[0]
    try:
        text = results.run(trial).config_text()
    except DltoolError:
        return ""
    return f"""<h2>Config of the best point</h2>
<p class="dim">Trial {escape(trial.path)}, {escape(selection_text(results.metric))}.</p>
<button class="copy">Copy</button><pre>{escape(text)}</pre>"""
