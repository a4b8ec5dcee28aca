"""Reading a mapping an operator wrote: strict, with every mistake at its place."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from outreach.errors import Problem
from outreach.model import SUBJECTS, Kind
from outreach.rules import yaml_nodes
from outreach.rules.catalogue import DERIVED, Catalogue
from outreach.rules.fields import Field
from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_section import Section, did_you_mean
from outreach.rules.yaml_source import read
from outreach.sources.column_map import (
    UPDATED_AT,
    ColumnMap,
    FieldMap,
    Join,
    KindMap,
    linked,
    settable_fields,
)
from outreach.sources.contacts import parse_country
from outreach.sources.field_reading import Defaults, read_column, read_field, zone_of
from outreach.sources.times import check_format
from outreach.sources.values import DoubtfulValue

KINDS = tuple(kind.value for kind in SUBJECTS)
KEYS = ("zone", "times", "missing", "encoding", "phone_region", "ignore", "skip", "join", *KINDS)
KIND_KEYS = ("fields", "history", "blank_until")
JOIN_KEYS = ("file", "on")


def read_map(
    text: str, file: str, catalogue: Catalogue, zone: ZoneInfo, problems: list[Problem]
) -> ColumnMap | None:
    """Read a mapping file, adding everything wrong with it to `problems`.

    `zone` is the workspace's: times without one are on its clock unless the mapping says another.
    None when it cannot be read at all.
    """
    root = read(text, file, problems)
    return map_of(root, catalogue, zone, problems) if root else None


def map_of(
    node: yaml_nodes.Mapping, catalogue: Catalogue, zone: ZoneInfo, problems: list[Problem]
) -> ColumnMap:
    """Read a mapping that stands in a file of its own or inside outreach.yaml."""
    section = Section(node, "a mapping", KEYS, problems)
    if not any(kind in section for kind in KINDS):
        known = " or ".join(f"`{kind}:`" for kind in KINDS)
        section.report("E005", f"a mapping needs {known}: what a row is about")
    defaults = Defaults(
        zone=section.parsed("zone", zone_of) or zone,
        formats=tuple(_formats(section, "times")),
    )
    kinds = [
        _Kind(section, kind, catalogue, defaults) for kind in SUBJECTS if kind.value in section
    ]
    return ColumnMap(
        kinds=linked(tuple(k.read() for k in kinds)),
        missing=frozenset({"", *(scalar.text for scalar in section.scalars("missing"))}),
        encoding=section.parsed("encoding", _check_encoding) or "utf-8",
        phone_region=section.parsed("phone_region", _region),
        ignore=frozenset(scalar.text for scalar in section.scalars("ignore")),
        skip=_skip(section),
        joins=tuple(filter(None, map(_join, section.sections("join", JOIN_KEYS, "a join")))),
    )


@dataclass(frozen=True)
class _Kind:
    """The part of a mapping about one kind, being read."""

    root: Section
    kind: Kind
    catalogue: Catalogue
    defaults: Defaults

    def read(self) -> KindMap:
        section = self.root.section(self.kind.value, KIND_KEYS)
        if section is None:
            return KindMap(self.kind, ())
        section.need("fields")
        fields = tuple(self._fields(section))
        if "fields" in section and not any(f.field.name == "id" for f in fields):
            said = f"`{self.kind.value}` needs `id:` among its fields: what tells one from another"
            section.report("E005", said, "fields")
        return KindMap(
            self.kind, fields, self._history(section), self._blank_until(section, fields)
        )

    def _fields(self, section: Section) -> list[FieldMap]:
        settable = settable_fields(self.catalogue, self.kind)
        named = section.named("fields")
        inside = section.section("fields", [name.text for name, _ in named])
        found = []
        for name, _ in named:
            field = settable.get(name.text)
            if field is None:
                self._unknown(section, name, settable)
            elif inside and (read_map := read_field(inside, field, self.defaults)):
                found.append(read_map)
        return found

    def _unknown(self, section: Section, name: Scalar, settable: Collection[str]) -> None:
        if name.text in DERIVED[self.kind]:
            began = name.text.removesuffix("_changed_at")
            hint = f"say under `history:` when each {began} began" if began != name.text else ""
            said = f"`{name.text}` is worked out here; no source sets it"
            section.report("E203", said, name, hint=hint)
            return
        said = f"`{self.kind.value}` has no field `{name.text}`."
        hint = f"your own fields are declared in outreach.yaml under `fields: {self.kind.value}:`"
        section.report("E201", said + did_you_mean(name.text, settable), name, hint=hint)

    def _history(self, section: Section) -> dict[str, dict[str, FieldMap]]:
        own = {f.name: f for f in self.catalogue.own_fields(self.kind)}
        able = {name: f for name, f in own.items() if f.changed_at}
        named = section.named("history")
        inside = section.section("history", [name.text for name, _ in named])
        found: dict[str, dict[str, FieldMap]] = {}
        for name, node in named:
            field = able.get(name.text)
            if field is None:
                said = f"`{name.text}` keeps no history.{did_you_mean(name.text, able)}"
                section.report("E201", said, name, hint=f"known: {' · '.join(able)}")
            elif inside:
                found[field.name] = self._began(inside, field, node)
        return found

    def _began(self, inside: Section, field: Field, node: yaml_nodes.Node) -> dict[str, FieldMap]:
        """Read the column that says when each value began, or one column for all values."""
        time = self._time_field(f"{field.name}_changed_at")
        if isinstance(node, Scalar):
            column = read_column(inside, time, field.name, self.defaults)
            return dict.fromkeys(field.choices, column) if column else {}
        named = inside.named(field.name)
        values = inside.section(field.name, [name.text for name, _ in named])
        found = {}
        for name, _ in named:
            if name.text not in field.choices:
                said = f"`{field.name}` is never `{name.text}`."
                inside.report(
                    "E203",
                    said + did_you_mean(name.text, field.choices),
                    name,
                    hint=f"known: {' · '.join(field.choices)}",
                )
            elif values and (column := read_column(values, time, name.text, self.defaults)):
                found[name.text] = column
        return found

    def _blank_until(self, section: Section, fields: tuple[FieldMap, ...]) -> dict[str, FieldMap]:
        by_name = {f.field.name: f for f in fields}
        named = section.named("blank_until")
        inside = section.section("blank_until", [name.text for name, _ in named])
        found = {}
        for name, _ in named:
            mapped = by_name.get(name.text)
            if mapped is None or not name.text.endswith("_at"):
                times = [n for n in by_name if n.endswith("_at")]
                said = f"`{name.text}` is not a time among the fields above."
                section.report("E201", said + did_you_mean(name.text, times), name)
                continue
            limit = self._time_field(UPDATED_AT)
            if inside and (column := read_column(inside, limit, name.text, self.defaults)):
                found[name.text] = column
        return found

    def _time_field(self, name: str) -> Field:
        return next(f for f in self.catalogue.own_fields(self.kind) if f.name == name)


def _join(section: Section) -> Join | None:
    section.need(*JOIN_KEYS)
    file = section.text("file")
    if isinstance(section.node.get("on"), Scalar):
        column = its_column = section.text("on")
    else:
        pairs = [(k.text, v) for k, v in section.named("on") if isinstance(v, Scalar)]
        if len(pairs) != 1:
            if "on" in section:
                said = "`on` names one column: `on: customer_id`, or `on: {customer_id: id}`"
                section.report("E004", said, "on")
            return None
        column, its_column = pairs[0][0], pairs[0][1].text
    return Join(file, column, its_column) if file and column and its_column else None


def _skip(section: Section) -> dict[str, frozenset[str]]:
    named = section.named("skip")
    inside = section.section("skip", [name.text for name, _ in named])
    if inside is None:
        return {}
    return {
        name.text: frozenset(scalar.text for scalar in inside.scalars(name.text))
        for name, _ in named
    }


def _formats(section: Section, key: str) -> list[str]:
    found = (section.parsed_scalar(scalar, check_format) for scalar in section.scalars(key))
    return [text for text in found if text]


def _region(text: str) -> str:
    try:
        return parse_country(text)
    except DoubtfulValue as error:
        raise ValueError(f"`{text}` {error}") from None


def _check_encoding(text: str) -> str:
    try:
        "é".encode(text)
    except LookupError:
        raise ValueError(f"there is no encoding `{text}`: try windows-1252 or latin-1") from None
    except UnicodeError:
        pass
    return text
