"""What planning reads and writes: enrollments whose turn it is, and the messages they become."""

from __future__ import annotations

from base64 import b32encode
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Update,
    and_,
    bindparam,
    exists,
    func,
    insert,
    select,
    update,
)

from outreach.model import EnrollmentState, Kind, MessageState, Mode, Reason, SubjectRef
from outreach.store.frames import table_of
from outreach.store.ledger import Batch, Enrollment, Message, MessageSubject
from outreach.store.ledger import MessageState as StateRow
from outreach.store.marks import lock_claims
from outreach.store.pieces import chunks
from outreach.store.rows import write_records
from outreach.store.sql_functions import Barred, among
from outreach.store.types import Record

#: enrollments that count as "this rule has acted on the subject"
ACTED = (EnrollmentState.ACTIVE.value, EnrollmentState.DONE.value)


def message_id(rule: str, key: str, step: str, repetition: int, channel_number: int = 0) -> str:
    """Return the id of a message: the same occurrence, step and repetition is the same message."""
    text = "\0".join((rule, key, step, str(repetition), str(channel_number)))
    return b32encode(sha256(text.encode()).digest()[:15]).decode().lower()


def id_of(enrollment: Any, step: str, repetition: int) -> str:
    """Return the id of an enrollment's message; another name of its rule makes no other one."""
    return message_id(enrollment.known_as or enrollment.rule, enrollment.key, step, repetition)


def newest_enrollment(connection: Connection) -> int:
    """Return the number of the newest enrollment, 0 when there is none."""
    return connection.execute(_newest_enrollment()).scalar() or 0


@cache
def _newest_enrollment() -> Select[Any]:
    return select(func.max(table_of(Enrollment).c.id))


def due_enrollments(
    connection: Connection, now: datetime, limit: int | None = None, *, upto: int | None = None
) -> Sequence[Record]:
    """Return enrollments that planning shall look at, those that have waited longest first.

    With `upto` only those up to that number.
    """
    if upto is None:
        return connection.execute(_due().limit(limit), {"now": now}).all()
    asked = {"now": now, "upto": upto, "most": limit}
    return connection.execute(_due_upto(), asked).all()


def is_any_due(connection: Connection, now: datetime) -> bool:
    """Whether planning has an enrollment to look at."""
    return connection.execute(_first_due(), {"now": now}).first() is not None


def lock_enrollments(
    connection: Connection, rows: Sequence[Record], now: datetime
) -> Sequence[Record]:
    """Return those of some due enrollments that nobody else plans; SQLite has one writer."""
    if connection.dialect.name != "postgresql":
        return rows
    mine = _due().where(table_of(Enrollment).c.id.in_([row.id for row in rows]))
    return connection.execute(mine.with_for_update(skip_locked=True), {"now": now}).all()


def new_matches(connection: Connection, now: datetime, *, upto: int) -> dict[str, list[datetime]]:
    """Return by rule since when the live enrollments are known that nothing was planned for yet.

    `upto` is the number of the last enrollment that counts.
    """
    found: dict[str, list[datetime]] = defaultdict(list)
    for rule, known_from in connection.execute(_new(), {"now": now, "upto": upto}):
        found[rule].append(known_from)
    return found


def earlier_matches(
    connection: Connection, rules: Collection[str], since: datetime, now: datetime
) -> list[datetime]:
    """Return since when the live enrollments of some rules are known that are not new now."""
    asked = {"ids": list(rules), "since": since, "now": now}
    return list(connection.execute(_not_new(), asked).scalars())


@cache
def _due() -> Select[Any]:
    row = table_of(Enrollment).c
    return select(table_of(Enrollment)).where(_is_due()).order_by(row.plan_at, row.id)


@cache
def _first_due() -> Select[Any]:
    return select(table_of(Enrollment).c.id).where(_is_due()).limit(1)


@cache
def _due_upto() -> Select[Any]:
    upto = table_of(Enrollment).c.id <= bindparam("upto")
    return _due().where(upto).limit(bindparam("most", type_=Integer))


@cache
def _new() -> Select[Any]:
    row = table_of(Enrollment).c
    upto = row.id <= bindparam("upto")
    return select(row.rule, row.known_from).where(_is_new(), upto).order_by(row.known_from)


@cache
def _not_new() -> Select[Any]:
    row = table_of(Enrollment).c
    return select(row.known_from).where(
        among(row.rule, "ids"),
        row.known_from > bindparam("since"),
        row.mode == Mode.LIVE.value,
        func.coalesce(_is_new(), False).is_(False),
    )


def _is_due() -> ColumnElement[bool]:
    row = table_of(Enrollment).c
    return and_(row.state == EnrollmentState.ACTIVE.value, row.plan_at <= bindparam("now"))


def _is_new() -> ColumnElement[bool]:
    """Ask for live enrollments that are due and have no message, not even a past one."""
    row, part = table_of(Enrollment).c, table_of(MessageSubject).c
    is_spoken_of = exists(select(part.enrollment_id).where(part.enrollment_id == row.id))
    return and_(_is_due(), row.mode == Mode.LIVE.value, ~is_spoken_of)


