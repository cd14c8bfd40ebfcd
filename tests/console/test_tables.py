import io

import pytest
from rich.console import Console

from dltool.console.tables import confusion_table, listing_table
from dltool.wording.listings import scores_listing
from tests.support.finished_run import evaluation_of


def drawn(table, width: int = 1000) -> list[list[str]]:
    stream = io.StringIO()
    Console(file=stream, width=width).print(table)
    return [line.split() for line in stream.getvalue().splitlines()]


def diagonal(count: int) -> list[list[int]]:
    return [[100 * (i == j) for j in range(count)] for i in range(count)]


@pytest.mark.parametrize(
    "classes, width, is_matrix", [(20, 1000, True), (21, 1000, False), (20, 80, False), (3, 80, True)]
)
def test_a_matrix_that_is_too_large_becomes_pairs(classes, width, is_matrix):
    names = [f"class-{i}" for i in range(classes)]
    confusion = diagonal(classes)
    confusion[1][2] = 25
    lines = drawn(confusion_table(evaluation_of(names, confusion), width))
    if is_matrix:
        assert lines[0] == ["true", "\\", "predicted", *names]
        assert lines[2][:4] == ["class-1", "0", "100", "25"]
    else:
        assert lines == [
            ["most", "confused", "taken", "for", "rows", "share"],
            ["class-1", "class-2", "25", "20.0%"],
        ]


def test_a_matrix_fits_to_the_column():
    names = ["a", "b"]
    confusion = [[1000, 0], [0, 1000]]
    needed = len("true \\ predicted") + 2 * len("  1,000")
    evaluation = evaluation_of(names, confusion)
    assert drawn(confusion_table(evaluation, needed), needed)[1] == ["a", "1,000", "0"]
    assert drawn(confusion_table(evaluation, needed - 1))[0][:2] == ["most", "confused"]


def test_at_most_twenty_pairs_the_worst_first():
    count = 30
    confusion = [[100 if i == j else i for j in range(count)] for i in range(count)]
    lines = drawn(confusion_table(evaluation_of([str(i) for i in range(count)], confusion), 1000))
    assert len(lines) == 21
    assert {line[0] for line in lines[1:]} == {"29"}


def test_numbers_stay_whole_on_a_narrow_terminal():
    evaluation = evaluation_of(["a very long class name", "b"], [[5, 0], [5, 10]])
    lines = drawn(listing_table(scores_listing(evaluation)), width=45)
    assert any(line[-4:] == ["0.5000", "1.0000", "0.6667", "5"] for line in lines)
    assert any(line[-4:] == ["1.0000", "0.6667", "0.8000", "15"] for line in lines)
