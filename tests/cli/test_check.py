"""``check`` as scripts see it."""

import json

from tests.support.places import REPOSITORY


def test_check_prints_the_expanded_layers(program, tmp_path):
    mnist = REPOSITORY / "configs" / "mnist_cnn.yaml"
    done = program.run(["check", mnist], tmp_path)
    assert done.code == 0, done.err
    for said in ("rescaling", "conv2d", "26 x 26 x 32", "54,410", "1,688"):
        assert said in done.out
    facts = json.loads(program.run(["check", mnist, "--json"], tmp_path).out)
    assert facts["parameters"] == 3 * 3 * 32 + 32 + 13 * 13 * 32 * 10 + 10


def test_show_prints_the_page_last_and_writes_nothing_else(program, tmp_path):
    iris = REPOSITORY / "configs" / "iris.yaml"
    plain = program.run(["check", iris], tmp_path)
    shown = program.run(["check", iris, "--show", "page"], tmp_path)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == f"{plain.out}page/report.html\n"
    assert {path.name for path in (tmp_path / "page").iterdir()} == {"report.html", "page.json"}
    assert json.loads(program.run(["check", iris, "--show", "page", "--json"], tmp_path).out)["page"] == (
        "page/report.html"
    )


def test_show_writes_nothing_where_the_config_is_wrong(program, tmp_path):
    done = program.run(["check", REPOSITORY / "configs" / "iris.yaml", "-s", "data.test=2", "--show", "page"], tmp_path)
    assert done.code == 78
    assert not list(tmp_path.iterdir())
    done = program.run(["check", REPOSITORY / "configs" / "iris.yaml", "--report", "page"], tmp_path)
    assert "write --show page" in done.err
