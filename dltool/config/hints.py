"""How to write what was meant: a hint for each kind of fault in a value."""

from __future__ import annotations

import re
import shlex
from typing import Any

from dltool.config.config import Config
from dltool.config.document import CHOICE_KEYS, Document, choice_key
from dltool.config.field_types import Spec, is_tag
from dltool.config.file_kinds import source_of
from dltool.config.language import Location, annotation_at, field_paths, fields_at, item_type, kinds_of_type, type_at
from dltool.config.overrides import keys_of
from dltool.config.suggestions import advice_on, closest, did_you_mean, listed, synonym
from dltool.errors import KeyPath, Problem, dotted

_TUPLE = re.compile(r"[\[(]?\s*-?[\d.]+(\s*[,;x×*\s]\s*-?[\d.]+)*\s*,?\s*[\])]?")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+")
_RATIO = re.compile(r"([\d.]+)\s*(%|/\s*([\d.]+))")
_NUMBER_EXPECTED = ("int_parsing", "int_type", "float_parsing", "float_type", "shape_expected")
_MOST_PATHS = 3
_LONGEST_VALUE = 80


class Hints:
    """Says of one document how to mend what is wrong with it.

    Everywhere, ``location`` is Pydantic's, which names the kinds that were chosen; ``keys`` is the same without them.
    """

    def __init__(self, root: type[Spec], document: Document) -> None:
        self._root, self._document = root, document
        self._types = _field_types(root, document.value)

    def known_key(self, location: Location) -> str | None:
        """Return the key that an unknown one is another name of, in the same mapping."""
        return synonym(str(location[-1]), fields_at(self._root, location[:-1]))

    def for_key(self, location: Location, keys: KeyPath, given: Any) -> str:
        """Return a hint for a key that is none."""
        word, known = str(location[-1]), fields_at(self._root, location[:-1])
        if self.known_key(location):
            return did_you_mean(word, known)
        if word.endswith(")") and "(" not in word:
            return "write a list in square brackets, such as [3, 3]"
        layers = kinds_of_type(type_at(self._root, location[:-2])) if keys[-3:-2] == ("layers",) else {}
        if layer := synonym(word, layers):
            return f"it is a layer of its own: {{type: {layer}, …}}"
        if word in CHOICE_KEYS:  # most mappings have one: to name them all says nothing
            return did_you_mean(word, known)
        if found := self._elsewhere(word):
            return self._written_there(found, given, keys)
        if advice := advice_on(word):
            return advice
        if not closest(word, known) and (found := self._elsewhere(word, slips=True)):
            return self._written_there(found, given, keys)
        return did_you_mean(word, known)

    def for_kind(self, location: Location, keys: KeyPath, given: Any) -> str:
        """Return a hint for a name that chooses nothing, or for a mapping without one."""
        key, kinds = choice_key(keys), kinds_of_type(type_at(self._root, location))
        if isinstance(given, dict) and not isinstance(given.get(key), str):
            if part := _plain_part(keys, given):
                return self._write(keys, part)
            return self._missing_kind(key, kinds, given) or did_you_mean("", list(kinds))
        if isinstance(given, int) and not isinstance(given, bool) and keys[-2:-1] == ("layers",):
            return f"write {{type: dense, units: {given}}}"
        if isinstance(given, float) and "l2" in kinds:
            return self._write(keys, f"{{type: l2, l2: {given}}}")
        name = str(given[key] if isinstance(given, dict) else given)
        if key == "source" and len(name) <= _LONGEST_VALUE and (source := source_of(name)):
            line = f"source: {source}, path: {name}" + ("" if source == "npz" else ", targets: …")
            is_name = isinstance(self._document.value_at(keys), str)
            return f"write data: {{{line}}}" if is_name else f"write {line}"
        return (not synonym(name, kinds) and advice_on(name)) or did_you_mean(name, list(kinds))

    def for_value(self, location: Location, keys: KeyPath, kind: str, given: Any) -> str:
        """Return a hint for a value of a wrong type."""
        if kind == "string_unicode":
            return "rename the file or folder"
        if isinstance(given, str) and len(given) > _LONGEST_VALUE:
            return ""
        if kind == "number_quoted":
            return self._write(keys, str(given).strip(), "the number without quotes")
        if kind == "bool_type" and not isinstance(given, dict | list):
            word = str(given).lower()
            if word in ("yes", "y", "on", "1", "true"):
                return "write true"
            return "write false" if word in ("no", "n", "off", "0", "false") else ""
        if kind == "fraction_as_text":
            return self._as_number(location, keys, given.strip()) or self._write(keys, given.strip())
        if kind == "string_type" and isinstance(given, bool | int | float):
            return f"in quotes it is a text: '{str(given).lower() if isinstance(given, bool) else given}'"
        if kind == "list_type" and isinstance(given, str | int | float) and not isinstance(given, bool):
            return self._as_list(location, keys, given)
        if kind == "model_type":
            return self._as_section(location, keys, given)
        if kind in _NUMBER_EXPECTED and (part := _plain_part(keys, given)):
            return self._write(keys, part)
        if kind in _NUMBER_EXPECTED and isinstance(given, str):
            return self._as_number(location, keys, given.strip())
        if kind in _NUMBER_EXPECTED and isinstance(given, list) and given and all(item == given[0] for item in given):
            return self._write(keys, str(given[0])) if isinstance(given[0], int | float) else ""
        return ""

    def _write(self, keys: KeyPath, value: str, words: str = "") -> str:
        """Return what to write, as it stands in the file or on the command line."""
        if self._is_override(keys):
            return f"write {_setting(keys, value)}"
        return f"write {words or (f'{keys[-1]}: {value}' if keys and isinstance(keys[-1], str) else value)}"

    def _is_override(self, keys: KeyPath, *, at_key: bool = False) -> bool:
        position = self._document.position(Problem("", keys, at_key=at_key))
        return position is not None and not position.line

    def _elsewhere(self, word: str, *, slips: bool = False) -> dict[KeyPath, Any]:
        """Return the paths of the keys of other mappings that a word may mean, with the type of each."""
        return _paths_of(self._types, word, slips=slips)

    def _written_there(self, types: dict[KeyPath, Any], given: Any, keys: KeyPath) -> str:
        path, *others = types
        sections = [each[:-1] for each in types]
        if not others and isinstance(given, str | int | float) and len(str(given)) <= _LONGEST_VALUE:
            value = _as_typed(types[path], str(given).lower() if isinstance(given, bool) else str(given))
            if self._is_override(keys, at_key=True):
                return f"write {_setting(path, value)}"
            kind = self._document.value_at(sections[0])
            if isinstance(kind, str):
                return f"write {sections[0][-1]}: {{{choice_key(sections[0])}: {kind}, {path[-1]}: {value}}}"
        if sections == [()]:
            return f"write {path[-1]} at the top of the file"
        return f"write {path[-1]} under {' or '.join(map(dotted, sections[:_MOST_PATHS]))}"

    def _missing_kind(self, key: str, kinds: dict[str, Any], given: dict[str, Any]) -> str:
        for other, name in given.items():
            named = isinstance(name, str) and (other in CHOICE_KEYS or synonym(str(other), [key]))
            if named and (kind := synonym(name, kinds) or closest(name, kinds)):
                return f"write {key}: {kind}"
        if key == "source" and (source := source_of(str(given.get("path", "")))):
            return f"write source: {source}"
        fitting = [kind for kind, spec in kinds.items() if given and _fits_kind(spec, key, given)]
        if len(fitting) == 1:
            return f"write {key}: {fitting[0]}; one of: {listed(list(kinds), fitting[0])}"
        if len(given) == 1:
            other, arguments = next(iter(given.items()))
            if kind := synonym(str(other), kinds):
                names = [f"{name}: …" for name in arguments] if isinstance(arguments, dict) else ["…"]
                return f"write {{{', '.join([f'{key}: {kind}', *names])}}}"
        return ""

    def _as_list(self, location: Location, keys: KeyPath, given: Any) -> str:
        found = item_type(annotation_at(self._root, location))
        if found is None:
            return ""
        item, least = found
        words = [given]
        if isinstance(given, str):
            numbers = _TUPLE.fullmatch(given.strip()) and re.findall(r"-?[\d.]+", given)
            words = numbers or [word.strip() for word in given.strip("()[] ").split(",")]
        kinds = kinds_of_type(item)
        items = [(kinds and (synonym(str(word), kinds) or closest(str(word), kinds))) or str(word) for word in words]
        if len(items) < least:
            items = items * least if not isinstance(given, str) else [*items, "…"]
        return self._write(keys, f"[{', '.join(items)}]")

    def _as_section(self, location: Location, keys: KeyPath, given: Any) -> str:
        known = fields_at(self._root, location)
        if given is False:
            return "leave the key out"
        if isinstance(given, str) and "monitor" in known:
            return self._write(keys, f"{{monitor: {re.sub('^val_', 'validation_', given)}}}")
        if "patience" in known and isinstance(given, int):
            return self._write(keys, f"{{patience: {5 if given is True else given}}}")
        return f"its keys: {listed(known)}" if known and not isinstance(given, dict) else ""

    def _as_number(self, location: Location, keys: KeyPath, given: str) -> str:
        if ratio := _RATIO.fullmatch(given):
            try:
                return self._write(keys, f"{float(ratio[1]) / float(ratio[3] or 100):.9g}")
            except (ValueError, ZeroDivisionError):
                return ""
        if _GROUPED.fullmatch(given):
            return self._write(keys, given.replace(",", ""))
        if given.startswith("(") and not given.endswith(")"):
            return "write a list in square brackets, such as [3, 3]"
        if _TUPLE.fullmatch(given) and (numbers := re.findall(r"-?[\d.]+", given)):
            if item_type(annotation_at(self._root, location[:-1] if is_tag(location[-1]) else location)):
                return self._write(keys, f"[{', '.join(numbers)}]")
            return self._write(keys, numbers[0]) if len(set(numbers)) == 1 else ""
        return ""


