"""Reports that were mailed: each week's once to each address, whatever becomes of the process."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel

from outreach.store.frames import table_of
from outreach.store.types import Instant


class MailState(StrEnum):
    """Where a mail stands; one that is being sent for good may have gone out."""

    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"  # certainly not sent: it may be tried again
    REFUSED = "refused"
    UNKNOWN = "unknown"


class ReportMail(SQLModel, table=True):
    """One week's report to one address; `week` is the day after it, a Monday."""

    __tablename__ = "report_mails"

    week: str = Field(primary_key=True)
    address: str = Field(primary_key=True)
    state: str
    at: datetime = Field(sa_type=Instant)
    note: str = ""


def claim_mail(connection: Connection, week: str, address: str, now: datetime) -> bool:
    """Take a mail to be sent; False when somebody sent it, or is about to."""
    table = table_of(ReportMail)
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values = {"week": week, "address": address, "state": MailState.SENDING.value, "at": now}
    new = insert(table).values(**values, note="").on_conflict_do_nothing().returning(table.c.week)
    if connection.execute(new).first() is not None:
        return True
    again = (
        update(table)
        .where(
            table.c.week == week,
            table.c.address == address,
            table.c.state == MailState.FAILED.value,
        )
        .values(state=MailState.SENDING.value, at=now)
        .returning(table.c.week)
    )
    return connection.execute(again).first() is not None


def settle_mail(
    connection: Connection, week: str, address: str, state: MailState, note: str, now: datetime
) -> None:
    """Write down what became of a mail."""
    table = table_of(ReportMail)
    connection.execute(
        update(table)
        .where(table.c.week == week, table.c.address == address)
        .values(state=state.value, note=note, at=now)
    )
