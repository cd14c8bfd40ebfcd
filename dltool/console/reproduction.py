"""Whether a run came out the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from dltool.config.value_text import value_text
from dltool.console.streams import results

if TYPE_CHECKING:
    from dltool.analysis.reproduce import Reproduction

_DATA_CHANGES = {
    "data_fingerprint.train": "the training part of the data; the weights follow from it",
    "data_fingerprint.validation": "the validation part of the data; the validation metrics follow from it, and the "
    "weights where early_stopping or reduce_lr_on_plateau watches one of those",
    "data_fingerprint.test": "the test part of the data; nothing of the training follows from it, but "
    "`dltool evaluate` refuses to measure it as the run's own (--data measures a file)",
}


def print_reproduction(reproduction: Reproduction) -> None:
    """Print whether a run came out the same, and what has changed since it was made."""
    out = results()
    if reproduction.identical:
        out.print(Text("identical", "bold green"))
    else:
        out.print(Text.assemble(("different", "bold red"), f": {reproduction.difference}"), soft_wrap=True)
    for path, before, now in reproduction.changed:
        meaning = _DATA_CHANGES.get(path) or f"{path}: {value_text(before)} -> {value_text(now)}"
        out.print(Text(f"changed since: {meaning}"), soft_wrap=True)
    if not reproduction.identical and not reproduction.changed:
        out.print("nothing that is noted in run.json has changed since", soft_wrap=True)
