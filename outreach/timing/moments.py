"""Moments as people write and read them: `friday 09:00`, `+3 days`, `Tue 24 Nov 09:00 (in 21 h)`.

English and independent of the machine's locale; what `format_moment` writes, `parse_moment` reads.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outreach.timing.durations import parse_duration
from outreach.timing.hours import DAYS, LONG_DAYS, parse_clock
from outreach.timing.instants import utc
from outreach.timing.spelling import did_you_mean
from outreach.timing.waits import next_clock, shift_days
from outreach.timing.wall_clock import first_instant

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NEARBY = {"yesterday": -1, "today": 0, "tomorrow": 1}
EXAMPLES = "now, friday 09:00, tomorrow 20:00, +3 days, 24 Nov 09:00, 2026-11-22 09:00"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
_REMARK = re.compile(r"\s*\([^)]*\)$")
_AHEAD = re.compile(r"(?:\+|in\s)\s*(?P<duration>.+)")
_BACK = re.compile(r"-\s*(?P<minus>.+)|(?P<ago>.+)\sago")
_CLOCKLIKE = re.compile(r"\d{1,2}(:|h|[ap]\.?m)")
_ONE_DIGIT = re.compile(r" (\d):")
_DATE = re.compile(
    r"(?:(?P<weekday>[a-z]+),? )?(?P<day>\d{1,2})\.? (?P<month>[a-z]+)\.?(?: (?P<year>\d{4}))?"
)


def parse_moment(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Read a moment; clock times are in `zone`, a weekday or a clock time alone is the next one.

    A day without a time is its beginning. Raises ValueError with what could be written instead.
    """
    words = " ".join(_REMARK.sub("", text).split())
    if not words:
        msg = f"a time is missing: write for example {EXAMPLES}"
        raise ValueError(msg)
    try:
        if re.match(r"\d{4}-?\d", words):
            return _iso(words, zone)
        return _spoken(words.lower(), utc(now), zone)
    except OverflowError:
        msg = f"'{text}' is outside the years we can count"
        raise ValueError(msg) from None


def format_moment(instant: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Write a moment with its distance: `Tue 24 Nov 09:00 (in 21 h)`; the year if not now's."""
    local = utc(instant).astimezone(zone)
    year = f" {local.year}" if local.year != utc(now).astimezone(zone).year else ""
    day = f"{DAYS[local.weekday()].title()} {local.day} {MONTHS[local.month - 1].title()}{year}"
    return f"{day} {local.hour:02}:{local.minute:02} ({_distance(instant - now)})"


def format_span(span: timedelta) -> str:
    """Write about how long: `25 min`, `1 h 30 min`, `21 h`, `3 days`, `2 years`."""
    span = abs(span)
    minutes = round(span / MINUTE)
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return f"{minutes} min"
    if span < 10 * HOUR and minutes % 60:
        return f"{minutes // 60} h {minutes % 60} min"
    if round(span / HOUR) < 48:
        return f"{round(span / HOUR)} h"
    if span < 2 * YEAR:
        return f"{round(span / DAY)} days"
    return f"{round(span / YEAR)} years"


def _distance(ahead: timedelta) -> str:
    if abs(ahead) < MINUTE / 2:
        return "now"
    return f"in {format_span(ahead)}" if ahead > timedelta(0) else f"{format_span(ahead)} ago"


def _iso(words: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(_ONE_DIGIT.sub(r" 0\1:", words))
    except ValueError as error:
        msg = f"'{words}' is not a date and time ({error}): write for example 2026-11-22 09:00"
        raise ValueError(msg) from None
    return first_instant(moment, zone) if moment.tzinfo is None else utc(moment)


def _spoken(words: str, now: datetime, zone: ZoneInfo) -> datetime:
    if words == "now":
        return now
    if ahead := _AHEAD.fullmatch(words):
        return _shifted(now, ahead["duration"], 1, zone)
    if back := _BACK.fullmatch(words):
        return _shifted(now, back["minus"] or back["ago"], -1, zone)
    day, _, last = words.rpartition(" ")
    if not _CLOCKLIKE.match(last):
        day, last = words, ""
    clock = parse_clock(last) if last else time.min
    day = day.removesuffix(" at").removesuffix(",")
    return _on(day, clock, now, zone) if day not in ("", "at") else next_clock(now, clock, zone)


def _shifted(now: datetime, text: str, sign: int, zone: ZoneInfo) -> datetime:
    duration = parse_duration(text)
    if duration.is_business:
        msg = f"'{text}': business time needs a calendar, so it cannot be used here"
        raise ValueError(msg)
    there = shift_days(now, sign * duration.days, zone)
    return there + sign * timedelta(minutes=duration.minutes)


def _on(day: str, clock: time, now: datetime, zone: ZoneInfo) -> datetime:
    today = now.astimezone(zone).date()
    if day in NEARBY:
        return _at(today + NEARBY[day] * DAY, clock, zone)
    if (weekday := _weekday(day)) is not None:
        found = today + (weekday - today.weekday()) % 7 * DAY
        instant = _at(found, clock, zone)
        return instant if instant >= now else _at(found + 7 * DAY, clock, zone)
    if named := _DATE.fullmatch(day):
        return _at(_date(named, today), clock, zone)
    near = did_you_mean(day, (*NEARBY, *LONG_DAYS, "now"))
    msg = f"'{day}' is not a day{near or f': write for example {EXAMPLES}'}"
    raise ValueError(msg)


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return first_instant(datetime.combine(day, clock), zone)


def _weekday(word: str) -> int | None:
    for names in (DAYS, LONG_DAYS):
        if word in names:
            return names.index(word)
    return None


def _date(named: re.Match[str], today: date) -> date:
    month = named["month"][:3]
    if month not in MONTHS:
        msg = f"no month '{named['month']}': months are {', '.join(MONTHS)}"
        raise ValueError(msg)
    year = int(named["year"] or today.year)
    try:
        found = date(year, MONTHS.index(month) + 1, int(named["day"]))
    except ValueError:
        msg = f"there is no {named['day']} {month.title()} {year}"
        raise ValueError(msg) from None
    if named["weekday"] and _weekday(named["weekday"]) != found.weekday():
        msg = f"{named['day']} {month.title()} {year} is a {LONG_DAYS[found.weekday()].title()}"
        raise ValueError(msg)
    return found
