"""The journal of a simulation: every message that came into a new state, in order, with its why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from outreach.model import Channel, Kind, MessageState, Reason, SubjectRef
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Message, MessageSubject
from outreach.store.ledger import MessageState as StateRow
from outreach.store.pieces import chunks
from outreach.store.sql_functions import among


@dataclass(frozen=True)
class Entry:
    """A message came into a state; `subjects` are those it is about now."""

    at: datetime
    message: str
    rule: str
    step: str
    repetition: int
    subjects: tuple[SubjectRef, ...]
    customer: str
    channel: Channel
    template: str
    locale: str
    state: MessageState
    reason: Reason
    note: str
    planned_for: datetime

    @property
    def left(self) -> bool:
        """Whether it went out, or may have."""
        return self.state in (MessageState.SENT, MessageState.UNKNOWN)


@dataclass
class Journal:
    """Reads on from where it stopped reading."""

    _read: int = 0

    def read(self, store: Store) -> list[Entry]:
        """Return what happened since the last reading, oldest first."""
        with store.read() as connection:
            rows = connection.execute(_lines(), {"after": self._read}).all()
            subjects = subjects_of(connection, sorted({row.message for row in rows}))
        if rows:
            self._read = rows[-1].id
        return [
            Entry(
                at=row.at,
                message=row.message,
                rule=row.rule,
                step=row.step,
                repetition=row.repetition,
                subjects=tuple(subjects[row.message]),
                customer=row.customer_id,
                channel=Channel(row.channel),
                template=row.template,
                locale=row.locale,
                state=MessageState(row.state),
                reason=Reason(row.reason),
                note=row.note,
                planned_for=row.planned_for,
            )
            for row in rows
        ]


@cache
def _lines() -> Select[Any]:
    state, message = table_of(StateRow).c, table_of(Message).c
    return (
        select(
            state.id,
            state.at,
            state.state,
            state.reason,
            state.note,
            message.id.label("message"),
            message.rule,
            message.step,
            message.repetition,
            message.customer_id,
            message.channel,
            message.template,
            message.locale,
            message.planned_for,
        )
        .join(table_of(Message), message.id == state.message_id)
        .where(state.id > bindparam("after"))
        .order_by(state.id)
    )


def subjects_of(connection: Connection, messages: Sequence[str]) -> dict[str, list[SubjectRef]]:
    """Return what each message is about, in the order it names them."""
    found: dict[str, list[SubjectRef]] = defaultdict(list)
    for ids in chunks(messages):
        for message, kind, subject_id in connection.execute(_subjects(), {"ids": ids}):
            found[message].append(SubjectRef(Kind(kind), subject_id))
    return found


@cache
def _subjects() -> Select[Any]:
    part = table_of(MessageSubject).c
    query = select(part.message_id, part.kind, part.subject_id)
    return query.where(among(part.message_id, "ids")).order_by(part.message_id, part.position)
