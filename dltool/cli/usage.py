"""What is wrong with the words of a command, said as the rest of the program says it and not in Click's words."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer

from dltool.errors import UsageError

# Typer brings a Click of its own, or not: its classes have no name to import them by.
ClickUsageError: Any = typer.BadParameter.__mro__[1]


def usage_error(message: str, hint: str) -> UsageError:
    """Return an error with a line of its own for how to mend it."""
    error = UsageError(message)
    error.add_note(hint)
    return error


def in_our_words(error: Any, command: Any, context: Any, words: list[str]) -> UsageError:
    """Return what a command finds wrong with its words.

    Args:
        error: Click's.
        command: Click's, of one of our functions.
        context: Click's.
        words: All that stands behind the command's name.
    """
    name, kind = f"dltool {command.name}", type(error).__name__
    if kind == "MissingParameter":
        return usage_error(
            f"`{name}` lacks {error.param.metavar}: {_described(command, error.param)}",
            f"{name} -h shows what it takes",
        )
    if kind == "BadOptionUsage":
        return no_value(command, error.option_name)
    if kind == "BadParameter":
        return _bad_value(error, command, context, words)
    _, more, _ = command.make_parser(context).parse_args(list(words))
    if more:
        return usage_error(f"`{name}` has no use for {more[0]!r}", f"{name} -h shows what it takes")
    return UsageError(error.format_message())


def no_value(command: Any, option: str) -> UsageError:
    """Return what is wrong with an option that has no value, or has one and takes none."""
    from dltool.config.suggestions import did_you_mean

    parameter = next(each for each in command.params if option in each.opts + each.secondary_opts)
    if getattr(parameter, "is_flag", False):
        return UsageError(f"{option} takes no value")
    known = _choices(command, parameter)
    return usage_error(
        f"{option} lacks its value", did_you_mean("", known) if known else _described(command, parameter)
    )


def _bad_value(error: Any, command: Any, context: Any, words: list[str]) -> UsageError:
    from dltool.config.file_kinds import draft_command
    from dltool.config.suggestions import did_you_mean

    parameter = error.param
    option = max(parameter.opts, key=len)
    given = command.make_parser(context).parse_args(list(words))[0][parameter.name]
    kinds, described = _annotation(command, parameter)
    if command.name == "init" and (draft := draft_command(Path(given))):
        return usage_error(f"{given} is no template", f"write {draft}")
    if known := _choices(command, parameter):
        where = f" ({option})" if option.startswith("-") else ""
        return usage_error(f"unknown {option.lstrip('-')} {given!r}{where}", did_you_mean(given, known))
    if int in kinds:
        return UsageError(f"{option}: expected a whole number, {described.min} or more, got {given!r}")
    if float in kinds:
        return UsageError(f"{option}: expected a number, got {given!r}")
    message = error.message.replace("is not readable", "cannot be read")
    return UsageError(f"{option if option.startswith('-') else parameter.metavar}: {message}")


def _described(command: Any, parameter: Any) -> str:
    text: str = _annotation(command, parameter)[1].help.rstrip(".")
    return text[0].lower() + text[1:]


def _choices(command: Any, parameter: Any) -> list[str]:
    """Return the words that a parameter may be; empty where they are not limited."""
    kind = _annotation(command, parameter)[0][0]
    return [choice.value for choice in kind] if isinstance(kind, type) and issubclass(kind, Enum) else []


def _annotation(command: Any, parameter: Any) -> tuple[tuple[Any, ...], Any]:
    """Return the types of which a parameter's value may be, and what Typer was told of it."""
    annotation, described = get_args(get_type_hints(command.callback, include_extras=True)[parameter.name])
    return get_args(annotation) or (annotation,), described
