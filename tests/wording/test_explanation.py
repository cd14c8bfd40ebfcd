"""What is said of an explanation."""

from dataclasses import replace

from dltool.wording.explanation import (
    completeness,
    examples_listing,
    importances_listing,
    measured_on,
    strongest_parts,
)
from tests.support.explained import of_images, of_table


def test_columns_stand_with_what_shuffling_them_changes():
    listing = importances_listing(of_table())
    assert listing.head == ("column", "loss", "accuracy")
    assert listing.body == [
        ("<size>", "+0.5 ± 0.1", "-0.25 ± 0.05"),
        ("noise", "-0.001 ± 0.002", "+0 ± 0"),
    ]


def test_a_metric_that_a_shuffle_leaves_undefined_is_a_dash():
    found = of_table()
    first, second = found.importances
    without = replace(second, changes={"loss": second.changes["loss"]})
    assert importances_listing(replace(found, importances=(first, without))).body[1][2] == "-"


def test_examples_stand_with_what_is_strongest_in_them():
    found = of_table()
    assert examples_listing(found, 100).body == [
        ("7", "probability of cat", "0.8750", "0.5000", "<size> = 1.5 +0.5", "noise = -3 -0.125")
    ]
    assert [len(examples_listing(found, width).body[0]) for width in (83, 82, 40)] == [6, 5, 5]
    example = found.examples[0]
    assert strongest_parts(found, example, example.attributions[0]) == [("<size> = 1.5", 0.5), ("noise = -3", -0.125)]
    assert examples_listing(of_images(), 100).body == [("cat.png", "probability of cat", "0.8750", "0.5000")]


def test_how_exact_they_are_is_said_where_they_are_not_exact():
    found = of_table()
    assert completeness(found) == (
        "64 steps at most; the sums are off by 2.5e-04 of the difference (or of 1 % of all that adds and takes, or of "
        "0.012 % of the answers, where that is more) at the worst"
    )
    (example,) = found.examples
    rough = (replace(example.attributions[0], error=error) for error in (0.01, float("nan")))
    said = completeness(replace(found, examples=(replace(example, attributions=tuple(rough)), example)))
    assert said.endswith(" at the worst, too much to rely on that example")
    exact = replace(example, attributions=(replace(example.attributions[0], steps=0, error=0.0),))
    assert completeness(replace(found, examples=(exact,))) == ""


def test_rows_that_were_learnt_from_are_called_so():
    assert measured_on(of_table()) == "test: 30 rows"
    assert "learnt from these" in measured_on(of_table(measured="train"))
    assert measured_on(of_table(loss_unit="apples")) == "test: 30 rows; the loss is of apples"
