"""From what stands in a column to a value of a field's type, or to why it cannot be one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from outreach.rules.catalogue import suggestion

Parse = Callable[[Any], Any]

LONGEST_ID = 255
LONGEST_TEXT = 20_000
LARGEST_WHOLE = 2_147_483_647  # what an INTEGER column holds in PostgreSQL
#: other spellings of our choices that leave no doubt
SPELLINGS = {"canceled": "cancelled", "normal_priority": "normal", "medium": "normal"}
_YES = {"true", "yes", "y", "1", "t", "on"}
_NO = {"false", "no", "n", "0", "f", "off"}
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,2})?")


class BadValue(ValueError):
    """A value that cannot be taken, so that its row cannot; says why."""


class DoubtfulValue(ValueError):
    """A value that is of no use: it is left empty, with a warning that says why."""


def text_of(value: Any) -> str:
    """Return what stands in a column as text, without space around it; raises BadValue."""
    if isinstance(value, str):
        text = value.strip()
        if text.isascii() and "\x00" not in text:
            return text  # nearly always, and this is asked of every value there is
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, Decimal):
        text = format(value, "f")
    elif isinstance(value, int | float):
        text = str(value)
    elif isinstance(value, datetime | date):
        text = value.isoformat()
    else:
        text = _other_text(value)
    if not text.isascii() or "\x00" in text:
        _check_characters(text)
    return text


def _other_text(value: Any) -> str:
    if isinstance(value, list | tuple):
        raise BadValue("is a list, and one value is expected")
    if isinstance(value, dict):
        raise BadValue(f"has parts of its own: name one of them, such as `{_first_part(value)}`")
    return str(value)


def _first_part(value: dict[str, Any]) -> str:
    return f"….{next(iter(value), 'name')}"


def _check_characters(text: str) -> None:
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise BadValue("holds a character that is no text")


def parse_id(value: Any) -> str:
    """Return an id or a reference to one."""
    text = text_of(value)
    if len(text) > LONGEST_ID:
        raise BadValue(f"has {len(text)} characters, and an id has at most {LONGEST_ID}")
    return text


def parse_text(value: Any) -> str:
    """Return a text."""
    text = text_of(value)
    if len(text) > LONGEST_TEXT:
        raise BadValue(f"has {len(text)} characters, more than the {LONGEST_TEXT} we keep")
    return text


def choice_parser(choices: Collection[str]) -> Parse:
    """Return what reads one of the choices, in any case and with spaces or hyphens for `_`."""
    folded = {_folded(choice): choice for choice in choices}

    @lru_cache(maxsize=1024)
    def parse(value: Any) -> str:
        text = text_of(value)
        word = _folded(text)
        found = folded.get(word) or folded.get(SPELLINGS.get(word, ""))
        if found is None:
            meant = suggestion(word, choices)
            hint = f"did you mean `{meant}`?" if meant else f"known: {', '.join(choices)}"
            raise BadValue(f"`{text}` is not one of our words; {hint} (translate with `values:`)")
        return found

    return lambda value: parse(text_of(value))


def _folded(text: str) -> str:
    return text.casefold().replace(" ", "_").replace("-", "_")


def parse_whole(value: Any) -> int:
    """Return a whole number that is not negative."""
    number = parse_decimal(value)
    if number != int(number) or not 0 <= number <= LARGEST_WHOLE:
        raise BadValue(f"`{text_of(value)}` is not a whole number of 0 or more")
    return int(number)


def parse_number(value: Any) -> int | float:
    """Return a number as JSON can keep it."""
    number = parse_decimal(value)
    return int(number) if number == int(number) and abs(number) < 2**53 else float(number)


def parse_decimal(value: Any) -> Decimal:
    """Return a number exactly as it is written."""
    text = text_of(value)
    if not _NUMBER.fullmatch(text):
        raise BadValue(f"`{text}` is not a number")
    return Decimal(text)


def parse_yes_no(value: Any) -> bool:
    """Return whether it says yes."""
    word = text_of(value).casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise BadValue(f"`{text_of(value)}` is neither yes nor no")


def list_parser(separator: str) -> Parse:
    """Return what reads a list: a JSON list, or a text with parts between separators."""

    def parse(value: Any) -> list[str] | None:
        parts = value if isinstance(value, list | tuple) else text_of(value).split(separator)
        found = dict.fromkeys(filter(None, map(text_of, parts)))
        return list(found) or None

    return parse
