"""How far a database was read, kept as text and brought back as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from outreach.errors import DataError
from outreach.sources.positions import Position, earlier

AWARE = datetime(2026, 11, 22, 9, 30, 0, 123, tzinfo=UTC)
NAIVE = datetime(2026, 11, 22, 9, 30)  # noqa: DTZ001  # as databases without zones answer


@pytest.mark.parametrize(
    "newest", [None, AWARE, NAIVE, "2026-11-22 09:30:00.5", 1769072400, Decimal("1769072400.5")]
)
def test_a_position_comes_back_as_it_was(newest: Any) -> None:
    position = Position(newest, frozenset({"a", "b"}))
    back = Position.parse(str(position))
    assert back == position
    assert type(back.newest) is type(newest)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (NAIVE, datetime(2026, 11, 22, 9, 20)),  # noqa: DTZ001
        ("2026-11-22 09:30:00.5", "2026-11-22 09:20:00"),
        ("2026-11-22T09:30:00Z", "2026-11-22T09:20:00"),
        (1769072400, 1769071800),
        (1769072400000, 1769071800000),  # milliseconds
    ],
)
def test_reading_starts_somewhat_before(value: Any, expected: Any) -> None:
    assert earlier(value, timedelta(minutes=10)) == expected


@pytest.mark.parametrize("value", ["version 7", b"\x00", "22.11.2026"])
def test_what_is_no_time_cannot_say_how_far(value: Any) -> None:
    with pytest.raises(DataError, match="it is not a time"):
        earlier(value, timedelta(minutes=10))


def test_the_first_time_everything_is_read() -> None:
    assert Position().start(timedelta(minutes=10)) is None
