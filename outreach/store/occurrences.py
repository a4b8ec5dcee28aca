"""One subject asked by the statements that enrolling uses: its occurrence, and the SQL itself."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.engine import Engine

from outreach.model import SubjectRef
from outreach.rules.document import Rule
from outreach.store.enrolling import Window
from outreach.store.frames import Thresholds
from outreach.store.matching import matching, standing, together
from outreach.store.prepared import Prepared, prepare
from outreach.timing.instants import from_micros


class Occurrence(NamedTuple):
    """What an enrollment would be: its key within the rule, whose it is, since when it matches."""

    key: str
    customer_id: str | None
    matched_at: datetime


def find_occurrence(
    connection: Connection, rule: Rule, subject: SubjectRef, window: Window
) -> Occurrence | None:
    """Return the occurrence of a rule that a subject is in at some instant of the window."""
    prepared = _asked(rule, subject, connection.dialect)
    if prepared is None:
        return None
    rows = prepared.run(connection, window.values(prepared.thresholds)).fetchall()
    if not rows:
        return None
    _, customer, key, matched_at = rows[0]
    return Occurrence(key, customer, from_micros(matched_at))


def occurrence_sql(engine: Engine, rule: Rule, subject: SubjectRef, window: Window) -> str:
    """Return the statement that asks about one subject, with its constants written out."""
    thresholds = Thresholds()
    selects = [_about(select, subject) for select in standing(matching(rule), thresholds)]
    if not selects:
        return "-- these conditions are never true together: nothing is asked"
    statement = together(selects).params(window.values(thresholds))
    return str(statement.compile(engine, compile_kwargs={"literal_binds": True}))


def _asked(rule: Rule, subject: SubjectRef, dialect: Dialect) -> Prepared | None:
    thresholds = Thresholds()
    selects = [_about(select, subject) for select in standing(matching(rule), thresholds)]
    return prepare(together(selects), dialect, thresholds) if selects else None


def _about(select: Select[tuple[object, ...]], subject: SubjectRef) -> Select[tuple[object, ...]]:
    return select.where(select.selected_columns.subject_id == subject.id)
