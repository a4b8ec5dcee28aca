"""Durations as an operator writes them: `2 days`, `1 day 12 hours`, `4 business hours`.

A day is kept apart from 24 hours, because a wait of one day keeps the time on the clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from outreach.timing.spelling import did_you_mean

MINUTES = {"minute": 1, "hour": 60}
DAYS = {"day": 1, "week": 7}
UNITS = ("minutes", "hours", "days", "weeks")
#: short forms we understand well enough to correct, not to accept
SHORT = {
    **dict.fromkeys(("m", "min", "mins"), "minutes"),
    **dict.fromkeys(("h", "hr", "hrs"), "hours"),
    **dict.fromkeys(("d", "ds"), "days"),
    **dict.fromkeys(("w", "wk", "wks"), "weeks"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "minutes"),
}
#: generous, and small enough that no calendar leaves the years a datetime can hold
MOST = {
    "days": 20 * 366,
    "minutes": 20 * 366 * 24 * 60,
    "business_days": 2_600,
    "business_minutes": 20_000 * 60,
}
_PART = re.compile(r"(?P<number>[-+]?\d[\d.,]*)\s*(?P<business>business\b)?\s*(?P<unit>[^\W\d]*)")


@dataclass(frozen=True)
class Duration:
    """A length of time. Added as days, then minutes, then business days, then business minutes."""

    minutes: int = 0
    days: int = 0
    business_minutes: int = 0
    business_days: int = 0

    @property
    def is_business(self) -> bool:
        """Whether a calendar is needed to say how long this is."""
        return bool(self.business_days or self.business_minutes)

    @property
    def fixed(self) -> timedelta:
        """The length in conditions, where a day is 24 hours; ValueError for business time."""
        if self.is_business:
            msg = f"'{self}' has no fixed length: it depends on a calendar"
            raise ValueError(msg)
        return timedelta(days=self.days, minutes=self.minutes)

    def __str__(self) -> str:
        hours, minutes = divmod(self.minutes, 60)
        business_hours, business_minutes = divmod(self.business_minutes, 60)
        parts = (
            (self.days, "day"),
            (hours, "hour"),
            (minutes, "minute"),
            (self.business_days, "business day"),
            (business_hours, "business hour"),
            (business_minutes, "business minute"),
        )
        said = [f"{n} {unit}" if n == 1 else f"{n} {unit}s" for n, unit in parts if n]
        return " ".join(said) or "0 minutes"


def parse_duration(text: str) -> Duration:
    """Read a duration; anything else raises a ValueError that says what to write instead."""
    rest = text.strip()
    if not rest:
        msg = "a duration is missing: write for example '2 days' or '4 business hours'"
        raise ValueError(msg)
    total: dict[str, int] = {}
    seen: set[tuple[str, str]] = set()
    while rest:
        part = _PART.match(rest)
        if part is None:
            raise ValueError(_stray(text, rest))
        number, unit = _number(part, text), _unit(part, text)
        business = "business_" if part["business"] else ""
        if (business, unit) in seen:
            msg = f"'{text}' says {business.replace('_', ' ')}{unit}s twice: add them up"
            raise ValueError(msg)
        seen.add((business, unit))
        kind = "minutes" if unit in MINUTES else "days"
        size = MINUTES.get(unit) or DAYS[unit]
        total[business + kind] = total.get(business + kind, 0) + number * size
        rest = rest[part.end() :].lstrip()
    return _checked(Duration(**total), text)


def _number(part: re.Match[str], text: str) -> int:
    number = part["number"]
    if number.isdigit() and number.isascii():
        if len(number) > 9:
            msg = f"'{text}' is too long"
            raise ValueError(msg)
        return int(number)
    if number[0] in "+-":
        msg = f"'{text}': a duration has no sign, write '{text.lstrip('+-').strip()}'"
    else:
        msg = f"'{text}': only whole numbers, for example '1 day 12 hours' or '90 minutes'"
    raise ValueError(msg)


def _unit(part: re.Match[str], text: str) -> str:
    """Return the unit in the singular."""
    number, word = part["number"], part["unit"].lower()
    business = "business " if part["business"] else ""
    if not word:
        msg = f"'{text}': {number} {business}what? Write for example '{number} {business}days'"
        raise ValueError(msg)
    unit = word.removesuffix("s")
    if unit not in MINUTES and unit not in DAYS:
        raise ValueError(_unknown_unit(word, number, text))
    if business and unit == "week":
        msg = (
            f"'{text}': business time comes in business days, hours and minutes, because a business"
            " week is not equally long everywhere; write for example '10 business days'"
        )
        raise ValueError(msg)
    return unit


def _unknown_unit(word: str, number: str, text: str) -> str:
    if word in ("month", "months", "quarter", "quarters", "year", "years"):
        return f"'{text}': {word.removesuffix('s')}s differ in length: say days, such as '30 days'"
    if word.startswith("s") and word in SHORT:
        return f"'{text}': the smallest unit is minutes"
    if word in SHORT:
        return f"'{text}': did you mean '{number} {SHORT[word]}'?"
    guess = did_you_mean(word, (*UNITS, "business")) or f": units are {', '.join(UNITS)}"
    return f"'{text}': no unit '{word}'{guess}"


def _stray(text: str, rest: str) -> str:
    word = rest.split(maxsplit=1)[0]
    if word in ("and", ",", "+"):
        return f"'{text}': leave out '{word}', write for example '1 day 12 hours'"
    where = "" if rest == text.strip() else f" from '{word}' on"
    return (
        f"'{text}' is not a duration{where}: write a number and a unit,"
        " for example '2 days' or '4 business hours'"
    )


def _checked(duration: Duration, text: str) -> Duration:
    if duration == Duration():
        msg = f"'{text}': a duration is longer than nothing"
        raise ValueError(msg)
    for part, most in MOST.items():
        if getattr(duration, part) > most:
            longest = Duration(**{part: most})
            msg = f"'{text}' is too long: the longest is '{longest}'"
            raise ValueError(msg)
    return duration
