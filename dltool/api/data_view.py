"""Showing what a network will see, before it is trained."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from dltool.api.training import check_described
from dltool.backend.settings import given_back
from dltool.config.augmentation_layers import AUGMENTATION
from dltool.config.config import Config
from dltool.config.normalization_layers import Normalization, Rescaling
from dltool.config.validation import expect_config
from dltool.contracts.plan import Plan

if TYPE_CHECKING:
    import numpy as np

    from dltool.contracts.data_view import Sample
    from dltool.contracts.dataset import Dataset

_AUGMENTED, _VERSIONS = 4, 4


@given_back()
def show_data(config: Config, folder: str | Path) -> tuple[Plan, Path]:
    """Write a page of what the network will see: samples, what augmentation makes of them, how values are spread.

    TensorFlow is loaded only where the first layers change images at random.

    Args:
        config: what is to be trained.
        folder: for the page; it is made, or holds such a page already.

    Returns:
        What ``check`` does, and the page.

    Raises:
        DltoolError: as ``check`` does, or the page cannot be written.
    """
    from dltool import data
    from dltool.data.distributions import column_distributions, target_distributions
    from dltool.data.samples import samples
    from dltool.report.data_page import data_page
    from dltool.runs.page_folder import write_page

    expect_config(config)
    dataset = data.load(config.data, config.needs, config.seed)
    found = dataset.signature, dataset.rows
    # Of folds each is looked at too, as other parts of the same rows.
    plan = check_described(config, lambda *asked: found if asked[0] is config.data else data.describe(*asked))
    chosen = samples(config.data, dataset.train, dataset.signature)
    columns, count = column_distributions(dataset)
    page = data_page(
        config.name,
        plan,
        chosen,
        _augmented(plan, dataset, chosen, config.seed),
        target_distributions(dataset),
        columns,
        count,
    )
    return plan, write_page(Path(folder), page, {})


def _augmented(plan: Plan, dataset: Dataset, samples: list[Sample], seed: int) -> list[tuple[Sample, np.ndarray]]:
    """Return some samples, each of another class where there are some, with what the first layers make of them."""
    layers = leading_augmentation(plan)
    if not layers:
        return []
    import numpy as np

    from dltool.backend.start import start

    some = list(islice({sample.label: sample for sample in samples}.values(), _AUGMENTED))
    start("cpu", seed)

    from dltool.model.augmentation import augmented

    images = np.stack([image for sample in some for image in sample.features.values()])
    return list(zip(some, augmented(plan, layers, dataset.train.features, images, _VERSIONS), strict=True))


def leading_augmentation(plan: Plan) -> int:
    """Return how many layers there are up to the last that changes images at random, before all that do other work."""
    last = 0
    for i, spec in enumerate(plan.specs):
        if isinstance(spec, AUGMENTATION):
            last = i + 1
        elif not isinstance(spec, Normalization | Rescaling):
            break
    return last
