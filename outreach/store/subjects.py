"""Tables of what we watch: customers, orders, tickets, answers, and who changed what when."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from outreach.store.types import Amount, Instant, json_type


def _time(*, index: bool = False) -> Any:
    return Field(default=None, sa_type=Instant, index=index)


def _index_of_few(name: str) -> Index:
    """Return an index of the few orders that have such a value."""
    has_it = text(f"{name} IS NOT NULL")
    return Index(f"ix_orders_{name}", name, sqlite_where=has_it, postgresql_where=has_it)


#: what few orders have
HELD_BY_FEW = (
    "open_incident_id",
    *("promise_changed_at", "promised_again_at"),
    *("refund_promise_changed_at", "refund_promised_at"),
)


class Customer(SQLModel, table=True):
    """A person; what is open, the last score and first and last times are worked out."""

    __tablename__ = "customers"
    __table_args__ = (
        Index(
            "ix_customers_open_handoffs",
            "open_handoffs",
            sqlite_where=text("open_handoffs > 0"),
            postgresql_where=text("open_handoffs > 0"),
        ),
    )

    id: str = Field(primary_key=True)
    name: str | None = None
    first_name: str | None = None
    email: str | None = Field(default=None, index=True)
    phone: str | None = Field(default=None, index=True)
    locale: str | None = None
    zone: str | None = None
    country: str | None = None
    region: str | None = None
    postal_code: str | None = None
    city: str | None = None
    tier: str | None = None
    tags: list[str] | None = Field(default=None, sa_type=json_type(), nullable=True)
    created_at: datetime | None = _time(index=True)
    first_order_at: datetime | None = _time(index=True)
    last_order_at: datetime | None = _time(index=True)
    open_tickets: int = 0
    open_handoffs: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    last_contact_at: datetime | None = _time(index=True)
    last_score: int | None = None
    last_answered_at: datetime | None = _time(index=True)
    updated_at: datetime | None = _time()
    custom: dict[str, Any] | None = Field(default=None, sa_type=json_type(), nullable=True)
    erased_at: datetime | None = _time()


class Order(SQLModel, table=True):
    """An order as the shop last told us, and what became of the dates we promised."""

    __tablename__ = "orders"
    __table_args__ = tuple(_index_of_few(name) for name in HELD_BY_FEW)

    id: str = Field(primary_key=True)
    number: str | None = None
    customer_id: str | None = Field(default=None, index=True)
    status: str | None = None
    status_changed_at: datetime | None = _time(index=True)
    carrier: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    carrier_status: str | None = None
    carrier_status_changed_at: datetime | None = _time(index=True)
    placed_at: datetime | None = _time(index=True)
    shipped_at: datetime | None = _time(index=True)
    promised_at: datetime | None = _time(index=True)
    estimated_at: datetime | None = _time(index=True)
    delivered_at: datetime | None = _time(index=True)
    cancelled_at: datetime | None = _time(index=True)
    refunded_at: datetime | None = _time(index=True)
    return_requested_at: datetime | None = _time(index=True)
    total: Decimal | None = Field(default=None, sa_type=Amount)
    total_currency: str | None = None
    item_summary: str | None = None
    tags: list[str] | None = Field(default=None, sa_type=json_type(), nullable=True)
    promise: str | None = None
    promise_changed_at: datetime | None = _time()
    promised_again_at: datetime | None = _time()
    refund_promise: str | None = None
    refund_promise_changed_at: datetime | None = _time()
    refund_promised_at: datetime | None = _time()
    broken_promises: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    open_incident_id: str | None = None
    updated_at: datetime | None = _time()
    custom: dict[str, Any] | None = Field(default=None, sa_type=json_type(), nullable=True)


class Ticket(SQLModel, table=True):
    """A support ticket as the help desk last told us."""

    __tablename__ = "tickets"

    id: str = Field(primary_key=True)
    number: str | None = None
    customer_id: str | None = Field(default=None, index=True)
    order_id: str | None = Field(default=None, index=True)
    subject: str | None = None
    status: str | None = None
    status_changed_at: datetime | None = _time(index=True)
    priority: str | None = None
    priority_changed_at: datetime | None = _time(index=True)
    reason: str | None = None
    contact_channel: str | None = None
    team: str | None = None
    opened_at: datetime | None = _time(index=True)
    first_replied_at: datetime | None = _time(index=True)
    last_reply_at: datetime | None = _time(index=True)
    last_reply_by: str | None = None
    settled_by: str | None = None
    due_at: datetime | None = _time(index=True)
    next_update_at: datetime | None = _time(index=True)
    resolved_at: datetime | None = _time(index=True)
    closed_at: datetime | None = _time(index=True)
    reopen_count: int | None = None
    tags: list[str] | None = Field(default=None, sa_type=json_type(), nullable=True)
    updated_at: datetime | None = _time()
    custom: dict[str, Any] | None = Field(default=None, sa_type=json_type(), nullable=True)


class Response(SQLModel, table=True):
    """One answer to a survey; a later answer to the same message is a row of its own.

    `survey_message` is what asked; answers that a source brought have none, and each counts.
    """

    __tablename__ = "responses"
    __table_args__ = (Index("ix_responses_survey", "survey", "received_at"),)

    id: str = Field(primary_key=True)
    survey: str | None = None
    score: int | None = None
    comment: str | None = None
    received_at: datetime | None = _time(index=True)
    answered_by: str | None = None
    survey_message: str | None = Field(default=None, index=True)
    customer_id: str | None = Field(default=None, index=True)
    order_id: str | None = Field(default=None, index=True)
    ticket_id: str | None = Field(default=None, index=True)
    counts: bool = True
    suspected: bool = False
    sentiment: str | None = None
    topic: str | None = None
    updated_at: datetime | None = _time()
    custom: dict[str, Any] | None = Field(default=None, sa_type=json_type(), nullable=True)


class Incident(SQLModel, table=True):
    """Something that went wrong for many orders at once.

    `message` is what their customers are told, `messages` the same by language. `sentences` say
    which orders it is about, as long as it is open.
    """

    __tablename__ = "incidents"

    id: str = Field(primary_key=True)
    title: str
    status: str
    opened_at: datetime = Field(sa_type=Instant, index=True)
    resolved_at: datetime | None = _time(index=True)
    message: str | None = None
    messages: dict[str, str] | None = Field(default=None, sa_type=json_type(), nullable=True)
    sentences: list[str] | None = Field(default=None, sa_type=json_type(), nullable=True)
    updated_at: datetime | None = _time()
    custom: dict[str, Any] | None = Field(default=None, sa_type=json_type(), nullable=True)


class Change(SQLModel, table=True):
    """One field of one subject that changed, or the subject's first appearance (`field` empty).

    `at` is when it happened as the source tells it, `recorded_at` when we learned of it. Rows of
    `history` were true before the subject was known here: they explain, but nothing newly happened.
    `place` is where of the source it stood: `orders.csv:17`.
    """

    __tablename__ = "changes"
    __table_args__ = (Index("ix_changes_subject", "kind", "subject_id", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    subject_id: str
    field: str = ""
    old: Any = Field(default=None, sa_type=json_type(), nullable=True)
    new: Any = Field(default=None, sa_type=json_type(), nullable=True)
    at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
    source: str = ""
    history: bool = False
    place: str = ""


SUBJECT_TABLES = {
    "customer": Customer,
    "order": Order,
    "ticket": Ticket,
    "response": Response,
    "incident": Incident,
}
