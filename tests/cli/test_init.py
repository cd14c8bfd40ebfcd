"""``init`` as scripts see it: what it prints can be checked at once."""

import pytest
import yaml

from dltool.config.templates import NAMES


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
