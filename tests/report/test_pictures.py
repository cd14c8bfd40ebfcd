import io
import re
import subprocess
import sys
import warnings
from xml.etree import ElementTree

import pytest
from PIL import Image

from dltool.report.pictures import FIRST, SECOND, legend_label, picture


def drawn(description="x & <y>", label="$a_b$ & <c> 猫"):
    def draw(axes):
        axes.plot([0, 1], [0, 2], color=FIRST, label=label)
        axes.plot([0, 1], [2, 0], color=SECOND)
        axes.legend()

    return picture("lines", "Lines", description, draw, width=4, height=3)


def test_a_picture_is_the_same_each_time_whatever_the_users_style(tmp_path):
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\nsavefig.dpi: 30\n")
    program = (
        "import sys; from tests.report.test_pictures import drawn; sys.stdout.buffer.write(drawn().png + drawn().svg)"
    )
    home = {"MATPLOTLIBRC": str(tmp_path), "HOME": str(tmp_path)}
    again = subprocess.run([sys.executable, "-c", program], check=False, env=home, capture_output=True)
    made = drawn()
    assert again.stdout == made.png + made.svg, again.stderr


def test_names_that_begin_with_an_underscore_stand_in_a_legend():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "_shown" in drawn(label=legend_label("_shown", 9)).svg.decode()
    assert legend_label("shown", 5) == "shown"
    assert legend_label("shown", 4) == "sho…"


def test_inline_it_has_the_pages_colours_and_alone_its_own():
    made = drawn()
    assert f"stroke: {FIRST}" in made.svg.decode()
    assert "stroke: var(--training)" in made.inline
    assert "stroke: var(--validation)" in made.inline
    assert not re.search("#[0-9a-f]{6}\\b(?!')", made.inline.replace("xlink:href", "")), made.inline


def test_texts_are_texts_and_described():
    for svg in (drawn().inline, drawn().svg.decode()):
        root = ElementTree.fromstring(svg)
        texts = [node.text for node in root.iter() if node.tag.endswith("}text")]
        assert "$a_b$ & <c> 猫" in texts
    assert ElementTree.fromstring(drawn().inline).get("aria-label") == "x & <y>"
    assert "width" not in ElementTree.fromstring(drawn().inline).attrib


def test_letters_that_matplotlib_does_not_have_are_left_to_the_browser(recwarn):
    made = drawn(label="名前")
    assert "名前" in made.inline
    assert not recwarn.list


def test_the_file_is_a_picture_of_the_size_that_was_asked_for():
    assert Image.open(io.BytesIO(drawn().png)).size == (576, 432)  # 4 by 3 inches of 144 dots


def test_texts_of_any_script_are_drawn_without_a_warning():
    with warnings.catch_warnings(action="error"):
        assert "東京" in drawn(label="東京").inline


def test_nothing_is_said_where_matplotlib_has_no_folder_of_its_own(tmp_path):
    (tmp_path / "file").touch()
    program = "from tests.report.test_pictures import drawn; drawn()"
    environment = {"MPLCONFIGDIR": str(tmp_path / "file" / "below"), "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], check=True, env=environment, capture_output=True)
    assert done.stderr == b""


def test_a_png_is_left_out_where_none_is_wanted():
    made = picture("nothing", "Nothing", "nothing", lambda axes: None, png=False)
    assert made.png == b""
    assert "<svg" in made.inline


@pytest.mark.parametrize(
    ("most", "ticks"),
    [(300_000, "300,000"), (2025, "2000"), (0.5, "0.5")],
    ids=["money", "years", "small"],
)
def test_tens_of_thousands_are_separated(most, ticks):
    made = picture("a", "a", "a", lambda axes: axes.plot([0, most], [0, 1]), png=False)
    assert f">{ticks}</text>" in made.inline
