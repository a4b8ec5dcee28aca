"""Send windows: no message at an indecent hour, wherever its recipient may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.timing.hours import parse_days, parse_hours
from outreach.timing.windows import ANY_TIME, SendWindow
from tests.unit.berlin import BERLIN, berlin

NEW_YORK = ZoneInfo("America/New_York")
HONOLULU = ZoneInfo("Pacific/Honolulu")
KOLKATA = ZoneInfo("Asia/Kolkata")


def a_window(
    days: str = "mon-sun", hours: str = "09:00-20:00", holidays_of: str | None = None
) -> SendWindow:
    return SendWindow("test", parse_days(days), parse_hours(hours), holidays_of)


@pytest.mark.parametrize(
    ("window", "instant", "opens"),
    [
        # open: the very instant
        (a_window(), "2026-11-23 12:34:56.789", "2026-11-23 12:34:56.789"),
        (a_window(), "2026-11-23 09:00", "2026-11-23 09:00"),
        # too early, too late, and closing time is closed
        (a_window(), "2026-11-23 08:59", "2026-11-23 09:00"),
        (a_window(), "2026-11-23 20:00", "2026-11-24 09:00"),
        (a_window(), "2026-11-23 23:00", "2026-11-24 09:00"),
        # over the weekend
        (a_window("mon-fri"), "2026-11-20 21:00", "2026-11-23 09:00"),
        # the night in which the clocks change
        (a_window(), "2026-03-28 21:00", "2026-03-29 09:00"),
        (a_window(), "2026-10-24 21:00", "2026-10-25 09:00"),
        # opening in the skipped hour: when the clocks jump
        (a_window(hours="02:30-05:00"), "2026-03-29 00:00", "2026-03-29 03:00"),
        # all of it skipped: the next day
        (a_window(hours="02:00-03:00"), "2026-03-29 00:00", "2026-03-30 02:00"),
        # Christmas is a Friday
        (a_window("mon-fri", holidays_of="DE"), "2026-12-24 20:00", "2026-12-28 09:00"),
        (a_window(holidays_of="DE-BY"), "2026-01-05 20:00", "2026-01-07 09:00"),
        (a_window(holidays_of="DE"), "2026-01-05 20:00", "2026-01-06 09:00"),
        (ANY_TIME, "2026-11-23 03:00", "2026-11-23 03:00"),
    ],
)
def test_the_next_decent_hour(window: SendWindow, instant: str, opens: str) -> None:
    found = window.next_open(berlin(instant), (BERLIN,))
    assert found == berlin(opens)
    assert window.is_open(berlin(instant), (BERLIN,)) is (instant == opens)


def test_it_must_be_open_in_every_zone() -> None:
    # 09:00 in Honolulu is 14:00 in New York, where it closes at 20:00
    evening = datetime(2026, 11, 24, 2, tzinfo=UTC)
    opens = a_window().next_open(evening, (NEW_YORK, HONOLULU))
    assert opens == datetime(2026, 11, 24, 19, tzinfo=UTC)
    assert a_window().closes_at(opens, (NEW_YORK, HONOLULU)) == datetime(
        2026, 11, 25, 1, tzinfo=UTC
    )


def test_zones_too_far_apart_have_no_common_hour() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    across = (BERLIN, ZoneInfo("Pacific/Auckland"))
    assert a_window().next_open(now, across) is None
    assert a_window("sun", holidays_of="DE").next_open(now, across) is None
    assert not a_window().is_open(now, across)


def test_a_short_window_waits_for_its_day_over_holidays() -> None:
    mondays = a_window("mon", holidays_of="DE")
    # Easter Monday 2026 is 6 April
    assert mondays.next_open(berlin("2026-03-31 09:00"), (BERLIN,)) == berlin("2026-04-13 09:00")


@pytest.mark.parametrize(
    ("window", "instant", "closes"),
    [
        (a_window(), "2026-11-23 12:00", "2026-11-23 20:00"),
        (a_window(hours="00:00-24:00", days="mon,tue"), "2026-11-23 12:00", "2026-11-25 00:00"),
        (a_window(hours="00:00-24:00", holidays_of="DE"), "2026-12-20 12:00", "2026-12-25 00:00"),
        # not open: it ends as it begins
        (a_window(), "2026-11-23 08:00", "2026-11-23 08:00"),
        (a_window(), "2026-11-23 20:00", "2026-11-23 20:00"),
        # never
        (ANY_TIME, "2026-11-23 08:00", None),
    ],
)
def test_when_an_opening_ends(window: SendWindow, instant: str, closes: str | None) -> None:
    assert window.closes_at(berlin(instant), (BERLIN,)) == (closes and berlin(closes))


@settings(max_examples=300)
@given(
    hours=st.sampled_from(["09:00-20:00", "01:30-02:30", "02:00-24:00", "00:00-02:15"]),
    days=st.frozensets(st.integers(0, 6), min_size=1),
    zones=st.lists(
        st.sampled_from([BERLIN, NEW_YORK, KOLKATA, ZoneInfo("Australia/Lord_Howe")]),
        min_size=1,
        max_size=3,
    ).map(tuple),
    instant=st.one_of(
        st.timedeltas(timedelta(days=0), timedelta(days=40_000)).map(
            lambda since: datetime(1975, 1, 1, tzinfo=UTC) + since
        ),
        st.timedeltas(timedelta(days=-2), timedelta(days=2)).map(
            lambda near: datetime(2026, 3, 29, 1, tzinfo=UTC) + near
        ),
        st.timedeltas(timedelta(days=-2), timedelta(days=2)).map(
            lambda near: datetime(2026, 10, 25, 1, tzinfo=UTC) + near
        ),
    ),
    later=st.integers(0, 999),
)
def test_next_open_is_open_and_the_first_to_be(
    hours: str, days: frozenset[int], zones: tuple[ZoneInfo, ...], instant: datetime, later: int
) -> None:
    window = SendWindow("test", days, parse_hours(hours))
    opens = window.next_open(instant, zones)
    if opens is None:
        opens = instant + timedelta(days=8)
    else:
        assert window.is_open(opens, zones)
        closes = window.closes_at(opens, zones)
        assert closes is not None
        assert not window.is_open(closes, zones)
        assert window.is_open(opens + (closes - opens) * later // 1000, zones)
        for zone in zones:
            local = opens.astimezone(zone)
            assert local.weekday() in days
            # a window in the skipped hour opens after it; nothing else is outside the hours
            assert _minutes(local) >= window.hours.opens
    if opens > instant:
        assert not window.is_open(instant + (opens - instant) * later // 1000, zones)


def _minutes(local: datetime) -> int:
    return local.hour * 60 + local.minute


@pytest.mark.parametrize(
    ("hours", "cautious"),
    [
        ("09:00-20:00", "11:00-18:00"),
        ("12:00-14:00", "12:00-14:00"),
        ("07:00-12:00", "11:00-12:00"),
        # nothing decent in common
        ("18:00-22:00", None),
    ],
)
def test_people_in_unknown_places_hear_from_us_around_noon(
    hours: str, cautious: str | None
) -> None:
    window = a_window("mon-fri", hours, "DE")
    assert window.cautious() == (cautious and a_window("mon-fri", cautious, "DE"))


def test_any_time_means_any_time() -> None:
    assert ANY_TIME.cautious() is ANY_TIME


def test_a_window_without_days_is_refused() -> None:
    with pytest.raises(ValueError, match="never opens"):
        SendWindow("never", frozenset(), parse_hours("09:00-17:00"))


def test_a_window_says_what_it_is() -> None:
    assert str(a_window("mon-sat", holidays_of="DE")) == (
        "test (mon-sat 09:00-20:00, not on holidays of DE)"
    )
