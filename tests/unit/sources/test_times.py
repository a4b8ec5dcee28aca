"""Times in the forms sources write them, on the clock of the right zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.sources.times import check_format, time_parser
from outreach.sources.values import BadValue
from outreach.timing.wall_clock import first_instant

BERLIN = ZoneInfo("Europe/Berlin")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "formats", "expected"),
    [
        ("2026-11-22 09:00:00", (), "2026-11-22 08:00"),
        ("2026-11-22T09:00:00Z", (), "2026-11-22 09:00"),  # it says its zone
        ("2026-11-22 09:00 UTC", (), "2026-11-22 09:00"),
        ("2026-11-22 09:00:00 -0400", (), "2026-11-22 13:00"),  # as shops export them
        ("2026-11-22", (), "2026-11-21 23:00"),  # the beginning of the day
        ("4/4/2016 00:25", ("%d/%m/%Y %H:%M",), "2016-04-03 22:25"),
        ("2026-07-01", ("%d.%m.%Y", "iso"), "2026-06-30 22:00"),  # the first that fits
        ("1769072400", ("unix",), "2026-01-22 09:00"),
        (1769072400000, ("unix_ms",), "2026-01-22 09:00"),
        (datetime(2026, 11, 22, 9, 0), (), "2026-11-22 08:00"),  # noqa: DTZ001  # of a database
        (datetime(2026, 11, 22, 9, 0, tzinfo=UTC), (), "2026-11-22 09:00"),
        (date(2026, 11, 22), (), "2026-11-21 23:00"),
    ],
)
def test_a_time_in_its_form(value: Any, formats: tuple[str, ...], expected: str) -> None:
    assert time_parser(formats, BERLIN)(value) == instant(expected)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-03-29 02:30", BERLIN, "2026-03-29 01:00"),  # clocks skip it: the moment they jump
        ("2026-10-25 02:30", BERLIN, "2026-10-25 00:30"),  # shown twice: the first
        ("2017-10-15 00:00", SAO_PAULO, "2017-10-15 03:00"),  # a midnight that never was
        ("2018-02-17 23:30", SAO_PAULO, "2018-02-18 01:30"),  # the last day of summer, twice
    ],
)
def test_nights_when_clocks_change(text: str, zone: ZoneInfo, expected: str) -> None:
    assert time_parser((), zone)(text) == instant(expected)


@given(
    wall=st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001
    zone=st.sampled_from([BERLIN, SAO_PAULO, ZoneInfo("Asia/Kolkata"), ZoneInfo("Pacific/Apia")]),
)
def test_the_short_way_is_as_exact_as_the_long_one(wall: datetime, zone: ZoneInfo) -> None:
    assert time_parser((), zone)(wall.isoformat()) == first_instant(wall, zone)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("tomorrow", "`tomorrow` is not a time like 2026-11-22 09:00"),
        ("2026-02-30", "not a time"),
        ("22.11.2026", "say `format:`"),
        ("0000-00-00 00:00:00", "not a time"),  # what MySQL writes for none
        ("9999-12-31", "if it stands for no date, list it under `missing:`"),
        ("1900-01-01", "1970 to 2199"),
        (1769072400, "not a time"),  # a number needs a format
    ],
)
def test_what_is_no_time_is_refused_with_what_to_do(value: Any, said: str) -> None:
    with pytest.raises(BadValue, match=said):
        time_parser((), BERLIN)(value)


def test_the_ends_of_time_are_refused_not_an_overflow() -> None:
    early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    with pytest.raises(BadValue):
        time_parser((), BERLIN)(early)
    with pytest.raises(BadValue):
        time_parser(("unix_ms",), BERLIN)("99999999999999")


@pytest.mark.parametrize(
    "form", ["iso", "unix", "unix_ms", "%d/%m/%Y", "%m/%d/%y %I:%M %p", "%Y%m%d"]
)
def test_a_format_that_can_be_read_by(form: str) -> None:
    assert check_format(form) == form


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("dd/mm/yyyy", "write it like"),
        ("%Y-%m", "does not say year, month and day"),
        ("%H:%M", "does not say"),
        ("%Y-%m-%d %Q", "cannot be read back"),
    ],
)
def test_a_format_that_cannot(form: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_format(form)
