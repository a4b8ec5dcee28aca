"""`fields:`: what this shop knows about its customers, orders and tickets besides."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.model import SUBJECTS, Kind
from outreach.rules.catalogue import COLUMNS, REACH
from outreach.rules.fields import CustomField, FieldType
from outreach.rules.yaml_nodes import Mapping, Node, Scalar
from outreach.rules.yaml_section import Section, did_you_mean

KEYS = ("type", "choices", "label")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CHOICE = re.compile(r"[^\s\[\],\"'=<>!%][^\s\[\],\"=<>!%]*")
#: beginnings that lead from one kind to another, or to what we sent
_TAKEN = {prefix.rstrip(".") for reach in REACH.values() for prefix in reach if prefix} | {
    "last_sent"
}


def read_custom_fields(section: Section) -> tuple[CustomField, ...]:
    """Read `fields:`: kind, then name, then a type or `type`, `choices` and `label`."""
    kinds = section.section("fields", [kind.value for kind in SUBJECTS])
    if kinds is None:
        return ()
    return tuple(field for kind in SUBJECTS for field in _of_kind(kinds, kind))


def _of_kind(kinds: Section, kind: Kind) -> Iterator[CustomField]:
    built_in = {column.name for column in COLUMNS[kind]}
    named = kinds.named(kind.value)
    inside = kinds.section(kind.value, [name.text for name, _ in named])
    for name, node in named:
        if name.text in built_in or name.text in _TAKEN:
            said = f"`{kind.value}` already has `{name.text}`: give yours another name"
            kinds.report("E402", said, name)
        elif not _NAME.fullmatch(name.text):
            said = f"`{name.text}` cannot be a field: small letters, digits and `_`, a letter first"
            kinds.report("E402", said, name)
        elif inside and (field := _field(inside, kind, name.text, node)):
            yield field


def _field(inside: Section, kind: Kind, name: str, node: Node) -> CustomField | None:
    if isinstance(node, Mapping):
        return _described(inside, kind, name)
    scalar = inside.scalar(name)
    kind_of_value = _type(inside, scalar) if scalar else None
    if kind_of_value is FieldType.CHOICE:
        said = f"say which choices there are: `{name}: {{type: choice, choices: [small, large]}}`"
        inside.report("E005", said, scalar)
        return None
    return CustomField(kind, name, kind_of_value) if kind_of_value else None


def _described(inside: Section, kind: Kind, name: str) -> CustomField | None:
    part = inside.section(name, KEYS)
    if part is None:
        return None
    part.need("type")
    scalar = part.scalar("type")
    kind_of_value = _type(part, scalar) if scalar else None
    choices = tuple(filter(None, (_choice(part, s) for s in part.scalars("choices"))))
    if kind_of_value is FieldType.CHOICE:
        part.need("choices")
    elif kind_of_value and "choices" in part:
        part.report("E010", f"only `type: choice` has choices, not `{kind_of_value}`", "choices")
    if kind_of_value is None or (kind_of_value is FieldType.CHOICE and not choices):
        return None
    return CustomField(kind, name, kind_of_value, choices, part.text("label"))


def _type(part: Section, scalar: Scalar) -> FieldType | None:
    known = {str(t.value): t for t in FieldType}
    if scalar.text not in known:
        said = f"there is no type `{scalar.text}`.{did_you_mean(scalar.text, known)}"
        part.problems.append(scalar.problem("E010", said, hint="known: " + " · ".join(known)))
    return known.get(scalar.text)


def _choice(part: Section, scalar: Scalar) -> str | None:
    return part.parsed_scalar(scalar, _parse_choice)


def _parse_choice(text: str) -> str:
    if not _CHOICE.fullmatch(text):
        raise ValueError(f"`{text}` must be one word, such as `next_day`")
    return text
