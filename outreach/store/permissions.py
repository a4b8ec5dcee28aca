"""Tables of who must not be written to, who agreed to what, and what is paused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from outreach.store.types import Instant


class Suppression(SQLModel, table=True):
    """An address, or a whole domain as `@example.com`, that must not be written to.

    Without a purpose it counts for all of them. It ends at `until`, or when lifted.
    """

    __tablename__ = "suppressions"
    __table_args__ = (Index("ix_suppressions_address", "channel", "address"),)

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    address: str
    purpose: str | None = None
    reason: str
    source: str
    since: datetime = Field(sa_type=Instant)
    until: datetime | None = Field(default=None, sa_type=Instant)
    lifted_at: datetime | None = Field(default=None, sa_type=Instant)
    note: str = ""


class Consent(SQLModel, table=True):
    """What a customer said about one purpose, on one channel or on all; the latest word counts.

    Rows are never changed or taken away: they are the history, too. `text` is what they were
    shown or wrote themselves, `message_id` the message that they answered.
    """

    __tablename__ = "consents"
    __table_args__ = (
        Index(
            "ix_consents_message",
            "message_id",
            sqlite_where=text("message_id IS NOT NULL"),
            postgresql_where=text("message_id IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    customer_id: str = Field(index=True)
    purpose: str
    channel: str | None = None
    granted: bool
    at: datetime = Field(sa_type=Instant)
    source: str
    note: str = ""
    text: str = ""
    message_id: str | None = None


class Pause(SQLModel, table=True):
    """Something that must not send for now: `all`, or one rule, channel or purpose by name.

    A channel that Outreach stopped itself has `probe_at`: when its provider is asked again.
    """

    __tablename__ = "pauses"

    id: int | None = Field(default=None, primary_key=True)
    scope: str
    name: str = ""
    reason: str
    who: str
    since: datetime = Field(sa_type=Instant)
    until: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    probe_at: datetime | None = Field(default=None, sa_type=Instant)
