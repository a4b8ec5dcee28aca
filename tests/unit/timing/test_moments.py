"""What people type for a time is understood, or answered with an example; our own words too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.timing.moments import format_moment, format_span, parse_moment

BERLIN = ZoneInfo("Europe/Berlin")
#: Monday 23 November 2026, noon in Berlin
NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-11-23 12:00"),
        ("friday 09:00", "2026-11-27 09:00"),
        ("Fri 9:00", "2026-11-27 09:00"),
        # today's weekday: today if it is still to come, else in a week
        ("monday 12:00", "2026-11-23 12:00"),
        ("monday 11:59", "2026-11-30 11:59"),
        ("tomorrow 20:00", "2026-11-24 20:00"),
        ("tomorrow at 20:00", "2026-11-24 20:00"),
        ("today 14:00", "2026-11-23 14:00"),
        ("yesterday 14:00", "2026-11-22 14:00"),
        # a time alone is the next one
        ("13:00", "2026-11-23 13:00"),
        ("at 11:00", "2026-11-24 11:00"),
        # a day alone begins
        ("friday", "2026-11-27 00:00"),
        ("2026-11-22", "2026-11-22 00:00"),
        ("+3 days", "2026-11-26 12:00"),
        ("+ 1 day 2 hours", "2026-11-24 14:00"),
        ("in 2 hours", "2026-11-23 14:00"),
        ("-2 days", "2026-11-21 12:00"),
        ("3 hours ago", "2026-11-23 09:00"),
        # days keep the clock over the end of summer time
        ("-30 days", "2026-10-24 12:00"),
        ("2026-11-22 09:00", "2026-11-22 09:00"),
        ("2026-11-22 9:00", "2026-11-22 09:00"),
        ("2026-11-22T09:00:30", "2026-11-22 09:00:30"),
        ("2026-11-22T09:00:00+00:00", "2026-11-22 10:00"),
        ("2026-11-22T09:00Z", "2026-11-22 10:00"),
        ("24 Nov 09:00", "2026-11-24 09:00"),
        ("24. november 2027 09:00", "2027-11-24 09:00"),
        # as we show it
        ("Tue 24 Nov 09:00 (in 21 h)", "2026-11-24 09:00"),
        # skipped and repeated
        ("2026-03-29 02:30", "2026-03-29 03:00"),
        ("2026-10-25 02:30", "2026-10-25 02:30"),
    ],
)
def test_reads_what_people_type(text: str, expected: str) -> None:
    found = parse_moment(text, NOW, BERLIN)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=BERLIN).astimezone(UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tomorow 20:00", "'tomorow' is not a day: did you mean 'tomorrow'?"),
        ("next friday 09:00", "did you mean 'friday'?"),
        ("22.11.2026 09:00", "2026-11-22 09:00"),
        ("whenever", "write for example now, friday 09:00"),
        ("", "a time is missing"),
        ("tomorrow 9am", "'9am' is not a time of day: write it like 09:00"),
        ("friday 25:00", "there is no 25:00 on a clock"),
        ("2026-13-01", "month must be in 1..12"),
        ("31 feb 09:00", "there is no 31 Feb 2026"),
        ("3 foo 09:00", "no month 'foo'"),
        ("Wed 24 Nov 09:00", "24 Nov 2026 is a Tuesday"),
        ("+3 dayz", "did you mean 'days'?"),
        ("+2 business days", "business time needs a calendar"),
        ("0001-01-01 00:00", "outside the years we can count"),
    ],
)
def test_says_what_is_wrong(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_moment(text, NOW, BERLIN)
    assert told in str(caught.value)


@given(st.one_of(st.text(max_size=20), st.text("0123456789-:+T. (monfriagt)", max_size=20)))
def test_any_text_is_a_moment_or_a_value_error(text: str) -> None:
    try:
        assert parse_moment(text, NOW, BERLIN).tzinfo is UTC
    except ValueError as error:
        assert str(error)  # noqa: PT017 - the promise is about any of many inputs


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        ("2026-11-24 09:00", "Tue 24 Nov 09:00 (in 21 h)"),
        ("2026-11-23 12:00", "Mon 23 Nov 12:00 (now)"),
        ("2026-11-23 12:00:29", "Mon 23 Nov 12:00 (now)"),
        ("2026-11-23 12:25", "Mon 23 Nov 12:25 (in 25 min)"),
        ("2026-11-20 12:00", "Fri 20 Nov 12:00 (3 days ago)"),
        ("2026-11-23 10:30", "Mon 23 Nov 10:30 (1 h 30 min ago)"),
        # another year is said
        ("2027-01-04 09:05", "Mon 4 Jan 2027 09:05 (in 42 days)"),
        ("2024-02-29 09:00", "Thu 29 Feb 2024 09:00 (3 years ago)"),
    ],
)
def test_shows_a_moment(instant: str, shown: str) -> None:
    moment = datetime.fromisoformat(instant).replace(tzinfo=BERLIN)
    assert format_moment(moment, BERLIN, NOW) == shown


def test_the_year_turns_in_the_zone_shown() -> None:
    eve = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert format_moment(eve, BERLIN, NOW).startswith("Fri 1 Jan 2027 00:30")
    assert format_moment(eve, ZoneInfo("UTC"), NOW).startswith("Thu 31 Dec 23:30")


@given(st.integers(-3 * 365 * 24 * 60, 3 * 365 * 24 * 60))
def test_what_is_shown_reads_back(minutes: int) -> None:
    moment = NOW + timedelta(minutes=minutes)
    shown = moment.astimezone(BERLIN)
    if shown.fold == 0:  # the second showing of a repeated hour looks like the first
        assert parse_moment(format_moment(moment, BERLIN, NOW), NOW, BERLIN) == moment


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (timedelta(seconds=20), "under a minute"),
        (timedelta(minutes=25), "25 min"),
        (timedelta(minutes=59, seconds=50), "1 h"),
        (timedelta(hours=4), "4 h"),
        (timedelta(hours=1, minutes=30), "1 h 30 min"),
        (timedelta(hours=21, minutes=40), "22 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(hours=48), "2 days"),
        (timedelta(days=3), "3 days"),
        (timedelta(days=-3), "3 days"),
        (timedelta(days=729), "729 days"),
        (timedelta(days=1100), "3 years"),
    ],
)
def test_shows_a_span(span: timedelta, shown: str) -> None:
    assert format_span(span) == shown
