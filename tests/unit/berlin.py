"""The clock on the wall in Berlin, with its summer time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(text: str) -> datetime:
    """Read a time of that clock."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)
