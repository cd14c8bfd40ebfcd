"""The reference is made from the code and says something of every key."""

import runpy
from pathlib import Path

import pytest

from dltool.config.document import CHOICE_KEYS
from dltool.config.field_docstrings import descriptions
from dltool.config.reference import _SECTIONS

REPOSITORY = Path(__file__).parent.parent.parent
SPECS = [spec for _, _, specs in _SECTIONS for spec in specs]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.__name__)
def test_every_key_has_a_docstring(spec):
    assert set(spec.model_fields) - {*CHOICE_KEYS} == set(descriptions(spec))


def test_the_pages_in_docs_are_up_to_date():
    docs = REPOSITORY / "docs"
    for name, text in runpy.run_path(str(docs / "make_reference.py"))["pages"]().items():
        assert (docs / name).read_text("utf-8") == text, f"{name} is out of date: run `make docs`"
