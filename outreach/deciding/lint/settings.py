"""The lint of outreach.yaml and jobs: addresses that nobody reads, and times that do not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from outreach.deciding.lint.codes import RULES
from outreach.deciding.lint.ignoring import apply_ignores, comments_in
from outreach.deciding.lint.vocabulary import LET_THEM_ANSWER, UNREAD
from outreach.errors import Problem
from outreach.timing.clock_changes import next_skipped
from outreach.timing.hours import parse_clock

_AT = re.compile(r"""^at:\s*["']?(?P<clock>(?:[01]?\d|2[0-3]):[0-5]\d)""", re.MULTILINE)


def lint_settings(file: str, text: str) -> Iterator[Problem]:
    """Yield addresses in outreach.yaml that say that nobody reads what comes to them."""
    found = [
        _at(file, number, line, unread, "M106", f"{unread[0]} shuts the door", LET_THEM_ANSWER)
        for number, line in enumerate(text.splitlines(), start=1)
        for unread in UNREAD.finditer(line.split(" #")[0])
        if not line.lstrip().startswith("#")
    ]
    yield from _not_ignored(file, text, found)


def lint_job(file: str, text: str, zone: ZoneInfo, now: datetime) -> Iterator[Problem]:
    """Yield the time of a job that does not exist on some day of the coming year."""
    found = []
    for at in _AT.finditer(text):
        day = next_skipped(parse_clock(at["clock"]), zone, now.astimezone(zone).date())
        if day:
            number = text.count("\n", 0, at.start()) + 1
            said = f"on {day:%Y-%m-%d} there is no {at['clock']} in {zone.key}: clocks go forward"
            line = text.splitlines()[number - 1]
            written = _AT.search(line)
            assert written is not None
            hint = "take a time before 01:00 or after 03:00"
            found.append(_at(file, number, line, written, "T504", said, hint))
    yield from _not_ignored(file, text, found)


def _not_ignored(file: str, text: str, found: list[Problem]) -> Iterator[Problem]:
    ignores, unreadable = comments_in(file, text, [])
    yield from unreadable
    yield from apply_ignores(file, text, found, ignores)


def _at(
    file: str, number: int, line: str, place: re.Match[str], code: str, message: str, hint: str
) -> Problem:
    start, end = place.span()
    level = RULES[code].level
    return Problem(file, number, start + 1, code, message, level, line, end - start, hint)
