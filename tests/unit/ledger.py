"""Rows of the ledger written by hand: a customer, an enrollment and its message, as usual."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from outreach.model import CouponState
from outreach.store.frames import table_of
from outreach.store.goodwill import Coupon
from outreach.store.ledger import Enrollment, Message, MessageSubject
from outreach.store.subjects import Customer, Order

#: a Friday, 13:00 in Berlin
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def add_customer(connection: Connection, name: str = "ana", **values: Any) -> str:
    """Write a customer with an e-mail address."""
    usual = {"id": name, "email": f"{name}@example.com", "open_tickets": 0}
    connection.execute(insert(table_of(Customer)).values(**{**usual, **values}))
    return name


def add_enrollment(connection: Connection, subject: str = "A-1", **values: Any) -> int:
    """Write an enrollment of an order in the rule `late`, its first step next; return its id."""
    usual = {
        "rule": "late",
        "key": f"order:{subject}",
        "kind": "order",
        "subject_id": subject,
        "customer_id": "ana",
        "matched_at": NOON,
        "known_from": NOON,
        "base_at": NOON,
        "plan_at": None,
        "enrolled_at": NOON,
        "state": "active",
        "reason": "matched",
        "mode": "live",
        "step": 0,
        "repetition": 1,
    }
    inserted = connection.execute(insert(table_of(Enrollment)).values(**{**usual, **values}))
    return int(inserted.inserted_primary_key[0])


def give_coupon(connection: Connection, message: str) -> None:
    """Let a message have a coupon that went out with it."""
    connection.execute(
        insert(table_of(Coupon)).values(
            pool="five",
            code=f"GIFT-{message}",
            state=CouponState.GIVEN.value,
            message_id=message,
            source="five.csv:1",
            imported_at=NOON,
        )
    )


def add_message(connection: Connection, name: str = "m1", *enrollments: int, **values: Any) -> str:
    """Write a message to Ana that is due, about the subjects of these enrollments."""
    usual = {
        "id": name,
        "rule": "late",
        "step": "apology",
        "repetition": 1,
        "customer_id": "ana",
        "channel": "email",
        "channel_number": 0,
        "purpose": "service",
        "template": "note",
        "locale": "",
        "mode": "live",
        "state": "planned",
        "reason": "matched",
        "matched_at": NOON,
        "planned_for": NOON,
        "due_at": NOON,
        "expires_at": NOON + 2 * DAY,
        "planned_at": NOON,
        "approved": False,
        "tries": 0,
        "segments": 0,
    }
    connection.execute(insert(table_of(Message)).values(**{**usual, **values}))
    row, part = table_of(Enrollment), table_of(MessageSubject)
    for position, number in enumerate(enrollments):
        found = connection.execute(select(row).where(row.c.id == number)).one()
        subject = {"kind": found.kind, "subject_id": found.subject_id}
        connection.execute(
            insert(part).values(message_id=name, position=position, enrollment_id=number, **subject)
        )
    return name


def add_late_orders(connection: Connection, count: int, **values: Any) -> None:
    """Write orders that are two days late, A-1 of ana1 and so on, each with a message that is due.

    It is what a shop's `late_orders` and `plan` come to, in a few statements.
    """
    rows: dict[Any, list[dict[str, Any]]] = {Customer: [], Order: []}
    for number in range(1, count + 1):
        name = f"ana{number}"
        rows[Customer].append(
            {
                "id": name,
                "first_name": name.title(),
                "email": f"{name}@example.com",
                "locale": "en",
                "zone": "Europe/Berlin",
                "open_tickets": 0,
            }
        )
        rows[Order].append(
            {
                "id": f"A-{number}",
                "number": f"A-{number}",
                "customer_id": name,
                "status": "placed",
                "promised_at": NOON - 2 * DAY,
            }
        )
    for model, found in rows.items():
        connection.execute(insert(table_of(model)), found)
    for number in range(1, count + 1):
        of = {"customer_id": f"ana{number}"}
        enrollment = add_enrollment(connection, f"A-{number}", **of)
        add_message(connection, f"m{number}", enrollment, **of, **values)
