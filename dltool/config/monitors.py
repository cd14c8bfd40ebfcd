"""The metrics of an epoch that may be watched, by name."""

from __future__ import annotations

import re

from dltool.config.config import Config
from dltool.config.field_types import kind_of
from dltool.config.losses import METRICS
from dltool.config.metric_names import is_on_validation, on_validation
from dltool.config.suggestions import did_you_mean, synonym
from dltool.errors import KeyPath, Problem


def metric_names(config: Config, validation: bool) -> list[str]:
    """Return the names of all metrics of an epoch, as logs and monitors spell them."""
    names = ["loss", *(kind_of(metric.__class__) for metric in config.training.metrics)]
    return names + [on_validation(name) for name in names] if validation else names


def unknown_metric(name: str, config: Config, keys: KeyPath, *, validation: bool) -> Problem | None:
    """Return the problem if no metric of an epoch has that name.

    Args:
        name: of a metric.
        config: says the metrics.
        keys: where the name was written.
        validation: whether there are validation rows.
    """
    known = metric_names(config, validation)
    if name in known:
        return None
    meant = synonym(name, metric_names(config, validation=True)) or name
    hint = did_you_mean(name, known)
    if is_on_validation(meant) and not validation:
        hint = "" if meant == name else f"did you mean {meant!r}? For that, "
        hint += "set data.validation, e.g. 0.1"
    elif missing := synonym(re.sub("^val(idation)?_", "", name), [kind_of(metric) for metric in METRICS]):
        hint = hint if synonym(name, known) else f"list {missing} under training.metrics"
    return Problem(f"no metric is called {name!r}", keys, hint)
