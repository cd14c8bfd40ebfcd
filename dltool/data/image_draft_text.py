"""A config for a folder of images that nobody has described yet, as commented YAML."""

from __future__ import annotations

from pathlib import Path

from dltool.data.draft_words import in_comment, quoted, run_name
from dltool.data.image_draft import ImageDraft

_SIZES: dict[float, tuple[int, int]] = {500: (16, 20), 5_000: (32, 12), float("inf"): (64, 6)}
"""Up to so many images: images a batch, and epochs to wait for a better one."""
_FILTERS = [16, 32, 64, 128]
_LEAST_MAP = 4
"""Height or width that is not halved again."""
_FEW_IMAGES = 100
"""Of which a larger part is needed to tell one epoch from another."""
_UNEQUAL = 3
"""How many times as many images a class has as another where their weights are balanced."""
_MANY_CLASSES = 20
_SHOWN = 8


def image_draft_text(draft: ImageDraft) -> str:
    """Return a config that can be trained as it stands."""
    batch_size, patience = next(size for most, size in _SIZES.items() if draft.images <= most)
    folder = Path(draft.path).absolute()
    loss, metrics, output = _task(len(draft.classes))
    lines = [
        f"# {draft.images:,} images of {len(draft.classes)} classes: {_counts(draft.classes)}",
        "# Train it:                dltool train CONFIG",
        "# The layers that it has:  dltool check CONFIG",
        f"name: {quoted(run_name(folder.name, 'images'))}",
        "seed: 7",
        "data:",
        "  source: image_folder",
        f"  path: {quoted(str(folder))}",
        f"  image_size: [{draft.image_size[0]}, {draft.image_size[1]}]   # height, width; {draft.sizes}",
        f"  color_mode: {draft.color_mode}",
        f"  validation: {0.15 if draft.images >= _FEW_IMAGES else 0.25}   # of the images; early stopping watches them",
        "  # test: 0.15          # more images that training never sees, for `dltool evaluate`",
        "model:",
        "  type: sequential",
        "  layers:               # the pixels are scaled to 0…1 before the first one",
        "    # These change images a little, anew in each epoch, in training alone.",
        "    - {type: random_translation, height_factor: 0.05, width_factor: 0.05, fill_mode: nearest}",
        "    - {type: random_zoom, height_factor: 0.1, fill_mode: nearest}",
        "    # - {type: random_flip, mode: horizontal}   # where a mirrored image is of its class: no digits, no texts",
        *_blocks(draft.image_size),
        "    - flatten",
        "    - {type: dropout, rate: 0.3}",
        "    - {type: dense, units: 64, activation: relu}",
        f"    - {output}",
        "training:",
        "  optimizer: {type: adam, learning_rate: 0.001}",
        f"  loss: {loss}",
        f"  metrics: {metrics}",
        *_weights(draft),
        f"  epochs: {10 * patience}",
        f"  batch_size: {batch_size}",
        "  # It goes back to the weights that did best on the validation images.",
        f"  early_stopping: {{patience: {patience}, min_delta: 0.0001}}",
        f"  reduce_lr_on_plateau: {{patience: {patience // 2}, factor: 0.3}}",
    ]
    return "\n".join(lines) + "\n"


def _task(classes: int) -> tuple[str, str, str]:
    """Return loss, metrics and output layer for so many classes."""
    if classes == 2:
        return "binary_crossentropy", "[accuracy, auc]", "{type: dense, units: 1, activation: sigmoid}"
    metrics = "[accuracy, top_k_categorical_accuracy]" if classes > _MANY_CLASSES else "[accuracy]"
    output = f"{{type: dense, units: {classes}, activation: softmax}}   # as many units as classes"
    return "categorical_crossentropy", metrics, output


def _blocks(image_size: tuple[int, int]) -> list[str]:
    """Return convolutions, each with a pooling that halves what it sees, as long as enough is left."""
    side = min(image_size)
    lines: list[str] = []
    for filters in _FILTERS:
        if lines and side // 2 < _LEAST_MAP:
            break
        lines.append(f"    - {{type: conv2d, filters: {filters}, kernel_size: 3, padding: same, activation: relu}}")
        lines.append("    - max_pooling2d")
        side //= 2
    return lines


def _weights(draft: ImageDraft) -> list[str]:
    if draft.imbalance < _UNEQUAL:
        return []
    return [f"  class_weight: balanced   # one class has {draft.imbalance:.0f} times as many images as another"]


def _counts(classes: dict[str, int]) -> str:
    shown = [f"{in_comment(name)} {count:,}" for name, count in list(classes.items())[:_SHOWN]]
    return ", ".join(shown) + (", …" if len(classes) > _SHOWN else "")
