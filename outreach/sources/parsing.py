"""Which parser reads which field: by its type, and by its name where that says more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from outreach.model import Money
from outreach.rules.fields import FieldType, Source
from outreach.sources import contacts
from outreach.sources.amounts import money_parser, parse_amount
from outreach.sources.column_map import LINKS, FieldMap
from outreach.sources.times import time_parser
from outreach.sources.values import (
    Parse,
    choice_parser,
    list_parser,
    parse_id,
    parse_number,
    parse_text,
    parse_whole,
    parse_yes_no,
    text_of,
)

#: reads what stands in a column, and what stands in the column of its currency
MoneyParser = Callable[[Any, Any], Any]

_BY_NAME: dict[str, Parse] = {
    "email": contacts.parse_email,
    "country": contacts.parse_country,
    "locale": contacts.parse_locale,
    "zone": contacts.parse_zone,
}
_IDS = {"id", *(name for links in LINKS.values() for name in links)}


def parser_of(mapped: FieldMap) -> Parse:
    """Return what turns a column's content into the field's value.

    It raises BadValue or DoubtfulValue. A phone number stays as written: it needs the country.
    """
    if mapped.field.type is FieldType.MONEY:
        parse_money = money_parser_of(mapped)
        return lambda value: parse_money(value, None)
    return _of_type(mapped)


def money_parser_of(mapped: FieldMap) -> MoneyParser:
    """Return what reads an amount, given the content of its currency's column too."""
    parse = money_parser(mapped.currency, mapped.decimal)
    if mapped.field.source is not Source.CUSTOM:
        return parse

    def as_text(value: Any, currency: Any) -> str:
        money: Money = parse(value, currency)
        return f"{money.amount:f} {money.currency}"

    return as_text


def _of_type(mapped: FieldMap) -> Parse:
    field = mapped.field
    is_own = field.source is Source.CUSTOM
    match field.type:
        case FieldType.TIME:
            return time_parser(mapped.formats, mapped.zone)
        case FieldType.CHOICE:
            return choice_parser(field.choices)
        case FieldType.NUMBER if is_own:
            return lambda value: parse_number(_with_point(value, mapped.decimal))
        case FieldType.NUMBER:
            return parse_whole
        case FieldType.YES_NO:
            return parse_yes_no
        case FieldType.LIST:
            return list_parser(mapped.separator)
        case _ if is_own:
            return parse_text
        case _:
            return parse_id if field.name in _IDS else _BY_NAME.get(field.name, parse_text)


def _with_point(value: Any, decimal: str) -> Any:
    return parse_amount(text_of(value), decimal) if decimal == "," else value
