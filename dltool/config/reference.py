"""The language as a page for people: made from its own types."""

from __future__ import annotations

import inspect
from typing import Any

from pydantic_core import PydanticUndefined

from dltool.config import columns, data, layer, layers, losses, model, optimizers, parts, training
from dltool.config.config import Config
from dltool.config.document import CHOICE_KEYS
from dltool.config.field_docstrings import descriptions
from dltool.config.field_types import Spec, kinds_of

_SECTIONS: tuple[tuple[str, str, tuple[type[Spec], ...]], ...] = (
    ("Config", "The top of the file.", (Config,)),
    ("data", "Where examples come from: chosen by `source`.", data.SOURCES),
    ("columns", "What a column of a table may be: chosen by `type`.", columns.COLUMNS),
    (
        "parts",
        "What `validation` and `test` of a table may be instead of a fraction or a file: chosen by `by`.",
        (*parts.PARTS, parts.Folds),
    ),
    ("model", "The network: chosen by `type`.", model.MODELS),
    ("layers", "What `model.layers` may list: chosen by `type`.", layers.LAYERS),
    ("regularizers", "Penalties that layers may carry: chosen by `type`.", layer.REGULARIZERS),
    ("training", "How the model is trained.", (training.Training, training.EarlyStopping, training.ReduceLROnPlateau)),
    ("optimizers", "How the weights are moved: chosen by `type`.", optimizers.OPTIMIZERS),
    ("learning-rate schedules", "What `learning_rate` may be instead of a number.", optimizers.SCHEDULES),
    ("losses", "What is minimised: chosen by `type`.", losses.LOSSES),
    ("metrics", "What else is measured: chosen by `type`.", losses.METRICS),
)


def reference_page() -> str:
    """Return the reference of the config as Markdown."""
    found = [
        "# Config reference",
        "Made from the code by `make docs`; a test holds it up to date.",
        "Where a value is chosen by its `type` and needs nothing else, the name alone may stand: "
        "`optimizer: adam`, `- flatten`.",
    ]
    for title, text, specs in _SECTIONS:
        found += [f"## {title}", text]
        found += [_entry(spec) for spec in specs]
    return "\n\n".join(found) + "\n"


def _entry(spec: type[Spec]) -> str:
    key = next((key for key in CHOICE_KEYS if key in spec.model_fields), None)
    name = ", ".join(f"`{kind}`" for kind in kinds_of(spec, key)) if key else f"`{_key_of(spec)}`"
    lines = [f"### {name}", inspect.cleandoc(spec.__doc__ or "").replace("``", "`")]
    texts = descriptions(spec)
    rows = [
        f"| `{field}` | {_default(info)} | {texts.get(field, '')} |"
        for field, info in spec.model_fields.items()
        if field != key
    ]
    if rows:
        lines.append("\n".join(["| key | default | |", "| --- | --- | --- |", *rows]))
    return "\n\n".join(lines)


def _key_of(spec: type[Spec]) -> str:
    names: dict[type[Spec], str] = {
        Config: "(the file)",
        parts.Folds: "data.folds",
        training.Training: "training",
        training.EarlyStopping: "training.early_stopping",
        training.ReduceLROnPlateau: "training.reduce_lr_on_plateau",
    }
    return names[spec]


def _default(info: Any) -> str:
    if info.default is PydanticUndefined:
        return "required" if info.default_factory is None else "computed"
    if info.default is None:
        return "none"
    if isinstance(info.default, Spec):
        return f"`{getattr(info.default, 'type')}`"  # noqa: B009
    return f"`{str(info.default).lower() if isinstance(info.default, bool) else info.default}`"
