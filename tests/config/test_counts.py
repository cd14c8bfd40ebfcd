"""One and many."""

from dltool.config.counts import are, counted


def test_one_is_and_others_are():
    said = [f"{counted(count, 'row')} {are(count)}" for count in (0, 1, 2, 1000)]
    assert said == ["0 rows are", "1 row is", "2 rows are", "1,000 rows are"]
