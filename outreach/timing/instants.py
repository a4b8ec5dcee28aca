"""Instants: aware UTC datetimes, and the exact microseconds since the epoch that databases keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def utc(instant: datetime) -> datetime:
    """Return the same instant in UTC; a datetime without an offset raises ValueError."""
    if instant.utcoffset() is None:
        msg = f"{instant.isoformat(' ')} has no offset, so it is not yet an instant: give it a zone"
        raise ValueError(msg)
    return instant.astimezone(UTC)


def to_micros(instant: datetime) -> int:
    """Return microseconds since 1970-01-01 UTC, exactly; ValueError without an offset."""
    if instant.tzinfo is not UTC:  # nearly all are: every query converts many
        instant = utc(instant)
    return (instant - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the UTC instant that many microseconds after 1970-01-01, exactly."""
    return EPOCH + timedelta(microseconds=micros)
