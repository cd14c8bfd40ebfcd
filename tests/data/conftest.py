from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from dltool.config.data import Data
from dltool.config.needs import Needs, TaskName
from dltool.contracts.dataset import Dataset
from dltool.data import describe, load
from tests.support.images import save

ADAPTER: TypeAdapter[Any] = TypeAdapter(Data)


@pytest.fixture(scope="session")
def make_spec() -> Callable[..., Any]:
    return lambda **values: ADAPTER.validate_python(values)


@pytest.fixture(scope="session")
def load_data() -> Callable[..., Dataset]:
    """Load a source written as in YAML; describing it must have told the same."""

    def load_and_compare(task: TaskName, seed: int = 1, tokens: int | None = None, **values: Any) -> Dataset:
        needs = Needs(task, tokens)
        spec = ADAPTER.validate_python(values)
        dataset = load(spec, needs, seed)
        known = dataset.signature
        if not hasattr(spec, "path") and spec.source not in ("inline", "idx"):  # named sets are described unread
            known = replace(known, frequencies=(), target_numbers=None)
        assert describe(spec, needs, seed) == (known, dataset.rows)
        return dataset

    return load_and_compare


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    def write_table(content: str | bytes, name: str = "table.csv") -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write_table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of two classes with two images each."""
    for name in ("cat/a.png", "cat/b.PNG", "dog/deep/er/c.png", "dog/d.png"):
        save(tmp_path / "set" / name)
    return tmp_path / "set"
