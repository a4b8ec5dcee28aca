"""Dates, money and lists read as people of a place write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.deciding.rendering.facts import Facts, Missing
from outreach.deciding.rendering.formats import Formats, clean, formats_for
from outreach.errors import RenderError
from outreach.model import Money

AT = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def reader(locale: str, zone: str = "Europe/Berlin") -> Formats:
    return formats_for(locale, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("locale", "day"),
    [
        ("en", "Tuesday, 24 November"),  # no country: the day first, as most of the world reads it
        ("en-US", "Tuesday, November 24"),
        ("en-GB", "Tuesday 24 November"),
        ("de", "Dienstag, 24. November"),
        ("fr", "mardi 24 novembre"),
        ("es", "martes, 24 de noviembre"),
        ("pl", "wtorek, 24 listopada"),  # the month in the genitive
        ("hu", "november 24., kedd"),
        ("zh", "11月24日星期二"),
    ],
)
def test_a_day_is_written_out_in_the_order_of_the_language(locale: str, day: str) -> None:
    assert reader(locale).day(AT) == day


@pytest.mark.parametrize(
    ("filter_", "locale", "shown"),
    [
        ("date", "en", "24 November 2026"),
        ("date", "de", "24. November 2026"),
        ("time", "de", "14:05"),
        ("time", "en-GB", "14:05"),
        ("datetime", "de", "Dienstag, 24. November, 14:05"),
        ("datetime", "en-GB", "Tuesday 24 November, 14:05"),
    ],
)
def test_dates_and_times(filter_: str, locale: str, shown: str) -> None:
    assert getattr(reader(locale), filter_)(AT) == shown


@pytest.mark.parametrize(
    ("zone", "day", "time"),
    [
        ("Europe/Berlin", "Dienstag, 24. November", "14:05"),
        ("Pacific/Auckland", "Mittwoch, 25. November", "02:05"),  # tomorrow, there
        ("America/Los_Angeles", "Dienstag, 24. November", "05:05"),
    ],
)
def test_the_readers_zone_decides_the_day(zone: str, day: str, time: str) -> None:
    formats = reader("de", zone)
    assert (formats.day(AT), formats.time(AT)) == (day, time)


@pytest.mark.parametrize(
    ("locale", "amount", "shown"),
    [
        ("en", Money(Decimal("1047.9"), "EUR"), "€1,047.90"),
        ("de", Money(Decimal("1047.9"), "EUR"), "1.047,90\u00a0€"),
        ("de-CH", Money(Decimal(20), "CHF"), "CHF\u00a020.00"),
        ("en-US", Money(Decimal(5), "USD"), "$5.00"),
        ("en", Money(Decimal(500), "JPY"), "JP¥500"),  # a currency without cents
    ],
)
def test_money_has_its_currencys_decimals(locale: str, amount: Money, shown: str) -> None:
    assert reader(locale).money(amount) == shown


@pytest.mark.parametrize(
    ("locale", "items", "shown"),
    [
        ("en", ["A-1"], "A-1"),
        ("en", ["A-1", "A-2"], "A-1 and A-2"),
        ("en", ["A-1", "A-2", "A-3"], "A-1, A-2 and A-3"),
        ("de", ["A-1", "A-2", "A-3"], "A-1, A-2 und A-3"),
        ("en-US", ["A-1", "A-2", "A-3"], "A-1, A-2, and A-3"),
    ],
)
def test_lists_are_joined_in_words(locale: str, items: list[str], shown: str) -> None:
    assert reader(locale).list(items) == shown


def test_a_list_of_records_names_a_field() -> None:
    orders = [Facts("orders[1]", {"number": "A-1"}), Facts("orders[2]", {"number": "A-2"})]
    assert reader("en").list(orders, "number") == "A-1 and A-2"


@pytest.mark.parametrize(
    ("locale", "count", "shown"),
    [
        ("en", 1, "1 parcel"),
        ("en", 2, "2 parcels"),
        ("en", 0, "0 parcels"),
        ("en", 1200, "1,200 parcels"),
        ("fr", 0, "0 parcel"),  # nothing is singular in French
    ],
)
def test_plurals_follow_the_language(locale: str, count: int, shown: str) -> None:
    assert reader(locale).plural(count, "{n} parcel", "{n} parcels") == shown


@pytest.mark.parametrize(("count", "shown"), [(1, "paczka"), (3, "paczki"), (5, "paczek")])
def test_languages_with_more_than_two_forms(count: int, shown: str) -> None:
    formats = reader("pl")
    assert formats.plural(count, "paczka", "paczki", few="paczki", many="paczek") == shown


@pytest.mark.parametrize(
    ("value", "is_upcoming"),
    [
        (datetime(2026, 11, 24, 0, 0, tzinfo=UTC), True),  # earlier today is still today
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), True),  # 00:30 in Berlin: today
        (datetime(2026, 11, 23, 22, 30, tzinfo=UTC), False),  # yesterday
        (datetime(2026, 12, 1, tzinfo=UTC), True),
        (date(2026, 11, 24), True),
        (date(2026, 11, 23), False),
        (Missing("order.estimated_at"), False),
    ],
)
def test_what_has_passed_is_not_upcoming(value: Any, is_upcoming: bool) -> None:
    assert reader("de").is_upcoming(value, AT) is is_upcoming


def test_plus_keeps_the_clock_time_when_clocks_change() -> None:
    before = datetime(2026, 10, 24, 8, 0, tzinfo=UTC)  # 10:00 in Berlin, the night before winter
    later = reader("de").plus(before, "1 day")
    assert later.astimezone(BERLIN).hour == 10


@pytest.mark.parametrize(
    ("filter_", "value", "said"),
    [
        ("day", "A-1", "`time` needs a date with a time, but got 'A-1'"),
        ("day", datetime(2026, 1, 1), "no time zone"),  # noqa: DTZ001 - the mistake under test
        ("money", Decimal(3), "`money` needs an amount of money"),
        ("number", True, "`number` needs a number"),
        ("list", "A-1", "`list` needs several values"),
        ("list", [], "an empty list"),
        ("day", Missing("order.estimated_at"), "order.estimated_at is missing"),
        ("money", Missing("order.total"), "order.total is missing"),
    ],
)
def test_a_wrong_value_is_an_error_in_words(filter_: str, value: Any, said: str) -> None:
    with pytest.raises(RenderError, match=said):
        getattr(reader("en"), filter_)(value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Ana", "Ana"),
        (12345, "12345"),  # may well be an id: no separators
        (Decimal("1234.5"), "1,234.5"),
        (Money(Decimal(5), "EUR"), "€5.00"),
        (AT, "Tuesday, 24 November, 2:05\u202fpm"),
        (date(2026, 11, 24), "24 November 2026"),
        (("a", "b"), "a and b"),
    ],
)
def test_values_without_a_filter_are_still_shown_for_people(value: Any, shown: str) -> None:
    assert reader("en").show(value) == shown


@pytest.mark.parametrize("value", [True, None, b"x", {"a": 1}, object(), Facts("order", {})])
def test_what_is_not_for_people_is_not_shown(value: Any) -> None:
    with pytest.raises(RenderError):
        reader("en").show(value)


@given(st.text())
def test_cleaned_text_is_one_line_that_can_be_sent(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert cleaned.splitlines() in ([], [cleaned])
    assert "  " not in cleaned
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Ana\r\nBcc: x@y", "Ana Bcc: x@y"),
        ("Ana\u202egnp", "Anagnp"),  # a mark that would turn the reading direction
        ("A\u0000n\u0007a", "Ana"),
        ("Mara Söder-O’Neil", "Mara Söder-O’Neil"),
        ("שרה", "שרה"),
    ],
)
def test_names_stay_and_tricks_go(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