def acting_enrollments(
    connection: Connection, subjects: Iterable[SubjectRef]
) -> dict[SubjectRef, dict[int, str]]:
    """Return by subject the live enrollments that were not called off, each with its rule."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for ref in dict.fromkeys(subjects):
        by_kind[ref.kind.value].append(ref.id)
    found: dict[SubjectRef, dict[int, str]] = defaultdict(dict)
    for kind, ids in by_kind.items():
        for part in chunks(ids):
            rows = connection.execute(_acting(), {"kind": kind, "ids": part})
            for subject_id, number, rule in rows:
                found[SubjectRef(Kind(kind), subject_id)][number] = rule
    return found


@cache
def _acting() -> Select[Any]:
    row = table_of(Enrollment).c
    return select(row.subject_id, row.id, row.rule).where(
        row.kind == bindparam("kind"),
        among(row.subject_id, "ids"),
        row.mode == Mode.LIVE.value,
        row.state.in_(ACTED),
    )


def enrolled_keys(connection: Connection, rule: str, keys: Sequence[str]) -> set[str]:
    """Return which of the occurrences of a rule are enrolled already."""
    row = table_of(Enrollment).c
    found: set[str] = set()
    for part in chunks(keys):
        rows = connection.execute(select(row.key).where(row.rule == rule, row.key.in_(part)))
        found |= {key for (key,) in rows}
    return found


def known_messages(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Return which of some messages were written already."""
    found: set[str] = set()
    for part in chunks(ids):
        found |= set(connection.execute(_known(), {"ids": part}).scalars())
    return found


@cache
def _known() -> Select[Any]:
    row = table_of(Message).c
    return select(row.id).where(among(row.id, "ids"))


def open_messages(connection: Connection) -> Sequence[Record]:
    """Return the messages that are planned or held, with what their batch says."""
    table, batch = table_of(Message), table_of(Batch)
    return connection.execute(
        select(table, batch.c.said)
        .outerjoin(batch, batch.c.id == table.c.batch)
        .where(table.c.state.in_([MessageState.PLANNED.value, MessageState.HELD.value]))
        .order_by(table.c.due_at, table.c.id)
    ).all()


def open_collectors(
    connection: Connection, rules: Collection[str], customers: Collection[str]
) -> Sequence[Record]:
    """Return messages that still wait for more of a customer's subjects to say at once."""
    if not rules or not customers:
        return []
    given = {"rules": list(rules), "customers": list(customers)}
    return connection.execute(_collectors(), given).all()


@cache
def _collectors() -> Select[Any]:
    table = table_of(Message)
    return select(
        table.c.id,
        table.c.rule,
        table.c.step,
        table.c.repetition,
        table.c.customer_id,
        table.c.planned_for,
        table.c.mode,
    ).where(
        # a customer has few messages, a rule may have written for years
        among(Barred(table.c.rule), "rules"),
        among(table.c.customer_id, "customers"),
        Barred(table.c.state).in_([MessageState.PLANNED.value, MessageState.HELD.value]),
    )


def write_messages(
    connection: Connection, messages: Sequence[dict[str, Any]], now: datetime
) -> None:
    """Write new messages with the first line of their history."""
    if not messages:
        return
    write_records(connection, table_of(Message), messages)
    write_records(
        connection,
        table_of(StateRow),
        [
            {
                "message_id": message["id"],
                "at": now,
                "state": message["state"],
                "reason": message["reason"],
                "note": "",
                "who": "",
            }
            for message in messages
        ],
    )


def attach_subjects(connection: Connection, parts: Sequence[dict[str, Any]]) -> None:
    """Say what messages are about; positions go on from what they have."""
    if not parts:
        return
    places: dict[str, int] = {}
    for ids in chunks(sorted({part["message_id"] for part in parts})):
        rows = connection.execute(_last_places(), {"ids": ids})
        places |= {message: top + 1 for message, top in rows}
    placed = []
    for part in parts:
        position = places.get(part["message_id"], 0)
        places[part["message_id"]] = position + 1
        placed.append({**part, "position": position})
    write_records(connection, table_of(MessageSubject), placed)


@cache
def _last_places() -> Select[Any]:
    row = table_of(MessageSubject).c
    query = select(row.message_id, func.max(row.position))
    return query.where(among(row.message_id, "ids")).group_by(row.message_id)


def stop_planning(connection: Connection, enrollments: Sequence[int]) -> None:
    """Say that a message of these enrollments is on its way."""
    for ids in chunks(enrollments):
        connection.execute(_planned(), {"ids": ids})


@cache
def _planned() -> Update:
    table = table_of(Enrollment)
    return update(table).where(among(table.c.id, "ids")).values(plan_at=None)


def new_batch(connection: Connection, rule: str, reason: Reason, said: str, now: datetime) -> str:
    """Open a batch for one decision by a person and return its id, `B-1` and so on."""
    lock_claims(connection)
    table = table_of(Batch)
    number = (connection.execute(select(func.count()).select_from(table)).scalar() or 0) + 1
    batch = f"B-{number}"
    connection.execute(
        insert(table).values(
            id=batch, rule=rule, reason=reason.value, said=said, created_at=now, who="", note=""
        )
    )
    return batch


def open_batch(connection: Connection, rule: str, reason: Reason, said: str, now: datetime) -> str:
    """Return the undecided batch of a rule for a reason, opening one where there is none.

    What its rule wants approved is put together by what is said of it.
    """
    lock_claims(connection)
    table = table_of(Batch)
    found = connection.execute(
        select(table.c.id).where(
            table.c.rule == rule,
            table.c.reason == reason.value,
            table.c.decided_at.is_(None),
            *([table.c.said == said] if reason is Reason.AWAITING_APPROVAL else []),
        )
    ).scalar()
    return found or new_batch(connection, rule, reason, said, now)
