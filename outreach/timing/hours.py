"""Days of the week and opening hours, read from text: `mon-fri`, `09:00-17:00`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from outreach.timing.spelling import did_you_mean
from outreach.timing.wall_clock import first_instant, midnight

#: short names by `date.weekday()`
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EVERY_DAY = frozenset(range(7))
WEEKDAYS = frozenset(range(5))
DAY_MINUTES = 24 * 60
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_DASH = re.compile(r"\s*[-–]\s*")


@dataclass(frozen=True)
class Hours:
    """From `opens` until just before `closes`, in minutes after local midnight of one day."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= DAY_MINUTES:
            msg = f"hours {self} must open before they close, within one day"
            raise ValueError(msg)

    def __str__(self) -> str:
        return f"{_clock(self.opens)}-{_clock(self.closes)}"

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
        """Return the instants between which it is open on that local day.

        None when the clocks jump over all of it.
        """
        return _span(self, day, zone)


ALL_DAY = Hours(0, DAY_MINUTES)


@lru_cache(maxsize=16_384)
def _span(hours: Hours, day: date, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    start = midnight(day)
    opens = first_instant(start + timedelta(minutes=hours.opens), zone)
    closes = first_instant(start + timedelta(minutes=hours.closes), zone)
    return (opens, closes) if opens < closes else None


def parse_days(text: str) -> frozenset[int]:
    """Read `mon-fri`, `mon,wed,sat` or `sat-mon`; days count from Monday = 0. Raises ValueError."""
    days: set[int] = set()
    for piece in text.split(","):
        ends = [_day(word, text) for word in _DASH.split(piece.strip())]
        if len(ends) > 2:
            msg = f"'{text}': a range has two ends, like mon-fri"
            raise ValueError(msg)
        first, last = ends[0], ends[-1]
        days.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    return frozenset(days)


def format_days(days: frozenset[int]) -> str:
    """Write days the shortest way `parse_days` reads: `mon-fri`, `mon,wed,sat`."""
    pieces: list[str] = []
    ordered = sorted(days)
    while ordered:
        run = [ordered.pop(0)]
        while ordered and ordered[0] == run[-1] + 1:
            run.append(ordered.pop(0))
        names = [DAYS[day] for day in run]
        pieces += [f"{names[0]}-{names[-1]}"] if len(names) > 2 else names
    return ",".join(pieces)


def parse_hours(text: str) -> Hours:
    """Read `09:00-17:00` or `00:00-24:00`; hours past midnight are refused. Raises ValueError."""
    ends = _DASH.split(text.strip())
    if len(ends) != 2:
        msg = f"'{text}' is not a pair of times: write for example 09:00-17:00"
        raise ValueError(msg)
    opens, closes = (_minutes(end, text) for end in ends)
    if opens == closes:
        msg = f"'{text}' is never open: for the whole day write 00:00-24:00"
        raise ValueError(msg)
    if opens > closes:
        msg = (
            f"'{text}' runs past midnight, which is not possible: opening and closing must be on"
            f" the same day, for example {_clock(opens)}-24:00"
        )
        raise ValueError(msg)
    return Hours(opens, closes)


def parse_clock(text: str) -> time:
    """Read a time of day such as `09:00`. Raises ValueError."""
    minutes = _minutes(text.strip(), text)
    if minutes == DAY_MINUTES:
        msg = "24:00 only ends opening hours: for midnight write 00:00"
        raise ValueError(msg)
    return time(*divmod(minutes, 60))


def _day(word: str, text: str) -> int:
    word = word.lower()
    for names in (DAYS, LONG_DAYS):
        if word in names:
            return names.index(word)
    if not word:
        where = f"'{text}': " if text.strip() else ""
        msg = f"{where}a day is missing: write for example mon-fri or mon,wed,sat"
        raise ValueError(msg)
    guess = did_you_mean(word, (*LONG_DAYS, *DAYS)) or f": days are {', '.join(DAYS)}"
    msg = f"'{text}': no day '{word}'{guess}"
    raise ValueError(msg)


def _minutes(word: str, text: str) -> int:
    found = _CLOCK.fullmatch(word)
    where = "" if word == text else f"'{text}': "
    if found is None:
        msg = f"{where}'{word}' is not a time of day: write it like 09:00 or 17:30"
        raise ValueError(msg)
    hours, minutes = int(found[1]), int(found[2])
    if minutes > 59 or hours * 60 + minutes > DAY_MINUTES:
        msg = f"{where}there is no {word} on a clock"
        raise ValueError(msg)
    return hours * 60 + minutes


def _clock(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours:02}:{rest:02}"
