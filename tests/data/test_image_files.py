"""Every image in a folder is found once, whatever links lead to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dltool.data.image_files import image_files
from dltool.errors import DataWarning
from tests.support.images import save


@pytest.mark.parametrize(
    ("link", "target"),
    [("dog/up", ".."), ("dog/deep/er/self", "."), ("dog/out", "../.."), ("dog/cats", "../cat"), ("away", "/")],
)
def test_a_folder_is_read_once(folder: Path, link: str, target: str) -> None:
    before = image_files(folder)
    (folder / link).symlink_to(target)
    with pytest.warns(DataWarning, match=f"{folder}: 1 folder is skipped \\({link}\\)"):
        assert image_files(folder) == before


def test_folders_that_link_to_each_other_are_read_once_each(tmp_path: Path) -> None:
    # Followed on every way, twelve of them would be read some 10^8 times.
    for i in range(12):
        save(tmp_path / str(i) / "a.png")
        for j in range(12):
            (tmp_path / str(i) / f"to-{j}").symlink_to(tmp_path / str(j))
    with pytest.warns(DataWarning, match="144 folders are skipped"):
        assert len(image_files(tmp_path)) == 12
