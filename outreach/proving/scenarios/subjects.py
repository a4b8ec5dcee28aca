"""`people:`, `given:` and `change:`: customers, orders and tickets with their values.

A value is read as a source's would be; a time is written as people do, seen from its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from outreach.errors import Problem
from outreach.model import SUBJECTS, Kind
from outreach.proving.scenarios.keys import COPIES, section_of
from outreach.rules.catalogue import DERIVED, Catalogue
from outreach.rules.fields import Field, FieldType
from outreach.rules.yaml_nodes import Mapping, Node, Scalar, Sequence
from outreach.rules.yaml_section import Section, did_you_mean, parse_whole
from outreach.sources.column_map import LINKS, FieldMap, settable_fields
from outreach.sources.contacts import parse_phone
from outreach.sources.parsing import parser_of
from outreach.sources.records import Record
from outreach.sources.values import BadValue, DoubtfulValue
from outreach.timing.moments import parse_moment

#: how a test says that a field has no value
MISSING = "missing"
_CHANGED = "_changed_at"
MOST_COPIES = 10_000


@dataclass
class Cast:
    """All that a test has brought in so far, by kind and id."""

    catalogue: Catalogue
    zone: ZoneInfo
    problems: list[Problem]
    known: dict[Kind, dict[str, Record]] = field(default_factory=lambda: {k: {} for k in Kind})

    def copy(self) -> Cast:
        """Return a cast that goes on by itself."""
        known = {kind: dict(records) for kind, records in self.known.items()}
        return replace(self, known=known)

    def records(self, at: datetime) -> tuple[Record, ...]:
        """Return everybody as they are given, at an instant, those that others name first."""
        found = (one for kind in SUBJECTS for one in self.known[kind].values())
        return tuple(replace(record, updated_at=at, at=at) for record in found)

    def read(self, section: Section, key: str, now: datetime) -> tuple[Record, ...]:
        """Read what stands under a key: a subject's name each, with its values."""
        found: list[Record] = []
        for name, node in section.named(key):
            found += self._subject(section, name, node, now)
        return tuple(found)

    def _subject(
        self, section: Section, name: Scalar, node: Node, now: datetime
    ) -> Iterator[Record]:
        word, _, own_id = name.text.strip().partition(" ")
        own_id = own_id.strip()
        if word not in SUBJECTS:
            kinds = [kind.value for kind in SUBJECTS]
            hint = "write for example `order A-1: {customer: ana, status: shipped}`"
            section.report(
                "E010", f"`{word}` is not a subject.{did_you_mean(word, kinds)}", name, hint=hint
            )
            return
        if not isinstance(node, Mapping):
            section.report("E004", f"`{name.text}` must have values of its own", node)
            return
        kind = Kind(word)
        reader = _Reader(self, kind, now, self._section(node, name.text, kind))
        copies = reader.section.parsed(COPIES, _copies)
        if COPIES in reader.section:
            for number in range(1, (copies or 0) + 1):
                yield self._add(reader.record(f"{own_id or word}-{number}", number))
        elif own_id:
            yield self._add(reader.record(own_id))
        else:
            section.report("E005", f"which {word}? write `{word} some-name:`", name)

    def _section(self, node: Mapping, name: str, kind: Kind) -> Section:
        names = [*fields_of(self.catalogue, kind), COPIES]
        return section_of(node, f"`{name}`", names, self.problems)

    def _add(self, record: Record) -> Record:
        known = self.known[record.kind]
        before = known.get(record.id)
        if before is None:
            record = replace(record, values={**_usual(record), **record.values})
        merged = {**before.values, **record.values} if before else record.values
        known[record.id] = replace(record, values=merged)
        return record


