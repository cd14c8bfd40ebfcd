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
