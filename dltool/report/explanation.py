"""The page of an explanation, with its pictures and tables beside it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dltool.inference.explanation import Attribution, Dependence, Example, Explanation, Importance
from dltool.report.pictures import DIM, FIRST, INK, SECOND, SERIES, Picture, divide, legend_label, picture
from dltool.report.rendering import render
from dltool.report.thumbnails import thumbnail
from dltool.wording.explanation import (
    MOST_COLUMNS,
    SHUFFLES,
    completeness,
    importances_listing,
    measured_on,
    strongest_parts,
)
from dltool.wording.formatting import number, signed, truncated

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes

_MOST_BARS = 8
_LONGEST_NAME, _LONGEST_PART, _LONGEST_TICK = 36, 30, 16
"""In letters."""
_MOST_LETTERS = 40
"""That stand side by side below a picture."""
_BESIDE = 1.2
"""Where the answers to a missing number stand, as a part of the axis's length."""
_LONGEST_SIDE, _SMALL = 160, 64
"""Of pictures of images on the page, in pixels; those of small ones lose nothing."""
_FILE_SIDE = 224
_COLOUR = {"for": SECOND, "against": FIRST}


def explanation_page(explanation: Explanation, name: str) -> tuple[str, dict[str, bytes]]:
    """Return the page of an explanation, which loads nothing from anywhere, and the files that lie beside it.

    Args:
        explanation: what to show.
        name: of the run or the model.
    """
    has_losses = any("loss" in each.changes for each in explanation.importances)
    pictures = [_importance_picture(explanation)] if has_losses else []
    dependences = [_dependence_picture(i, each) for i, each in enumerate(explanation.dependences, 1)]
    files: dict[str, bytes] = {}
    examples = []
    for i, example in enumerate(explanation.examples, 1):
        for j, attribution in enumerate(example.attributions, 1):
            file = f"example_{i:02}" if len(example.attributions) == 1 else f"example_{i:02}_{j}"
            shown: dict[str, Any] = {"title": _title(example, attribution), "panels": [], "picture": None}
            shown["why"] = f"{example.why}; true: {example.true}" if example.true else example.why
            if explanation.kind == "pixels":
                panels = _panels(example, attribution)
                shown["panels"] = [
                    (what, thumbnail(layer, f"{what} of {shown['title']}", exact=_SMALL, longest=_LONGEST_SIDE))
                    for what, layer in panels
                ]
                files[f"{file}.png"] = _strip([layer for _, layer in panels])
            else:
                drawn = _bars(explanation, example, attribution, file)
                shown["picture"] = drawn
                files |= _files_of(drawn)
            examples.append(shown)
    for each in (*pictures, *dependences):
        files |= _files_of(each)
    if explanation.columns:
        files["attributions.csv"] = _attributions_csv(explanation)
        files["importances.csv"] = _importances_csv(explanation)
    page = render(
        "explanation.html.jinja",
        name=name,
        of=explanation.name,
        measured=measured_on(explanation),
        shuffles=SHUFFLES,
        importances=importances_listing(explanation) if explanation.importances else None,
        more_columns=max(0, len(explanation.importances) - MOST_COLUMNS),
        importance_pictures=pictures,
        dependences=dependences,
        shows_ranges=all(len(each.outputs) == 1 for each in explanation.dependences),
        examples=examples,
        method=explanation.method,
        completeness=completeness(explanation),
        are_images=any(each["panels"] for each in examples),
        left_out=explanation.left_out,
        has_tables=bool(explanation.columns),
    )
    return page, files


def _title(example: Example, attribution: Attribution) -> str:
    title = f"{example.id} · {attribution.output}: {number(attribution.answer)}"
    return f"{title} (baseline {number(attribution.baseline)})" if attribution.steps else title


def _files_of(drawn: Picture) -> dict[str, bytes]:
    return {f"{drawn.name}.svg": drawn.svg, f"{drawn.name}.png": drawn.png}


def _importance_picture(explanation: Explanation) -> Picture:
    found = explanation.importances[:MOST_COLUMNS]
    known = [(each.column, change) for each in found if (change := each.changes.get("loss"))]

    def draw(axes: Axes) -> None:
        places = range(len(known))
        widths = [change.half_width for _, change in known]
        axes.barh(places, [change.mean for _, change in known], color=FIRST, height=0.62)
        axes.errorbar(
            [change.mean for _, change in known], places, xerr=widths, fmt="none", ecolor=INK, capsize=3, elinewidth=1.2
        )
        _name_bars(axes, [truncated(name, _LONGEST_NAME) for name, _ in known])
        axes.set_xlabel("rise of the loss")

    said = "; ".join(f"{name} {signed(change.mean)}" for name, change in known[:_MOST_BARS])
    description = f"Rise of the loss where a column is shuffled, with 95 % intervals: {said}"
    return picture("importance", "Rise of the loss", description, draw, width=4.6, height=0.8 + 0.27 * len(known))


