"""Business time: what an operator expects, and the law that makes it searchable in SQL."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outreach.timing.calendars import Calendar
from outreach.timing.durations import Duration, parse_duration
from outreach.timing.hours import parse_days, parse_hours
from tests.unit.berlin import BERLIN, berlin

MICROSECOND = timedelta(microseconds=1)


def a_calendar(
    days: str = "mon-fri",
    hours: str = "09:00-17:00",
    zone: str = "Europe/Berlin",
    country: str | None = None,
    closed: tuple[str, ...] = (),
) -> Calendar:
    return Calendar(
        "test",
        ZoneInfo(zone),
        parse_days(days),
        parse_hours(hours),
        country,
        closed=frozenset(map(date.fromisoformat, closed)),
    )


OFFICE = a_calendar(country="DE")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        # within a day
        ("2026-11-23 10:00", "4 business hours", "2026-11-23 14:00"),
        # over a weekend
        ("2026-11-20 15:00", "4 business hours", "2026-11-23 11:00"),
        # exactly a day's work ends at closing, not at the next opening
        ("2026-11-23 09:00", "8 business hours", "2026-11-23 17:00"),
        # what comes in at night counts from opening
        ("2026-11-22 23:00", "1 business hour", "2026-11-23 10:00"),
        # Christmas 2026: Friday and Saturday, and the eve is worked
        ("2026-12-24 16:00", "2 business hours", "2026-12-28 10:00"),
        # the clocks go forward on Sunday night
        ("2026-03-27 16:00", "2 business hours", "2026-03-30 10:00"),
        # business days keep the time on the clock
        ("2026-11-20 15:00", "2 business days", "2026-11-24 15:00"),
        ("2026-11-21 15:00", "2 business days", "2026-11-25 09:00"),
        ("2026-11-20 07:00", "2 business days", "2026-11-24 09:00"),
        ("2026-11-20 17:00", "2 business days", "2026-11-24 17:00"),
        ("2026-11-20 17:01", "2 business days", "2026-11-25 09:00"),
        ("2026-03-27 16:00", "1 business day", "2026-03-30 16:00"),
        ("2026-12-24 10:00", "1 business day", "2026-12-28 10:00"),
        # mixed: days, then hours of the clock, then business days, then business hours
        ("2026-11-19 15:00", "1 day 1 business day 3 business hours", "2026-11-24 10:00"),
        # in a calendar a plain day is 24 hours
        ("2026-03-28 12:00", "1 day", "2026-03-29 13:00"),
    ],
)
def test_business_time_from_an_instant(start: str, duration: str, end: str) -> None:
    assert OFFICE.add(berlin(start), parse_duration(duration)) == berlin(end)


@pytest.mark.parametrize(
    ("now", "duration", "threshold"),
    [
        # product.md: 11:00 Monday − 4 business hours is Friday 15:00
        ("2026-11-23 11:00", "4 business hours", "2026-11-20 15:00"),
        # who wrote at any time of the weekend has waited eight hours on Monday at closing
        ("2026-11-23 17:00", "8 business hours", "2026-11-23 09:00"),
        ("2026-11-23 08:00", "1 business hour", "2026-11-20 16:00"),
        ("2026-12-28 10:00", "2 business hours", "2026-12-24 16:00"),
        ("2026-11-24 15:00", "2 business days", "2026-11-20 15:00"),
        # before opening, what came in until closing two days earlier has waited long enough
        ("2026-11-24 08:00", "2 business days", "2026-11-19 17:00"),
        # at opening, all of the weekend has waited for two
        ("2026-11-25 09:00", "2 business days", "2026-11-23 09:00"),
    ],
)
def test_the_threshold_of_business_time(now: str, duration: str, threshold: str) -> None:
    assert OFFICE.subtract(berlin(now), parse_duration(duration)) == berlin(threshold)


@pytest.mark.parametrize(
    ("calendar", "start", "duration", "end"),
    [
        # round the clock: the night of 25 hours has 25, and a business day ends on the same clock
        ("always", "2026-10-24 12:00", "24 business hours", "2026-10-25 11:00"),
        ("always", "2026-10-24 12:00", "1 business day", "2026-10-25 12:00"),
        ("always", "2026-03-28 12:00", "1 business day", "2026-03-29 12:00"),
        ("always", "2026-03-28 12:00", "23 business hours", "2026-03-29 12:00"),
        # 02:30 does not exist on the 29th: the moment of the jump
        ("always", "2026-03-28 02:30", "1 business day", "2026-03-29 03:00"),
        # closed by the operator's own list
        ("closed", "2026-12-23 16:30", "1 business hour", "2026-12-28 09:30"),
        ("closed", "2026-12-23 16:30", "1 business day", "2026-12-28 16:30"),
    ],
)
def test_other_calendars(calendar: str, start: str, duration: str, end: str) -> None:
    calendars = {
        "always": a_calendar("mon-sun", "00:00-24:00"),
        "closed": a_calendar(country="DE", closed=("2026-12-24",)),
    }
    assert calendars[calendar].add(berlin(start), parse_duration(duration)) == berlin(end)


def test_hours_are_on_the_calendars_own_clock() -> None:
    tokyo = a_calendar(zone="Asia/Tokyo")
    start = datetime(2026, 11, 22, 20, tzinfo=UTC)  # Monday 05:00 in Tokyo
    assert tokyo.add(start, parse_duration("1 business hour")) == datetime(
        2026, 11, 23, 1, tzinfo=UTC
    )


def test_open_intervals_are_cut_to_the_question() -> None:
    found = list(OFFICE.open_intervals(berlin("2026-12-23 12:00"), berlin("2026-12-28 10:00")))
    assert found == [
        (berlin("2026-12-23 12:00"), berlin("2026-12-23 17:00")),
        (berlin("2026-12-24 09:00"), berlin("2026-12-24 17:00")),
        (berlin("2026-12-28 09:00"), berlin("2026-12-28 10:00")),
    ]


def test_no_open_interval_in_closed_time() -> None:
    assert not list(OFFICE.open_intervals(berlin("2026-11-21 00:00"), berlin("2026-11-23 09:00")))


def test_a_calendar_without_days_is_refused() -> None:
    with pytest.raises(ValueError, match="never open"):
        Calendar("never", BERLIN, frozenset(), parse_hours("09:00-17:00"))


def test_a_calendar_says_what_it_is() -> None:
    assert str(OFFICE) == "test (mon-fri 09:00-17:00 Europe/Berlin, holidays of DE)"


#: calendars, each with an instant about which something odd happens
ODD = (
    (OFFICE, "2026-12-25 00:00"),
    (OFFICE, "2026-03-29 01:00"),
    (a_calendar("mon-sun", "00:00-24:00"), "2026-03-29 01:00"),
    (a_calendar("mon-sun", "00:00-24:00"), "2026-10-25 01:00"),
    # opening or closing in the skipped and in the repeated hour
    (a_calendar("mon-sun", "02:15-02:45"), "2026-03-29 01:00"),
    (a_calendar("mon-sun", "02:15-03:30"), "2026-03-29 01:00"),
    (a_calendar("mon-sun", "01:00-02:30"), "2026-03-29 01:00"),
    (a_calendar("mon-sun", "02:15-02:45"), "2026-10-25 01:00"),
    (a_calendar("mon-sun", "01:30-02:30"), "2026-10-25 01:00"),
    # half an hour; back to midnight; back across midnight; a day left out
    (a_calendar("mon-sun", "01:45-24:00", "Australia/Lord_Howe"), "2026-04-04 15:00"),
    (a_calendar("mon-sun", "00:00-24:00", "America/Havana"), "2026-11-01 05:00"),
    (a_calendar("mon-sun", "00:00-24:00", "America/St_Johns"), "2010-11-07 02:31"),
    (a_calendar("mon,thu-sat", "00:00-24:00", "Pacific/Apia"), "2011-12-30 10:00"),
    # an hour a week, and one week without
    (a_calendar("sat", "23:00-24:00", closed=("2026-11-28",)), "2026-11-28 00:00"),
)
DURATIONS = st.one_of(
    st.builds(Duration, business_days=st.integers(1, 6)),
    st.builds(Duration, business_minutes=st.integers(1, 40 * 60)),
    # whole days of work: the edges of opening and closing
    st.builds(Duration, business_minutes=st.sampled_from([30, 60, 480, 960, 1440])),
    st.builds(
        Duration,
        minutes=st.integers(0, 300),
        days=st.integers(0, 2),
        business_minutes=st.integers(0, 600),
        business_days=st.integers(0, 2),
    ),
)
NEAR = st.one_of(
    st.timedeltas(timedelta(days=-6), timedelta(days=6)),
    # whole minutes meet openings and closings
    st.integers(-6 * 24 * 4, 6 * 24 * 4).map(lambda quarters: quarters * timedelta(minutes=15)),
)


@settings(max_examples=400)
@given(st.sampled_from(ODD), DURATIONS, NEAR, NEAR)
# a closing at the very moment in which Samoa left out a day
@example(ODD[-2], Duration(business_days=1), timedelta(0), timedelta(days=1))
def test_adding_and_subtracting_agree(
    odd: tuple[Calendar, str], duration: Duration, since: timedelta, until: timedelta
) -> None:
    calendar, about = odd
    f, now = at(about) + since, at(about) + until
    assert (f <= calendar.subtract(now, duration)) == (calendar.add(f, duration) <= now)
    # and at the very edges, where chance seldom looks
    threshold = calendar.subtract(now, duration)
    assert calendar.add(threshold, duration) <= now
    assert calendar.add(threshold + MICROSECOND, duration) > now
    due = calendar.add(f, duration)
    assert calendar.subtract(due, duration) >= f
    assert calendar.subtract(due - MICROSECOND, duration) < f


@settings(max_examples=100)
@given(st.sampled_from(ODD), st.integers(1, 600), NEAR)
def test_business_minutes_are_open_minutes(
    odd: tuple[Calendar, str], minutes: int, since: timedelta
) -> None:
    calendar, about = odd
    start = at(about) + since
    end = calendar.add(start, Duration(business_minutes=minutes))
    stretches = calendar.open_intervals(start, end)
    assert sum((b - a for a, b in stretches), timedelta()) == timedelta(minutes=minutes)


@settings(max_examples=100)
@given(st.integers(1, 12), NEAR)
def test_business_days_land_on_open_days_at_the_same_time(days: int, since: timedelta) -> None:
    start = datetime(2026, 12, 28, 11, tzinfo=UTC) + since
    end = OFFICE.add(start, Duration(business_days=days)).astimezone(BERLIN)
    assert OFFICE.is_open_on(end.date())
    local = start.astimezone(BERLIN)
    if OFFICE.is_open_on(local.date()) and 9 <= local.hour < 17:
        assert end.time() == local.time()
        between = [
            local.date() + timedelta(days=n + 1) for n in range((end.date() - local.date()).days)
        ]
        assert sum(map(OFFICE.is_open_on, between)) == days


def test_long_durations_stay_within_the_years() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    hardly = a_calendar("sun", "12:00-13:00", country="DE")
    for longest in map(parse_duration, ("2600 business days", "20000 business hours")):
        assert hardly.subtract(hardly.add(now, longest), longest) >= now
        assert hardly.subtract(now, longest) < now
