"""Dates as numbers, against the calendar."""

import math
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from dltool.contracts.signature import Column
from dltool.preprocessing.cycles import cyclic_features

EPOCH = datetime(1970, 1, 1)


def test_a_date_is_its_days_and_its_place_in_the_year_and_the_week():
    day = date(2024, 7, 1)
    days = day.toordinal() - date(1970, 1, 1).toordinal()
    found = cyclic_features(np.array([days, days + 7.0, math.nan]), "date")
    year = 2 * math.pi * days / 365.2425
    week = 2 * math.pi * (days % 7) / 7
    assert found[0] == pytest.approx([days, math.sin(year), math.cos(year), math.sin(week), math.cos(week)], abs=1e-9)
    assert found[1, 3:] == pytest.approx(found[0, 3:], abs=1e-9)
    assert np.isnan(found[2]).all()
    assert found.shape == (3, Column("day", moment="date").width)


def test_the_same_day_of_another_year_is_near_and_half_a_year_later_is_opposite():
    first, next_year, later = (
        cyclic_features(np.array([float((EPOCH + timedelta(days=each) - EPOCH).days)]), "date")[0, 1:3]
        for each in (100, 100 + 365, 100 + 183)
    )
    assert np.linalg.norm(first - next_year) < 0.01
    assert np.linalg.norm(first + later) < 0.02


def test_a_time_has_its_place_in_the_day_too():
    noon = (datetime(2024, 7, 1, 12) - EPOCH) / timedelta(days=1)
    found = cyclic_features(np.array([noon, noon + 0.25]), "time")
    assert found.shape == (2, Column("at", moment="time").width)
    assert found[0, -2:] == pytest.approx([0, -1], abs=1e-6)
    assert found[1, -2:] == pytest.approx([-1, 0], abs=1e-6)
