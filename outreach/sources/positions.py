"""How far a database has been read: the latest time of change seen, as the database gave it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from outreach.errors import DataError

#: a number of seconds as large as this would be in the year 5138
MILLISECONDS_FROM = 10**11


@dataclass(frozen=True)
class Position:
    """The newest `updated_at` seen, and the digests of rows rejected in the last run.

    A rejected row is read again as long as it lies within the overlap; it is reported once.
    """

    newest: Any = None
    rejected: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Position:
        """Return what `str` wrote."""
        kept = json.loads(text)
        return cls(_restored(*kept["newest"]), frozenset(kept["rejected"]))

    def __str__(self) -> str:
        return json.dumps({"newest": _kept(self.newest), "rejected": sorted(self.rejected)})

    def start(self, overlap: timedelta) -> Any:
        """Return from where to read: somewhat before the newest, for what was committed late."""
        return None if self.newest is None else earlier(self.newest, overlap)


def earlier(value: Any, by: timedelta) -> Any:
    """Return a time of a database some time earlier, in the form it came in.

    Raises DataError for what is no time.
    """
    if isinstance(value, datetime):
        return value - by
    if isinstance(value, int | float | Decimal):
        units = 1000 if value > MILLISECONDS_FROM else 1
        return value - int(by.total_seconds()) * units
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise DataError(f"`{value}` cannot say how far to read: it is not a time") from None
        # shorter than any text of the same second, so it sorts before all of them
        return (moment - by).strftime(f"%Y-%m-%d{value[10:11]}%H:%M:%S")
    raise DataError(f"`{value}` cannot say how far to read: it is not a time")


def _kept(value: Any) -> tuple[str, Any]:
    if isinstance(value, datetime):
        return "datetime", value.isoformat()
    if isinstance(value, Decimal):
        return "decimal", str(value)
    return "as is", value


def _restored(kind: str, value: Any) -> Any:
    match kind:
        case "datetime":
            return datetime.fromisoformat(value)
        case "decimal":
            return Decimal(value)
        case _:
            return value
