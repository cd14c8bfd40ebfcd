from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from dltool.config.data import SOURCES, Data
from dltool.config.document import TextWithFolder
from dltool.config.field_types import kinds_of
from dltool.data import MODULES

ADAPTER: TypeAdapter[Any] = TypeAdapter(Data)


def test_the_table_of_modules_is_complete() -> None:
    assert list(MODULES) == [name for spec in SOURCES for name in kinds_of(spec, "source")]
    for name in set(MODULES.values()):
        module = import_module(f"dltool.data.{name}")
        assert callable(module.describe)
        assert callable(module.load)


def test_a_name_alone_may_stand() -> None:
    assert ADAPTER.validate_python("mnist").source == "mnist"


@pytest.mark.parametrize(
    ("source", "scaling"),
    [
        ({"source": "inline", "features": [[0]], "targets": [0]}, "none"),
        ({"source": "csv", "path": "p", "targets": "y"}, "normalization"),
        ({"source": "npz", "path": "p"}, "none"),
        ({"source": "idx", "features": "f", "targets": "t"}, "rescaling"),
        ({"source": "image_folder", "path": "p"}, "rescaling"),
        ({"source": "cifar10"}, "rescaling"),
    ],
)
def test_defaults_of_scaling(source: dict[str, Any], scaling: str) -> None:
    assert ADAPTER.validate_python(source).scaling == scaling


def test_paths_are_relative_to_the_file_they_stand_in(tmp_path: Path) -> None:
    near, far = TextWithFolder("in/a.csv", tmp_path), TextWithFolder("../c.csv", tmp_path / "base")
    spec = ADAPTER.validate_python({"source": "csv", "path": near, "targets": "y", "validation": "/b.csv", "test": far})
    assert spec.path == str(tmp_path / "in" / "a.csv")
    assert spec.validation == "/b.csv"
    assert spec.test == str(tmp_path / "c.csv")


def test_paths_of_a_config_made_in_python_are_relative_to_the_working_directory() -> None:
    assert ADAPTER.validate_python({"source": "npz", "path": "a.npz"}).path == str(Path.cwd() / "a.npz")


INLINE: dict[str, Any] = {"source": "inline", "features": [[0, 1], [1, 0]], "targets": [0, 1]}
IDX: dict[str, Any] = {"source": "idx", "features": "f", "targets": "t"}


@pytest.mark.parametrize(
    ("source", "place", "words"),
    [
        (INLINE | {"features": [[0, "x"], [0, 1]]}, ("features", 0, 1), ["number", "'x'"]),
        (INLINE | {"features": [[0, True], [0, 1]]}, ("features", 0, 1), ["number", "True"]),
        (INLINE | {"features": [[0, float("inf")], [0, 1]]}, ("features", 0, 1), ["finite"]),
        (INLINE | {"features": [[0, 1], [0]]}, ("features", 1), ["a list of 2", "a list of 1"]),
        (INLINE | {"features": [0, [1]]}, ("features", 1), ["a number", "a list of 1"]),
        (INLINE | {"features": []}, ("features",), ["at least one"]),
        (INLINE | {"targets": ["a", 1]}, ("targets", 0), ["number", "'a'"]),
        (INLINE | {"targets": [0]}, (), ["2 rows", "targets has 1"]),
        (INLINE | {"classes": ["a", "a"]}, ("classes",), ["once"]),
        (INLINE | {"validation": 0.5, "test": 0.5}, (), ["1 of the rows", "less than 1"]),
        (INLINE | {"test": 1.5}, ("test",), ["less than 1"]),
        (INLINE | {"test": {"features": [[1, 1]], "targets": [0, 0]}}, ("test",), ["1 rows", "targets has 2"]),
        (IDX | {"test_features": "f"}, (), ["go together"]),
        (IDX | {"test_features": "f", "test_targets": "t", "test": 0.1}, (), ["one of them"]),
        ({"source": "csv", "path": "p", "targets": "y", "features": ["x", "y"]}, (), ["'y'", "both"]),
        ({"source": "csv", "path": "p", "targets": []}, ("targets",), ["at least 1"]),
        ({"source": "csv", "path": "", "targets": "y"}, ("path",), ["at least 1"]),
        ({"source": "csv", "path": "p", "targets": "y", "test": True}, ("test",), ["number"]),
        ({"source": "image_folder", "path": "p", "image_size": [3]}, ("image_size",), ["at least 2"]),
        ({"source": "mnist", "test": 0.1}, ("test",), ["not permitted"]),
    ],
)
def test_problems_are_found_where_they_are(source: Any, place: tuple[str | int, ...], words: list[str]) -> None:
    with pytest.raises(ValidationError) as error:
        ADAPTER.validate_python(source)
    (problem,) = error.value.errors()
    keys = tuple(key for key in problem["loc"] if not str(key).startswith("<"))
    assert keys == place
    assert all(word in problem["msg"] for word in words), problem["msg"]
