"""What a person means by `A-1042`, `ticket:88` or an address: the subjects it can stand for."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from outreach.model import SUBJECTS, Kind, SubjectRef
from outreach.store.frames import table_of
from outreach.store.ledger import Message

#: what a subject is called besides its id: customers have no number, but an address
OTHER_NAMES = {
    Kind.CUSTOMER: ("email", "phone"),
    Kind.ORDER: ("number",),
    Kind.TICKET: ("number",),
    Kind.RESPONSE: (),
}
#: more than one hit of a kind is told as several; nobody reads more of them
MOST = 5


def find_subjects(connection: Connection, text: str, kind: Kind | None = None) -> list[SubjectRef]:
    """Return the subjects that have this id; if none has, those of that number or address."""
    kinds = SUBJECTS if kind is None else (kind,)
    by_id = [ref for each in kinds for ref in _having(connection, each, "id", text)]
    if by_id:
        return by_id
    return list(
        dict.fromkeys(
            ref
            for each in kinds
            for column in OTHER_NAMES[each]
            for ref in _having(connection, each, column, text)
        )
    )


def find_messages(connection: Connection, text: str) -> list[str]:
    """Return the ids of messages that begin like this, at most a few."""
    message = table_of(Message).c
    start = message.id.startswith(text.lower(), autoescape=True)
    return list(connection.execute(select(message.id).where(start).limit(MOST)).scalars())


def _having(connection: Connection, kind: Kind, column: str, text: str) -> Iterator[SubjectRef]:
    table = table_of(kind).c
    for found in connection.execute(select(table.id).where(table[column] == text).limit(MOST)):
        yield SubjectRef(kind, found.id)
