"""The house stands as planned: imports go one way, and TensorFlow is loaded where it is used alone."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "dltool"
# What each room may import of the others. `training.events` and `training.watch` load nothing heavy.
ALLOWED = {
    "environment": {"errors"},
    "errors": set(),
    "interruptions": {"errors"},
    "shipped": set(),
    "config": {"errors", "shipped"},
    "preprocessing": {"config", "errors"},
    "data": {"config", "environment", "errors", "preprocessing", "shipped"},
    "backend": {"config", "environment", "errors"},
    "model": {"config", "errors", "backend", "preprocessing"},
    "training": {"config", "errors", "backend", "preprocessing"},
    "inference": {"config", "errors", "backend", "preprocessing"},
    "runs": {"config", "errors", "training.events"},
    "experiments": {"config", "errors", "interruptions", "runs", "training.events", "training.watch"},
    "analysis": {"config", "errors", "runs", "training.events", "training.watch"},
    "wording": {"training.events", "training.watch"},
    "console": {"config", "errors", "training.events", "training.watch", "runs", "analysis", "experiments", "wording"},
    "report": {"analysis", "config", "errors", "runs", "wording"},
    "worker": {"api", "environment", "runs.files"},
    "api": {
        "config",
        "preprocessing",
        "data",
        "backend",
        "model",
        "training",
        "inference",
        "runs",
        "experiments",
        "analysis",
        "console",
        "report",
        "wording",
        "environment",
        "errors",
        "interruptions",
    },
    "cli": {"api", "config", "console", "errors", "experiments.spec", "inference.forms", "wording"},
    "__init__": {"api"},
    "__main__": {"cli", "wording.formatting", "environment", "errors", "interruptions"},
}
WITH_TENSORFLOW = {"backend", "model", "training", "inference"}
FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path, *, at_module_level=False):
    """Yield the names that a file imports when it runs; what only a type checker reads does not count."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = []
    for node in tree.body if at_module_level else ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    room = room_of(path)
    for name in imports_of(path):
        if not name.startswith("dltool."):
            continue
        target = name.removeprefix("dltool.")
        first = target.split(".")[0]
        if first == room or not any((PACKAGE / first).with_suffix(suffix).exists() for suffix in ("", ".py")):
            continue
        fits = any(target == allowed or target.startswith(f"{allowed}.") for allowed in ALLOWED[room])
        # `from dltool.training import …` names the package on the way to an allowed module.
        on_the_way = any(allowed.startswith(f"{target}.") for allowed in ALLOWED[room])
        assert fits or on_the_way, f"{room} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_tensorflow_is_imported_at_the_top_of_its_rooms_alone(path):
    found = {name.split(".")[0] for name in imports_of(path, at_module_level=True)} & {"tensorflow", "keras"}
    assert not found or room_of(path) in WITH_TENSORFLOW


@pytest.mark.parametrize(
    "module",
    ["dltool", "dltool.api", "dltool.cli", "dltool.data", "dltool.config.validation", "dltool.runs.run",
     "dltool.console.results", "dltool.report.run", "dltool.console.display", "dltool.inference.write",
     "dltool.console.sweep", "dltool.experiments.driver", "dltool.experiments.local", "dltool.worker"],
)  # fmt: skip
def test_these_load_no_tensorflow(module):
    code = f"import sys, {module}; print('tensorflow' in sys.modules or 'keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def _opens(node):
    """Whether a call opens, writes or lists a file by its path, as ``path.open()`` and ``open(path)`` do."""
    function = node.func
    if isinstance(function, ast.Name):
        return function.id == "open"
    if not isinstance(function, ast.Attribute):
        return False
    if function.attr in ("open", "load_file", "safe_open", "memmap", "fromfile", "ZipFile") or (
        ast.unparse(function) in ("h5py.File", "np.load", "np.save", "np.savez")
    ):
        # A run is opened by its directory's name, through what is tested here.
        return not (isinstance(function.value, ast.Name) and function.value.id in ("Run", "cls"))
    return function.attr in (
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "copyfile",
        "copy",
        "copytree",
    ) and (function.attr != "copy" or (isinstance(function.value, ast.Name) and function.value.id == "shutil"))


# Beside these: what a user named (data, configs), what comes with the tool, and the system's own.
OPENS = {
    "runs/files.py": "the one place where stored files are opened",
    "runs/seal.py": "the user's own key, made under a new name",
    "api/using.py": "what -o names: a file that `atomic_path` lends, a device or a pipe",
    "api/jobs.py": "/proc/self/statm",
    "report/rendering.py": "templates that come with the tool",
    "inference/files.py": "a stream that was opened, and what `atomic_path` lends",
    "inference/forms.py": "streams",
    "analysis/reproduce.py": "a stream that was opened",
}


ROOMS = ["analysis", "api", "console", "experiments", "inference", "report", "runs", "training", "worker"]


@pytest.mark.parametrize("room", ROOMS)
def test_stored_files_are_opened_in_one_place(room):
    """Whatever lies in a run directory may be a link, a pipe or a device: see ``runs.files``."""
    for path in FILES:
        if room_of(path) == room:
            calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
            found = [ast.unparse(node) for node in calls if _opens(node)]
            assert not found or str(path.relative_to(PACKAGE)) in OPENS, (path, found)
