from dltool.console.tables import listing_table
from dltool.wording.listings import scores_listing
from tests.support.finished_run import evaluation_of


def test_numbers_stay_whole_on_a_narrow_terminal(drawn):
    evaluation = evaluation_of(["a very long class name", "b"], [[5, 0], [5, 10]])
    lines = drawn(listing_table(scores_listing(evaluation)), width=45)
    assert any(line[-4:] == ["0.5000", "1.0000", "0.6667", "5"] for line in lines)
    assert any(line[-4:] == ["1.0000", "0.6667", "0.8000", "15"] for line in lines)
