"""The page of what a network will see: samples, what augmentation makes of them, and how values are spread."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice, product
from typing import Any

import numpy as np

from dltool.contracts.data_view import Distribution, Sample, is_picture
from dltool.contracts.plan import Plan
from dltool.contracts.signature import Column, Signature
from dltool.report.distribution_pictures import distribution_picture
from dltool.report.pictures import Picture
from dltool.report.rendering import render
from dltool.report.sequence_picture import sequence_picture
from dltool.report.thumbnails import Thumbnail, thumbnail
from dltool.wording.formatting import shape, truncated
from dltool.wording.listings import Listing, columns_listing

_MOST_ROWS, _MOST_TOKENS, _LONGEST_CELL = 24, 48, 40


def data_page(
    name: str,
    plan: Plan,
    samples: Sequence[Sample],
    augmented: Sequence[tuple[Sample, np.ndarray]],
    targets: Sequence[Distribution],
    columns: Sequence[Distribution],
    column_count: int,
) -> str:
    """Return the page, which loads nothing from anywhere and runs no script.

    Args:
        name: of the config.
        plan: what the config will train.
        samples: some training rows, those of a class beside one another.
        augmented: some of them with what the network sees of each in training, as features are: shape (versions,
            height, width, channels).
        targets: how those are spread.
        columns: likewise.
        column_count: how many columns there are, those included that are left out.
    """
    signature = plan.signature
    sampled: dict[str, Any] = {"images": [], "sequences": [], "rows": None, "left_out": 0}
    if is_picture(signature):
        sampled["images"] = _images(samples, signature)
    elif len(signature.input_shape) == 2:
        sampled["sequences"] = [
            (sequence_picture(_decoded(sample.features["numbers"], signature), sample.label, f"sequence_{i + 1}"), "")
            for i, sample in enumerate(samples)
        ]
    elif signature.tokens:
        said = [(sample.label, _tokens(sample.features["tokens"])) for sample in samples]
        sampled["rows"] = Listing(("target", "tokens"), said, [])
    else:
        sampled["rows"] = _rows(samples, signature)
        sampled["left_out"] = (len(signature.columns) or math.prod(signature.input_shape)) - _MOST_ROWS
    return render(
        "data.html.jinja",
        name=name,
        overview=_overview(plan),
        sampled=sampled,
        augmented=[_versions(sample, versions, signature) for sample, versions in augmented],
        classes=len(signature.classes),
        classes_shown=len({sample.label for sample in samples}),
        is_text=signature.tokens is not None,
        columns=columns_listing(signature),
        targets=_pictures(targets, "target"),
        distributions=_pictures(columns, "column"),
        columns_left_out=column_count - len(columns),
    )


def _pictures(distributions: Sequence[Distribution], kind: str) -> list[tuple[Picture, str]]:
    return [(distribution_picture(each, f"{kind}_{i + 1}"), each.note) for i, each in enumerate(distributions)]


def _overview(plan: Plan) -> dict[str, str]:
    rows, signature = plan.rows, plan.signature
    counts = {"train": rows.train, "validation": rows.validation, "test": rows.test}
    facts = {
        "rows": ", ".join(f"{count:,}\N{NO-BREAK SPACE}{part}" for part, count in counts.items() if count),
        "input": shape(signature.input_shape),
    }
    if signature.classes:
        facts["classes"] = f"{len(signature.classes):,}"
    elif signature.task.has_targets:
        facts["targets"] = f"{signature.outputs:,}"
    return facts


def _images(samples: Sequence[Sample], signature: Signature) -> list[tuple[str, list[Thumbnail]]]:
    """Return images by what is to be answered to them; where that is a number, each stands alone."""
    return [
        (label, [thumbnail(_pixels(sample.features, signature), label or "a training image") for sample in group])
        for label, group in groupby(samples, lambda sample: sample.label)
    ]


def _versions(sample: Sample, versions: np.ndarray, signature: Signature) -> tuple[str, list[Thumbnail]]:
    """Return an image and what is made of it."""
    (name,) = sample.features
    said = f"of {sample.label}" if sample.label else "of a training image"
    return sample.label, [
        thumbnail(_pixels(sample.features, signature), f"original {said}"),
        *(thumbnail(_pixels({name: each}, signature), f"augmented version {said}") for each in versions),
    ]


def _pixels(features: Mapping[str, np.ndarray], signature: Signature) -> np.ndarray:
    """Return an example as pixels, uint8 of shape (height, width, channels).

    Numbers that are no bytes go from black to white between the smallest and the largest of the training rows.
    """
    (values,) = features.values()
    numbers = signature.input_numbers
    if numbers is not None:
        low, high = min(numbers.low), max(numbers.high)
        values = 255 * (_decoded(values, signature) - low) / ((high - low) or 1.0)
    pixels: np.ndarray = np.clip(np.round(np.nan_to_num(values)), 0, 255).astype(np.uint8)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def _decoded(values: np.ndarray, signature: Signature) -> np.ndarray:
    """Return numbers in their own unit, of what the network takes."""
    return values if signature.input_numbers is None else signature.input_numbers.raw(values)


def _rows(samples: Sequence[Sample], signature: Signature) -> Listing:
    """List what stands in some rows, and beside it what the network gets of it, a line a column."""
    columns = signature.columns
    told = [[*_of_columns(sample, columns)] if columns else _of_numbers(sample, signature) for sample in samples]
    names = [column.name for column in columns] or _number_names(signature.input_shape)
    head = ["column"]
    for sample in samples:
        place = sample.name or ("class" if signature.classes else "")
        head += [truncated(": ".join(filter(None, (place, sample.label))), _LONGEST_CELL), "the network gets"]
    body = [
        (truncated(name, _LONGEST_CELL), *(text for cells in told for text in cells[i]))
        for i, name in enumerate(names[:_MOST_ROWS])
    ]
    return Listing(tuple(head), body, [])


def _of_columns(sample: Sample, columns: Sequence[Column]) -> Iterator[tuple[str, str]]:
    """Yield each cell of a table's row with what becomes of it."""
    numbers = categories = 0
    for column in columns:
        cell = sample.cells.get(column.name)
        raw = "missing" if cell is None else truncated(cell, _LONGEST_CELL)
        if column.vocabulary is None:
            yield raw, _numbers(sample.features["numbers"][numbers : numbers + column.width])
            numbers += column.width
            continue
        place, count = int(sample.features["categories"][categories]), column.embedding_shape[0]
        categories += 1
        yield (
            raw,
            f"{'vector' if column.embedding else 'category'} {place + 1:,} of {count:,}"
            + ("" if place else ", unknown"),
        )


def _of_numbers(sample: Sample, signature: Signature) -> list[tuple[str, str]]:
    """Return the first numbers of an array's example with what becomes of them."""
    (values,) = sample.features.values()
    raw = _decoded(values, signature)
    pairs = zip(raw.ravel()[:_MOST_ROWS], values.ravel()[:_MOST_ROWS], strict=True)
    return [(f"{before:.6g}", _numbers(np.array([after]))) for before, after in pairs]


def _number_names(sizes: tuple[int, ...]) -> list[str]:
    """Return what to call the first numbers of an array's example: by their place, counted from 1."""
    if len(sizes) == 1:
        return [f"input {i + 1}" for i in range(min(sizes[0], _MOST_ROWS))]
    places = islice(product(*(range(1, size + 1) for size in sizes)), _MOST_ROWS)
    return [f"input {', '.join(map(str, place))}" for place in places]


def _numbers(values: np.ndarray) -> str:
    return " ".join("missing" if np.isnan(value) else f"{value:.3g}" for value in values)


def _tokens(values: np.ndarray) -> str:
    shown = " ".join(map(str, values[:_MOST_TOKENS]))
    return shown if len(values) <= _MOST_TOKENS else f"{shown} … ({len(values):,} in all)"
