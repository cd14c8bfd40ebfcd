from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dltool.config.needs import TaskName
from dltool.contracts.signature import Rows
from dltool.data.image_files import image_files
from dltool.data.images import ImageReader
from dltool.errors import DataError, DataWarning, DltoolError, InputMissingError
from tests.support.images import colours, exif, save
from tests.support.inputs import seen

Loader = Callable[..., Any]


def load_folder(load_data: Loader, folder: Path, **values: Any) -> Any:
    return load_data(TaskName.BINARY, source="image_folder", path=str(folder), **values)


def test_a_folder_a_class(load_data: Loader, folder: Path) -> None:
    (folder / "cat" / "notes.txt").write_text("no image")
    (folder / "cat" / ".hidden.png").write_text("no image")
    (folder / ".cache").mkdir()
    data = load_folder(load_data, folder)
    assert data.signature.classes == ("cat", "dog")
    assert data.signature.input_shape == (4, 6, 3)
    assert data.train.targets.tolist() == [0, 0, 1, 1]
    files = ("cat/a.png", "cat/b.PNG", "dog/d.png", "dog/deep/er/c.png")
    expected = [np.asarray(Image.open(folder / name)) for name in files]
    np.testing.assert_array_equal(seen(data.train.features, data.signature), expected)
    assert seen(data.train.features, data.signature).dtype == np.uint8


def test_resized_and_grey(load_data: Loader, folder: Path) -> None:
    save(folder / "dog" / "z.jpg", colours(9, 5))
    data = load_folder(load_data, folder, image_size=[3, 2], color_mode="grayscale", interpolation="nearest", test=0.4)
    assert data.signature.input_shape == (3, 2, 1)
    assert data.signature.image == {"color_mode": "grayscale", "interpolation": "nearest"}
    assert data.rows == Rows(3, 0, 2)


def test_sizes_are_compared_as_shown(load_data: Loader, tmp_path: Path) -> None:
    save(tmp_path / "set/cat/a.png", colours(4, 6), exif=exif(6))
    save(tmp_path / "set/dog/b.png", colours(6, 4))
    assert load_folder(load_data, tmp_path / "set").signature.input_shape == (6, 4, 3)
    save(tmp_path / "set/dog/b.png", colours(4, 6))
    with pytest.raises(DataError, match=r"b.png is 4 x 6 .*/a.png is 6 x 4"):
        load_folder(load_data, tmp_path / "set")


def test_links_to_folders_are_followed(load_data: Loader, folder: Path, tmp_path: Path) -> None:
    save(tmp_path / "elsewhere" / "x.png")
    save(tmp_path / "elsewhere" / "deep" / "y.png")
    (folder / "cat" / "more").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "foxes").mkdir()
    save(tmp_path / "foxes" / "z.png")
    (folder / "fox").symlink_to(tmp_path / "foxes")
    data = load_data(TaskName.CATEGORICAL, source="image_folder", path=str(folder))
    assert data.signature.classes == ("cat", "dog", "fox")
    assert data.train.targets.tolist() == [0, 0, 0, 0, 1, 1, 2]
    names = ["cat/a.png", "cat/b.PNG", "cat/more/deep/y.png", "cat/more/x.png", "dog/d.png", "dog/deep/er/c.png"]
    assert [str(path.relative_to(folder)) for path in image_files(folder)] == [*names, "fox/z.png"]


def test_a_folder_that_is_two_classes_is_refused(load_data: Loader, folder: Path) -> None:
    (folder / "kitten").symlink_to("cat")
    with pytest.warns(DataWarning, match="kitten"), pytest.raises(DataError, match="kitten: no image in it"):
        load_folder(load_data, folder)


@pytest.mark.parametrize("link", ["cat/more", "cat/z.png", "fox", ".hidden/x"])
def test_a_link_to_nothing_is_refused_unless_it_is_hidden(load_data: Loader, folder: Path, link: str) -> None:
    (folder / ".hidden").mkdir()
    (folder / link).symlink_to("nothing")
    if link.startswith("."):
        assert load_folder(load_data, folder).rows.train == 4
        return
    for read in (image_files, lambda folder: load_folder(load_data, folder)):
        with pytest.raises(DataError, match=f"{link}: a broken link"):
            read(folder)


def test_a_class_whose_name_is_not_utf_8_is_refused(load_data: Loader, folder: Path) -> None:
    (folder / "dog").rename(folder / os.fsdecode(b"caf\xe9"))
    with pytest.raises(DataError, match="not UTF-8; rename the folder"):
        load_folder(load_data, folder)


