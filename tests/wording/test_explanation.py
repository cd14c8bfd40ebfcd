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
    assert examples_listing(found, 105).body == [
        (
            "7", "surest mistake", "dog", "probability of cat", "0.8750", "0.5000",
            "<size> = 1.5 +0.5", "noise = -3 -0.125",
        )
    ]  # fmt: skip
    assert [len(examples_listing(found, width).body[0]) for width in (105, 104, 40)] == [8, 7, 7]
    example = found.examples[0]
    assert strongest_parts(found, example, example.attributions[0]) == [("<size> = 1.5", 0.5), ("noise = -3", -0.125)]
    long = replace(example, values=("1" * 2000, "-3"))
    assert strongest_parts(found, long, long.attributions[0])[0][0] == "<size> = " + "1" * 2000
    assert strongest_parts(found, long, long.attributions[0], 20)[0][0] == "<size> = 1111111111…"
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
    assert said.endswith(" at the worst, too much to rely on example 7")
    exact = replace(example, attributions=(replace(example.attributions[0], steps=0, error=0.0),))
    assert completeness(replace(found, examples=(exact,))) == ""


def test_examples_that_are_not_exact_are_named_as_far_as_a_few():
    found = of_table()
    (example,) = found.examples
    rough = replace(example.attributions[0], error=0.01)
    many = [replace(example, id=str(i), attributions=(rough, rough)) for i in range(5)]
    assert completeness(replace(found, examples=(example, *many[:2]))).endswith("too much to rely on examples 0, 1")
    assert completeness(replace(found, examples=tuple(many))).endswith("rely on examples 0, 1, 2 and 2 more")


def test_of_a_long_name_as_much_is_left_as_its_value_leaves_room_for():
    found = of_table(column="c" * 50)
    (example,) = found.examples
    said = strongest_parts(found, example, example.attributions[0], 20)
    assert said[0][0] == f"{'c' * 13}… = 1.5"
    long = replace(example, values=("v" * 50, ""))
    said = strongest_parts(found, long, example.attributions[0], 20)
    found = of_table(column="c")
    short = strongest_parts(found, long, example.attributions[0], 20)
    assert short[0][0] == f"c = {'v' * 15}…"
    assert [name for name, _ in said] == [f"{'c' * 9}… = {'v' * 6}…", "noise"]


def test_rows_that_were_learnt_from_are_called_so():
    assert measured_on(of_table()) == "test: 30 rows"
    assert "learnt from these" in measured_on(of_table(measured="train"))
    assert measured_on(of_table(loss_unit="apples")) == "test: 30 rows; the loss is of apples"
