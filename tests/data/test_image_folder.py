from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dltool.config.signature import Rows, TaskName
from dltool.data.image_files import image_files
from dltool.data.images import ImageReader
from dltool.errors import DataError, DataWarning, DltoolError, InputMissingError

Loader = Callable[..., Any]

RANDOM = np.random.default_rng(0)


def colours(height: int = 4, width: int = 6) -> np.ndarray:
    return RANDOM.integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(path: Path, pixels: np.ndarray | None = None, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(colours() if pixels is None else pixels).save(path, **options)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("cat/a.png", "cat/b.PNG", "dog/deep/er/c.png", "dog/d.png"):
        save(tmp_path / "set" / name)
    return tmp_path / "set"


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
    np.testing.assert_array_equal(data.train.features, expected)
    assert data.train.features.dtype == np.uint8


def test_resized_and_grey(load_data: Loader, folder: Path) -> None:
    save(folder / "dog" / "z.jpg", colours(9, 5))
    data = load_folder(load_data, folder, image_size=[3, 2], color_mode="grayscale", interpolation="nearest", test=0.4)
    assert data.signature.input_shape == (3, 2, 1)
    assert data.signature.image == {"color_mode": "grayscale", "interpolation": "nearest"}
    assert data.rows == Rows(3, 0, 2)


def test_nearest_takes_the_pixel_under_the_centre(tmp_path: Path) -> None:
    pixels = colours(4, 4)
    read = ImageReader("rgb", "nearest", (2, 2)).read(save(tmp_path / "a.png", pixels))
    np.testing.assert_array_equal(read, pixels[1::2, 1::2])


def test_grey_is_the_luma_of_itu_r_601(tmp_path: Path) -> None:
    pixels = colours()
    read = ImageReader("grayscale", "bilinear").read(save(tmp_path / "a.png", pixels))
    np.testing.assert_allclose(read[..., 0], pixels @ [0.299, 0.587, 0.114], atol=1)


def test_other_kinds_of_picture_become_colours(tmp_path: Path) -> None:
    reader = ImageReader("rgb", "bilinear")
    grey = save(tmp_path / "grey.png", np.array([[0, 7], [200, 255]], np.uint8))
    np.testing.assert_array_equal(reader.read(grey)[..., 0], [[0, 7], [200, 255]])
    palette = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.save(tmp_path / "p.png", transparency=b"\x00\xff")
    assert reader.read(tmp_path / "p.png").tolist() == [[[10, 20, 30], [40, 50, 60]]]
    clear = np.dstack([colours(), np.zeros((4, 6), np.uint8)])
    np.testing.assert_array_equal(reader.read(save(tmp_path / "rgba.png", clear)), clear[..., :3])
    black_and_white = Image.new("1", (2, 1), 1)
    black_and_white.save(tmp_path / "one.png")
    assert reader.read(tmp_path / "one.png").tolist() == [[[255] * 3] * 2]


# Where the first row and the first column of the stored picture belong, says the EXIF standard (4.6.5, Orientation).
SHOWN: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda stored: stored,  # top, left
    2: lambda stored: stored[:, ::-1],  # top, right
    3: lambda stored: stored[::-1, ::-1],  # bottom, right
    4: lambda stored: stored[::-1],  # bottom, left
    5: lambda stored: stored.swapaxes(0, 1),  # left, top
    6: lambda stored: stored[::-1].swapaxes(0, 1),  # right, top
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),  # right, bottom
    8: lambda stored: stored[:, ::-1].swapaxes(0, 1),  # left, bottom
    0: lambda stored: stored,  # none of the standard's
    9: lambda stored: stored,
}


def exif(orientation: int) -> Image.Exif:
    values = Image.Exif()
    values[274] = orientation
    return values


@pytest.mark.parametrize("orientation", SHOWN)
@pytest.mark.parametrize("suffix", ["png", "webp", "jpg"])
def test_pictures_are_read_as_shown(tmp_path: Path, orientation: int, suffix: str) -> None:
    path = save(tmp_path / f"a.{suffix}", colours(8, 16), exif=exif(orientation), lossless=True)
    stored = np.asarray(Image.open(path))
    read = ImageReader("rgb", "bilinear").read(path)
    np.testing.assert_array_equal(read, SHOWN[orientation](stored))
    assert ImageReader("rgb", "bilinear").size_of_all([path], "") == read.shape[:2]
    # Nearest takes the pixel under the centre: it has to be turned before.
    small = ImageReader("rgb", "nearest", (4, 4)).read(path)
    rows, columns = read.shape[0] // 4, read.shape[1] // 4
    np.testing.assert_array_equal(small, read[rows // 2 :: rows, columns // 2 :: columns])


def test_sizes_are_compared_as_shown(load_data: Loader, tmp_path: Path) -> None:
    save(tmp_path / "set/cat/a.png", colours(4, 6), exif=exif(6))
    save(tmp_path / "set/dog/b.png", colours(6, 4))
    assert load_folder(load_data, tmp_path / "set").signature.input_shape == (6, 4, 3)
    save(tmp_path / "set/dog/b.png", colours(4, 6))
    with pytest.raises(DataError, match=r"b.png is 4 x 6 .*/a.png is 6 x 4"):
        load_folder(load_data, tmp_path / "set")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # as the module has it, outside of tests
@pytest.mark.parametrize("suffix", ["png", "webp", "jpg"])
def test_damaged_exif_counts_as_none(tmp_path: Path, suffix: str) -> None:
    random = np.random.default_rng(0)
    whole = exif(6).tobytes()
    blocks = [b"Exif\0\0", b"Exif\0\0nonsense", *(whole[:length] for length in range(7, len(whole)))]
    blocks += [whole[:8] + random.bytes(40) for _ in range(40)]
    for block in blocks:
        path = save(tmp_path / f"a.{suffix}", colours(4, 6), exif=block)
        reader = ImageReader("rgb", "bilinear")
        assert reader.size_of_all([path], "") == reader.read(path).shape[:2]


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
