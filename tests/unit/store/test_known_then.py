"""What was known then: facts with all undone that was learned after an instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from outreach.errors import DataError
from outreach.model import Kind, Money, SubjectRef
from outreach.passes.intake import import_rows
from outreach.rules.catalogue import Catalogue
from outreach.rules.facts import Facts
from outreach.rules.fields import CustomField, FieldType
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.store.facts import read_facts
from outreach.store.known_then import facts_then
from tests.unit.ledger import NOON, add_enrollment, add_message

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CATALOGUE = Catalogue([CustomField(Kind.ORDER, "gift", FieldType.YES_NO)])
ORDER = SubjectRef(Kind.ORDER, "A-1")
FIELDS = (
    *("status", "status_changed_at", "promised_at", "delivered_at", "tags", "gift", "total"),
    *("customer.tier", "customer.open_tickets"),
)


def say(store: Store, at: datetime, kind: Kind, subject: str, **values: Any) -> None:
    import_rows(store, [Record(kind, subject, values, updated_at=at, at=at)], now=at, source="test")


def present(store: Store) -> Facts:
    with store.read() as connection:
        return read_facts(connection, CATALOGUE, [ORDER])[ORDER]


def then(store: Store, at: datetime) -> Facts:
    with store.read() as connection:
        return facts_then(connection, CATALOGUE, present(store), at)


def test_every_moment_is_told_as_it_was_seen_at_that_moment(store: Store) -> None:
    say(store, NOON, Kind.CUSTOMER, "ana", tier="gold")
    total, less = Money(Decimal("9.90"), "EUR"), Money(Decimal("8.5"), "SEK")
    order = {"customer_id": "ana", "status": "shipped", "promised_at": NOON, "total": total}
    say(store, NOON, Kind.ORDER, "A-1", **order, tags=["x", "y"])
    seen = {NOON: present(store)}
    news: list[tuple[Kind, str, dict[str, Any]]] = [
        (Kind.ORDER, "A-1", {"status": "delivered", "delivered_at": NOON + HOUR, "gift": True}),
        (Kind.CUSTOMER, "ana", {"tier": None}),
        (Kind.ORDER, "A-1", {"tags": None, "promised_at": NOON + DAY, "total": less}),
        (Kind.TICKET, "T-1", {"customer_id": "ana", "status": "open"}),
        (Kind.ORDER, "A-1", {"status": "returned", "gift": None, "total": None}),
    ]
    for number, (kind, own_id, values) in enumerate(news, 1):
        say(store, NOON + number * HOUR, kind, own_id, **values)
        seen[NOON + number * HOUR] = present(store)
    for at, facts in seen.items():
        again = then(store, at)
        known = {name: again.value(name) for name in FIELDS}
        assert known == {name: facts.value(name) for name in FIELDS}, at
    last = present(store)
    with store.read() as connection:
        assert facts_then(connection, CATALOGUE, last, NOON + 5 * HOUR) is last


def test_what_came_late_was_not_known_though_it_had_happened(store: Store) -> None:
    say(store, NOON, Kind.ORDER, "A-1", status="shipped")
    late = Record(Kind.ORDER, "A-1", {"status": "delivered"}, updated_at=NOON + HOUR)
    import_rows(store, [replace(late, at=NOON + HOUR)], now=NOON + DAY, source="test")
    assert then(store, NOON + 2 * HOUR).value("status") == "shipped"
    assert then(store, NOON + DAY).value("status") == "delivered"


def test_a_rule_had_last_written_when_it_had(store: Store) -> None:
    say(store, NOON, Kind.ORDER, "A-1", status="shipped")
    with store.write() as connection:
        enrollment = add_enrollment(connection)
        for hours in (1, 5):
            sent = {"sent_at": NOON + hours * HOUR, "state": "sent"}
            add_message(connection, f"m-{hours}", enrollment, **sent)
    values = dict(present(store).values)
    now = replace(present(store), values=values | {"last_sent.late": NOON + 5 * HOUR})
    with store.read() as connection:
        for at, last in ((NOON, None), (NOON + 2 * HOUR, NOON + HOUR)):
            assert facts_then(connection, CATALOGUE, now, at).value("last_sent.late") == last
        assert facts_then(connection, CATALOGUE, now, NOON + DAY) is now


def test_before_anybody_told_us_there_was_nothing(store: Store) -> None:
    say(store, NOON, Kind.ORDER, "A-1", status="shipped")
    with pytest.raises(DataError, match="not known then"):
        then(store, NOON - HOUR)
