"""``check`` as scripts see it."""

import json
import subprocess
import sys

from tests.support.places import REPOSITORY


def test_check_prints_the_expanded_layers_without_tensorflow(program, tmp_path):
    mnist = REPOSITORY / "configs" / "mnist_cnn.yaml"
    done = program.run(["check", mnist], tmp_path)
    assert done.code == 0, done.err
    for said in ("rescaling", "conv2d", "26 x 26 x 32", "54,410", "1,688"):
        assert said in done.out
    facts = json.loads(program.run(["check", mnist, "--json"], tmp_path).out)
    assert facts["parameters"] == 3 * 3 * 32 + 32 + 13 * 13 * 32 * 10 + 10
    code = (
        "import sys; sys.argv = ['dltool', 'check', sys.argv[1]]\n"
        "import dltool.cli\n"
        "dltool.cli.app(standalone_mode=False)\n"
        "print([name for name in ('tensorflow', 'keras', 'numpy') if name in sys.modules])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code, str(mnist)], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert loaded.stdout.splitlines()[-1] == "[]"
