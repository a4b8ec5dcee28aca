"""`calendars:` and `send_windows:`: when the team works, and when we may write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_section import Section
from outreach.timing.calendars import Calendar
from outreach.timing.hours import EVERY_DAY, parse_days, parse_hours
from outreach.timing.public_holidays import check_country
from outreach.timing.windows import ANY_TIME, SendWindow
from outreach.workspace.zones import parse_zone

CALENDAR_KEYS = ("country", "days", "hours", "closed", "timezone")
WINDOW_KEYS = ("days", "hours", "not_on_holidays_of")
DEFAULT_WINDOW = SendWindow("daytime", EVERY_DAY, parse_hours("09:00-20:00"))
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def read_calendars(section: Section, zone: ZoneInfo) -> dict[str, Calendar]:
    """Read `calendars:`; clocks are those of `zone` unless a calendar names its own."""
    found = {}
    for name, part in _entries(section, "calendars", CALENDAR_KEYS):
        part.need("days", "hours")
        days, hours = part.parsed("days", parse_days), part.parsed("hours", parse_hours)
        place = part.parsed("country", _parse_country)
        closed = frozenset(filter(None, (_day(part, s) for s in part.scalars("closed"))))
        own_zone = part.parsed("timezone", parse_zone)
        if days and hours:
            country, subdivision = place or (None, None)
            clock = own_zone or zone
            found[name] = Calendar(name, clock, days, hours, country, subdivision, closed)
    return found


def read_windows(section: Section) -> dict[str, SendWindow]:
    """Read `send_windows:`; `any time` is always there, and `daytime` unless others are named."""
    found = {}
    for name, part in _entries(section, "send_windows", WINDOW_KEYS):
        part.need("hours")
        days, hours = part.parsed("days", parse_days), part.parsed("hours", parse_hours)
        holidays = part.parsed("not_on_holidays_of", _parse_country)
        if hours:
            place = "-".join(filter(None, holidays)) if holidays else None
            found[name] = SendWindow(name, days or EVERY_DAY, hours, place)
    if "send_windows" not in section:
        found[DEFAULT_WINDOW.name] = DEFAULT_WINDOW
    return {**found, ANY_TIME.name: ANY_TIME}


def _entries(section: Section, key: str, keys: tuple[str, ...]) -> Iterator[tuple[str, Section]]:
    """Yield what the operator named under a key; names that rules could not write are reported."""
    named = section.named(key)
    inside = section.section(key, [name.text for name, _ in named])
    for name, _ in named:
        _check_name(section, name)
        part = inside.section(name.text, keys) if inside else None
        if part:
            yield name.text, part


def _check_name(section: Section, name: Scalar) -> None:
    if name.text == ANY_TIME.name:
        section.report("E402", f"`{name.text}` is always there and cannot be changed", name)
    elif not _NAME.fullmatch(name.text):
        said = f"`{name.text}` cannot be a name: letters, digits, `-` and `_`, a letter first"
        section.report("E402", said, name)


def _day(part: Section, scalar: Scalar) -> date | None:
    return part.parsed_scalar(scalar, _parse_date)


def _parse_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"`{text}` is not a day: write it like 2026-12-24") from None


def _parse_country(text: str) -> tuple[str, str | None]:
    """Read `DE` or `DE-BY`, a place whose holidays are known."""
    country, _, subdivision = text.strip().partition("-")
    check_country(country, subdivision or None)
    return country.upper(), subdivision or None
