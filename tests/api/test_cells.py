"""Cells of rows, as they stand in a run's table and in a file."""

import numpy as np

from dltool.api.cells import Cells
from dltool.api.trained import model_of
from dltool.runs.run import Run
from tests.support.places import REPOSITORY

TABLE = REPOSITORY / "data" / "iris.csv"


def test_cells_stand_as_in_the_table(iris, tmp_path):
    run = Run.open(iris)
    _, description = model_of(run, run, "cpu")
    lines = [line.split(",") for line in TABLE.read_text().splitlines()]
    rows, expected = np.array([140, 3]), [lines[141], lines[4]]
    cells = Cells(description, run.config(), "", None)
    shown = cells.shown(rows)
    assert list(shown) == [lines[0][4], *lines[0][:4]]
    assert [[shown[name][i] for name in lines[0]] for i in range(2)] == expected
    read = cells.read(rows, lines[0])
    assert [[read[name][i] for name in lines[0]] for i in range(2)] == expected
    (tmp_path / "two.csv").write_text("\n".join(map(",".join, [lines[0], *expected])))
    of_file = Cells(description, run.config(), str(tmp_path / "two.csv"), None)
    assert of_file.read(np.array([0, 1]), lines[0][:4]) == {name: read[name] for name in lines[0][:4]}