def _dependence_picture(i: int, found: Dependence) -> Picture:
    # "probability of cat" and others: what they share is of the axis.
    kinds = {name.partition(" of ")[0] for name in found.outputs}
    is_shared = len(found.outputs) > 1 and len(kinds) == 1
    names = [name.partition(" of ")[2] if is_shared else name for name in found.outputs]
    curves = list(zip(names, SERIES, found.means, found.low, found.high, strict=False))

    def draw(axes: Axes) -> None:
        if found.is_category:
            _draw_categories(axes, found, curves)
        else:
            _draw_numbers(axes, found, curves)
        axes.set_xlabel(truncated(found.column, _LONGEST_NAME))
        if len(curves) > 1:
            axes.legend(fontsize=8.5, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, columnspacing=1.2)
        if is_shared or len(curves) == 1:
            axes.set_ylabel(truncated(min(kinds) if is_shared else names[0], _LONGEST_NAME))

    said = "; ".join(f"{name} from {number(min(means))} to {number(max(means))}" for name, _, means, _, _ in curves)
    return picture(
        f"dependence_{i}", found.column, f"Mean answer by {found.column}: {said}", draw, width=4.6, height=3.1
    )


def _draw_numbers(axes: Axes, found: Dependence, curves: Sequence[tuple[Any, ...]]) -> None:
    positions = [position for position in found.positions if not math.isnan(position)]
    count, is_single = len(positions), len(curves) == 1
    for name, colour, means, low, high in curves:
        if is_single:
            axes.fill_between(positions, low[:count], high[:count], color=colour, alpha=0.14, linewidth=0)
        label = legend_label(name, _LONGEST_NAME)
        axes.plot(positions, means[:count], color=colour, label=label, marker="o" if count < 3 else "")
        if count < len(means):  # what is missing has no place on the axis
            beside: dict[str, Any] = {"color": colour, "transform": axes.get_yaxis_transform(), "clip_on": False}
            axes.plot([_BESIDE], means[-1:], marker="o", **beside)
            if is_single:
                axes.plot([_BESIDE] * 2, [low[-1], high[-1]], alpha=0.4, **beside)
    if count < len(found.labels):
        axes.annotate(found.labels[-1], (_BESIDE, 0), (0, -7), "axes fraction", "offset points", ha="center", va="top")
    if count < 3:
        axes.set_xticks(positions, found.labels[:count])
    elif found.is_date:
        _write_dates(axes, positions, 4 if count == len(found.labels) else 3)
    elif min(positions) > 0 and max(positions) > 100 * min(positions):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if 1e3 <= value < 1e9 else f"{value:g}")
        axes.xaxis.set_minor_formatter("")


def _draw_categories(axes: Axes, found: Dependence, curves: Sequence[tuple[Any, ...]]) -> None:
    width = 0.8 / len(curves)
    for j, (name, colour, means, low, high) in enumerate(curves):
        places = [place + (j - (len(curves) - 1) / 2) * width for place in found.positions]
        axes.bar(places, means, width=0.9 * width, color=colour, label=legend_label(name, _LONGEST_NAME))
        if len(curves) == 1:
            axes.vlines(places, low, high, color=INK, linewidth=1)
    labels = [truncated(each, _LONGEST_TICK) for each in found.labels]
    axes.set_xticks(found.positions, labels, **_turned(labels))
    axes.grid(False, axis="x")


def _turned(labels: Sequence[str]) -> dict[str, Any]:
    """Return how labels below an axis are to be turned so that they do not touch."""
    if len(labels) * max(map(len, labels)) <= _MOST_LETTERS:
        return {}
    return {"rotation": 60, "ha": "right", "rotation_mode": "anchor"}


def _name_bars(axes: Axes, names: Sequence[str]) -> None:
    """Write the names of bars that lie, from the top down, and as few numbers below as there is room for."""
    axes.set_yticks(range(len(names)), names)
    axes.axvline(0, color=DIM, linewidth=1)
    axes.invert_yaxis()
    axes.grid(False, axis="y")
    parts = 5 - 2 * (max(map(len, names)) > _LONGEST_TICK) - (max(map(abs, axes.get_xlim())) >= 10_000)
    divide(axes.xaxis, parts)


def _write_dates(axes: Axes, days: Sequence[float], most: int) -> None:
    import numpy as np

    ticks = np.linspace(days[0], days[-1], most if days[-1] - days[0] > 3 else 2).round()
    axes.set_xticks(ticks, [str(np.datetime64(int(tick), "D")) for tick in ticks])


