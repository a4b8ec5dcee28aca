"""Amounts of money in the spellings of several countries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from outreach.model import Money
from outreach.sources.amounts import money_parser
from outreach.sources.values import BadValue, DoubtfulValue


@pytest.mark.parametrize(
    ("value", "decimal", "expected"),
    [
        ("79.90", ".", "79.9"),
        ("1,234.50", ".", "1234.5"),
        ("1.234,50", ",", "1234.5"),
        ("1 234,50", ",", "1234.5"),
        ("79,90", ",", "79.9"),
        ("-5", ".", "-5"),  # a credit note
        (79, ".", "79"),
        (Decimal("0.30000000000000004"), ".", "0.3"),  # what binary fractions leave
        ("0", ".", "0"),
    ],
)
def test_an_amount_by_its_decimal_sign(value: Any, decimal: str, expected: str) -> None:
    assert money_parser("EUR", decimal)(value, None) == Money(Decimal(expected), "EUR")


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [
        ("79.90 USD", None, "USD"),
        ("USD 79.90", None, "USD"),
        ("€79.90", None, "EUR"),
        ("79.90 €", None, "EUR"),
        ("R$ 79.90", None, "BRL"),
        ("79.90", "usd", "USD"),  # a column beside it
        ("79.90", " ", "GBP"),  # an empty one: what the mapping says
        ("79.90 USD", "EUR", "USD"),  # what stands nearest
    ],
)
def test_the_currency_is_where_it_is_named(value: str, code: str | None, expected: str) -> None:
    assert money_parser("GBP", ".")(value, code) == Money(Decimal("79.9"), expected)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("free", "not an amount"),
        ("abc", "`abc` is not an amount"),  # no currency, though it has three letters
        ("79,90", 'say `decimal: ","`'),  # 7990 or 79.90?
        ("1,23,456", "not an amount"),
        ("10000000000000", "more money than there is"),
        ("EUR 5 USD", "not an amount"),
        ("", "not an amount"),
        ("NaN", "not an amount"),
        ("1e400", "not an amount"),
    ],
)
def test_what_is_no_amount_is_refused(value: str, said: str) -> None:
    with pytest.raises(BadValue, match=said):
        money_parser("EUR", ".")(value, None)


def test_an_amount_without_a_currency_is_of_no_use() -> None:
    with pytest.raises(DoubtfulValue, match="say `currency:`"):
        money_parser("", ".")("79.90", None)


def test_a_currency_is_three_letters() -> None:
    with pytest.raises(BadValue, match="`euros` is not a currency"):
        money_parser("", ".")("79.90", "euros")
