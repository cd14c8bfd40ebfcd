"""The tests stand as the source does, file by file, and none imports another."""

import ast
from pathlib import Path

import pytest

from docs.draw_house import PACKAGE, modules
from tests.support.places import REPOSITORY

TESTS = REPOSITORY / "tests"
# Modules without a file of tests by their name, by the file that tests what they do: they are the inner half of another
# module, or say in one place what several of them need. A new module has tests of its own.
ELSEWHERE = {
    "analysis/test_compare.py": ["analysis.candidates"],
    "analysis/test_records.py": ["runs.folders", "runs.sweep_facts"],
    "cli/test_reproduce.py": ["analysis.reproduce"],
    "experiments/test_local.py": ["api.sweeps", "cli.sweep", "experiments.engine"],
    "bad_input/test_refused.py": ["cli.command", "data.formats", "errors"],
    "test_docs.py": ["cli.options"],
    "config/test_validation.py": [
        "config.config", "config.data", "config.model", "config.source", "config.tables", "config.training",
    ],
    "config/test_signatures.py": ["config.losses", "config.optimizers"],
    "model/test_plan.py": ["config.monitors", "config.needs", "contracts.plan", "contracts.signature"],
    "config/test_layers.py": [
        "config.layer", "config.augmentation_layers", "config.core_layers", "config.normalization_layers",
        "config.sequence_layers", "config.window_layers",
    ],
    "config/test_reference.py": ["config.field_docstrings"],
    "hostile/test_hostile.py": ["contracts.model_description", "inference.weights"],
    "test_configs.py": ["config.templates"],
    "api/test_evaluating.py": ["api.evaluation_page"],
    "console/test_display.py": ["console.announcements"],
    "data/test_samples.py": ["contracts.data_view"],
    "data/test_sources.py": ["data"],
    "data/test_arrays.py": ["contracts.dataset"],
    "data/test_named_sets.py": ["data.cifar"],
    "data/test_table_source.py": [
        "config.table_format", "data.columns", "data.csv_file",
        "data.table_targets", "data.table_warnings", "data.tables", "data.trained_columns", "data.constants",
        "preprocessing.booleans",
    ],
    "data/test_bad_cells.py": ["data.fitting_rows"],
    "data/test_split.py": ["data.sizes"],
    "experiments/test_sweep_file.py": ["experiments.axis_checks"],
    "experiments/test_optuna_search.py": ["experiments.journal"],
    "experiments/test_driver.py": ["experiments.sweep_events"],
    "inference/test_evaluate.py": ["inference.evaluation"],
    "inference/test_surface.py": ["contracts.surface"],
    "inference/test_explain.py": ["inference.explanation", "inference.explained_answers"],
    "inference/test_predict.py": ["inference.outputs"],
    "model/test_build.py": ["model.units"],
    "report/test_sweep.py": ["report.sweep_pictures"],
    "runs/test_run.py": ["runs.provenance", "runs.run_facts"],
    "runs/test_stored_files.py": ["runs.stored_json"],
    "test_package.py": ["shipped", "api", ""],
    "tasks/test_tasks.py": [
        "tasks", "tasks.binary", "tasks.classes", "tasks.contract", "tasks.labels", "tasks.regression",
    ],
    "training/test_engine_equals_fit.py": [
        "contracts.events", "training.dispatch", "training.loop", "training.prepare", "training.state",
    ],
}  # fmt: skip


def has_code(path):
    body = ast.parse(path.read_text("utf-8")).body
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body)


def test_every_module_has_a_file_of_tests():
    missing = set()
    for module, path in modules().items():
        name = module.removeprefix("dltool").removeprefix(".")
        *rooms, last = name.split(".")
        tests = TESTS.joinpath(*rooms, f"test_{last.strip('_')}.py")
        if has_code(path) and not tests.exists():
            missing.add(name)
    assert missing == {name for names in ELSEWHERE.values() for name in names}


@pytest.mark.parametrize("tests", ELSEWHERE)
def test_what_is_tested_elsewhere_is_so_in_a_file_that_is_there(tests):
    assert (TESTS / tests).exists()


@pytest.mark.parametrize(
    "path", sorted(TESTS.rglob("*.py")), ids=lambda path: str(path.relative_to(TESTS)) if isinstance(path, Path) else ""
)
def test_no_module_of_tests_is_imported(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests."):
            last = node.module.split(".")[-1]
            assert not last.startswith("test_"), node.module
            assert last != "conftest", "what others need too belongs in tests/support"


def test_packages_of_tests_are_rooms_or_say_what_they_try():
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    folders = {path.name for path in TESTS.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders - rooms == {"accepted", "bad_input", "faults", "hostile", "support"}
