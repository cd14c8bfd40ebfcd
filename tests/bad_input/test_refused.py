"""Bad input gets a sentence with a place and an exit code of its own, and leaves nothing behind."""

import pytest

from tests.bad_input.conftest import tree, write
from tests.bad_input.refused import CASES

ROWS = [(f"{kind}: {case.name}", case) for kind, cases in CASES.items() for case in cases]


@pytest.mark.parametrize("case", [case for _, case in ROWS], ids=[name for name, _ in ROWS])
def test_bad_input_is_refused(program, tmp_path, case):
    write(tmp_path, case.files)
    before = tree(tmp_path)
    code, out, err = program.run(case.words, tmp_path, case.stdin)
    assert code == case.code, err
    assert not [words for words in case.said if words not in err], err
    assert out == ""
    assert "Traceback" not in err
    assert tree(tmp_path) == before


def test_every_row_has_a_name_of_its_own():
    names = [name for name, _ in ROWS]
    assert len(set(names)) == len(names) >= 100
