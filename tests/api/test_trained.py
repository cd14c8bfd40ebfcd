"""What a user may name where a trained model is wanted."""

from dltool.api.trained import model_of, run_of, table_format_of
from dltool.runs.run import Run


def test_a_run_or_its_directory_is_a_run_and_a_model_file_is_none(iris):
    run = Run.open(iris)
    assert run_of(run) is run
    assert run_of(iris).path == run_of(str(iris)).path == iris
    assert run_of(iris / "model.keras") is None


def test_the_model_is_the_same_by_either_name(iris):
    by_run, described = model_of(Run.open(iris), iris, "cpu")
    by_file, also = model_of(None, iris / "model.keras", "cpu")
    assert described == also
    assert by_run.count_params() == by_file.count_params() == described.plan.parameters


def test_a_header_is_as_in_training_unless_it_is_said(iris):
    _, description = model_of(None, iris / "model.keras", "cpu")
    assert table_format_of(description, None) is description.table_format
    assert table_format_of(description, False).header is False
