"""A shop whose customers each wait for one letter, and what it takes to write and send it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks.rules import UTC, read
from benchmarks.shop import NOW, insert_numbered
from outreach.channels.outgoing import Outgoing, Receipted, Sender
from outreach.deciding.rendering.templates import Templates
from outreach.model import Channel
from outreach.passes.setup import Setup
from outreach.rules.catalogue import Catalogue
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Message, MessageSubject
from outreach.store.subjects import Customer, Order
from outreach.timing.instants import to_micros

RULE = (
    "  - rule: late",
    "    about: order",
    "    purpose: transactional",
    "    when:",
    "      - promised_at is more than 1 day ago",
    "      - delivered_at is missing",
    "    steps: [{send: delay-apology}]",
)
TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
SHOP = {
    "name": "Nordlicht",
    "email": "care@nordlicht.example",
    "phone": "+49 30 5550 0100",
    "url": "https://nordlicht.example",
    "address": "Lindenweg 4, 10999 Berlin",
}
HOUR = timedelta(hours=1)
PROMISED = NOW - 30 * HOUR
#: ids of one length, so that the letters of all customers are laid out alike
NUMBER = "(1000000 + n)"
#: what a round writes, and what it takes back
WRITTEN = ("attempts", "message_states", "changes", "last_sent", "receipts")


class Accepting:
    """A channel that takes every message and does nothing with it."""

    name = "null"

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        return Receipted(outgoing.message_id)

    def check(self) -> str:
        return "ready"

    def close(self) -> None:
        """Nothing is kept open."""


def setup_for(store: Store, sender: Sender | None = None, *, at_a_time: int = 8) -> Setup:
    """Return what the passes run with: the rule of the letters, and one way to send them."""
    return Setup(
        store=store,
        ruleset=read(*RULE),
        templates=Templates.from_folder(TEMPLATES),
        catalogue=Catalogue(),
        zone=UTC,
        channels=frozenset({Channel.EMAIL}),
        senders={Channel.EMAIL: sender or Accepting()},
        concurrency={Channel.EMAIL: at_a_time},
        shop=SHOP,
        unsubscribe=SHOP["email"],
    )


def add_late_orders(store: Store, count: int) -> None:
    """Write customers, and of each an order that is late."""
    insert_numbered(store, Customer, count, _customer())
    insert_numbered(store, Order, count, _order())


def add_letters(store: Store, count: int, due: int) -> None:
    """Write late orders and a planned message for each, so many of them due, the rest tomorrow."""
    add_late_orders(store, count)
    insert_numbered(store, Enrollment, count, _enrollment())
    insert_numbered(store, Message, count, _message(due))
    insert_numbered(store, MessageSubject, count, _part())
    with store.engine.connect() as connection:
        own = connection.execution_options(isolation_level="AUTOCOMMIT")
        own.execute(text("ANALYZE" if store.is_sqlite else "VACUUM ANALYZE"))


def take_back(store: Store) -> None:
    """Let all letters be planned again, and nothing have been sent."""
    message, row = table_of(Message), table_of(Enrollment)
    with store.write() as connection:
        for name in (*WRITTEN, "promises"):
            connection.execute(text(f"DELETE FROM {name}"))
        nothing: Mapping[str, Any] = dict.fromkeys(
            ("lease_owner", "lease_until", "provider", "provider_id", "sent_at")
        )
        planned = message.update().where(message.c.state != "planned")
        connection.execute(planned.values(state="planned", reason="matched", tries=0, **nothing))
        active = row.update().where(row.c.state != "active")
        connection.execute(active.values(state="active", reason="matched", ended_at=None))
        heard = table_of(Customer).update().where(table_of(Customer).c.last_contact_at.is_not(None))
        connection.execute(heard.values(last_contact_at=None))


def count_sent(store: Store) -> int:
    """Return how many letters the ledger says are sent, none of them in two ways."""
    with store.read() as connection:
        query = text("SELECT count(*) FROM messages WHERE state = 'sent'")
        return int(connection.execute(query).scalar_one())


def count_written(store: Store) -> dict[str, int]:
    """Return how many rows there are of all that a send writes."""
    with store.read() as connection:
        return {
            name: int(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one())
            for name in WRITTEN
        }


def _customer() -> dict[str, str]:
    return {
        "id": f"'C-' || {NUMBER}",
        "first_name": "'Ana'",
        "email": f"'ana' || {NUMBER} || '@example.com'",
        "locale": "'en'",
        "zone": "'Europe/Berlin'",
        "open_tickets": "0",
        "created_at": _at(PROMISED),
    }


def _order() -> dict[str, str]:
    return {
        "id": f"'O-' || {NUMBER}",
        "number": f"'O-' || {NUMBER}",
        "customer_id": f"'C-' || {NUMBER}",
        "status": "'shipped'",
        "placed_at": _at(PROMISED - 72 * HOUR),
        "promised_at": _at(PROMISED),
        "estimated_at": _at(NOW + 48 * HOUR),
        "item_summary": "'Wool blanket, oak tray'",
        "tracking_url": f"'https://track.parcel.example/t/' || {NUMBER}",
    }


def _enrollment() -> dict[str, str]:
    matched = _at(PROMISED + 24 * HOUR)
    return {
        "id": "n",
        "rule": "'late'",
        "key": f"'order:O-' || {NUMBER}",
        "kind": "'order'",
        "subject_id": f"'O-' || {NUMBER}",
        "customer_id": f"'C-' || {NUMBER}",
        **dict.fromkeys(("matched_at", "known_from", "base_at", "enrolled_at"), matched),
        "state": "'active'",
        "reason": "'matched'",
        "mode": "'live'",
        "step": "0",
        "repetition": "1",
    }


def _message(due: int) -> dict[str, str]:
    at = f"({_at(NOW - HOUR)} + CASE WHEN n > {due} THEN 86400000000 ELSE 0 END + n)"
    matched = _at(PROMISED + 24 * HOUR)
    return {
        "id": f"'m-' || {NUMBER}",
        "rule": "'late'",
        "step": "'delay-apology'",
        "repetition": "1",
        "customer_id": f"'C-' || {NUMBER}",
        "channel": "'email'",
        "channel_number": "0",
        "purpose": "'transactional'",
        "template": "'delay-apology'",
        "locale": "''",
        "mode": "'live'",
        "state": "'planned'",
        "reason": "'matched'",
        "matched_at": matched,
        "planned_for": at,
        "due_at": at,
        "expires_at": _at(NOW + 72 * HOUR),
        "planned_at": matched,
        "approved": "(1 = 0)",
        "tries": "0",
        "segments": "0",
    }


def _part() -> dict[str, str]:
    return {
        "message_id": f"'m-' || {NUMBER}",
        "position": "0",
        "enrollment_id": "n",
        "kind": "'order'",
        "subject_id": f"'O-' || {NUMBER}",
    }


def _at(instant: datetime) -> str:
    return str(to_micros(instant))
