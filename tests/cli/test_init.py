"""``init`` as scripts see it: what it prints can be checked at once."""

import pytest
import yaml

from dltool.config.templates import NAMES
from tests.support.images import save


@pytest.mark.parametrize("name", NAMES)
def test_every_template_is_a_config_that_check_accepts(program, tmp_path, name):
    done = program.run(["init", name], tmp_path)
    assert (done.code, done.err) == (0, "")
    assert {"name", "data", "model", "training"} <= set(yaml.safe_load(done.out))
    (tmp_path / "c.yaml").write_text(done.out)
    assert program.run(["check", "c.yaml"], tmp_path).code == 0


def test_another_word_is_answered_by_the_templates_there_are(program, tmp_path):
    done = program.run(["init", "transformer"], tmp_path)
    assert (done.code, done.out) == (2, "")
    assert all(name in done.err for name in NAMES)


def test_a_config_for_a_folder_of_images_can_be_checked(program, tmp_path):
    for name in ("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"):
        save(tmp_path / "photos" / name)
    done = program.run(["init", "images", "photos"], tmp_path)
    assert (done.code, done.err) == (0, "")
    (tmp_path / "c.yaml").write_text(done.out)
    assert program.run(["check", "c.yaml"], tmp_path).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["images", "photos", "--target", "y"], "takes no --target"),
        (["images", "--target", "y"], "takes no --target"),
        (["mlp", "photos"], "dltool init images FOLDER"),
        (["csv", "photos"], "lacks --target COLUMN"),
    ],
)
def test_words_that_do_not_go_together(program, tmp_path, words, said):
    done = program.run(["init", *words], tmp_path)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_folder_that_is_not_there(program, tmp_path):
    assert program.run(["init", "images", "photos"], tmp_path).code == 66
