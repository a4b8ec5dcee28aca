"""Where a case is noted: the ticket it is about, and the source that this ticket came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, or_, select, update

from outreach.model import Kind
from outreach.store.frames import table_of
from outreach.store.ledger import HandoffNotice
from outreach.store.subjects import Change, Response, Ticket
from outreach.store.versions import SETTLED


class TicketPlace(NamedTuple):
    """A ticket, and the source whose help desk it lies in."""

    source: str
    id: str
    number: str


def ticket_about(connection: Connection, kind: Kind, subject: str) -> str | None:
    """Return the ticket that a case belongs on: the subject's own, or the order's open one."""
    match kind:
        case Kind.TICKET:
            return subject
        case Kind.ORDER:
            return _open_ticket(connection, subject)
        case Kind.RESPONSE:
            row = table_of(Response).c
            about = select(row.ticket_id, row.order_id).where(row.id == subject)
            found = connection.execute(about).one_or_none()
            if found is None or found.ticket_id:
                return found.ticket_id if found else None
            return _open_ticket(connection, found.order_id) if found.order_id else None
    return None


def _open_ticket(connection: Connection, order: str) -> str | None:
    """Return the ticket about an order that was opened last and is not settled."""
    row = table_of(Ticket).c
    is_open = or_(row.status.is_(None), row.status.not_in(SETTLED))
    query = select(row.id).where(row.order_id == order, is_open)
    latest = query.order_by(row.opened_at.is_(None), row.opened_at.desc(), row.id.desc())
    return connection.execute(latest.limit(1)).scalar()


def place_of(connection: Connection, ticket: str, sources: Sequence[str]) -> TicketPlace | None:
    """Return where a ticket lies, None when none of these sources brought it."""
    change, row = table_of(Change).c, table_of(Ticket).c
    brought = select(change.source).where(
        change.kind == Kind.TICKET.value, change.subject_id == ticket, change.source.in_(sources)
    )
    source = connection.execute(brought.order_by(change.id.desc()).limit(1)).scalar()
    if source is None:
        return None
    number = connection.execute(select(row.number).where(row.id == ticket)).scalar()
    return TicketPlace(source, ticket, number or "")


def keep_target(connection: Connection, notice: str, ticket: str) -> None:
    """Keep which ticket a notice goes on: further tries go to the same one."""
    table = table_of(HandoffNotice)
    connection.execute(update(table).where(table.c.id == notice).values(target=ticket))
