"""How far cancelling has come: what it has seen, and whom of what changed since it may concern."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from outreach.model import EnrollmentState, Kind
from outreach.rules.canonical import conditions_json
from outreach.rules.document import Rule
from outreach.store.cursors import write_cursor
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment
from outreach.store.marks import newest_change
from outreach.store.operations import Cursor
from outreach.store.pieces import chunks
from outreach.store.sql_functions import among
from outreach.store.types import Record

NAME = "cancel"


@dataclass(frozen=True)
class Seen:
    """The last change that cancelling has seen, and what names the conditions it asked."""

    change_id: int
    digest: str


def last_seen(connection: Connection) -> tuple[Seen, datetime] | None:
    """Return what cancelling has seen, and when; None before its first pass."""
    row = connection.execute(_last()).first()
    if row is None:
        return None
    change_id, digest = row.value.split()
    return Seen(int(change_id), digest), row.at


@cache
def _last() -> Select[Any]:
    cursor = table_of(Cursor).c
    return select(cursor.value, cursor.at).where(cursor.name == NAME)


def to_see(connection: Connection, rules: Iterable[Rule]) -> Seen:
    """Return what a pass that asks these rules sees now."""
    conditions = {rule.name: conditions_json(rule.cancel_if) for rule in rules}
    digest = sha256(json.dumps(conditions, sort_keys=True).encode()).hexdigest()[:16]
    return Seen(newest_change(connection), digest)


def write_seen(connection: Connection, seen: Seen, now: datetime) -> None:
    """Remember what cancelling has seen."""
    write_cursor(connection, NAME, f"{seen.change_id} {seen.digest}", now=now)


def active_on(
    connection: Connection, kind: Kind, subjects: Sequence[str], rules: Collection[str]
) -> list[Record]:
    """Return the active enrollments of rules in subjects."""
    asked = {"kind": kind.value, "rules": list(rules)}
    return [
        row
        for part in chunks(subjects)
        for row in connection.execute(_active(), {**asked, "ids": part})
    ]


@cache
def _active() -> Select[Any]:
    row = table_of(Enrollment).c
    return select(row.id, row.rule, row.subject_id, row.known_from).where(
        row.kind == bindparam("kind"),
        among(row.subject_id, "ids"),
        among(row.rule, "rules"),
        row.state == EnrollmentState.ACTIVE.value,
    )
