"""Periods: every instant lies in exactly one, on the workspace's clock, and its name says which."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.timing.periods import Period, stretch_of
from tests.unit.berlin import BERLIN, berlin

ZONES = [BERLIN, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Pacific/Apia"), ZoneInfo("Asia/Kolkata")]
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("period", "at", "name", "start", "end"),
    [
        # an ordinary day
        (Period.DAY, "2026-11-20T12:00", "2026-11-20", "2026-11-20", "2026-11-21"),
        # its first moment is still yesterday in UTC
        (Period.DAY, "2026-11-20T00:00", "2026-11-20", "2026-11-20", "2026-11-21"),
        # clocks go forward: a day of 23 hours
        (Period.DAY, "2026-03-29T12:00", "2026-03-29", "2026-03-29", "2026-03-30"),
        # weeks begin on Monday
        (Period.WEEK, "2026-11-22T23:59", "2026-W47", "2026-11-16", "2026-11-23"),
        # and belong to the year of their Thursday
        (Period.WEEK, "2027-01-01T12:00", "2026-W53", "2026-12-28", "2027-01-04"),
        (Period.WEEK, "2024-12-31T12:00", "2025-W01", "2024-12-30", "2025-01-06"),
        # months of any length
        (Period.MONTH, "2028-02-29T12:00", "2028-02", "2028-02-01", "2028-03-01"),
        (Period.MONTH, "2026-12-31T23:59", "2026-12", "2026-12-01", "2027-01-01"),
        # the four quarters: first and last month of some
        (Period.QUARTER, "2026-01-01T00:00", "2026-Q1", "2026-01-01", "2026-04-01"),
        (Period.QUARTER, "2026-06-30T23:59", "2026-Q2", "2026-04-01", "2026-07-01"),
        (Period.QUARTER, "2026-08-15T12:00", "2026-Q3", "2026-07-01", "2026-10-01"),
        (Period.QUARTER, "2026-12-31T23:59", "2026-Q4", "2026-10-01", "2027-01-01"),
        # a year
        (Period.YEAR, "2026-07-01T12:00", "2026", "2026-01-01", "2027-01-01"),
    ],
)
def test_a_period_is_named_and_ends_where_the_next_begins(
    period: Period, at: str, name: str, start: str, end: str
) -> None:
    found = stretch_of(berlin(at), period, BERLIN)
    assert found.name == name
    assert (found.start, found.end) == (berlin(start), berlin(end))


@given(
    st.datetimes(
        datetime(1990, 1, 1),  # noqa: DTZ001 - bounds are naive, the zone comes after
        datetime(2090, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    st.sampled_from(Period),
    st.sampled_from(ZONES),
)
def test_every_instant_lies_in_one_period_and_the_next_follows_at_once(
    instant: datetime, period: Period, zone: ZoneInfo
) -> None:
    found = stretch_of(instant, period, zone)
    assert found.start <= instant < found.end
    assert stretch_of(found.start, period, zone) == found
    assert stretch_of(found.end - MOMENT, period, zone) == found
    after = stretch_of(found.end, period, zone)
    assert after.start == found.end
    assert after.name > found.name


def test_the_day_that_samoa_skipped_is_in_no_period() -> None:
    """It crossed the date line: 29 December 2011 was followed by the 31st."""
    apia = ZoneInfo("Pacific/Apia")
    last = stretch_of(datetime(2011, 12, 30, 9, tzinfo=UTC), Period.DAY, apia)
    assert last.name == "2011-12-29"
    assert stretch_of(last.end, Period.DAY, apia).name == "2011-12-31"
