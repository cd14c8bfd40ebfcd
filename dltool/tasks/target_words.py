"""What is true of a row, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dltool.contracts.signature import Signature

if TYPE_CHECKING:
    import numpy as np


def target_words(target: np.ndarray, signature: Signature) -> list[str]:
    """Return a row's class, the labels that it has, or its numbers, by their names or else numbered.

    Args:
        target: of one row, as a ``Part`` holds it.
        signature: what the targets are.
    """
    if signature.classes:
        return [signature.classes[int(target)]]
    kind = "label" if signature.frequencies else "target"
    names = signature.targets or [f"{kind} {i + 1}" for i in range(len(target))]
    if signature.frequencies:
        return [name for name, has in zip(names, target, strict=True) if has] or ["no label"]
    return [f"{name} {number:.6g}" for name, number in zip(names, target, strict=True)]
