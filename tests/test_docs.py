"""What the documentation shows can be done: every block of YAML is read, every command has the options it is given."""

import re
import shlex
from itertools import islice
from pathlib import Path

import pytest
import typer
import yaml

from dltool import api
from dltool.cli import app
from dltool.config.validation import validate
from dltool.config.yaml_reader import read_text
from dltool.console.sweep_results import points_facts, print_points

REPOSITORY = Path(__file__).parent.parent
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
COMMANDS = sorted({line for page in PAGES for line in re.findall(r"^dltool .+$", page.read_text(), re.MULTILINE)})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_shows_or_points_to_is_there(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)", text) + re.findall(r'(?:href|src)="([^"#]+)"', text)
    assert [target for target in targets if "://" not in target and not (page.parent / target).exists()] == []


def blocks(page):
    return re.findall(r"```yaml\n(.*?)```", (REPOSITORY / "docs" / page).read_text(), re.DOTALL)


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_and_their_options_exist(line):
    command = typer.main.get_command(app)
    words = re.split(r"\s*[>|;]", line)[0]
    name, *arguments = islice(shlex.split(words, comments=True), 1, None)
    command.commands[name].make_context(name, [word for word in arguments if word != "…"])


def test_the_sections_in_the_guide_are_configs():
    network, sequences, training = blocks("guide.md")
    head = "name: guide\ndata: {source: mnist}\n"
    assert validate(read_text(head + network + training, "guide.md", REPOSITORY)).training.epochs == 50
    short = "training: {loss: binary_crossentropy, epochs: 1}\n"
    assert len(validate(read_text(head + sequences + short, "guide.md", REPOSITORY)).model.layers) == 3


def test_the_sweep_files_are_such(tmp_path, capsys):
    base = f"base: {REPOSITORY / 'configs' / 'xor.yaml'}\n"
    grid = "axes: {training.optimizer.learning_rate: [0.1, 0.01]}\n"
    for block in blocks("sweeps.md"):
        found = yaml.safe_load(block)
        text = block if "base" in found else "name: docs\n" + base + block + ("" if "axes" in found else grid)
        path = tmp_path / "sweep.yaml"
        path.write_text(text.replace("base: ../xor.yaml\n", base))
        print_points(api.read_sweep(path))
        assert "points" in capsys.readouterr().out or "search" in found


def test_the_axes_are_such(tmp_path, capsys):
    (line,) = re.findall(r"^- a list of values: (.*);$", (REPOSITORY / "docs" / "sweeps.md").read_text(), re.MULTILINE)
    rates, units, optimizers = re.findall(r"`(.*?)`", line)
    for place, values in (
        ("training.optimizer.learning_rate", rates),
        ("model.hidden_units", units),
        ("training.optimizer", optimizers),
    ):
        path = tmp_path / "sweep.yaml"
        path.write_text(f"name: docs\nbase: {REPOSITORY / 'configs' / 'xor.yaml'}\naxes: {{{place}: {values}}}\n")
        definition = api.read_sweep(path)
        print_points(definition)
        shown = capsys.readouterr().out
        listed = yaml.safe_load(values)
        assert [point["values"] for point in points_facts(definition)["points"]] == [{place: value} for value in listed]
        assert all(str(value).replace("'", "") in shown for value in listed)