def settings_for(word: str, value: str) -> list[tuple[str, str]]:
    """Return where in a config a word may mean a key, and how the value is spelt there, as ``--set`` takes both."""
    exact = {path: kind for path, kind in field_paths(Config, {}) if path == keys_of(word)}
    types = _field_types(Config, {})
    meant = exact or _paths_of(types, word, slips=False) or _paths_of(types, word, slips=True)
    if ("data",) in meant:
        meant = {("data", "path"): str}
    return [(dotted(path), _as_typed(kind, value)) for path, kind in list(meant.items())[:_MOST_PATHS]]


def _field_types(root: type[Spec], value: Any) -> dict[KeyPath, Any]:
    """Return the path of every key with its type, less those that many a mapping has."""
    return {path: kind for path, kind in field_paths(root, value) if path[-1] not in CHOICE_KEYS}


def _paths_of(types: dict[KeyPath, Any], word: str, *, slips: bool) -> dict[KeyPath, Any]:
    names = dict.fromkeys(str(path[-1]) for path in types)
    meant = closest(word, names) if slips else synonym(word, names)
    return {path: kind for path, kind in types.items() if path[-1] == meant}


def _as_typed(annotation: Any, value: str) -> str:
    """Return a value as its type has it: ``sgd`` for ``SGD``, ``[64]`` for ``64``."""
    if item_type(annotation) and not kinds_of_type(annotation) and not value.startswith("["):
        return f"[{value}]"
    return synonym(value, kinds_of_type(annotation)) or value


def _setting(keys: KeyPath, value: str) -> str:
    return f"--set {shlex.quote(f'{dotted(keys)}={value}')}"


def _plain_part(keys: KeyPath, given: Any) -> str:
    """Return how a part of the rows is written that is a file, or a mere fraction; empty for anything else."""
    if keys[-1] not in ("validation", "test") or not isinstance(given, dict):
        return ""
    named = {synonym(str(key), ("path", "fraction")): value for key, value in given.items() if key != "source"}
    match named:
        case {"path": str(path), **others} if not others:
            return path
        case {"fraction": float(fraction), **others} if not others:
            return str(fraction)
    return ""


def _fits_kind(spec: type[Spec], key: str, given: dict[str, Any]) -> bool:
    """Whether a mapping without its kind could be of that kind."""
    needed = {name for name, field in spec.model_fields.items() if field.is_required()}
    return needed - {key} <= given.keys() <= spec.model_fields.keys()
