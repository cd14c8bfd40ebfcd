"""The house stands as planned: imports go one way, and TensorFlow is loaded where it is used alone."""

import ast
import subprocess
import sys

import pytest

from docs import draw_house
from docs.draw_house import PACKAGE

# What each room may import of the others. `inference.evaluation` loads nothing heavy.
ALLOWED = {
    "environment": {"errors"},
    "errors": set(),
    "interruptions": {"errors"},
    "shipped": set(),
    "config": {"errors", "shipped"},
    "contracts": {"config", "errors"},
    "preprocessing": {"contracts", "errors"},
    "tasks": {"contracts", "config", "errors", "preprocessing"},
    "assessment": {"analysis.statistics", "config", "tasks"},
    "data": {"contracts", "config", "environment", "errors", "preprocessing", "shipped", "tasks"},
    "backend": {"environment", "errors"},
    "model": {"backend", "contracts", "config", "environment", "errors", "preprocessing", "tasks"},
    "training": {"contracts", "config", "errors", "backend", "tasks"},
    "inference": {"assessment", "contracts", "config", "environment", "errors", "backend", "preprocessing", "tasks"},
    "runs": {"contracts", "config", "environment", "errors"},
    "experiments": {"contracts", "config", "errors", "interruptions", "runs"},
    "analysis": {"contracts", "config", "errors", "tasks", "runs"},
    "wording": {
        "assessment",
        "contracts.events",
        "contracts.signature",
        "config.counts",
        "config.metric_names",
        "config.metric_order",
        "inference.evaluation",
        "inference.explanation",
        "tasks.regression",
    },
    "console": {
        "assessment",
        "contracts",
        "config",
        "errors",
        "inference.evaluation",
        "inference.explanation",
        "runs",
        "analysis",
        "experiments",
        "wording",
    },
    "report": {
        "assessment",
        "contracts",
        "analysis",
        "config",
        "errors",
        "inference.evaluation",
        "inference.explanation",
        "runs",
        "wording",
    },
    "worker": {"api", "environment", "errors", "runs.stored_files"},
    "api": {
        "assessment",
        "contracts",
        "config",
        "tasks",
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
    "cli": {
        "api",
        "config",
        "console",
        "errors",
        "experiments.sweep_events",
        "experiments.sweep_spec",
        "inference.output_format",
        "wording",
    },
    "__init__": {"api"},
    "__main__": {"cli", "wording.formatting", "environment", "errors", "interruptions"},
}
WITH_TENSORFLOW = {"backend", "model", "training", "inference"}
FILES = sorted(PACKAGE.rglob("*.py"))
# What is to go, module by module: nothing is added here.
ARROWS_TO_GO = set()
CIRCLES_TO_GO = set()
ROOMS_TO_PART = set()


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_at_the_top_of(path):
    """Yield the packages that a file imports as soon as it is imported itself."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)


def test_imports_go_one_way():
    """Those for type hints too."""
    wrong = set()
    for module, targets in draw_house.arrows().items():
        room = draw_house.room_of(module)
        for target in targets:
            name = target.removeprefix("dltool.")
            allowed = any(name == each or name.startswith(f"{each}.") for each in ALLOWED[room])
            if draw_house.room_of(target) != room and not allowed:
                wrong.add((module, target))
    assert wrong == ARROWS_TO_GO


def test_no_files_import_each_other():
    arrows = draw_house.arrows()
    assert {module for module in arrows if module in draw_house.reached(arrows, module)} == CIRCLES_TO_GO


def test_no_rooms_import_each_other():
    arrows = draw_house.room_arrows()
    assert {room for room in arrows if room in draw_house.reached(arrows, room)} == ROOMS_TO_PART


def test_the_table_allows_nothing_that_nobody_needs():
    used = {room: set() for room in ALLOWED}
    for module, targets in draw_house.arrows().items():
        used[draw_house.room_of(module)] |= {target.removeprefix("dltool.") for target in targets}
    idle = {
        (room, each)
        for room, allowed in ALLOWED.items()
        for each in allowed
        if not any(name == each or name.startswith(f"{each}.") for name in used[room])
    }
    assert not idle


def test_the_picture_of_the_house_is_up_to_date():
    assert draw_house.PAGE.read_text("utf-8") == draw_house.page(), "run `make docs`"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_tensorflow_is_imported_at_the_top_of_its_rooms_alone(path):
    assert room_of(path) in WITH_TENSORFLOW or not {"tensorflow", "keras"} & set(imports_at_the_top_of(path))


WITHOUT_TENSORFLOW = [
    "dltool", "dltool.api", "dltool.cli", "dltool.data", "dltool.config.validation", "dltool.runs.run",
    "dltool.console.evaluation", "dltool.report.run", "dltool.console.display", "dltool.inference.write",
    "dltool.console.sweep_display", "dltool.experiments.driver", "dltool.experiments.local", "dltool.worker",
]  # fmt: skip


def test_these_load_no_tensorflow():
    code = (
        "import importlib, sys\nfor module in sys.argv[1:]:\n    importlib.import_module(module)\n"
        "    print(module, *sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    words = [sys.executable, "-c", code, *WITHOUT_TENSORFLOW]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == WITHOUT_TENSORFLOW


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
    "runs/stored_files.py": "the one place where stored files are opened",
    "runs/seal.py": "the user's own key, made under a new name",
    "api/predicting.py": "what -o names: a file that `atomic_path` lends, a device or a pipe",
    "api/jobs.py": "/proc/self/statm",
    "report/rendering.py": "templates that come with the tool",
    "inference/model_file.py": "a stream that was opened, and what `atomic_path` lends",
    "inference/weights.py": "files of a temporary folder of its own",
    "analysis/reproduce.py": "a stream that was opened",
}


ROOMS = ["analysis", "api", "console", "experiments", "inference", "report", "runs", "training", "worker"]


@pytest.mark.parametrize("room", ROOMS)
def test_stored_files_are_opened_in_one_place(room):
    """Whatever lies in a run directory may be a link, a pipe or a device: see ``runs.stored_files``."""
    for path in FILES:
        if room_of(path) == room:
            calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
            found = [ast.unparse(node) for node in calls if _opens(node)]
            assert not found or str(path.relative_to(PACKAGE)) in OPENS, (path, found)
