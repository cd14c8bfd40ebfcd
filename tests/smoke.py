"""A user's first minutes on the promised Pythons that are here, but for that of .venv, which runs all of the tests."""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
PROMISED = ("3.11", "3.12", "3.13")
XOR = [("0", "0", "0"), ("0", "1", "1"), ("1", "0", "1"), ("1", "1", "0")]


def output_of(*words):
    """Return what a command wrote; empty where it is not there or fails."""
    try:
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def find(version):
    """Return the path of a Python of that version, or an empty text: on the PATH, among those of pyenv or of uv."""
    places = [f"python{version}"]
    if root := output_of("pyenv", "root"):
        places += map(str, Path(root, "versions").glob(f"{version}.*/bin/python{version}"))
    if found := output_of("uv", "python", "find", version):
        places.append(found)
    # pyenv has a command on the PATH for each of its versions, which fails if that is not the chosen one.
    return next((place for place in places if output_of(place, "--version").startswith(f"Python {version}.")), "")


def run(*words, folder=REPOSITORY):
    """Run a command, which must succeed, and return what it wrote for a program."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(words, cwd=folder, env=variables, stdout=subprocess.PIPE, text=True, check=True).stdout


def smoke(version, python):
    """Install for a Python as a user would, and learn XOR and the irises."""
    place = REPOSITORY / ".smoke" / version
    run(python, "-m", "venv", place)
    run(place / "bin/pip", "install", "--quiet", "--constraint", "constraints.txt", ".")
    dltool = place / "bin/dltool"
    with tempfile.TemporaryDirectory() as folder:
        for name in ("xor", "iris"):
            run(dltool, "train", "--quiet", REPOSITORY / f"configs/{name}.yaml", folder=folder)
        with Path(folder, "xor.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("x0", "x1"), *(row[:2] for row in XOR)])
        answers = csv.DictReader(run(dltool, "predict", "runs/xor-001", "xor.csv", folder=folder).splitlines())
        found = [row["label"] for row in answers]
        if found != [row[2] for row in XOR]:
            sys.exit(f"Python {version}: the answers to XOR are {found}")
        accuracy = json.loads(run(dltool, "evaluate", "runs/iris-001", "--json", folder=folder))["metrics"]["accuracy"]
        if accuracy < 0.9:
            sys.exit(f"Python {version}: of the test irises, {accuracy:.0%} are right")


def main():
    """Try all Pythons at a time; prints which were here."""
    with ThreadPoolExecutor() as threads:
        outcomes = list(threads.map(try_out, PROMISED))
    for version, outcome in zip(PROMISED, outcomes, strict=True):
        print(f"Python {version}: {outcome}")
    sys.exit(any(outcome.startswith("fails") for outcome in outcomes))


def try_out(version):
    """Return what came of a Python, in words."""
    if version == "{}.{}".format(*sys.version_info):
        return "that of .venv, which `make test` uses"
    began, python = time.monotonic(), find(version)
    if not python:
        return "not on this machine"
    try:
        smoke(version, python)
    except subprocess.CalledProcessError as error:
        return f"fails: {error}"
    return f"works ({time.monotonic() - began:.0f} s)"


if __name__ == "__main__":
    main()
