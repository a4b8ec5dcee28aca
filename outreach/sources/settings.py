"""The `sources:` block of outreach.yaml: what the daemon reads by itself, and by which mapping."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from outreach.errors import DataError, Problem, Problems
from outreach.model import SUBJECTS, Kind
from outreach.rules import yaml_nodes
from outreach.rules.catalogue import Catalogue
from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_section import Section
from outreach.rules.yaml_source import decode
from outreach.sources.column_map import ColumnMap
from outreach.sources.map_reading import map_of, read_map
from outreach.sources.notes import NoteSettings, read_note
from outreach.sources.reading import Columns
from outreach.timing.durations import parse_duration

KEYS = (
    "folder",
    "files",
    "database",
    "table",
    "query",
    "overlap",
    "map",
    "kind",
    "source_max_age",
    "note",
)
OVERLAP = timedelta(minutes=10)
_ENV = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
_ASKS = re.compile(r"\s*(select|with)\b", re.IGNORECASE)


@dataclass(frozen=True)
class FolderSettings:
    """A folder of files, each taken once, in the order of their names."""

    folder: Path
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatabaseSettings:
    """A table or a query of a database. `address` may be `env:NAME`."""

    address: str
    table: str = ""
    query: str = ""
    overlap: timedelta = OVERLAP

    def url(self, env: Mapping[str, str]) -> str:
        """Return the address; raises DataError when the variable it names is not set."""
        named = _ENV.fullmatch(self.address)
        if named is None:
            return self.address
        value = env.get(named[1], "").strip()
        if not value:
            raise DataError(f"the environment variable {named[1]} is not set: it says the database")
        return value


@dataclass(frozen=True)
class SourceSettings:
    """One source: where its rows are, and how their columns become our fields.

    When its data is older than `max_age`, what rules would send because of it waits. `note` is how
    cases are noted on its tickets.
    """

    name: str
    place: FolderSettings | DatabaseSettings
    columns: Columns
    max_age: timedelta | None = None
    note: NoteSettings | None = None

    @property
    def kinds(self) -> frozenset[Kind]:
        """What its rows hold."""
        mapping, kind = self.columns.mapping, self.columns.kind
        if mapping is not None:
            return frozenset(each.kind for each in mapping.kinds)
        return frozenset({kind} if kind else ())


@dataclass(frozen=True)
class _Context:
    """What all sources of a workspace share while they are read."""

    catalogue: Catalogue
    zone: ZoneInfo
    folder: Path
    problems: list[Problem]
    max_age: timedelta | None


def read_sources(
    node: yaml_nodes.Mapping | None,
    catalogue: Catalogue,
    *,
    zone: ZoneInfo,
    folder: Path,
    problems: list[Problem],
    max_age: timedelta | None = None,
) -> tuple[SourceSettings, ...]:
    """Read `sources:`, name by name, adding everything wrong to `problems`.

    Mapping files and folders lie below the workspace's folder. `max_age` is for sources that do
    not say how old their data may get.
    """
    if node is None:
        return ()
    context = _Context(catalogue, zone, folder, problems, max_age)
    found = []
    for name, entry in node.entries:
        if isinstance(entry, yaml_nodes.Mapping):
            section = Section(entry, f"the source `{name.text}`", KEYS, problems)
            source = _source(name.text, section, context)
            if source is not None:
                found.append(source)
    return tuple(found)


def read_map_file(
    path: Path, catalogue: Catalogue, zone: ZoneInfo, problems: list[Problem]
) -> ColumnMap | None:
    """Read a mapping from a file; raises DataError when it cannot be read at all."""
    try:
        text = decode(path.read_bytes(), str(path))
    except OSError as error:
        raise DataError(f"the mapping {path} cannot be read: {error.strerror}") from None
    except Problems as found:
        problems.extend(found.problems)
        return None
    return read_map(text, str(path), catalogue, zone, problems)


def _source(name: str, section: Section, context: _Context) -> SourceSettings | None:
    place = _place(section, context.folder)
    columns = _columns(section, context)
    max_age = section.parsed("source_max_age", _length) or context.max_age
    note = read_note(section)
    if not place or not columns:
        return None
    source = SourceSettings(name, place, columns, max_age, note)
    if note and Kind.TICKET not in source.kinds:
        section.report("E310", f"`note` goes on tickets, and {section.name} brings none", "note")
    return source


def _place(section: Section, folder: Path) -> FolderSettings | DatabaseSettings | None:
    if ("folder" in section) == ("database" in section):
        section.report("E005", f"{section.name} needs either `folder:` or `database:`", "database")
        return None
    if "folder" in section:
        _only_with(section, "database", ("table", "query", "overlap"))
        files = tuple(scalar.text for scalar in section.scalars("files"))
        path = section.text("folder")
        return FolderSettings(folder / Path(path).expanduser(), files) if path else None
    _only_with(section, "folder", ("files",))
    if ("table" in section) == ("query" in section):
        section.report("E005", f"{section.name} needs either `table:` or `query:`", "query")
        return None
    return DatabaseSettings(
        address=section.text("database"),
        table=section.text("table"),
        query=section.parsed("query", _asks) or "",
        overlap=section.parsed("overlap", _length) or OVERLAP,
    )


def _only_with(section: Section, needed: str, keys: tuple[str, ...]) -> None:
    for key in keys:
        if key in section:
            section.report("E010", f"`{key}` goes with `{needed}:`", key)


def _columns(section: Section, context: _Context) -> Columns | None:
    kind = section.choice("kind", SUBJECTS)
    node = section.node.get("map")
    if node is None:
        if kind is None and "kind" not in section:
            said = f"{section.name} needs `map:`, or `kind:` if its columns have our fields' names"
            section.report("E005", said)
        return Columns(context.catalogue, context.zone, kind=kind) if kind else None
    if "kind" in section:
        section.report("E010", "the mapping says the kind: leave `kind` out", "kind")
    mapping = _map(section, node, context)
    return Columns(context.catalogue, context.zone, mapping) if mapping else None


def _map(section: Section, node: yaml_nodes.Node, context: _Context) -> ColumnMap | None:
    if isinstance(node, yaml_nodes.Mapping):
        return map_of(node, context.catalogue, context.zone, context.problems)
    if not isinstance(node, Scalar) or node.is_empty:
        section.report("E004", "`map` is a file's name, or the mapping itself", "map")
        return None
    try:
        return read_map_file(
            context.folder / node.text, context.catalogue, context.zone, context.problems
        )
    except DataError as error:
        section.report("E204", str(error), node)
        return None


def _asks(text: str) -> str:
    if not _ASKS.match(text):
        raise ValueError("a query starts with SELECT or WITH: nothing is ever written there")
    return text


def _length(text: str) -> timedelta:
    length = parse_duration(text)
    if length.is_business:
        raise ValueError(f"`{text}`: sources know no calendars; write for example 10 minutes")
    return length.fixed
