"""Public tables, trained as exported, against scikit-learn: `python -m benchmarks.tables [--splits N] [NAME …]`.

Each is divided in several ways; `dltool init csv` writes a config for the training rows, and nothing in it is changed.
Scores are of rows that neither side saw: accuracy for classes, R² for numbers.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_AS_GOOD = 0.03


def main() -> None:
    """Train each table, and print a Markdown table and what it comes to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="as scripts/public_tables.py has them; all by default")
    parser.add_argument("--splits", type=int, default=3, help="ways to divide each table")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        found = _theirs(Path(folder), arguments.splits, arguments.names)
        for facts in found:
            facts["scores"]["dltool"] = _ours(Path(folder, facts["name"].replace("/", "-"), str(facts["split"])), facts)
            print(facts["name"], facts["split"], facts["scores"], file=sys.stderr, flush=True)
    _print(found)


def _theirs(folder: Path, splits: int, names: list[str]) -> list[dict[str, Any]]:
    path = os.pathsep.join(str(ROOT / ".bench" / package) for package in ("sklearn", "pandas", "tables"))
    script = str(ROOT / "benchmarks" / "scripts" / "public_tables.py")
    command = [sys.executable, script, str(folder), str(splits), *names]
    environment = os.environ | {"PYTHONPATH": path}
    output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def _ours(place: Path, facts: dict[str, Any]) -> float | None:
    """Return the score of what `init`, `train` and `evaluate` make of a table, or None where one of them refuses."""
    from dltool import api
    from dltool.errors import DltoolError

    os.chdir(place)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Path("config.yaml").write_text(api.draft("train.csv", facts["target"]))
            run = api.train(api.load_config("config.yaml"), "run", device="cpu")
            evaluation = api.evaluate(run, data="test.csv")
    except DltoolError as error:
        print(f"{facts['name']}: {error}", file=sys.stderr)
        return None
    return float(evaluation.metrics["accuracy" if facts["task"] == "classes" else "r2_score"])


def _print(found: list[dict[str, Any]]) -> None:
    print("| table | rows | score | dltool | MLP | linear | boosting |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: |")
    names = list(dict.fromkeys((facts["half"], facts["name"]) for facts in found))
    differences: dict[str, list[float]] = {}
    refused = 0
    for half, name in names:
        splits = [facts for facts in found if facts["name"] == name]
        answered = [facts["scores"] for facts in splits if facts["scores"]["dltool"] is not None]
        refused += len(splits) - len(answered)
        means = {
            model: statistics.mean(scores[model] for scores in answered) if answered else math.nan
            for model in ("dltool", "mlp", "linear", "boosting")
        }
        differences.setdefault(half, []).append(means["dltool"] - means["mlp"])
        score = "accuracy" if splits[0]["task"] == "classes" else "R²"
        cells = " | ".join(f"{value:.3f}" for value in means.values())
        print(f"| {name} ({half}) | {splits[0]['rows']:,} | {score} | {cells} |")
    for half, values in differences.items():
        answers = [value for value in values if not math.isnan(value)]
        good = sum(value >= -_AS_GOOD for value in answers)
        print(
            f"\n{half}: {good} of {len(values)} tables as good as the MLP within {_AS_GOOD}, median difference "
            f"{statistics.median(answers):+.4f}"
        )
    print(f"\n{refused} of {len(found)} trainings or measurements were refused; what was said is above")


if __name__ == "__main__":
    main()
