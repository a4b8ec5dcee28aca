"""Matching: wherever a rule's times stand, both questions find what its sentences say."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert

from outreach.model import Kind, Position, Purpose, SubjectRef
from outreach.rules.catalogue import Catalogue
from outreach.rules.conditions import AllOf, AnyOf, Condition
from outreach.rules.document import Rule, Ruleset
from outreach.rules.facts import Facts
from outreach.rules.sentences import parse
from outreach.store.database import Store
from outreach.store.enrolling import Enroller, Window
from outreach.store.facts import read_facts
from outreach.store.frames import table_of
from outreach.store.ledger import LastSent
from outreach.store.staging import prepare
from outreach.store.subjects import Customer, Order, Ticket
from outreach.timing.durations import parse_duration
from outreach.timing.windows import ANY_TIME
from tests.unit.ledger import DAY, HOUR, NOON

UTC_ZONE = ZoneInfo("UTC")
CATALOGUE = Catalogue()
#: whose row holds the time: the ticket's own, its order's, its customer's, or what was sent to one
TIMES = [
    "opened_at",
    "order.promised_at",
    "order.delivered_at",
    "customer.created_at",
    "last_sent.hello",
    "customer.last_sent.hello",
    "order.last_sent.hello",
]
LENGTHS = ["1 hour", "1 day", "2 days"]
FORMS = [
    lambda rng: f"{rng.choice(TIMES)} is more than {rng.choice(LENGTHS)} ago",
    lambda rng: f"{rng.choice(TIMES)} is within the last {rng.choice(LENGTHS)}",
    lambda rng: f"{rng.choice(TIMES)} is within the next {rng.choice(LENGTHS)}",
    lambda rng: f"{rng.choice(TIMES)} is in the {rng.choice(['past', 'future'])}",
    lambda rng: f"order.status is shipped for more than {rng.choice(LENGTHS)}",
    lambda rng: "order.status is shipped",
    lambda rng: f"{rng.choice(TIMES)} is missing",
]


def sentence(rng: random.Random) -> Condition:
    text = rng.choice(FORMS)(rng)
    return parse(text, CATALOGUE, Kind.TICKET, calendar=None, zone=UTC_ZONE)


def a_rule(name: str, rng: random.Random) -> Rule:
    """Return a rule of two things that must be true, the second of which may be one of two."""
    second = AnyOf(parts=(sentence(rng), sentence(rng))) if rng.random() < 0.5 else sentence(rng)
    return Rule(
        name=name,
        about=Kind.TICKET,
        purpose=Purpose.SERVICE,
        when=(AllOf(parts=(sentence(rng), second)),),
        steps=(),
        window=ANY_TIME,
        expires_after=parse_duration("2 days"),
        position=Position("rules.yaml", 1),
    )


def a_moment(rng: random.Random) -> datetime | None:
    return None if rng.random() < 0.2 else NOON + rng.randrange(-96, 72) * HOUR


def fill(connection: Connection, rng: random.Random) -> dict[str, Facts]:
    """Write tickets of a few orders and customers, some of which do not exist; return the facts."""
    rows: dict[Any, list[dict[str, Any]]] = {
        Customer: [
            {"id": f"C-{n}", "created_at": a_moment(rng), "open_tickets": 0} for n in range(8)
        ],
        Order: [
            {
                "id": f"O-{n}",
                "status": rng.choice(["shipped", "paid", None]),
                "status_changed_at": a_moment(rng),
                "promised_at": a_moment(rng),
                "delivered_at": a_moment(rng),
            }
            for n in range(20)
        ],
        Ticket: [
            {
                "id": f"T-{n}",
                "customer_id": rng.choice([None, *(f"C-{c}" for c in range(10))]),
                "order_id": rng.choice([None, *(f"O-{o}" for o in range(24))]),
                "opened_at": a_moment(rng),
            }
            for n in range(60)
        ],
    }
    ids = [("customer", 8), ("order", 20), ("ticket", 60)]
    rows[LastSent] = [
        {"rule": rule, "kind": kind, "subject_id": f"{kind[0].upper()}-{n}", "sent_at": at}
        for kind, count in ids
        for n in range(count)
        for rule in ("hello", "other")
        if (at := a_moment(rng)) is not None
    ]
    for model, found in rows.items():
        connection.execute(insert(table_of(model)), found)
    refs = [SubjectRef(Kind.TICKET, f"T-{n}") for n in range(60)]
    return {ref.id: facts for ref, facts in read_facts(connection, CATALOGUE, refs).items()}


@pytest.mark.parametrize("seed", range(2))
def test_what_stands_and_what_begins_is_found_by_the_times_of_any_row(
    store: Store, seed: int
) -> None:
    rng = random.Random(seed)
    rules = Ruleset(tuple(a_rule(f"r{number}", rng) for number in range(50)), "")
    enroller, told = Enroller(rules, store.engine.dialect), 0
    with store.write() as connection:
        facts = fill(connection, rng)
        prepare(connection)  # nothing has changed
        for rule in rules:
            start = NOON + rng.randrange(-48, 48) * HOUR
            end = start + rng.choice([HOUR, DAY])
            (said,) = rule.when
            standing = enroller.find(connection, rule, "standing", Window.at(end))
            begun = enroller.find(connection, rule, "changed", Window(start, end))
            held = {ticket for ticket, known in facts.items() if said.holds(known, end)}
            assert {match.subject_id for match in standing} == held, said
            became = {t for t, known in facts.items() if begins(said, known, start, end)}
            found = {match.subject_id for match in begun}
            assert became <= found, said
            # one way of `any` may begin while another is true: that is no lie either
            assert found <= became | {t for t in facts if is_true(said, facts[t], start, end)}, said
            told += 0 < len(held | became) < len(facts)
    assert told > 25, "most rules must tell some tickets from others"


def begins(said: Condition, facts: Facts, after: datetime, upto: datetime) -> bool:
    """Whether it comes to be true in (after, upto]."""
    first = said.spans(facts).first_from(after + timedelta(microseconds=1))
    return first is not None and first <= upto and not said.holds(facts, after)


def is_true(said: Condition, facts: Facts, after: datetime, upto: datetime) -> bool:
    first = said.spans(facts).first_from(after)
    return first is not None and first <= upto
