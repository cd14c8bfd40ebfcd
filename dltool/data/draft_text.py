"""A config for a table that nobody has described yet, as commented YAML."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import NamedTuple

from dltool.config.counts import counted
from dltool.config.table_format import TableFormat
from dltool.data.column_types import names_groups
from dltool.data.draft import Draft
from dltool.data.draft_words import in_comment, quoted, run_name

_TASKS = {
    "binary": ("binary_crossentropy", "[accuracy, auc]"),
    "classes": ("categorical_crossentropy", "[accuracy]"),
    "numbers": ("mean_squared_error", "[mean_absolute_error, r2_score]"),
}
_FEW_ROWS = 100
"""Of which a larger part is needed to tell one epoch from another."""
_ROWS_A_RARE_ONE = 20
"""A network is made no larger than for so many rows a row of the rarest class: more of the others teach it little."""
_RARE = 0.2
"""Part of the rows, of a class below which an answer may never name it."""
_FOLDED_ROWS, _FOLDS = 500, 5
"""Of fewer rows, none can be spared, and a part of them says too little."""


class _Size(NamedTuple):
    """What is drafted for so many rows."""

    hidden_units: list[int]
    batch_size: int
    patience: int
    """Epochs to wait for a better one."""
    weight_decay: float
    """Falls as rows rise: as a prior it counts the less the more rows speak, and as AdamW takes a part of the weights
    away at every step, more steps an epoch make more of it."""


_SIZES = {
    200: _Size([100], 16, 50, 1.0),
    1_000: _Size([100], 16, 50, 0.3),
    5_000: _Size([128, 64], 32, 20, 0.1),
    20_000: _Size([128, 64], 64, 20, 0.03),
    100_000: _Size([128, 64], 128, 20, 0.01),
    math.inf: _Size([128, 64], 256, 10, 0.01),
}
"""By the most rows each is for; see benchmarks/README.md."""
_ENDINGS = re.compile(r"([.](csv|tsv|txt|parquet|pq|xlsx|xlsm))?([.](gz|bz2|zst))?$", re.IGNORECASE)


def draft_text(draft: Draft) -> str:
    """Return a config that can be trained as it stands."""
    loss, metrics = _TASKS[draft.task]
    by_rarest, by_rows = _size(min(draft.rows, _ROWS_A_RARE_ONE * draft.rarest)), _size(draft.rows)
    patience = by_rarest.patience
    file = in_comment(Path(draft.path).name)
    path = draft.path if draft.in_memory else str(Path(draft.path).absolute())
    train, check = "dltool train CONFIG", "dltool check CONFIG"
    if draft.in_memory:
        file, train, check = "the data frame", "dltool.train(config, data=frame)", "dltool.check(config, data=frame)"
    lines = [
        f"# {draft.rows:,} rows of {file}, {draft.features:,} numbers a row as the network sees them.",
        f"# Train it:                    {train}",
        f"# What became of each column:  {check}",
        f"name: {quoted(run_name(_ENDINGS.sub('', Path(draft.path).name), 'table'))}",
        "seed: 7",
        "data:",
        f"  source: {draft.source}",
        f"  path: {quoted(path)}{'   # what the run calls the frame that it keeps' * draft.in_memory}",
        f"  targets: {quoted(draft.target)}   # {draft.answer}",
        *_classes(draft),
        *_dialect(draft.format),
        *_columns(draft),
        *_holes(draft),
        _validation(draft),
        *_divisions(draft),
        "  # test: 0.15       # more rows that training never sees, for `dltool evaluate`",
        "model:",
        "  type: mlp",
        f"  hidden_units: {by_rarest.hidden_units}",
        "training:",
        "  optimizer:",
        "    type: adamw",
        "    learning_rate: 0.001",
        f"    weight_decay: {by_rows.weight_decay}   # more for fewer rows",
        f"  loss: {loss}",
        f"  metrics: {metrics}",
        *_rare_class(draft),
        f"  epochs: {10 * patience}",
        f"  batch_size: {by_rows.batch_size}",
        f"  early_stopping: {{patience: {patience}}}   # goes back to the weights that did best on the validation rows",
        f"  reduce_lr_on_plateau: {{patience: {patience * 2 // 5}, factor: 0.3}}",
    ]
    return "\n".join(lines) + "\n"


def _size(rows: int) -> _Size:
    return next(size for most, size in _SIZES.items() if rows <= most)


def _classes(draft: Draft) -> list[str]:
    """Name two classes, the rarer one last, unless the alphabet does."""
    if draft.task != "binary" or draft.classes == sorted(draft.classes):
        return []
    names = ", ".join(map(quoted, draft.classes))
    return [f"  classes: [{names}]   # the second, which is rarer, is the one of thresholds and probabilities"]


def _rare_class(draft: Draft) -> list[str]:
    """Say what lets a network answer a class that few rows have."""
    if draft.task == "numbers" or draft.rarest >= _RARE * draft.rows:
        return []
    way = "threshold: {maximize: f1}" if draft.task == "binary" else "class_weight: balanced"
    return [f"  # {way}   # {draft.rarest:,} of {draft.rows:,} rows have the rarest class, which may never be answered"]


def _divisions(draft: Draft) -> list[str]:
    """Say which columns may tell that chance is no way to divide the rows."""
    lines = []
    for column in draft.used:
        if column.type == "category" and names_groups(column.cells):
            name = quoted(column.name)
            key = f"folds: {{number: {_FOLDS}" if _folds(draft) else "validation: {by: group, fraction: 0.15"
            lines.append(f"  # {key}, column: {name}}}   # if rows of one {in_comment(column.name)} belong together")
        elif column.type in ("date", "time"):
            part = f"{{by: time, fraction: 0.15, column: {quoted(column.name)}}}"
            lines.append(f"  # test: {part}   # the latest rows, if what is to be predicted is later still")
    return lines


def _folds(draft: Draft) -> bool:
    return draft.rows < _FOLDED_ROWS and draft.rarest >= _FOLDS


def _validation(draft: Draft) -> str:
    if _folds(draft):
        return f"  folds: {_FOLDS}   # each validates a network of the others; the model is one more, of all rows"
    share = 0.15 if draft.rows >= _FEW_ROWS else 0.25
    return f"  validation: {share}   # of the rows; early stopping watches them"


def _dialect(format_: TableFormat) -> list[str]:
    usual, lines = TableFormat(), []
    if format_.delimiter != usual.delimiter:
        lines.append(f"  delimiter: {json.dumps(format_.delimiter)}")
    if format_.encoding != usual.encoding:
        lines.append(f"  encoding: {format_.encoding}")
    if format_.decimal != usual.decimal:
        lines.append(f"  decimal: {json.dumps(format_.decimal)}")
    if format_.thousands:
        lines.append(f"  thousands: {json.dumps(format_.thousands)}")
    if format_.comment:
        lines.append(f"  comment: {json.dumps(format_.comment)}")
    if format_.sheet != usual.sheet:
        lines.append(f"  sheet: {json.dumps(format_.sheet, ensure_ascii=False)}")
    if format_.skip_rows:
        lines.append(f"  skip_rows: {format_.skip_rows}   # lines before the header")
    if format_.missing_values != usual.missing_values:
        lines.append(f"  missing_values: {json.dumps(list(format_.missing_values), ensure_ascii=False)}")
    return lines


def _columns(draft: Draft) -> list[str]:
    if not draft.declared:
        return []
    return ["  columns:", *(f"    {quoted(name)}: {what}" for name, what in draft.declared.items())]


def _holes(draft: Draft) -> list[str]:
    columns = f"{counted(draft.holed, 'column')} with holes" if draft.holed else "there are none yet"
    lines = [f"  missing: mean   # {columns}"]
    if draft.targets_missing:
        lines.append(f"  missing_targets: drop   # {draft.targets_missing:,} rows have none")
    return lines
