"""Days and opening hours are read strictly; a mistake is answered with an example."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.timing.hours import Hours, format_days, parse_clock, parse_days, parse_hours


@pytest.mark.parametrize(
    ("text", "days", "written"),
    [
        ("mon-fri", {0, 1, 2, 3, 4}, "mon-fri"),
        ("mon,wed,sat", {0, 2, 5}, "mon,wed,sat"),
        ("mon-thu, sat", {0, 1, 2, 3, 5}, "mon-thu,sat"),
        ("Monday - Friday", {0, 1, 2, 3, 4}, "mon-fri"),
        # across the week's end
        ("sat-mon", {5, 6, 0}, "mon,sat,sun"),
        ("sun-sat", {0, 1, 2, 3, 4, 5, 6}, "mon-sun"),
        ("fri", {4}, "fri"),
        ("sat-sun", {5, 6}, "sat,sun"),
    ],
)
def test_days(text: str, days: set[int], written: str) -> None:
    assert parse_days(text) == days
    assert format_days(frozenset(days)) == written


@given(st.frozensets(st.integers(0, 6), min_size=1))
def test_written_days_read_as_the_same(days: frozenset[int]) -> None:
    assert parse_days(format_days(days)) == days


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("09:00-17:00", Hours(540, 1020)),
        ("00:00-24:00", Hours(0, 1440)),
        ("9:00 – 17:30", Hours(540, 1050)),
    ],
)
def test_hours(text: str, hours: Hours) -> None:
    assert parse_hours(text) == hours
    assert parse_hours(str(hours)) == hours


@pytest.mark.parametrize(
    ("read", "text", "told"),
    [
        (parse_days, "mon-fry", "no day 'fry': did you mean 'friday'?"),
        (parse_days, "workdays", "days are mon, tue, wed, thu, fri, sat, sun"),
        (parse_days, "mon,", "a day is missing"),
        (parse_days, "", "a day is missing: write for example mon-fri"),
        (parse_days, "mon-wed-fri", "a range has two ends"),
        (parse_hours, "22:00-06:00", "runs past midnight, which is not possible"),
        (parse_hours, "09:00-09:00", "for the whole day write 00:00-24:00"),
        (parse_hours, "09:00", "write for example 09:00-17:00"),
        (parse_hours, "9-17", "'9' is not a time of day: write it like 09:00"),
        (parse_hours, "09:00-17:60", "there is no 17:60 on a clock"),
        (parse_hours, "09:00-24:01", "there is no 24:01 on a clock"),
        (parse_clock, "9am", "'9am' is not a time of day"),
        (parse_clock, "24:00", "for midnight write 00:00"),
    ],
)
def test_says_what_is_wrong(read: object, text: str, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read(text)  # type: ignore[operator]
    assert told in str(caught.value)


def test_a_clock_time() -> None:
    assert parse_clock(" 9:05 ") == time(9, 5)


@pytest.mark.parametrize(("opens", "closes"), [(-1, 60), (60, 60), (120, 60), (0, 1441)])
def test_hours_lie_within_one_day(opens: int, closes: int) -> None:
    with pytest.raises(ValueError, match="must open before they close"):
        Hours(opens, closes)


@pytest.mark.parametrize(
    ("zone", "day", "hours", "expected"),
    [
        # an ordinary day, up to the midnight after it
        ("Europe/Berlin", "2026-11-23", "20:00-24:00", ("2026-11-23 19:00", "2026-11-23 23:00")),
        # 23 hours and 25 hours
        ("Europe/Berlin", "2026-03-29", "00:00-24:00", ("2026-03-28 23:00", "2026-03-29 22:00")),
        ("Europe/Berlin", "2026-10-25", "00:00-24:00", ("2026-10-24 22:00", "2026-10-25 23:00")),
        # opening in the skipped hour
        ("Europe/Berlin", "2026-03-29", "02:30-05:00", ("2026-03-29 01:00", "2026-03-29 03:00")),
        # all of it skipped
        ("Europe/Berlin", "2026-03-29", "02:00-03:00", None),
        ("Pacific/Apia", "2011-12-30", "09:00-17:00", None),
    ],
)
def test_the_instants_of_a_day(
    zone: str, day: str, hours: str, expected: tuple[str, str] | None
) -> None:
    found = parse_hours(hours).on(date.fromisoformat(day), ZoneInfo(zone))
    assert found == (expected and tuple(datetime.fromisoformat(e + "+00:00") for e in expected))
