"""Pages made of the templates beside this file: each stands alone and loads nothing from anywhere."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from dltool.config.counts import counted

# Read here rather than when a page is made: a training that lasts for hours must not fail for them at its end.
_SOURCES = {file.name: file.read_text("utf-8") for file in files("dltool.report").joinpath("templates").iterdir()}
_ENVIRONMENT = Environment(
    loader=DictLoader(_SOURCES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_ENVIRONMENT.filters["counted"] = counted


def render(template: str, **values: Any) -> str:
    """Return a page.

    Args:
        template: the file's name.
        values: what the template places; text is escaped unless the template says that it is safe.
    """
    return _ENVIRONMENT.get_template(template).render(values)
