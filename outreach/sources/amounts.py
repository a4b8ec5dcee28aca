"""Amounts of money as sources write them: `79.90`, `1,234.50`, `1.234,50`, `€ 79.90`."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from outreach.model import Money
from outreach.sources.values import BadValue, DoubtfulValue, parse_decimal, text_of

#: the most that a column of ten-thousandths holds with room to spare
LARGEST = Decimal(10) ** 13
#: what sums of binary fractions leave behind the fourth digit is no money
SMALLEST = Decimal("0.0001")
SIGNS = {"€": "EUR", "£": "GBP", "R$": "BRL", "zł": "PLN", "₹": "INR", "US$": "USD"}
_CODE = r"[A-Za-z]{3}|" + "|".join(map(re.escape, SIGNS))
_WITH_CODE = re.compile(
    rf"(?:(?P<before>{_CODE})\s*)?(?P<amount>[^A-Za-z€£₹ł]*?)\s*(?P<after>{_CODE})?"
)
_GROUPED = {
    ".": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"),
    ",": re.compile(r"[+-]?(\d{1,3}([. ]\d{3})+|\d+)(,\d+)?"),
}


def money_parser(currency: str, decimal: str) -> Callable[[Any, Any], Money]:
    """Return what reads an amount and the content of a currency column (None if there is none).

    `currency` counts where neither names one; `decimal` is the sign before the cents.
    """

    def parse(value: Any, code: Any = None) -> Money:
        amount, named = split_money(text_of(value))
        number = parse_amount(amount, decimal)
        word = named or (text_of(code) if code is not None else "") or currency
        if not word:
            raise DoubtfulValue("has no currency: say `currency:` in the mapping")
        return Money(number, parse_currency(word))

    return parse


def split_money(text: str) -> tuple[str, str]:
    """Return the amount and the currency that stand in one text; either may be empty."""
    found = _WITH_CODE.fullmatch(text)
    if found is None or not found["amount"] or (found["before"] and found["after"]):
        return text, ""
    return found["amount"], found["before"] or found["after"] or ""


def parse_amount(text: str, decimal: str) -> Decimal:
    """Return an amount, to four digits after the point."""
    plain = text
    if _GROUPED[decimal].fullmatch(text):
        thousands = ", " if decimal == "." else ". "
        plain = "".join(c for c in text if c not in thousands).replace(decimal, ".")
    try:
        number = parse_decimal(plain)
    except BadValue:
        hint = ' (say `decimal: ","`)' if "," in text and decimal == "." else ""
        raise BadValue(f"`{text}` is not an amount{hint}") from None
    if abs(number) >= LARGEST:
        raise BadValue(f"`{text}` is more money than there is")
    return number.quantize(SMALLEST, ROUND_HALF_EVEN).normalize() + 0


def parse_currency(text: str) -> str:
    """Return a currency's code of three letters."""
    code = SIGNS.get(text, text.upper())
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise BadValue(f"`{text}` is not a currency: write its code, such as EUR")
    return code
