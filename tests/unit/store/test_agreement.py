"""Three answers, one truth: SQL for the set, Python for one, and the spans must always agree."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select

from outreach.model import Kind, SubjectRef
from outreach.rules.catalogue import Catalogue
from outreach.rules.conditions import AllOf, AnyOf, Condition, NoneOf, Opposite
from outreach.rules.conditions.branch import branches_sql
from outreach.rules.facts import Facts
from outreach.rules.fields import CustomField, FieldType
from outreach.rules.sentences import parse
from outreach.store.database import Store
from outreach.store.facts import read_facts
from outreach.store.frames import TableFrame, table_of
from outreach.store.ledger import LastSent
from outreach.store.subjects import Customer, Order
from outreach.timing.calendars import Calendar
from outreach.timing.hours import Hours
from outreach.timing.instants import to_micros

BERLIN = ZoneInfo("Europe/Berlin")
DE = Calendar("de", BERLIN, frozenset(range(5)), Hours(540, 1020), "DE")
CATALOGUE = Catalogue(
    [
        CustomField(Kind.ORDER, "gift_wrap", FieldType.YES_NO),
        CustomField(Kind.ORDER, "box", FieldType.CHOICE, ("small", "large")),
        CustomField(Kind.ORDER, "weight", FieldType.NUMBER),
        CustomField(Kind.ORDER, "pick_at", FieldType.TIME),
        CustomField(Kind.ORDER, "badges", FieldType.LIST),
        CustomField(Kind.CUSTOMER, "nickname", FieldType.TEXT),
    ]
)
#: instants where mistakes live: clock changes, a holiday, a weekend, opening and closing time
KNOTS = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 4, 3, 9, tzinfo=UTC),  # Good Friday
    datetime(2026, 11, 20, 16, tzinfo=UTC),  # Friday, closing time
    datetime(2026, 11, 23, 8, tzinfo=UTC),  # Monday, opening time
]
OFFSETS = [
    timedelta(0),
    timedelta(microseconds=1),
    -timedelta(microseconds=1),
    timedelta(minutes=59),
    timedelta(hours=4),
    timedelta(days=1),
    -timedelta(days=1),
    timedelta(days=3),
    -timedelta(days=3, hours=2),
    timedelta(days=10),
]
DURATIONS = ["1 minute", "4 hours", "1 day", "3 days", "1 day 12 hours", "10 days"]
BUSINESS = ["30 business minutes", "4 business hours", "1 business day", "2 business days"]
TIMES = [
    "promised_at",
    "promised_again_at",
    "delivered_at",
    "pick_at",
    "customer.created_at",
    "last_sent.apology",
]
TEXTS = ["", "Grüße an ÄRZTE", "grüsse", "100% sure_thing", "ΣΊΣΥΦΟΣ", "naïve İstanbul", "'; --"]


def random_sentence(rng: random.Random) -> str:
    return rng.choice(FORMS)(rng)


def _long(rng: random.Random) -> str:
    return rng.choice(DURATIONS + BUSINESS)


def _constant(rng: random.Random) -> str:
    when = rng.choice(["before", "after"])
    return f"promised_at is {when} {rng.choice(['2026-03-29', '2026-11-20 17:00'])}"


def _apart(rng: random.Random) -> str:
    length = rng.choice(DURATIONS)
    order = rng.choice(["after", "before"])
    return f"delivered_at is more than {length} {order} promised_at"


FORMS = [
    lambda rng: f"{rng.choice(TIMES)} is more than {_long(rng)} ago",
    lambda rng: f"{rng.choice(TIMES)} is within the last {_long(rng)}",
    lambda rng: f"{rng.choice(TIMES)} is between 1 minute and {rng.choice(DURATIONS[1:])} ago",
    lambda rng: f"{rng.choice(TIMES)} is within the next {_long(rng)}",
    lambda rng: f"{rng.choice(TIMES)} is more than {_long(rng)} away",
    lambda rng: f"{rng.choice(TIMES)} is in the {rng.choice(['past', 'future'])}",
    _constant,
    _apart,
    lambda rng: (
        f"{rng.choice([*TIMES, 'status', 'tags', 'total'])} is {rng.choice(['missing', 'present'])}"
    ),
    lambda rng: f"status is {rng.choice(['shipped', 'not delivered', 'delivered'])}",
    lambda rng: f"status {rng.choice(['in', 'not in'])} [shipped, packed]",
    lambda rng: f"status is shipped for more than {_long(rng)}",
    lambda rng: f"status in [packed, shipped] for more than {_long(rng)}",
    lambda rng: f"promise is {rng.choice(['broken', 'not broken', 'broken for more than 1 day'])}",
    lambda rng: f"broken_promises is {rng.choice(['0', 'at least 2', 'missing'])}",
    lambda rng: f"box is {rng.choice(['small', 'not small'])}",
    lambda rng: f"gift_wrap is {rng.choice(['true', 'false'])}",
    lambda rng: f"weight {rng.choice(['is at least 2', 'is less than 2.5', 'is 2', 'is not 2'])}",
    lambda rng: f"total is {rng.choice(['at least', 'more than', 'at most'])} 79.90 EUR",
    lambda rng: "total is between 10 EUR and 100 EUR",
    lambda rng: f"tags {rng.choice(['include', 'does not include'])} gift",
    lambda rng: f"badges include any of [{rng.choice(['a, b', 'b, c'])}]",
    lambda rng: f'item_summary {rng.choice(["contains", "does not contain"])} "grüße"',
    lambda rng: f'item_summary contains "{rng.choice(["ärzte", "%", "_", "σίσυφος", "İ"])}"',
    lambda rng: f'customer.nickname starts with "{rng.choice(["NAÏVE", "gr", "1"])}"',
    lambda rng: f"customer.tier is {rng.choice(['gold', 'not gold'])}",
    lambda rng: f"customer.open_tickets is {rng.choice(['0', 'at least 1'])}",
    lambda rng: f"customer.open_handoffs is {rng.choice(['0', 'at least 2'])}",
]


def sentence(text: str) -> Condition:
    return parse(text, CATALOGUE, Kind.ORDER, calendar=DE, zone=BERLIN)


def random_condition(rng: random.Random, depth: int = 2) -> Condition:
    if depth == 0 or rng.random() < 0.5:
        return sentence(random_sentence(rng))
    group = rng.choice([AllOf, AnyOf, NoneOf])
    return group(parts=tuple(random_condition(rng, depth - 1) for _ in range(rng.randint(1, 3))))


def a_moment(rng: random.Random) -> datetime | None:
    return None if rng.random() < 0.3 else rng.choice(KNOTS) + rng.choice(OFFSETS)


def an_order(rng: random.Random, number: int) -> dict[str, Any]:
    has_total = rng.random() < 0.7
    pick_at = a_moment(rng)
    custom = {
        "gift_wrap": rng.choice([True, False, None]),
        "box": rng.choice(["small", "large", None]),
        "weight": rng.choice([None, 2, 2.5, 0.1]),
        "pick_at": None if pick_at is None else to_micros(pick_at),
        "badges": rng.choice([None, [], ["a"], ["b", "x"]]),
    }
    return {
        "id": f"A-{number}",
        "customer_id": rng.choice([None, "C-1", "C-2", "C-3", "nobody"]),
        "status": rng.choice([None, "shipped", "packed", "delivered", "cancelled"]),
        "status_changed_at": a_moment(rng),
        "promised_at": a_moment(rng),
        "delivered_at": a_moment(rng),
        "total": rng.choice([Decimal("79.90"), Decimal(10), Decimal("100.0001")])
        if has_total
        else None,
        "total_currency": rng.choice(["EUR", "USD"]) if has_total else None,
        "item_summary": rng.choice(TEXTS) or None,
        "promise": rng.choice([None, "open", "broken"]),
        "promise_changed_at": a_moment(rng),
        "promised_again_at": a_moment(rng),
        "broken_promises": rng.choice([0, 1, 2]),
        "tags": rng.choice([None, [], ["gift"], ["gift", "b2b"], ["b2b"]]),
        "custom": rng.choice([None, {k: v for k, v in custom.items() if v is not None}]),
    }


def a_customer(rng: random.Random, number: int) -> dict[str, Any]:
    return {
        "id": f"C-{number}",
        "tier": [None, "gold", "silver"][number % 3],
        "open_tickets": number % 2,
        "open_handoffs": number % 3,
        "created_at": a_moment(rng),
        "custom": {"nickname": rng.choice(TEXTS)},
    }


@pytest.fixture
def facts(store: Store) -> dict[str, Facts]:
    rng = random.Random(7)
    orders = [an_order(rng, number) for number in range(250)]
    sent = [
        {"rule": "apology", "kind": "order", "subject_id": o["id"], "sent_at": at}
        for o in orders
        if (at := a_moment(rng)) is not None
    ]
    with store.write() as connection:
        connection.execute(insert(table_of(Customer)), [a_customer(rng, n) for n in (1, 2, 3)])
        connection.execute(insert(table_of(Order)), orders)
        connection.execute(insert(table_of(LastSent)), sent)
        refs = [SubjectRef(Kind.ORDER, order["id"]) for order in orders]
        read = read_facts(connection, CATALOGUE, refs)
    return {ref.id: known for ref, known in read.items()}


def matched_in_sql(store: Store, condition: Condition, now: datetime) -> set[str]:
    frame = TableFrame(Kind.ORDER)
    clause = branches_sql(condition.branches(), frame)
    query = select(frame.own.c.id).select_from(frame.source()).where(clause)
    with store.read() as connection:
        rows = connection.execute(query, frame.thresholds.values({"now": now}))
        return {row.id for row in rows}


def test_sql_python_and_spans_say_the_same(store: Store, facts: dict[str, Facts]) -> None:
    rng = random.Random(20261122)
    seen_true = 0
    for number in range(400):
        condition = random_condition(rng)
        now = rng.choice(KNOTS) + rng.choice(OFFSETS) + rng.choice(OFFSETS)
        held = {key for key, known in facts.items() if condition.holds(known, now)}
        in_spans = {key for key, known in facts.items() if now in condition.spans(known)}
        in_sql = matched_in_sql(store, condition, now)
        said = f"example {number}: {condition} at {now}"
        assert in_sql == held, said
        assert in_spans == held, said
        seen_true += bool(held) and held != facts.keys()
    assert seen_true > 200, "most examples must tell some subjects from others"


@pytest.mark.parametrize("form", range(len(FORMS)))
def test_every_form_agrees_and_so_does_its_opposite(
    store: Store, facts: dict[str, Facts], form: int
) -> None:
    rng = random.Random(form)
    for _ in range(6):
        plain = sentence(FORMS[form](rng))
        now = rng.choice(KNOTS) + rng.choice(OFFSETS)
        for condition in (plain, Opposite(of=plain)):
            held = {key for key, known in facts.items() if condition.holds(known, now)}
            assert matched_in_sql(store, condition, now) == held, f"{condition} at {now}"
            assert {k for k, f in facts.items() if now in condition.spans(f)} == held
