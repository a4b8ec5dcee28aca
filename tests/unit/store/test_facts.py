"""Facts: what is stored of a subject and of all it reaches, as sentences and templates see it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from outreach.model import Kind, Money, SubjectRef
from outreach.rules.catalogue import Catalogue
from outreach.rules.facts import Facts, StepEvent
from outreach.rules.fields import CustomField, FieldType
from outreach.store.database import Store
from outreach.store.facts import read_events, read_facts
from outreach.store.frames import table_of
from outreach.store.ledger import LastSent, Receipt
from outreach.store.pieces import CHUNK
from outreach.store.subjects import Customer, Order, Ticket
from outreach.timing.instants import to_micros
from tests.unit.ledger import DAY, HOUR, NOON, add_customer, add_enrollment, add_message

CATALOGUE = Catalogue(
    [
        CustomField(Kind.ORDER, "gift", FieldType.YES_NO),
        CustomField(Kind.ORDER, "pick_at", FieldType.TIME),
        CustomField(Kind.ORDER, "badges", FieldType.LIST),
        CustomField(Kind.ORDER, "weight", FieldType.NUMBER),
        CustomField(Kind.CUSTOMER, "nickname", FieldType.TEXT),
    ]
)
A_1, T_1 = SubjectRef(Kind.ORDER, "A-1"), SubjectRef(Kind.TICKET, "T-1")


def add(connection: Connection, model: Any, **values: Any) -> None:
    connection.execute(insert(table_of(model)).values(**values))


def facts_of(store: Store, ref: SubjectRef, **values: Any) -> Facts:
    """Write one row of a kind, and return what is read of it."""
    with store.write() as connection:
        connection.execute(insert(table_of(ref.kind)).values(id=ref.id, **values))
        return read_facts(connection, CATALOGUE, [ref])[ref]


@pytest.mark.parametrize(
    ("stored", "name", "seen"),
    [
        # times are aware, in UTC
        ({"promised_at": NOON}, "promised_at", NOON),
        ({}, "promised_at", None),
        ({"status": "shipped"}, "status", "shipped"),
        ({"status": ""}, "status", None),
        # an amount is one with its currency, or none at all
        (
            {"total": Decimal("79.90"), "total_currency": "EUR"},
            "total",
            Money(Decimal("79.90"), "EUR"),
        ),
        ({"total": Decimal("79.90")}, "total", None),
        ({"total_currency": "EUR"}, "total", None),
        ({"tags": ["gift", "b2b"]}, "tags", ("gift", "b2b")),
        ({"tags": []}, "tags", None),  # nothing in it
        ({}, "tags", None),
        # the shop's own fields, by their type
        ({"custom": {"gift": False}}, "gift", False),
        ({"custom": {"pick_at": to_micros(NOON)}}, "pick_at", NOON),
        ({"custom": {"badges": ["new"]}}, "badges", ("new",)),
        ({"custom": {"weight": 2.5}}, "weight", 2.5),
        ({"custom": {"gift": None}}, "gift", None),
        ({"custom": None}, "pick_at", None),
        ({}, "weight", None),
    ],
)
def test_a_value_is_seen_as_what_it_is(
    store: Store, stored: dict[str, Any], name: str, seen: object
) -> None:
    assert facts_of(store, A_1, **stored).value(name) == seen


def test_what_is_stored_beside_the_declared_fields_is_not_seen(store: Store) -> None:
    facts = facts_of(store, A_1, custom={"gift": True, "colour": "red"})
    assert facts.value("gift") is True
    assert facts.value("colour") is None
    assert facts.value("custom") is None


def test_a_ticket_is_seen_with_its_customer_and_its_order(store: Store) -> None:
    with store.write() as connection:
        add_customer(connection, "ana", tier="gold", custom={"nickname": "Nan"})
        add(connection, Order, id="A-1", status="paid", custom={"gift": True}, tags=["gift"])
        add(connection, Ticket, id="T-1", customer_id="ana", order_id="A-1", status="new")
        facts = read_facts(connection, CATALOGUE, [T_1])[T_1]
    assert facts.subject == T_1
    seen = {
        name: facts.value(name)
        for name in (
            "status",
            "order.status",
            "order.gift",
            "order.tags",
            "customer.tier",
            "customer.nickname",
        )
    }
    assert seen == {
        "status": "new",
        "order.status": "paid",
        "order.gift": True,
        "order.tags": ("gift",),
        "customer.tier": "gold",
        "customer.nickname": "Nan",
    }


@pytest.mark.parametrize("link", [None, "gone"])
def test_what_a_subject_does_not_reach_is_missing(store: Store, link: str | None) -> None:
    facts = facts_of(store, T_1, customer_id=link, order_id=link, status="new")
    assert facts.value("status") == "new"
    reached = (
        "customer.tier",
        "customer.open_tickets",
        "order.status",
        "order.total",
        "order.gift",
    )
    assert [facts.value(name) for name in reached] == [None] * len(reached)


def test_what_was_sent_is_seen_of_each_row_it_was_about(store: Store) -> None:
    sent = [
        ("late", "order", "A-1", NOON),
        ("late", "customer", "ana", NOON + HOUR),
        ("settled", "ticket", "T-1", NOON + DAY),
        # about others
        ("late", "order", "A-2", NOON - DAY),
        ("late", "ticket", "A-1", NOON - DAY),  # another kind with the same id
    ]
    with store.write() as connection:
        add_customer(connection, "ana")
        add(connection, Order, id="A-1", customer_id="ana")
        add(connection, Ticket, id="T-1", customer_id="ana", order_id="A-1")
        for rule, kind, subject, at in sent:
            add(connection, LastSent, rule=rule, kind=kind, subject_id=subject, sent_at=at)
        found = read_facts(connection, CATALOGUE, [T_1, A_1])
    ticket, order = found[T_1], found[A_1]
    assert ticket.value("last_sent.settled") == NOON + DAY
    assert ticket.value("last_sent.late") is None
    assert ticket.value("order.last_sent.late") == NOON
    assert ticket.value("customer.last_sent.late") == NOON + HOUR
    assert order.value("last_sent.late") == NOON
    assert order.value("customer.last_sent.late") == NOON + HOUR
    assert order.value("customer.last_sent.settled") is None


def test_only_what_exists_has_facts(store: Store) -> None:
    with store.write() as connection:
        add(connection, Order, id="A-1")
        gone, other = SubjectRef(Kind.ORDER, "A-9"), SubjectRef(Kind.CUSTOMER, "A-1")
        assert read_facts(connection, CATALOGUE, [A_1, A_1, gone, other]).keys() == {A_1}
        assert read_facts(connection, CATALOGUE, []) == {}


def test_more_subjects_than_fit_one_question_are_all_read(store: Store) -> None:
    refs = [SubjectRef(Kind.ORDER, f"A-{number}") for number in range(CHUNK + 3)]
    with store.write() as connection:
        add_customer(connection, "ana", tier="gold")
        rows = [{"id": ref.id, "customer_id": "ana"} for ref in refs]
        connection.execute(insert(table_of(Order)), rows)
        add(connection, LastSent, rule="late", kind="customer", subject_id="ana", sent_at=NOON)
        found = read_facts(connection, CATALOGUE, refs)
    assert found.keys() == set(refs)
    assert {facts.value("customer.tier") for facts in found.values()} == {"gold"}
    assert {facts.value("customer.last_sent.late") for facts in found.values()} == {NOON}


def test_what_became_of_messages_is_seen_by_enrollment(store: Store) -> None:
    with store.write() as connection:
        add_customer(connection)
        one, two = add_enrollment(connection, "A-1"), add_enrollment(connection, "A-2")
        silent = add_enrollment(connection, "A-3")
        add_message(connection, "m1", one, two)
        add_message(connection, "m2", one, step="update")
        add_message(connection, "m3", silent)
        for number, (message, event) in enumerate([("m1", "clicked"), ("m2", "bounced")]):
            heard = {"message_id": message, "event": event, "at": NOON, "provider": "outbox"}
            connection.execute(
                insert(table_of(Receipt)).values(provider_event_id=f"e{number}", **heard)
            )
        found = read_events(connection, [one, two, silent])
    clicked = StepEvent("apology", "clicked", NOON)
    assert set(found[one]) == {clicked, StepEvent("update", "bounced", NOON)}
    assert found[two] == (clicked,)
    assert silent not in found


def test_a_customer_is_seen_by_its_own_names(store: Store) -> None:
    with store.write() as connection:
        add(connection, Customer, id="ana", tier="gold", open_tickets=2, tags=["vip"])
        ref = SubjectRef(Kind.CUSTOMER, "ana")
        facts = read_facts(connection, CATALOGUE, [ref])[ref]
    assert (facts.value("tier"), facts.value("open_tickets"), facts.value("tags")) == (
        "gold",
        2,
        ("vip",),
    )


def test_an_answer_is_seen_with_all_it_is_about(store: Store) -> None:
    ref = SubjectRef(Kind.RESPONSE, "R-1")
    with store.write() as connection:
        add_customer(connection, "ana", tier="gold")
        add(connection, Ticket, id="T-1", customer_id="ana", status="resolved")
    links = {"customer_id": "ana", "ticket_id": "T-1"}
    facts = facts_of(store, ref, survey="csat", score=2, counts=True, suspected=False, **links)
    seen = ("score", "counts", "suspected", "ticket.status", "customer.tier", "order.status")
    expected = [2, True, False, "resolved", "gold", None]
    assert [facts.value(name) for name in seen] == expected