def test_parts_from_other_folders(load_data: Loader, folder: Path, tmp_path: Path) -> None:
    save(tmp_path / "more" / "dog" / "x.png")
    data = load_folder(load_data, folder, validation=str(tmp_path / "more"))
    assert data.rows == Rows(4, 1, 0)
    assert data.validation.targets.tolist() == [1]


def cut_jpeg(folder: Path) -> None:
    path = save(folder / "dog" / "z.jpg", colours(64, 64))
    path.write_bytes(path.read_bytes()[:-700])


def cut_png(folder: Path) -> None:
    path = folder / "dog" / "d.png"
    path.write_bytes(path.read_bytes()[:60])


def bomb(folder: Path) -> None:
    Image.new("1", (16_000, 12_000)).save(folder / "dog" / "z.png")


def emptied(folder: Path) -> None:
    for path in (folder / "dog").rglob("*.png"):
        path.unlink()


def flat(folder: Path) -> None:
    for name in ("cat", "dog"):
        (folder / name).rename(folder.parent / name)
    save(folder / "a.png")


@pytest.mark.parametrize(
    ("spoil", "values", "error_class", "words"),
    [
        (cut_jpeg, {"image_size": [4, 6]}, DataError, ["z.jpg", "cannot be read"]),
        (cut_png, {}, DataError, ["d.png", "cannot be read"]),
        (lambda f: (f / "dog" / "d.png").write_text("hello"), {}, DataError, ["d.png", "cannot be read"]),
        (lambda f: (f / "dog" / "d.png").write_bytes(b""), {}, DataError, ["d.png", "cannot be read"]),
        (
            lambda f: save(f / "dog/z.png", colours(9, 5)),
            {},
            DataError,
            ["z.png is 9 x 5", "a.png is 4 x 6"],
        ),
        (lambda f: save(f / "dog/z.png", np.zeros((4, 6), np.uint16)), {}, DataError, ["z.png", "8 bits"]),
        (bomb, {}, DataError, ["z.png", "pixels"]),
        (emptied, {}, DataError, ["dog", "no image"]),
        (flat, {}, DataError, ["no folder in it"]),
        (lambda f: [p.rename(f.parent / p.name) for p in f.glob("dog")], {}, DataError, ["class 'cat'", "two classes"]),
        (lambda f: save(f.parent / "more" / "fox" / "x.png"), {"test": "more"}, DataError, ["'fox'", "cat, dog"]),
        (lambda f: f.rename(f.with_name("sets")), {}, InputMissingError, ["no such folder", "did you mean", "sets"]),
    ],
)
def test_bad_folders(
    load_data: Loader,
    folder: Path,
    spoil: Callable[[Path], object],
    values: dict[str, Any],
    error_class: type[DltoolError],
    words: list[str],
) -> None:
    spoil(folder)
    if "test" in values:
        values = {"test": str(folder.parent / values["test"])}
    with pytest.raises(error_class) as error:
        load_folder(load_data, folder, **values)
    assert all(word in str(error.value) for word in words), error.value


def test_a_bomb_is_no_mere_warning(folder: Path) -> None:
    Image.new("1", (10_000, 10_000)).save(folder / "z.png")
    with warnings.catch_warnings():
        warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
        with pytest.raises(DataError, match="pixels"):
            ImageReader("rgb", "bilinear").read(folder / "z.png")


def test_numbers_to_predict_are_refused(load_data: Loader, folder: Path) -> None:
    with pytest.raises(DataError, match="classes, not numbers"):
        load_data(TaskName.REGRESSION, source="image_folder", path=str(folder))


def test_images_that_cannot_be_read_are_skipped_where_that_is_asked_for(load_data: Loader, folder: Path) -> None:
    whole = load_folder(load_data, folder)
    (folder / "cat" / "0.png").write_bytes(b"no image")
    cut = (folder / "dog" / "d.png").read_bytes()[:-40]  # of which the header can be read
    (folder / "dog" / "e.png").write_bytes(cut)
    with pytest.raises(DataError, match=r"0\.png: cannot be read as JPEG"):
        load_folder(load_data, folder)
    with pytest.warns(DataWarning, match=r"set: 2 images are skipped, as data\.errors says: .*0\.png: .*; .*e\.png: "):
        data = load_folder(load_data, folder, errors="skip")
    assert data.fingerprint == whole.fingerprint
    for name in ("cat/a.png", "cat/b.PNG"):
        (folder / name).write_bytes(b"no image")
    with pytest.warns(DataWarning, match="4 images"), pytest.raises(DataError, match="cat: no image in it"):
        load_folder(load_data, folder, errors="skip")
