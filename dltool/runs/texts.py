"""The texts of the files that a run or a sweep leaves: YAML and JSON that everything else reads alike."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import yaml


def json_text(facts: dict[str, Any]) -> str:
    """Return facts as they are written to a file; numbers that are not finite become null."""
    return json.dumps(json_safe(facts), indent=2, ensure_ascii=False) + "\n"


def json_safe(value: Any) -> Any:
    """Return a value with None for every number that JSON cannot hold, at any depth."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: json_safe(item) for key, item in value.items()}
    return [json_safe(item) for item in value] if isinstance(value, list | tuple) else value


def yaml_text(plain: dict[str, Any]) -> str:
    """Return plain data as YAML that every version of YAML reads alike."""
    return yaml.dump(plain, Dumper=_Quoting, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)


class _Quoting(yaml.CSafeDumper):
    """Quotes every text that some version of YAML might take for something else, such as 08 or 1e3."""


def _quoted(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    plain = re.fullmatch(r"[A-Za-z_/][A-Za-z0-9_./-]*", text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else "'")


_Quoting.add_representer(str, _quoted)


def config_text(config: dict[str, Any]) -> str:
    """Return the text of a run's ``config.yaml``."""
    return "# Every value filled in: `dltool train config.yaml` repeats the run.\n" + yaml_text(config)
