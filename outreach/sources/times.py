"""Times as sources write them: ISO 8601, other formats, seconds since 1970."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from outreach.sources.values import BadValue, Parse, text_of
from outreach.timing.wall_clock import first_instant

ISO, UNIX, UNIX_MS = "iso", "unix", "unix_ms"
#: outside of these years a time is a slip or a placeholder
YEARS = range(1970, 2200)
_SPACED_OFFSET = re.compile(r"\s*(?:(?P<utc>UTC|GMT|Z|z)|(?P<offset>[+-]\d{2}:?\d{2}))$")
_DIGITS = re.compile(r"\d{9,14}(\.\d+)?")
_SAMPLE = datetime(2016, 11, 30, 13, 45, 59, tzinfo=UTC)


def check_format(text: str) -> str:
    """Return a format if it can be read by; raises ValueError with what is wrong."""
    if text in (ISO, UNIX, UNIX_MS):
        return text
    if "%" not in text:
        raise ValueError(f"`{text}` is no format: write it like `%d/%m/%Y %H:%M`, iso or unix")
    try:
        # `%Y-%m` and the like must be told from formats that lose the day
        read = _by_format(_SAMPLE.strftime(text), text)
    except ValueError as error:
        raise ValueError(f"`{text}` cannot be read back: {error}") from None
    if read.date() != _SAMPLE.date():
        raise ValueError(f"`{text}` does not say year, month and day")
    return text


def time_parser(formats: Sequence[str], zone: ZoneInfo) -> Parse:
    """Return what reads a time; one without an offset is on the clock of `zone`.

    A time that clocks skip is the moment they jump; of a time shown twice, the first.
    """
    readers = [_reader(form) for form in formats or (ISO,)]

    @lru_cache(maxsize=4096)
    def parse_text(text: str) -> datetime:
        for read in readers:
            if (found := read(text)) is not None:
                return _instant(found, zone, text)
        raise BadValue(f"`{text}` is not a time {_expected(formats or (ISO,))}")

    def parse(value: Any) -> datetime:
        if isinstance(value, str):
            return parse_text(value.strip())
        if isinstance(value, datetime):
            return _instant(value, zone, str(value))
        if isinstance(value, date):
            return _instant(datetime.combine(value, time.min), zone, str(value))
        return parse_text(text_of(value))

    return parse


def _instant(found: datetime, zone: ZoneInfo, text: str) -> datetime:
    if found.year not in YEARS:
        hint = "if it stands for no date, list it under `missing:`"
        raise BadValue(f"`{text}` is not in the years {YEARS[0]} to {YEARS[-1]}; {hint}")
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    offset = _offset_all_day(found.date(), zone)
    if offset is None:
        return first_instant(found, zone)
    return found.replace(tzinfo=UTC) - offset


@lru_cache(maxsize=4096)
def _offset_all_day(day: date, zone: ZoneInfo) -> timedelta | None:
    """Return the zone's offset if it is the same the whole day: most days, and much quicker."""
    start = datetime.combine(day, time.min)
    around = (
        start - timedelta(days=1),
        start,
        start + timedelta(days=1),
        start + timedelta(days=2),
    )
    offsets = {moment.replace(tzinfo=zone).utcoffset() for moment in around}
    return offsets.pop() if len(offsets) == 1 else None


def _expected(formats: Sequence[str]) -> str:
    shown = " or ".join("like 2026-11-22 09:00" if f == ISO else f"by `{f}`" for f in formats)
    return f"{shown} (say `format:`)"


def _reader(form: str) -> Callable[[str], datetime | None]:
    if form == ISO:
        return _read_iso
    if form in (UNIX, UNIX_MS):
        return lambda text: _read_unix(text, 1000 if form == UNIX_MS else 1)
    return lambda text: _read_format(text, form)


def _read_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    offset = _SPACED_OFFSET.search(text)
    if offset is None:
        return None
    plain = text[: offset.start()] + (offset["offset"] or "+00:00")
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        return None


def _read_unix(text: str, units: int) -> datetime | None:
    if not _DIGITS.fullmatch(text):
        return None
    try:
        return datetime.fromtimestamp(float(text) / units, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _read_format(text: str, form: str) -> datetime | None:
    try:
        return _by_format(text, form)
    except ValueError:
        return None


def _by_format(text: str, form: str) -> datetime:
    return datetime.strptime(text, form)  # noqa: DTZ007  # the zone comes from the mapping
