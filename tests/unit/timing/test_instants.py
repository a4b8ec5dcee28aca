"""Instants survive the database exactly, and nothing without an offset becomes one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.timing.instants import from_micros, to_micros, utc


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_there_and_back_are_exact(instant: datetime) -> None:
    assert from_micros(to_micros(instant)) == instant


@pytest.mark.parametrize(
    ("instant", "micros"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        # a float of seconds would lose the last digit here
        (datetime(2286, 11, 20, 17, 46, 39, 999_999, tzinfo=UTC), 9_999_999_999_999_999),
        # before the epoch
        (datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), -1),
        # another offset, the same instant
        (datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), 0),
    ],
)
def test_micros_count_from_the_epoch(instant: datetime, micros: int) -> None:
    assert to_micros(instant) == micros
    assert from_micros(micros) == instant
    assert from_micros(micros).tzinfo is UTC


@pytest.mark.parametrize("take", [utc, to_micros])
def test_a_datetime_without_offset_is_refused(take: object) -> None:
    with pytest.raises(ValueError, match="2026-11-22 09:00:00 has no offset"):
        take(datetime.fromisoformat("2026-11-22 09:00"))  # type: ignore[operator]
