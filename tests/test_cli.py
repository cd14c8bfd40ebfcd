"""The command line as scripts see it: its two streams, its exit code."""

import re
import subprocess
import sys

import pytest

from dltool.cli import app
from tests.support.places import IRIS, REPOSITORY, XOR


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["train", "nowhere.yaml"], 66, "nowhere.yaml"),
        (["evaluate", "runs/nothing"], 66, "runs/nothing"),
        (["train", str(XOR), "--nonsense"], 2, "--nonsense"),
        (["train", str(XOR), "-s", "training.epoch=3"], 78, "did you mean 'epochs'?"),
        (["train", str(XOR), "--resume"], 2, "--resume needs --run-dir"),
        (["train", str(XOR), "--resume", "--run-dir", "nowhere"], 66, "there is no run directory nowhere"),
        (["train", str(XOR), "--device", "tpu"], 2, "expected auto, cpu, gpu or gpu:N"),
        (["check", str(XOR), "-s", "data.targets=[0, 1, 1]"], 78, "4 rows"),
        (["check", str(IRIS), "-s", "data.path=nothing.csv"], 66, "nothing.csv"),
        (["check", str(IRIS), "-s", "data.targets=nothing"], 65, "nothing"),
        (["compare"], 2, "`dltool compare` lacks RUN: run directories"),
        (["compare", "nothing", "nowhere"], 66, "there is no run directory nothing"),
        (["compare", "a", "b", "--json", "--csv"], 2, "--json and --csv exclude each other"),
        (["runs"], 66, "there is no folder runs"),
        (["reproduce", "nothing"], 66, "there is no run directory nothing"),
    ],
)
def test_what_a_user_does_wrong_gets_a_sentence_and_its_own_exit_code(program, tmp_path, words, code, said):
    done = program.run(words, tmp_path)
    assert (done.code, done.out) == (code, ""), done.err
    assert said in done.err
    assert "Traceback" not in done.err
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_command(program, tmp_path):
    shown = program.run(["--help"], tmp_path).out
    commands = [command.callback.__name__ for command in app.registered_commands]
    assert "train" in commands
    for command in commands:
        assert re.search(rf"^  {command} +[A-Z]", shown, flags=re.MULTILINE), command


@pytest.mark.parametrize("words", [["--help"], ["check", REPOSITORY / "configs" / "mnist_cnn.yaml"], ["schema"]])
def test_what_has_to_start_quickly_loads_neither_tensorflow_nor_templates(tmp_path, words):
    code = (
        "import sys, dltool.__main__\n"
        "code = dltool.__main__.run()\n"
        "heavy = ('tensorflow', 'keras', 'numpy', 'jinja2')\n"
        "print(code, [name for name in heavy if name in sys.modules])"
    )
    words = [sys.executable, "-c", code, *map(str, words)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


def test_no_escape_codes_in_a_pipe(trainer, iris):
    for words in (["--help"], ["evaluate", iris], ["check", str(XOR)]):
        done = trainer.run(words, iris.parent, FORCE_COLOR="", TERM="xterm-256color")
        assert "\x1b" not in done.out + done.err
