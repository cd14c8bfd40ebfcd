"""Write the reference pages from the code: `make docs`."""

from __future__ import annotations

from pathlib import Path

import typer
from typer.core import TyperGroup

from dltool.cli import app
from dltool.config.reference import reference_page

_COMMANDS = """# Commands

Made from the code by `make docs`; a test holds it up to date. Results go to standard output, everything else to
standard error; `python -m dltool` is the same program.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | finished with a negative outcome: the training diverged; of several, some failed |
| 2 | the words of the command are wrong |
| 65 | bad data or a bad model file |
| 66 | an input is missing |
| 70 | a bug; the traceback is in a file whose path is printed |
| 71 | out of memory, or a device that cannot be used |
| 73, 74 | an output cannot be created; reading or writing failed |
| 75 | another process works in the directory |
| 77 | refused as unsafe |
| 78 | the config is wrong |
| 128 + n | ended by signal n, such as 130 by Ctrl-C and 143 by `kill`; what had been done is saved |
"""


def commands_page() -> str:
    """Return the page of all commands with their arguments and options."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)  # noqa: S101
    parts = [_COMMANDS.rstrip()]
    for name, command in group.commands.items():
        context = command.make_context(f"dltool {name}", [], resilient_parsing=True, max_content_width=100)
        parts.append(f"## dltool {name}\n\n```\n{command.get_help(context).strip()}\n```")
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """Return the text of every page by its file name."""
    return {"config.md": reference_page(), "commands.md": commands_page()}


if __name__ == "__main__":
    for file, text in pages().items():
        (Path(__file__).parent / file).write_text(text, "utf-8")
