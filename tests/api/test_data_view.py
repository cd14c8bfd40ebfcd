"""Pages of data as they come: small, whole, and written only where the data can be used."""

import re
import subprocess
import sys

import numpy as np
import pytest

import dltool
from dltool.errors import DltoolError, OutputError
from tests.support.examples import config_of
from tests.support.images import save
from tests.support.places import REPOSITORY

RANDOM = np.random.default_rng(2)
TRAINING = "training: {loss: categorical_crossentropy, epochs: 1}"
MLP = "model: {type: mlp, hidden_units: [2]}"


def wide(folder):
    rows = enumerate(RANDOM.normal(size=(120, 300)))
    lines = [",".join(f"{number:.3f}" for number in row) + f",c{i % 60}" for i, row in rows]
    (folder / "t.csv").write_text(",".join(f"number_{i}" for i in range(300)) + ",kind\n" + "\n".join(lines))
    return f"name: wide\ndata: {{source: csv, path: t.csv, targets: kind}}\n{MLP}\n{TRAINING}\n"


def large_images(folder):
    for i in range(12):
        for j in range(5):
            save(folder / "photos" / str(i) / f"{j}.png", RANDOM.integers(0, 256, (240, 320, 3), dtype=np.uint8))
    layers = "[{type: random_flip}, flatten, {type: dense, units: 12, activation: softmax}]"
    return (
        "name: photos\ndata: {source: image_folder, path: photos}\n"
        f"model: {{type: sequential, layers: {layers}}}\n{TRAINING}\n"
    )


@pytest.mark.parametrize("make", [wide, large_images])
def test_a_page_is_below_a_megabyte_and_loads_nothing(tmp_path, make):
    plan, page = dltool.show_data(config_of(tmp_path, make(tmp_path)), tmp_path / "page")
    html = page.read_text()
    assert page == tmp_path / "page" / "report.html"
    assert len(html) < 1_000_000
    assert len(html) > 50_000
    assert not re.search("https?://(?!www.w3.org)", html)
    assert not re.search('(?:src|href)="(?!data:|#)', html)
    assert plan.signature.outputs in (12, 60)
    left_out = {wide: ("276 more columns", "4 of 60 classes"), large_images: ("10 of 12 classes",)}[make]
    assert all(said in html for said in left_out)


def test_bad_data_and_another_folder_write_nothing(tmp_path):
    (tmp_path / "t.csv").write_text("a,kind\n1,x\n2,y\n")
    config = config_of(tmp_path, f"name: t\ndata: {{source: csv, path: t.csv, targets: kind}}\n{MLP}\n{TRAINING}\n")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "letter.txt").write_text("mine")
    with pytest.raises(OutputError, match="other files"):
        dltool.show_data(config, tmp_path / "own")
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["letter.txt"]
    for _ in range(2):  # the second in place of the first
        assert dltool.show_data(config, tmp_path / "before")[1].is_file()
    (tmp_path / "t.csv").write_text("a,kind\n1,x\n,y\n")
    with pytest.raises(DltoolError, match="missing"):
        dltool.show_data(config, tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_tensorflow_is_loaded_only_where_images_are_changed(tmp_path):
    code = (
        "import sys, dltool\ndltool.show_data(dltool.load_config(sys.argv[1]), sys.argv[2])\n"
        "print('tensorflow' in sys.modules)"
    )
    words = [sys.executable, "-c", code, REPOSITORY / "configs" / "iris.yaml", tmp_path / "page"]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "False\n"


def test_augmented_images_are_the_same_each_time(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=RANDOM.integers(0, 256, (40, 6, 6), dtype=np.uint8), y_train=np.arange(40) % 4)
    layers = "[{type: random_rotation, factor: 0.3}, flatten, {type: dense, units: 4, activation: softmax}]"
    config = config_of(
        tmp_path,
        "name: t\ndata: {source: npz, path: a.npz, scaling: rescaling}\n"
        f"model: {{type: sequential, layers: {layers}}}\n{TRAINING}\n",
    )
    pages = [dltool.show_data(config, tmp_path / name)[1].read_bytes() for name in ("a", "b")]
    assert pages[0] == pages[1]
    assert pages[0].count(b"augmented version") == 16


def test_folds_are_looked_at_as_check_does(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,y\n" + "".join(f"{i / 3},{i % 5},{i % 2}\n" for i in range(40)))
    config = config_of(
        tmp_path,
        "name: t\ndata: {source: csv, path: t.csv, targets: y, folds: 4}\n"
        f"{MLP}\ntraining: {{loss: binary_crossentropy, epochs: 1}}\n",
    )
    plan, page = dltool.show_data(config, tmp_path / "page")
    assert plan == dltool.check(config)
    assert "40\N{NO-BREAK SPACE}train" in page.read_text()
