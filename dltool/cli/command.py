"""How words of the command line that are none of ours are answered: with those that are."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

from typer.core import TyperCommand, TyperGroup

from dltool.cli.usage import ClickUsageError, in_our_words, no_value, usage_error
from dltool.errors import UsageError

# Ours, and what others call it, as ``config.suggestions.plain`` leaves it.
_COMMANDS = {
    "train": "fit run learn start",
    "evaluate": "eval test score measure metrics benchmark",
    "calibrate": "calibration recalibrate temperature",
    "explain": "interpret importance importances attribute attributions shap gradcam saliency",
    "predict": "infer inference forecast apply transform classify",
    "check": "validate lint verify summary dryrun inspect plan",
    "sweep": "tune search hpo hyperopt gridsearch optimize optimise experiment",
    "runs": "list ls history status show log logs",
    "compare": "diff leaderboard rank",
    "reproduce": "rerun repeat replay",
    "init": "new create template example generate",
    "schema": "jsonschema spec",
}
_OPTIONS = {
    "--device gpu": "gpu gpus ngpus usegpu cuda usecuda accelerator",
    "--device cpu": "cpu nocuda nogpu usecpu",
    "--run-dir": "outputdir outdir output out o savedir logdir modeldir dir rundir resultsdir savepath",
    "--output": "out outfile outputfile outputpath o save saveto to",
    "--quiet": "silent noprogress",
    "--resume": "continue resumefrom restart",
    "--jobs": "njobs j workers numworkers nworkers parallel processes concurrency",
    "--fail-fast": "exitfirst stoponerror",
    "--set": "override overrides param params setting define d",
    "--json": "asjson jsonoutput",
    "--format": "outputformat fmt",
    "--data": "testdata testset file input inputfile dataset datapath",
    "--top": "topk k ntop",
    "--header": "hasheader",
    "--split": "part subset partition",
    "--metric": "by sortby sort objective monitor",
    "--dry-run": "dryrun check test",
    "--engine ray": "ray cluster",
    "--show": "report html visualize visualise plot preview view",
}
_ARGUMENTS = {
    "config": "config configs configfile configpath yaml c f",
    "configs": "config configfile configpath yaml c f",
    "file": "config sweep sweepfile yaml c f",
    "run": "run model modelpath checkpoint checkpointpath weights rundir m",
    "inputs": "input inputfile file data datapath testdata source i",
    "source": "input inputfile file data datapath testdata source i",
}
_ASSIGNMENT = re.compile(r"([A-Za-z_][\w-]*(?:\.\w+|\[\d+\])*)=(.*)", re.DOTALL)


class Command(TyperCommand):
    """A command that says what was meant by an option that it does not have."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of the command. Raises UsageError."""
        words = list(args)
        self._refuse_assignments(words)
        self._refuse_options_as_values(words, ctx.help_option_names)
        try:
            return super().parse_args(ctx, args)
        except ClickUsageError as error:
            if type(error).__name__ == "NoSuchOption":
                raise self._no_such_option(error.option_name, words) from None
            raise in_our_words(error, self, ctx, words) from None

    @property
    def _options(self) -> dict[str, bool]:
        """The options of the command, and whether each takes a value."""
        return {
            name: not getattr(parameter, "is_flag", False)
            for parameter in self.params
            for name in (*parameter.opts, *parameter.secondary_opts)
            if name.startswith("-")
        }

    def _refuse_assignments(self, words: list[str]) -> None:
        """Answer ``epochs=5``, as Hydra takes it, where a file is expected."""
        from dltool.config.reading import is_file

        own = self._options
        if "--set" not in own:
            return
        for before, word in zip(["", *words], words, strict=False):
            found = _ASSIGNMENT.fullmatch(word)
            option = f"-{before[-1]}" if re.fullmatch("-[A-Za-z]+", before) else before  # of -qs, s takes the word
            if found and not own.get(option) and not is_file(Path(word)):
                raise usage_error(f"{word} is no file", _as_setting(found[1], found[2]) or "write --set PATH=VALUE")

    def _refuse_options_as_values(self, words: list[str], asking_for_help: list[str]) -> None:
        """Answer ``--run-dir --quiet``, which Click takes for a directory so called; ``--run-dir=--quiet`` is one."""
        own = self._options
        for word, value in pairwise(takewhile("--".__ne__, words)):
            if own.get(word) and value in (*own, *asking_for_help):
                raise no_value(self, word)

    def _no_such_option(self, option: str, words: list[str]) -> UsageError:
        from dltool.config.suggestions import closest, plain

        at = next((i for i, word in enumerate(words) if word.startswith(option)), 0)
        name, equals, value = words[at].partition("=")
        if not equals and words[at + 1 : at + 2] and not words[at + 1].startswith("-"):
            value = words[at + 1]
        bare, own = plain(name.replace(".", "")), self._options
        for ours, others in _OPTIONS.items():
            first = ours.partition(" ")[0]
            if bare in others.split() and first in own:
                takes_value = own[first] and first == ours and value
                return usage_error(
                    f"no such option: {name}", f"write {ours}" + (f" {shlex.quote(value)}" if takes_value else "")
                )
        for parameter in self.params:
            if bare in _ARGUMENTS.get(str(parameter.name), "").split():
                what = f"dltool {self.name} {value or parameter.metavar}"
                return usage_error(f"no such option: {name}", f"{parameter.metavar} needs no option: {what}")
        if likely := closest(name, [known for known in own if known.startswith("--")]):
            return usage_error(f"no such option: {name}", f"did you mean {likely}?")
        return usage_error(f"no such option: {name}", self._as_key(name.lstrip("-"), value))

    def _as_key(self, word: str, value: str) -> str:
        """Return a hint for a word that would be a key of the config."""
        from dltool.config.suggestions import advice_on

        if "--set" in self._options:
            if hint := _as_setting(word, value):
                return hint
        elif paths := _setting_paths(word):
            if self.name == "sweep":
                return f"write {paths[0]} into the sweep file: under axes, or in its base"
            return f"{paths[0]} is a key of the config; `dltool train` takes --set {paths[0]}=…"
        advice = advice_on(word)
        of_another = advice.startswith("it is an option")  # which this command lacks
        return advice if advice and not of_another else f"dltool {self.name} -h lists the options"


