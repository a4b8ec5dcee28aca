"""Weeks: Monday to Sunday on the zone's clocks, also when those change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outreach.timing.weeks import between, whole_weeks
from tests.unit.berlin import BERLIN, berlin


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        ("2026-11-23 11:00", "2026-11-09", "2026-11-22"),  # Monday: last week is over
        ("2026-11-23 00:00", "2026-11-09", "2026-11-22"),  # since this very moment
        ("2026-11-22 23:59", "2026-11-02", "2026-11-15"),  # Sunday: this week is not
    ],
)
def test_whole_weeks_are_those_that_are_over(now: str, first: str, last: str) -> None:
    weeks = whole_weeks(2, berlin(now), BERLIN)
    assert [str(day) for day in (weeks.days[0], weeks.last_day)] == [first, last]
    assert len(weeks.starts) == 2


def test_a_week_in_which_the_clocks_change_is_an_hour_longer() -> None:
    weeks = whole_weeks(1, berlin("2026-10-26 09:00"), BERLIN)
    assert (weeks.since, weeks.until) == (berlin("2026-10-19 00:00"), berlin("2026-10-26 00:00"))
    assert weeks.until - weeks.since == timedelta(days=7, hours=1)


def test_the_first_and_the_last_week_may_be_cut_short() -> None:
    weeks = between(berlin("2026-11-18 12:00"), berlin("2026-11-30 00:00"), BERLIN)
    assert [str(day) for day in weeks.days] == ["2026-11-18", "2026-11-23"]
    assert str(weeks.last_day) == "2026-11-29"


def test_the_time_before_is_as_long_and_ends_where_this_begins() -> None:
    weeks = between(berlin("2026-11-18 12:00"), berlin("2026-11-20 12:00"), BERLIN)
    before = weeks.before()
    assert (before.since, before.until) == (berlin("2026-11-16 12:00"), weeks.since)


def test_a_time_must_end_after_it_begins() -> None:
    with pytest.raises(ValueError, match="end after it begins"):
        between(berlin("2026-11-18 12:00"), berlin("2026-11-18 12:00"), BERLIN)
    with pytest.raises(ValueError, match="at least one"):
        whole_weeks(0, berlin("2026-11-18 12:00"), BERLIN)
