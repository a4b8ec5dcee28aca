"""Reading facts: one subject's values, and its customer's, as sentences and templates see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, select, type_coerce

from outreach.model import Kind, Money, SubjectRef
from outreach.rules.catalogue import REACH, Catalogue
from outreach.rules.facts import Facts, StepEvent
from outreach.rules.fields import CustomField, FieldType
from outreach.store.frames import TableFrame, table_of
from outreach.store.ledger import Handoff, LastSent, Message, MessageSubject, Receipt
from outreach.store.pieces import chunks
from outreach.store.sql_functions import among
from outreach.store.staging import staged_name, staged_table
from outreach.timing.instants import from_micros


def read_facts(
    connection: Connection, catalogue: Catalogue, subjects: Iterable[SubjectRef]
) -> dict[SubjectRef, Facts]:
    """Return the facts of the subjects that exist."""
    ids: dict[Kind, list[str]] = defaultdict(list)
    for subject in dict.fromkeys(subjects):
        ids[subject.kind].append(subject.id)
    found: dict[SubjectRef, Facts] = {}
    for kind, wanted in ids.items():
        for part in chunks(wanted):
            found |= _read_part(connection, catalogue, kind, part)
    return found


@dataclass(frozen=True)
class Version:
    """What was true of a changed subject for a time, valid_from <= t < valid_until."""

    valid_from: datetime
    valid_until: datetime
    facts: Facts


def read_versions(
    connection: Connection, catalogue: Catalogue, kind: Kind, ids: Sequence[str]
) -> dict[tuple[str, int], Version]:
    """Return the staged versions of subjects, by id and by when each began."""
    found: dict[tuple[str, int], Version] = {}
    for part in chunks(ids):
        rows = connection.execute(_staged_rows(kind), {"ids": part}).mappings().all()
        for row, values in zip(rows, _read_values(connection, catalogue, kind, rows), strict=True):
            spans = (from_micros(row["valid_from"]), from_micros(row["valid_until"]))
            facts = Facts(SubjectRef(kind, row["id"]), values)
            found[row["id"], row["valid_from"]] = Version(*spans, facts)
    return found


@cache
def _staged_rows(kind: Kind) -> Select[Any]:
    table = staged_table(kind)
    columns = [
        type_coerce(table.c[staged_name(prefix, column.name)], column.type).label(
            prefix + column.name
        )
        for prefix, owner in REACH[kind].items()
        for column in table_of(owner).columns
    ]
    valid = (table.c.valid_from, table.c.valid_until)
    return select(*columns, *valid).where(among(table.c.id, "ids"))


def read_events(
    connection: Connection, enrollments: Sequence[int]
) -> dict[int, tuple[StepEvent, ...]]:
    """Return what became of the messages and the tasks of each enrollment."""
    events: dict[int, list[StepEvent]] = defaultdict(list)
    for ids in chunks(enrollments):
        for enrollment, step, event, at in connection.execute(_event_rows(), {"ids": ids}):
            events[enrollment].append(StepEvent(step, event, at))
        for row in connection.execute(_task_rows(), {"ids": ids}):
            for event, at in (("taken", row.taken_at), ("done", row.done_at)):
                if at is not None:
                    events[row.enrollment_id].append(StepEvent(row.step, event, at))
    return {enrollment: tuple(found) for enrollment, found in events.items()}


@cache
def _event_rows() -> Select[Any]:
    message, part, receipt = table_of(Message).c, table_of(MessageSubject).c, table_of(Receipt).c
    return (
        select(part.enrollment_id, message.step, receipt.event, receipt.at)
        .select_from(table_of(Receipt))
        .join(table_of(Message), message.id == receipt.message_id)
        .join(table_of(MessageSubject), part.message_id == message.id)
        .where(among(part.enrollment_id, "ids"))
    )


@cache
def _task_rows() -> Select[Any]:
    task = table_of(Handoff).c
    return select(task.enrollment_id, task.step, task.taken_at, task.done_at).where(
        among(task.enrollment_id, "ids"), task.taken_at.is_not(None)
    )


def _read_part(
    connection: Connection, catalogue: Catalogue, kind: Kind, ids: Sequence[str]
) -> dict[SubjectRef, Facts]:
    rows = connection.execute(_rows(kind), {"ids": ids}).mappings().all()
    found = {}
    for row, values in zip(rows, _read_values(connection, catalogue, kind, rows), strict=True):
        ref = SubjectRef(kind, row["id"])
        found[ref] = Facts(ref, values)
    return found


@cache
def _rows(kind: Kind) -> Select[Any]:
    frame = TableFrame(kind)
    columns = [
        frame.raw(prefix, column.name).label(prefix + column.name)
        for prefix, owner in REACH[kind].items()
        for column in table_of(owner).columns
    ]
    return select(*columns).select_from(frame.source()).where(among(frame.own.c.id, "ids"))


def _read_values(
    connection: Connection, catalogue: Catalogue, kind: Kind, rows: Sequence[RowMapping]
) -> list[dict[str, Any]]:
    """Return the values of rows, as sentences name them."""
    found = [_values(row, catalogue, kind) for row in rows]
    _add_last_sent(connection, kind, found)
    return found


def _values(row: RowMapping, catalogue: Catalogue, kind: Kind) -> dict[str, Any]:
    values = dict(row)
    for prefix, owner in REACH[kind].items():
        if "total" in table_of(owner).c:
            values[f"{prefix}total"] = _money(row, prefix)
        if "tags" in table_of(owner).c:
            values[f"{prefix}tags"] = _listed(values.get(f"{prefix}tags"))
        custom = values.pop(f"{prefix}custom", None) or {}
        for field in catalogue.custom:
            if field.kind is owner:
                values[prefix + field.name] = _typed(custom, field)
    return values


def _money(row: Mapping[Any, Any], prefix: str) -> Money | None:
    amount, currency = row[f"{prefix}total"], row[f"{prefix}total_currency"]
    return None if amount is None or currency is None else Money(amount, currency)


def _listed(value: Any) -> tuple[str, ...] | None:
    return tuple(value) if isinstance(value, list) else None


def _typed(custom: Mapping[str, Any], field: CustomField) -> Any:
    value = custom.get(field.name)
    if value is None:
        return None
    match field.type:
        case FieldType.TIME:
            return from_micros(value)
        case FieldType.LIST:
            return _listed(value)
        case _:
            return value


def _add_last_sent(connection: Connection, kind: Kind, found: Iterable[dict[str, Any]]) -> None:
    """Add `last_sent.<rule>` for every rule that ever wrote, at each prefix."""
    holders: dict[str, dict[str, list[tuple[str, dict[str, Any]]]]] = defaultdict(dict)
    for values in found:
        for prefix, owner in REACH[kind].items():
            if row_id := values.get(f"{prefix}id"):
                holders[owner.value].setdefault(row_id, []).append((prefix, values))
    for held, rows in holders.items():
        for ids in chunks(list(rows)):
            asked = {"held": held, "ids": ids}
            for row_id, rule, sent_at in connection.execute(_last_sent(), asked):
                for prefix, values in rows[row_id]:
                    values[f"{prefix}last_sent.{rule}"] = sent_at


@cache
def _last_sent() -> Select[Any]:
    sent = table_of(LastSent).c
    return select(sent.subject_id, sent.rule, sent.sent_at).where(
        sent.kind == bindparam("held"), among(sent.subject_id, "ids")
    )