def _bars(explanation: Explanation, example: Example, attribution: Attribution, file: str) -> Picture:
    """Draw the strongest columns of an example, or all steps of a sequence in their order."""
    parts = strongest_parts(explanation, example, attribution, _LONGEST_PART)
    parts = [(name, value if math.isfinite(value) else 0.0) for name, value in parts]
    said = "; ".join(f"{name} {signed(value)}" for name, value in parts[:_MOST_BARS])
    description = f"What adds to {attribution.output} or takes from it: {said}"
    title = _title(example, attribution)
    if explanation.kind == "steps":
        steps = _finite(attribution.values)
        draw = _steps_drawer(steps, example.values)
        return picture(file, title, description, draw, width=4.6, height=2.2 if len(steps) > 1 else 1.6)
    shown, rest = parts[:_MOST_BARS], parts[_MOST_BARS:]
    if rest:
        shown.append((f"{len(rest):,} others", sum(value for _, value in rest)))

    def draw_bars(axes: Axes) -> None:
        places = range(len(shown))
        axes.barh(places, [value for _, value in shown], color=_colours([value for _, value in shown]), height=0.62)
        _name_bars(axes, [name for name, _ in shown])

    return picture(file, title, description, draw_bars, width=4.6, height=0.7 + 0.27 * len(shown))


def _steps_drawer(values: np.ndarray, held: Sequence[str]) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        axes.bar(range(1, len(values) + 1), values, color=_colours(values))
        axes.axhline(0, color=DIM, linewidth=1)
        axes.grid(False, axis="x")
        if held and len(held) <= 24:
            axes.set_xticks(range(1, len(values) + 1), held, **_turned(held))
            axes.set_xlabel("token")
        else:
            axes.set_xlabel("step")

    return draw


def _colours(values: Sequence[float] | np.ndarray) -> list[str]:
    return [_COLOUR["for" if value > 0 else "against"] for value in values]


def _finite(values: np.ndarray) -> np.ndarray:
    """Return what can be drawn: what is no finite number as 0."""
    import numpy as np

    finite: np.ndarray = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    return finite


def _panels(example: Example, attribution: Attribution) -> list[tuple[str, np.ndarray]]:
    """Return the image, uint8, and over it what speaks for the answer in orange, against it in blue."""
    import numpy as np

    if example.image is None:
        raise ValueError("attributions of pixels without an image")
    pixels = np.repeat(example.image, 3, axis=2) if example.image.shape[2] == 1 else example.image
    grey = example.image.mean(axis=2, keepdims=True)
    faded = np.repeat(190 + 65 * grey / 255, 3, axis=2)
    values = _finite(attribution.values)
    sizes = np.abs(values)
    strength = np.clip(sizes / (np.quantile(sizes, 0.995) or sizes.max() or 1), 0, 1)
    colours = np.where(values[..., None] > 0, _rgb(_COLOUR["for"]), _rgb(_COLOUR["against"]))
    method = "integrated gradients" if attribution.steps else "error"
    layers = [("image", pixels), (method, _laid_over(faded, colours, strength))]
    if (cam := attribution.grad_cam) is not None:
        found = "Grad-CAM" if cam.any() else "Grad-CAM: nothing speaks for it"
        layers.append((found, _laid_over(faded, _rgb(_COLOUR["for"]), 0.85 * cam)))
    return [(title, layer.astype(np.uint8)) for title, layer in layers]


def _laid_over(image: np.ndarray, colours: np.ndarray, strength: np.ndarray) -> np.ndarray:
    made: np.ndarray = image + (colours - image) * strength[..., None]
    return made


def _rgb(colour: str) -> np.ndarray:
    import numpy as np

    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], float)


def _strip(images: Sequence[np.ndarray]) -> bytes:
    """Return images of one size side by side, each pixel a square of some where they are small: PNG."""
    from PIL import Image

    height, width, _ = images[0].shape
    times = max(1, _FILE_SIDE // max(width, height))
    gap = 8
    made = Image.new("RGB", (len(images) * (width * times + gap) - gap, height * times), "white")
    for i, image in enumerate(images):
        enlarged = Image.fromarray(image).resize((width * times, height * times), Image.Resampling.NEAREST)
        made.paste(enlarged, (i * (width * times + gap), 0))
    stream = io.BytesIO()
    made.save(stream, "PNG")
    return stream.getvalue()


def _attributions_csv(explanation: Explanation) -> bytes:
    rows: list[Sequence[Any]] = [
        ("id", "why", "true", "output", "answer", "baseline", "column", "value", "attribution")
    ]
    for example in explanation.examples:
        held = example.values or [""] * len(explanation.columns)
        for each in example.attributions:
            said = (example.id, example.why, example.true, each.output, each.answer, each.baseline)
            rows += [
                (*said, name, value, float(attribution))
                for name, value, attribution in zip(explanation.columns, held, each.values, strict=True)
            ]
    return _csv(rows)


def _importances_csv(explanation: Explanation) -> bytes:
    def lines(each: Importance) -> list[Sequence[Any]]:
        return [(each.column, name, change.mean, change.half_width) for name, change in each.changes.items()]

    head: Sequence[Any] = ("column", "metric", "change", "half_width")
    return _csv([head, *(line for each in explanation.importances for line in lines(each))])


def _csv(rows: Sequence[Sequence[Any]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode("utf-8", "backslashreplace")
