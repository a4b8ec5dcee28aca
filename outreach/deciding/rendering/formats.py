"""Days, times, money and lists as a reader of one locale in one zone expects them (Babel)."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import DateTimePattern, format_date, format_time, parse_pattern
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal
from jinja2 import Undefined

from outreach.deciding.rendering.facts import Facts
from outreach.errors import RenderError
from outreach.model import Money
from outreach.timing.calendars import Calendar
from outreach.timing.durations import parse_duration
from outreach.timing.hours import Hours
from outreach.timing.waits import add_local
from outreach.timing.wall_clock import first_instant

#: when business is open for who has no calendar: Monday to Friday, nine to five
WORKDAYS, WORKING_HOURS = frozenset(range(5)), Hours(9 * 60, 17 * 60)
#: control characters and marks that turn the writing direction: part of tricks, not of names
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UGLY = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|  ")


def clean(text: str) -> str:
    """One line of visible text: line breaks and runs of blanks become one blank."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text
    if not _UGLY.search(text):
        return text
    text = re.sub("[\t\n\r\v\f\x1c-\x1f\x85\u2028\u2029]+", " ", text)
    return re.sub(" {2,}", " ", _UNSEEN.sub("", text))


class Formats:
    """How values are shown to one reader."""

    def __init__(self, locale: Locale, zone: ZoneInfo) -> None:
        self.locale = locale
        self.zone = zone
        # the messages of one pass name the same few days over and over
        self._written_day = lru_cache(maxsize=512)(self._write_day)

    def show(self, value: Any) -> str:
        """A value as it is shown when no filter is named; raises RenderError when it cannot be."""
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, bool):
            msg = "a yes/no value cannot be shown: ask for it with {% if … %}"
            raise RenderError(msg)
        if isinstance(value, int):
            return str(value)
        if isinstance(value, dt.datetime):
            return self.datetime(value)
        if isinstance(value, dt.date):
            return self.date(value)
        if isinstance(value, Money):
            return self.money(value)
        if isinstance(value, Decimal | float):
            return self.number(value)
        if isinstance(value, tuple | list):
            return self.list(value)
        raise _cannot_show(value)

    def day(self, value: Any) -> str:
        """Weekday, day and month: `Tuesday, 24 November`."""
        return self._written_day(self._local(value))

    def date(self, value: Any) -> str:
        """Day, month and year: `24 November 2026`."""
        return format_date(self._local(value), "long", self.locale)

    def time(self, value: Any) -> str:
        """The time of day: `14:05`."""
        return format_time(self._instant(value), "short", self.zone, self.locale)

    def datetime(self, value: Any) -> str:
        """Day and time: `Tuesday, 24 November, 14:05`."""
        joined = self.locale.datetime_formats["long"]
        return str(joined).format(self.time(value), self.day(value)).replace("'", "")

    def money(self, value: Any) -> str:
        """An amount with its currency, to the currency's usual decimals."""
        if not isinstance(value, Money):
            raise _wrong("money", "an amount of money", value)
        return format_currency(value.amount, value.currency, locale=self.locale)

    def number(self, value: Any) -> str:
        """A number with the reader's separators."""
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise _wrong("number", "a number", value)
        return format_decimal(value, locale=self.locale)

    def plural(self, value: Any, one: str = "", other: str = "", **forms: str) -> str:
        """The form that fits a count; `{n}` stands for the count itself.

        `one` and `other` do for most languages; others name the categories of their language
        (`few`, `many`, …) as well.
        """
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise _wrong("plural", "a count", value)
        category = self.locale.plural_form(value)
        form = {"one": one, **forms}.get(category, other) or other
        if not form:
            msg = "`plural` needs two forms: {{ 3 | plural('{n} parcel', '{n} parcels') }}"
            raise RenderError(msg)
        return form.replace("{n}", self.number(value))

    def list(self, value: Any, field: str = "") -> str:
        """Several values in a phrase: `A-1, A-2 and A-3`; `field` is what each record gives."""
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise _wrong("list", "several values", value)
        items = [item.pick(field) if field and isinstance(item, Facts) else item for item in value]
        shown = [self.show(item) for item in items]
        if not shown:
            msg = "an empty list cannot be shown: ask for it with {% if … %}"
            raise RenderError(msg)
        return format_list(shown, locale=self.locale)

    def plus(self, value: Any, duration: str, calendar: Calendar | None = None) -> dt.datetime:
        """The instant a duration later (`3 days`), by the reader's clock.

        Business days are those of a calendar, Monday to Friday without one.
        """
        try:
            counting = calendar or Calendar("", self.zone, WORKDAYS, WORKING_HOURS)
            length = parse_duration(duration)
            return add_local(self._instant(value), length, self.zone, calendar=counting)
        except ValueError as error:
            msg = f"`plus`: {error}"
            raise RenderError(msg) from error

    def day_of(self, value: Any) -> tuple[dt.datetime, dt.datetime]:
        """A time, and when the reader's day that it lies in is over."""
        at = self._instant(value)
        tomorrow = dt.datetime.combine(at.date() + dt.timedelta(days=1), dt.time())
        return at, first_instant(tomorrow, self.zone)

    def is_upcoming(self, value: Any, now: dt.datetime) -> bool:
        """Whether a time lies ahead, or at least on the reader's today; a missing one does not."""
        if isinstance(value, Undefined):
            return bool(value)  # an unknown name raises, a missing value is false
        return self._local(value) >= now.astimezone(self.zone).date()

    def _write_day(self, day: dt.date) -> str:
        return _day_pattern(self.locale).apply(day, self.locale)

    def _instant(self, value: Any) -> dt.datetime:
        if not isinstance(value, dt.datetime):
            raise _wrong("time", "a date with a time", value)
        if value.tzinfo is None:
            msg = f"{value} has no time zone"
            raise RenderError(msg)
        return value.astimezone(self.zone)

    def _local(self, value: Any) -> dt.date:
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value
        return self._instant(value).date()


