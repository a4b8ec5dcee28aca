"""Reading one entry of a mapping: `our_field: column`, or keys that say more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from outreach.rules.fields import Field, FieldType
from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_section import Section, did_you_mean
from outreach.sources.amounts import parse_currency
from outreach.sources.column_map import UPDATED_AT, FieldMap, Piece
from outreach.sources.contacts import parse_zone
from outreach.sources.parsing import parser_of
from outreach.sources.times import check_format
from outreach.sources.values import BadValue, DoubtfulValue

#: keys that only make sense for some types of field
FOR_TYPES = {
    "format": (FieldType.TIME,),
    "zone": (FieldType.TIME,),
    "separator": (FieldType.LIST,),
    "currency": (FieldType.MONEY,),
    "decimal": (FieldType.MONEY, FieldType.NUMBER),
}
WHENCE = ("column", "value", "text")
KEYS = (*WHENCE, "values", "otherwise", *FOR_TYPES, "then")
_PIECE = re.compile(r"\{(?P<column>[^{}|]+)(?P<slug>\|\s*slug\s*)?\}|(?P<words>[^{}]+)")


@dataclass(frozen=True)
class Defaults:
    """What counts for every time in a mapping that does not say otherwise."""

    zone: ZoneInfo
    formats: tuple[str, ...] = ()


def read_field(section: Section, field: Field, defaults: Defaults) -> FieldMap | None:
    """Read where one field comes from; None when that is wrong and reported."""
    if isinstance(section.node.get(field.name), Scalar):
        return read_column(section, field, field.name, defaults)
    part = section.section(field.name, KEYS)
    if part is None:
        return None
    _check_keys(part, field)
    read = FieldMap(
        field,
        column=part.text("column"),
        value=_text(part, "value"),
        pieces=tuple(part.parsed("text", parse_pieces) or ()),
        values=_values(part, field),
        otherwise=_checked(part, part.scalar("otherwise"), field),
        formats=tuple(_formats(part)) or defaults.formats,
        zone=part.parsed("zone", zone_of) or defaults.zone,
        separator=_text(part, "separator") or ",",
        currency=_currency(part),
        currency_column=_currency_column(part),
        decimal=part.parsed("decimal", _decimal) or ".",
        then=part.text("then"),
    )
    _check_constant(part, read)
    return read


def read_column(section: Section, field: Field, key: str, defaults: Defaults) -> FieldMap | None:
    """Read a bare column name, or `column`, `format` and `zone`, for a field."""
    if isinstance(section.node.get(key), Scalar):
        column = section.text(key)
        if not column:
            return None
        return FieldMap(field, column, formats=defaults.formats, zone=defaults.zone)
    part = section.section(key, ("column", "format", "zone"))
    if part is None:
        return None
    part.need("column")
    formats = tuple(_formats(part)) or defaults.formats
    zone = part.parsed("zone", zone_of) or defaults.zone
    return FieldMap(field, part.text("column"), formats=formats, zone=zone)


def parse_pieces(text: str) -> list[Piece]:
    """Read `{first} {last}` into its pieces; raises ValueError."""
    pieces, at = [], 0
    while at < len(text):
        found = _PIECE.match(text, at)
        if found is None:
            raise ValueError(
                f"`{text[at:]}`: columns stand in braces, as `{{customer_id}}@example.com`;"
                " `{name|slug}` makes small letters, digits and hyphens of one"
            )
        words, column = found["words"] or "", (found["column"] or "").strip()
        pieces.append(Piece(words, column, bool(found["slug"])))
        at = found.end()
    if not any(piece.column for piece in pieces):
        raise ValueError("no column stands in it; a fixed value is written `value:`")
    return pieces


def _check_keys(part: Section, field: Field) -> None:
    given = [key for key in WHENCE if key in part]
    if len(given) != 1:
        said = f"`{field.name}` comes from one of `column:`, `value:` or `text:`"
        part.report("E005", said, given[1] if len(given) > 1 else None)
    for key, types in FOR_TYPES.items():
        if key in part and field.type not in types:
            known = " and ".join(types)
            part.report("E010", f"`{key}` is for {known}, and `{field.name}` is {field.type}", key)
    if "then" in part and field.name != UPDATED_AT:
        part.report("E010", f"`then` orders rows of the same `{UPDATED_AT}`, nothing else", "then")
    if "otherwise" in part and "values" not in part:
        part.report("E010", "`otherwise` is for what `values:` does not name", "otherwise")


def _values(part: Section, field: Field) -> dict[str, str]:
    named = part.named("values")
    inside = part.section("values", [name.text for name, _ in named])
    found = {}
    for name, _ in named:
        value = _checked(inside, inside.scalar(name.text), field) if inside else None
        if value is not None:
            found[name.text] = value
    return found


def _checked(part: Section, scalar: Scalar | None, field: Field) -> str | None:
    """Return a value we are to take for another, if the field can have it."""
    if scalar is None:
        return None
    if field.type is FieldType.CHOICE and scalar.text not in field.choices:
        said = f"`{field.name}` is never `{scalar.text}`."
        hint = f"known: {' · '.join(field.choices)}"
        part.report("E203", said + did_you_mean(scalar.text, field.choices), scalar, hint=hint)
        return None
    return scalar.text


def _check_constant(part: Section, read: FieldMap) -> None:
    if read.value is None:
        return
    try:
        parser_of(read)(read.value)
    except (BadValue, DoubtfulValue) as error:
        part.report("E203", f"`{read.value}`: {error}", part.node.get("value"))


def _text(part: Section, key: str) -> str | None:
    scalar = part.scalar(key)
    return scalar.text if scalar else None


def _formats(part: Section) -> Iterator[str]:
    for scalar in part.scalars("format"):
        if form := part.parsed_scalar(scalar, check_format):
            yield form


def _currency(part: Section) -> str:
    if not isinstance(part.node.get("currency"), Scalar):
        return ""
    return part.parsed("currency", parse_currency) or ""


def _currency_column(part: Section) -> str:
    if "currency" not in part or isinstance(part.node.get("currency"), Scalar):
        return ""
    inside = part.section("currency", ("column",))
    if inside is None:
        return ""
    inside.need("column")
    return inside.text("column")


def _decimal(text: str) -> str:
    if text not in (".", ","):
        raise ValueError("the decimal sign is `.` or `,`")
    return text


def zone_of(text: str) -> ZoneInfo:
    """Return the zone of a name; raises ValueError."""
    try:
        return ZoneInfo(parse_zone(text))
    except DoubtfulValue as error:
        raise ValueError(f"`{text}` {error}") from None
