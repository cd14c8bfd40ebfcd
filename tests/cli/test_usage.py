"""What words are answered with that the program cannot use: its own words and exit code, none of the libraries'."""

import pytest
import typer

from dltool.cli import Command, app
from tests.support.places import XOR

PARTS = "did you mean 'test'? one of: test, train, validation"


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        (["evaluate", "r", "--split", "tets"], "unknown split 'tets' (--split)", PARTS),
        (["evaluate", "r", "--split=TEST"], "unknown split 'TEST' (--split)", PARTS),
        (["evaluate", "r", "--split"], "--split lacks its value", "expected one of: test, train, validation"),
        (["init", "cvs", "t.csv", "--target", "y"], "unknown template 'cvs'", "did you mean 'csv'? one of: csv, cnn, "),
        (["schema", "confg"], "unknown kind 'confg'", "did you mean 'config'? one of: config, sweep"),
        (["schema", "config", "more"], "`dltool schema` has no use for 'more'", "dltool schema -h shows what it takes"),
        (["check", XOR, ""], "`dltool check` has no use for ''", "dltool check -h"),
        (["train", XOR, "--jobs", "z"], "--jobs: expected a whole number, 1 or more, got 'z'", None),
        (["train", XOR, "--jobs", "0"], "--jobs: expected a whole number, 1 or more, got '0'", None),
        (["train", XOR, "--json=3"], "--json takes no value", None),
        (["train", XOR, "--run-dir"], "--run-dir lacks its value", "the directory to create"),
        (["train", XOR, "--run-dir", "--quiet"], "--run-dir lacks its value", "the directory to create"),
        (["train", XOR, "--run-dir", "--help"], "--run-dir lacks its value", "the directory to create"),
        (["train", XOR, "-s", "-q"], "-s lacks its value", "set a value, e.g. "),
        (["train"], "`dltool train` lacks CONFIG: the YAML file, or several", "dltool train -h shows what it takes"),
        (
            ["predict", "r"],
            "`dltool predict` lacks INPUT: a table, NPZ, image or folder; - for CSV on stdin",
            "dltool ",
        ),
        (["predict", "r", "t", "--interval", "x"], "--interval: expected a number, got 'x'", None),
        (
            ["predict", "r", "t", "--format", "json"],
            "unknown format 'json' (--format)",
            "did you mean 'jsonl'? one of: ",
        ),
        (["--vers"], "no such option: --vers", "did you mean --version?"),
        (["--quiet", "train", XOR], "no such option: --quiet", "write it behind the command: dltool train --quiet"),
        (["--nonsense", "train", XOR], "no such option: --nonsense", "dltool -h lists the commands"),
    ],
)
def test_words_of_no_use_are_answered_in_a_line_and_a_hint(program, tmp_path, words, said, hint):
    done = program.run(words, tmp_path)
    assert (done.code, done.out) == (2, "")
    first, *more = done.err.splitlines()
    assert first == f"error: {said}"
    assert (not more) if hint is None else (len(more) == 1 and more[0].startswith(f"hint: {hint}")), done.err


@pytest.mark.parametrize("words", [["--run-dir=--quiet"], ["--", "--run-dir", "--quiet"]])
def test_what_is_named_like_an_option_may_be_a_value_or_a_file_all_the_same(words):
    context = typer.main.get_command(app).commands["train"].make_context("train", [str(XOR), *words])
    assert {"--quiet"} <= {str(context.params["run_dir"]), *map(str, context.params["configs"])}


def test_every_option_and_argument_can_be_described():
    """Which of them there are decides what is said of them: one without words of its own fails here."""
    for command in typer.main.get_command(app).commands.values():
        assert isinstance(command, Command)
        assert all(parameter.help for parameter in command.params)
        assert all(parameter.metavar for parameter in command.params if parameter.required)