#: what a template may write after `|` to make a value a text
FILTERS = ("day", "date", "time", "datetime", "money", "number", "plural", "list")


@lru_cache(maxsize=256)
def formats_for(locale: str, zone: ZoneInfo) -> Formats:
    """Formats for a locale that Babel knows, kept: loading one costs milliseconds."""
    return Formats(babel_locale(locale), zone)


def babel_locale(tag: str) -> Locale:
    """The CLDR locale of a tag. English without a country is international: 24 November."""
    return Locale.parse("en_001" if tag == "en" else tag, sep="-" if "-" in tag else "_")


@lru_cache(maxsize=64)
def _day_pattern(locale: Locale) -> DateTimePattern:
    """The locale's "weekday, day, month" with the names written out, as CLDR advises."""
    skeletons = locale.datetime_skeletons
    pattern = next(skeletons[s].pattern for s in ("MMMMEEEEd", "MMMMEd", "MMMEd") if s in skeletons)
    quoted = re.split(r"('[^']*')", pattern)
    for n in range(0, len(quoted), 2):
        words = re.sub("[Ec]+", "EEEE", quoted[n])
        quoted[n] = re.sub("M{3,}", "MMMM", re.sub("L{3,}", "LLLL", words))
    return parse_pattern("".join(quoted))


def _cannot_show(value: Any) -> RenderError:
    if isinstance(value, Undefined | Facts):
        str(value)  # raises with the name of the value
    return RenderError(f"a {type(value).__name__} cannot be shown")


def _wrong(name: str, wanted: str, value: Any) -> RenderError:
    if isinstance(value, Undefined):
        str(value)  # raises with the name of the value, which says more than its type would
    return RenderError(
        f"`{name}` needs {wanted}, but got {unicodedata.normalize('NFC', str(value))!r}"
    )
