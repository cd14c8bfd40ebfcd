"""What a file or a folder is by its name, where a config was expected, and the command that takes it."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from itertools import islice
from pathlib import Path, PurePath

from dltool.config.value_text import value_text

IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp")
_SOURCES = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".npz": "npz", ".parquet": "parquet", ".xlsx": "excel",
    ".xlsm": "excel",
}  # fmt: skip
_DRAFTED = ("csv", "parquet", "excel")
_COMPRESSED = (".gz", ".bz2", ".zst")
_MODEL_ENDING = ".keras"
_YAML_ENDINGS = (".yaml", ".yml")
_RECORDS = {"run.json": ("a run", "config.yaml"), "sweep.json": ("a sweep", "sweep.yaml")}
"""What they are of, and what lies beside them: without that, a config may have such a name."""
_MOST_FILES = 3


def source_of(path: str) -> str | None:
    """Return the data source that reads files with such an ending; None where no source does."""
    pure = PurePath(path)
    if pure.suffix.lower() in _COMPRESSED:
        pure = pure.with_suffix("")
    return _SOURCES.get(pure.suffix.lower())


def is_yaml(path: Path) -> bool:
    """Tell by its name whether a file is a config."""
    return path.suffix.lower() in _YAML_ENDINGS


def draft_command(path: Path) -> str:
    """Return the command that writes a config for a table, or for a folder of images; empty for anything else."""
    source, is_folder = source_of(path.name), os.path.isdir(path)  # noqa: PTH112  (of too long a name, Path's raises)
    if is_folder and any(_holds_image(entry) for entry in islice(path.iterdir(), 100)):
        words = ["images", shlex.quote(str(path))]
    elif not is_folder and source in _DRAFTED:
        words = [source, shlex.quote(str(path)), "--target COLUMN"]
    else:
        return ""
    config = Path(path.resolve().name.partition(".")[0] + ".yaml")
    into = [] if config.exists() else [">", shlex.quote(str(config))]  # `>` would empty it
    return " ".join(["dltool init", *words, *into])


def unlike_config(path: Path) -> tuple[str, str]:
    """Return what a file or folder is that is no config, and what to do with it; both empty where nothing is known."""
    if path.is_dir():
        if configs := sorted(str(entry) for entry in path.iterdir() if is_yaml(entry)):
            more = ", …" if len(configs) > _MOST_FILES else ""
            return "a folder", f"there is {', '.join(configs[:_MOST_FILES])}{more}"
        draft = draft_command(path)
        return "a folder", f"`{draft}` writes a config for it" if draft else ""
    of, beside = _RECORDS.get(path.name, ("", ""))
    if of and path.with_name(beside).is_file():
        folder = shlex.quote(str(path.parent))
        return f"the record of {of}", f"there is {path.with_name(beside)}; `dltool evaluate {folder}` takes the folder"
    if path.suffix.lower() in IMAGE_ENDINGS:
        return "an image", "`dltool init images FOLDER` writes a config for a folder of images"
    if path.suffix.lower() == _MODEL_ENDING:
        return "a trained model", "`dltool evaluate`, `predict` and `explain` take it"
    source = source_of(path.name)
    if source == "npz":
        return "a file of arrays", f"a config names it: data: {value_text({'source': 'npz', 'path': str(path)})}"
    # Whoever called a config .txt did no harm.
    if source is None or path.suffix.lower() == ".txt":
        return "", ""
    return "a table", f"`{draft_command(path)}` writes a config for it"


def _holds_image(folder: Path) -> bool:
    with suppress(OSError):  # it may not be entered
        return folder.is_dir() and any(entry.suffix.lower() in IMAGE_ENDINGS for entry in islice(folder.iterdir(), 100))
    return False