class Group(TyperGroup):
    """The program: it says what was meant by a command that it does not have."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words up to the command. Raises UsageError."""
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except ClickUsageError as error:
            if type(error).__name__ != "NoSuchOption":
                raise
            raise self._no_such_option(error.option_name, words) from None

    def _no_such_option(self, option: str, words: list[str]) -> UsageError:
        from dltool.config.suggestions import closest

        own = [name for parameter in self.params for name in parameter.opts]
        if likely := closest(option, own):
            return usage_error(f"no such option: {option}", f"did you mean {likely}?")
        named = next((word for word in words if word in self.commands), "COMMAND")
        known = any(option in parameter.opts for command in self.commands.values() for parameter in command.params)
        hint = f"write it behind the command: dltool {named} {option}" if known else "dltool -h lists the commands"
        return usage_error(f"no such option: {option}", hint)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is named first, and the other words. Raises UsageError."""
        name = args[0]
        if name in self.commands or name.startswith("-"):
            return super().resolve_command(ctx, args)
        from dltool.config.suggestions import closest, listed, plain

        if Path(name).suffix in (".yaml", ".yml"):
            raise usage_error(f"no such command {name!r}", f"write dltool train {shlex.quote(name)}")
        bare = plain(name)
        meant = next((ours for ours, others in _COMMANDS.items() if bare in (ours, *others.split())), None)
        likely = meant or closest(name, self.commands)
        known = list(self.commands)
        hint = f"did you mean {likely!r}? one of: " if likely else "expected one of: "
        raise usage_error(f"no such command {name!r}", hint + listed(known, likely, most=len(known)))


def _setting_paths(word: str) -> list[str]:
    from dltool.config.hints import settings_for

    return [path for path, _ in settings_for(word, "")]


def _as_setting(word: str, value: str) -> str:
    """Return what to write for a key of the config and its value; empty where the language has no such key."""
    from dltool.config.hints import settings_for

    found = [f"{path}={spelling}" if value else f"{path}=VALUE" for path, spelling in settings_for(word, value)]
    return f"write {' or '.join(f'--set {shlex.quote(each)}' for each in found)}" if found else ""
