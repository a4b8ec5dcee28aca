"""What a statement would read: each table, by which index, and what is asked of the index."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Connection, event

from outreach.store.migrating import METADATA
from outreach.store.prepared import Prepared

#: runs a statement with something before it, and returns the driver's cursor
Run = Callable[[str], Any]
#: how SQLite calls tables that a statement has under another name
ALIASES = {
    "its_customer": "customers",
    "its_order": "orders",
    "its_ticket": "tickets",
    "its_incident": "incidents",
    "busy": "messages",
    "mine": "messages",
    "before": "messages",
    "my_part": "message_subjects",
    "part": "message_subjects",
}
#: what is no table of ours: a JSON list, a subquery, and the rows staged as changed
PASSING = re.compile(r"json_each|found|\(subquery-\d+\)|anon_\d+|\d+|CONSTANT|staged_\w+")
_SQLITE = re.compile(
    r"(?P<verb>SEARCH|SCAN|BLOOM FILTER ON) (?P<name>\S+)"
    r"(?: USING (?P<auto>AUTOMATIC )?(?:PARTIAL )?(?:COVERING )?"
    r"(?P<index>INDEX \w+|INTEGER PRIMARY KEY|INDEX))?(?: \((?P<asked>[^)]*)\))?"
)
_ASKED = re.compile(r"\(*\b(\w+)\)?(?:::\w+)?\s*(<=|>=|<|>|=|IS)")
#: columns that say which few rows are meant
KEYS = {
    "customers": [{"id"}],
    "incidents": [{"id"}],
    "orders": [{"id"}, {"customer_id"}, {"open_incident_id"}],
    "tickets": [{"id"}, {"customer_id"}, {"order_id"}],
    "last_sent": [{"rule", "kind", "subject_id"}],
}


@dataclass(frozen=True)
class Access:
    """One table of a plan; without an index all of it is read."""

    table: str
    index: str = ""
    equal: frozenset[str] = frozenset()
    bounded: frozenset[str] = frozenset()

    @property
    def is_lookup(self) -> bool:
        """Whether it finds the few rows that another one leads to."""
        return any(key <= self.equal for key in KEYS.get(self.table, ()))

    @property
    def by(self) -> str:
        """What the index is asked, DB for DB the same: `messages by state, due_at>`."""
        asked = [*sorted(self.equal), *(f"{column}>" for column in sorted(self.bounded))]
        # SQLite's own name of a number that is the key
        return f"{self.table} by {', '.join(asked)}".replace("rowid", "id") if asked else str(self)

    def __str__(self) -> str:
        if not self.index:
            return f"all {self.table}"
        if self.bounded:
            return f"{self.table}.{'+'.join(sorted(self.bounded))}"
        return f"{self.table} with one {'+'.join(sorted(self.equal))}"


def reads(connection: Connection, run: Run) -> list[str]:
    """Return what a statement reads, but for what is staged and what is only looked up."""
    return sorted(str(access) for access in plan(connection, run) if not access.is_lookup)


def plan(connection: Connection, run: Run) -> list[Access]:
    """Return every table that a statement would read, in no order."""
    if connection.dialect.name == "sqlite":
        rows = run("EXPLAIN QUERY PLAN ").fetchall()
        return [access for *_, detail in rows for access in _sqlite_access(detail)]
    ((found,),) = run("EXPLAIN (FORMAT JSON) ").fetchall()
    return list(_postgres_accesses(found[0]["Plan"]))


def prepared(connection: Connection, statement: Prepared, values: Mapping[str, Any]) -> Run:
    """Let a prepared statement be explained."""
    return lambda before: replace(statement, text=before + statement.text).run(connection, values)


def statements(connection: Connection, do: Callable[[], object]) -> list[tuple[str, Run]]:
    """Run something and return the statements it sent, each to be explained."""
    sent: list[tuple[str, Run]] = []
    run = Prepared.run

    def keep(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, _run(connection, statement, parameters)))

    def keep_prepared(statement: Prepared, ours: Connection, values: Mapping[str, Any]) -> Any:
        sent.append((statement.text, prepared(connection, statement, dict(values))))
        return run(statement, ours, values)

    event.listen(connection, "before_cursor_execute", keep)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Prepared, "run", keep_prepared)
            do()
    finally:
        event.remove(connection, "before_cursor_execute", keep)
    return sent


def _run(connection: Connection, text: str, parameters: Any) -> Run:
    def run(before: str) -> Any:
        cursor = connection.connection.cursor()
        cursor.execute(before + text, parameters)
        return cursor

    return run


def _sqlite_access(detail: str) -> Iterator[Access]:
    found = _SQLITE.match(detail)
    if found is None or PASSING.fullmatch(found["name"]):
        return
    name = ALIASES.get(found["name"], re.sub(r"^sent_\d+$", "last_sent", found["name"]))
    assert name in METADATA.tables, f"{detail}: which table is that?"
    is_whole = found["verb"] != "SEARCH" or found["auto"]
    if is_whole or not found["index"]:
        yield Access(name)
    else:
        yield _asked(name, found["index"].removeprefix("INDEX "), found["asked"] or "")


def _postgres_accesses(node: Mapping[str, Any]) -> Iterator[Access]:
    inner = node.get("Plans", ())
    name = node.get("Relation Name")
    if name and not PASSING.fullmatch(name) and node["Node Type"] != "ModifyTable":
        index = node if "Index Name" in node else next(_bitmaps(inner), {})
        yield _asked(name, index.get("Index Name", ""), index.get("Index Cond", ""))
    for child in inner:
        yield from _postgres_accesses(child)


def _bitmaps(nodes: Any) -> Iterator[Mapping[str, Any]]:
    for node in nodes:
        if node["Node Type"] == "Bitmap Index Scan":
            yield node
        yield from _bitmaps(node.get("Plans", ()))


def _asked(table: str, index: str, asked: str) -> Access:
    pairs = _ASKED.findall(asked)
    equal = frozenset(column for column, sign in pairs if sign in ("=", "IS"))
    bounded = frozenset(column for column, sign in pairs if sign not in ("=", "IS"))
    # an index that is asked nothing is read from end to end
    return Access(table, index if pairs else "", equal, bounded - equal)
