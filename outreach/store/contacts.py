"""Contacts: who heard from us, about what, and when, for rules that ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Insert, Select, Update, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from outreach.model import Mode
from outreach.store.frames import table_of
from outreach.store.ledger import LastSent
from outreach.store.pieces import chunks
from outreach.store.sql_functions import among
from outreach.store.subjects import Change, Customer
from outreach.store.types import Record
from outreach.timing.instants import to_micros


def note_contacts(
    connection: Connection,
    sent: Iterable[tuple[Record, Sequence[Record]]],
    now: datetime,
    *,
    renamed: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Remember that rules wrote about the subjects of these messages, and to their customers.

    A rule that is called otherwise since a message was read stands in `renamed`, by its old name.
    It is a change like any other, for rules that look at `last_contact_at` or `last_sent`: the
    change log must be locked.
    """
    live = [(message, subjects) for message, subjects in sent if message.mode == Mode.LIVE.value]
    if not live:
        return
    last_sent = [
        {"rule": renamed.get(message.rule, message.rule), **about, "sent_at": now}
        for message, subjects in live
        for about in _about(message, subjects)
    ]
    connection.execute(_set_last_sent(connection.dialect.name), last_sent)
    people = list({message.customer_id: message for message, _ in live})
    heard = _last_contacts(connection, people)
    changes = []
    for message, _ in live:
        changes.append(_change(message, heard.get(message.customer_id), now))
        heard[message.customer_id] = now
    connection.execute(_set_last_contact(), [{"person": person, "at": now} for person in people])
    connection.execute(insert(table_of(Change)), changes)


def _about(message: Record, subjects: Sequence[Record]) -> Iterable[dict[str, Any]]:
    about = {(row.kind, row.subject_id) for row in subjects}
    about.add(("customer", message.customer_id))
    for kind, subject in sorted(about):
        yield {"kind": kind, "subject_id": subject}


def _change(message: Record, before: datetime | None, now: datetime) -> Mapping[str, Any]:
    return {
        "kind": "customer",
        "subject_id": message.customer_id,
        "field": "last_contact_at",
        "old": None if before is None else to_micros(before),
        "new": to_micros(now),
        "at": now,
        "recorded_at": now,
        "source": f"message {message.id}",
        "history": False,
        "place": "",
    }


def _last_contacts(connection: Connection, people: Sequence[str]) -> dict[str, datetime | None]:
    return {
        row.id: row.last_contact_at
        for ids in chunks(people)
        for row in connection.execute(_heard(), {"ids": ids})
    }


@cache
def _heard() -> Select[Any]:
    person = table_of(Customer).c
    return select(person.id, person.last_contact_at).where(among(person.id, "ids"))


@cache
def _set_last_contact() -> Update:
    person = table_of(Customer)
    return (
        update(person)
        .where(person.c.id == bindparam("person"))
        .values(last_contact_at=bindparam("at"))
    )


@cache
def _set_last_sent(dialect: str) -> Insert:
    table = table_of(LastSent)
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    return statement.on_conflict_do_update(
        index_elements=[table.c.rule, table.c.kind, table.c.subject_id],
        set_={"sent_at": statement.excluded.sent_at},
    )