@dataclass(frozen=True)
class _Reader:
    """Reads the values of one subject, or of all copies of one."""

    cast: Cast
    kind: Kind
    now: datetime
    section: Section

    def record(self, own_id: str, number: int = 0) -> Record:
        """Return a version of the subject as it is from now on."""
        values: dict[str, Any] = {}
        began: dict[str, datetime] = {}
        fields = fields_of(self.cast.catalogue, self.kind)
        for key, node in self.section.node.entries:
            wanted = fields.get(key.text)
            if wanted is None:
                continue
            value = self._value(key, node, wanted)
            if wanted.name in DERIVED[self.kind]:
                if isinstance(value, datetime):
                    began[wanted.name.removesuffix(_CHANGED)] = value
            else:
                values[wanted.name] = value
        self._normalise_phone(values)
        if number:
            self._pair(own_id, number, values)
        for name in began.keys() - values.keys():
            said = f"`{name}{_CHANGED}` needs `{name}` beside it: since when it is what"
            self.section.report("E310", said, name + _CHANGED)
        history = {name: {values[name]: at} for name, at in began.items() if values.get(name)}
        return Record(self.kind, own_id, values, self.now, self.now, history)

    def _value(self, key: Scalar, node: Node, wanted: Field) -> Any:
        scalar = None if isinstance(node, Sequence) else self.section.scalar(key.text)
        if scalar is not None and scalar.text == MISSING:
            return None
        if wanted.type is FieldType.LIST:
            return [one.text for one in self.section.scalars(key.text)] or None
        if scalar is None:
            if isinstance(node, Sequence):
                self.section.scalar(key.text)  # says what is expected here
            return None
        if wanted.type is FieldType.TIME:
            return self._moment(scalar)
        if wanted.name in LINKS[self.kind]:
            return self._link(scalar, LINKS[self.kind][wanted.name])
        return self._parsed(scalar, wanted)

    def _moment(self, scalar: Scalar) -> datetime | None:
        zone = self.cast.zone
        return self.section.parsed_scalar(scalar, lambda text: parse_moment(text, self.now, zone))

    def _link(self, scalar: Scalar, kind: Kind) -> str | None:
        known = self.cast.known[kind]
        if scalar.text in known:
            return scalar.text
        said = f"there is no {kind} '{scalar.text}'.{did_you_mean(scalar.text, known)}"
        self.section.report("E204", said, scalar, hint="it must stand above this line")
        return None

    def _parsed(self, scalar: Scalar, wanted: Field) -> Any:
        if wanted.choices and scalar.text not in wanted.choices:
            said = f"`{wanted.name}` is never `{scalar.text}`."
            meant = did_you_mean(scalar.text, wanted.choices)
            hint = "" if meant else f"known: {' · '.join(wanted.choices)}"
            self.section.report("E203", said + meant, scalar, hint=hint)
            return None
        try:
            return parser_of(FieldMap(wanted, zone=self.cast.zone))(scalar.text)
        except (BadValue, DoubtfulValue) as error:
            why = str(error)
            said = why if why.startswith("`") else f"`{scalar.text}` {why}"
            self.section.report("E203", said, scalar)
            return None

    def _normalise_phone(self, values: dict[str, Any]) -> None:
        if not values.get("phone"):
            return
        try:
            values["phone"] = parse_phone(values["phone"], values.get("country"))
        except DoubtfulValue:
            said = f"`{values['phone']}` is not a phone number"
            hint = 'write it with its country code and in quotes, as "+4915550123"'
            self.section.report("E203", said, self.section.node.get("phone"), hint=hint)

    def _pair(self, own_id: str, number: int, values: dict[str, Any]) -> None:
        """Give copies what must be their own: a name and an address, and one customer each."""
        if self.kind is Kind.CUSTOMER:
            values.setdefault("email", f"{own_id}@example.com")
            values.setdefault("name", f"Customer {number}")
        elif "customer_id" not in values:
            customer = f"{Kind.CUSTOMER}-{number}"
            if customer in self.cast.known[Kind.CUSTOMER]:
                values["customer_id"] = customer


def fields_of(catalogue: Catalogue, kind: Kind) -> dict[str, Field]:
    """Return the fields a test may give: a source's, `customer` and `order`, and `…_changed_at`."""
    found = {name: f for name, f in settable_fields(catalogue, kind).items() if name != "id"}
    for link, other in LINKS[kind].items():
        found[other.value] = found.pop(link)
    own = {f.name: f for f in catalogue.own_fields(kind)}
    return found | {name: own[name] for name in DERIVED[kind] if name.endswith(_CHANGED)}


def _usual(record: Record) -> dict[str, Any]:
    """Return what a subject has unless its test says otherwise: a number, a name to greet with."""
    if record.kind is not Kind.CUSTOMER:
        return {"number": record.id}
    name = record.values.get("name") or ""
    return {"first_name": name.split()[0]} if name else {}


def _copies(text: str) -> int:
    number = parse_whole(text)
    if not 1 <= number <= MOST_COPIES:
        raise ValueError(f"write a number from 1 to {MOST_COPIES}, not `{text}`")
    return number
