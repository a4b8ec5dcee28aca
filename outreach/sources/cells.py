"""From the columns of a row to the value of one field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from outreach.sources.column_map import FieldMap
from outreach.sources.parsing import money_parser_of, parser_of
from outreach.sources.values import text_of

Row = Mapping[str, Any]
Read = Callable[[Row], Any]
#: the row does not have the column, which is not the same as an empty one
ABSENT: Any = object()


def reader_of(mapped: FieldMap, missing: frozenset[str]) -> Read:
    """Return what reads a field out of a row: its value, None, or ABSENT."""
    parse = parser_of(mapped)
    if mapped.value is not None:
        constant = parse(mapped.value)
        return lambda _row: constant
    fetch = _content_reader(mapped, missing)
    if mapped.currency_column:
        return _money_reader(mapped, fetch)

    def read(row: Row) -> Any:
        raw = fetch(row)
        return raw if raw is None or raw is ABSENT else parse(raw)

    return read


def _money_reader(mapped: FieldMap, fetch: Read) -> Read:
    parse, code = money_parser_of(mapped), mapped.currency_column

    def read(row: Row) -> Any:
        raw = fetch(row)
        return raw if raw is None or raw is ABSENT else parse(raw, row.get(code))

    return read


def _content_reader(mapped: FieldMap, missing: frozenset[str]) -> Read:
    """Return what reads a column's content, translated: None where it is missing."""
    column, values, otherwise = mapped.column, mapped.values, mapped.otherwise
    together = _text_reader(mapped, missing) if mapped.pieces else None

    def fetch(row: Row) -> Any:
        raw = together(row) if together else row.get(column, ABSENT)
        if raw is None or raw is ABSENT:
            return raw
        if isinstance(raw, str):
            raw = raw.strip()
            if raw in missing:
                return None
        elif raw in ([], {}) or (len(missing) > 1 and _is_missing(raw, missing)):
            return None
        if values:
            raw = values.get(text_of(raw), raw if otherwise is None else otherwise)
        return raw

    return fetch


def _is_missing(raw: Any, missing: frozenset[str]) -> bool:
    return not isinstance(raw, list | dict) and text_of(raw) in missing


def _text_reader(mapped: FieldMap, missing: frozenset[str]) -> Read:
    """Return what puts a text together; without one of its columns there is none."""

    def read(row: Row) -> str | None:
        parts = []
        for piece in mapped.pieces:
            text = piece.words
            if piece.column:
                raw = row.get(piece.column)
                text = "" if raw is None else text_of(raw)
                if text in missing:
                    return None
                text = slug(text) if piece.is_slug else text
            parts.append(text)
        return "".join(parts)

    return read


def slug(text: str) -> str:
    """Return a text in small ASCII letters and digits, with hyphens for everything else."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
