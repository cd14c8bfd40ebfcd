import numpy as np
import pytest

from dltool.assessment.slices import slices_of, slices_refusal


def test_categories_stand_worst_first_with_their_intervals():
    cells = ["a"] * 10 + ["b"] * 4 + [None] * 2
    scores = np.array([1.0] * 9 + [0.0] + [0.0] * 3 + [1.0] + [1.0] * 2)
    _, found = slices_of(cells, scores, high_is_good=True)
    assert [(each.name, each.rows, each.score) for each in found] == [
        ("b", 4, 0.25), ("a", 10, 0.9), ("(missing)", 2, 1.0),
    ]  # fmt: skip
    low, high = found[2].interval
    assert low < 0.4
    assert high == 1  # two rows prove little


def test_numbers_are_cut_into_quarters_that_hold_all_rows_once():
    numbers = np.arange(100)
    _, found = slices_of([str(number) for number in numbers], numbers / 7.0, high_is_good=False)
    assert [each.rows for each in found] == [25] * 4
    assert [each.score for each in found] == pytest.approx([np.mean(numbers[i : i + 25]) / 7 for i in (75, 50, 25, 0)])
    assert found[-1].name == "0 to below 24.75"
    inside = numbers[75:] / 7
    half = 2.0639 * inside.std(ddof=1) / 5  # Student's t of 24 degrees of freedom
    assert found[0].interval == pytest.approx((inside.mean() - half, inside.mean() + half), abs=1e-4)


def test_codes_of_few_values_are_categories_and_rare_ones_stand_together():
    assert {each.name for each in slices_of(["1", "2", "2"], np.ones(3), high_is_good=True)[1]} == {"1", "2"}
    cells = [f"c{i}" for i in range(30)] + [f"c{i}" for i in range(20)]
    _, found = slices_of(cells, np.zeros(50), high_is_good=True)
    assert len(found) == 21
    assert next(each.rows for each in found if each.name == "(others)") == 10


def test_dates_are_cut_into_quarters_of_time():
    days = [f"2024-{month:02}-{day:02}" for month in (1, 4, 7, 10) for day in range(1, 26)]
    _, found = slices_of([*days, None], np.arange(101.0), high_is_good=False)
    assert sorted(each.rows for each in found) == [1, 25, 25, 25, 25]
    first = next(each for each in found if each.score == 12)  # the mean of 0 to 24
    assert first.name.startswith("2024-01-01 to below 2024-0")


def test_ids_are_no_slices_and_numbers_and_dates_are():
    assert "30 values in 30 rows" in slices_refusal([f"c{i}" for i in range(30)])
    assert not slices_refusal([str(i / 7) for i in range(30)])
    assert not slices_refusal([f"2024-01-{i:02}" for i in range(1, 31)])
    assert not slices_refusal(["a", "b", None])


def test_all_rows_are_there_to_compare_with():
    scores = np.array([1.0] * 81 + [0.0] * 182)
    whole, parts = slices_of(["a", None] + ["b"] * 261, scores, high_is_good=True)
    assert (whole.name, whole.rows, whole.score) == ("all rows", 263, pytest.approx(81 / 263))
    assert whole.interval == pytest.approx((0.2553, 0.3662), abs=5e-5)  # Newcombe's, as in test_statistics
    assert sum(each.rows * each.score for each in parts) == pytest.approx(81)
    whole, _ = slices_of(["a"] * 4, np.array([0.5, 1.5, 2.5, 3.5]), high_is_good=False)
    assert (whole.score, whole.interval) == (2, None)


def test_proportions_of_labels_have_an_interval_of_proportions():
    scores = np.array([1.0] * 17 + [0.5] * 2)  # of two labels each
    whole, _ = slices_of(["a"] * 19, scores, high_is_good=True)
    # Wilson's of 18 of 19: Newcombe's formula, worked out by hand.
    z, share, rows = 1.959964, 18 / 19, 19
    middle = (share + z * z / 38) / (1 + z * z / rows)
    half = z * ((share * (1 - share) + z * z / 76) / rows) ** 0.5 / (1 + z * z / rows)
    assert whole.interval == pytest.approx((middle - half, middle + half))
    assert whole.interval[1] < 1
