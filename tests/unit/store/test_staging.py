"""Staging: a changed subject is asked in each of its versions, exactly as its own row would be."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from outreach.model import Kind, SubjectRef
from outreach.rules.catalogue import Catalogue
from outreach.rules.conditions import Condition
from outreach.rules.conditions.branch import branches_sql
from outreach.rules.fields import CustomField, FieldType
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.store.facts import read_facts, read_versions
from outreach.store.frames import StagedFrame, table_of
from outreach.store.intake_rows import take_rows
from outreach.store.ledger import LastSent
from outreach.store.marks import newest_change
from outreach.store.staging import (
    ALWAYS,
    SeenChange,
    every_column,
    prepare,
    read_changes,
    stage,
    staged_table,
)
from outreach.store.subjects import Change, Customer, Order
from outreach.timing.instants import to_micros
from outreach.timing.spans import BEGINNING, END
from tests.unit.ledger import DAY, HOUR, NOON
from tests.unit.store.test_agreement import (
    CATALOGUE,
    KNOTS,
    OFFSETS,
    a_customer,
    a_moment,
    an_order,
    random_condition,
)

ALL = {kind: every_column(kind) for kind in Kind}
GIFTS = Catalogue([CustomField(Kind.ORDER, "gift", FieldType.YES_NO)])


def matched_when_staged(connection: Connection, condition: Condition, now: datetime) -> set[str]:
    frame = StagedFrame(Kind.ORDER, table=staged_table(Kind.ORDER))
    clause = branches_sql(condition.branches(), frame)
    query = select(frame.own.c.id).select_from(frame.source()).where(clause)
    return {row.id for row in connection.execute(query, frame.thresholds.values({"now": now}))}


def test_a_staged_row_is_told_from_others_as_its_own_row_is(store: Store) -> None:
    rng = random.Random(5)
    orders = [an_order(rng, number) for number in range(150)]
    refs = [SubjectRef(Kind.ORDER, order["id"]) for order in orders]
    moments = {order["id"]: a_moment(rng) for order in orders}
    sent = [
        {"rule": "apology", "kind": "order", "subject_id": order, "sent_at": at}
        for order, at in moments.items()
        if at is not None
    ]
    seen_true = 0
    with store.write() as connection:
        connection.execute(insert(table_of(Customer)), [a_customer(rng, n) for n in (1, 2, 3)])
        connection.execute(insert(table_of(Order)), orders)
        connection.execute(insert(table_of(LastSent)), sent)
        facts = read_facts(connection, CATALOGUE, refs)
        prepare(connection)
        appeared = [SeenChange(Kind.ORDER, ref.id, "", None, to_micros(NOON)) for ref in refs]
        assert stage(connection, appeared, after=NOON, wanted=ALL) == len(refs)
        for number in range(250):
            condition = random_condition(rng)
            now = rng.choice(KNOTS) + rng.choice(OFFSETS)
            held = {ref.id for ref, known in facts.items() if condition.holds(known, now)}
            said = f"example {number}: {condition} at {now}"
            assert matched_when_staged(connection, condition, now) == held, said
            seen_true += bool(held) and len(held) < len(facts)
    assert seen_true > 100, "most examples must tell some subjects from others"


# versions


def take(connection: Connection, kind: Kind, subject: str, at: datetime, **values: Any) -> None:
    take_rows(connection, [Record(kind, subject, values, at, at)], now=at, source="test")


def staged(connection: Connection, after: int, since: datetime) -> list[tuple[Any, ...]]:
    """Stage what changed after a number of the log; return the order's versions, oldest first."""
    prepare(connection)
    top = newest_change(connection)
    stage(connection, read_changes(connection, after=after, upto=top), after=since, wanted=ALL)
    found = read_versions(connection, GIFTS, Kind.ORDER, ["A-1"])
    return [
        (
            version.valid_from,
            version.valid_until,
            version.facts.value("status"),
            version.facts.value("customer.tier"),
            version.facts.value("gift"),
        )
        for _, version in sorted(found.items())
    ]


def test_every_version_since_the_last_pass_is_staged_with_the_time_it_was_valid(
    store: Store,
) -> None:
    order, person = Kind.ORDER, Kind.CUSTOMER
    with store.write() as connection:
        take(connection, person, "ana", NOON - DAY, tier="silver")
        take(connection, order, "A-1", NOON - DAY, status="placed", customer_id="ana", gift=True)
        mark = newest_change(connection)
        take(connection, order, "A-1", NOON + HOUR, status="packed")
        take(connection, person, "ana", NOON + 2 * HOUR, tier="gold")
        take(connection, order, "A-1", NOON + 3 * HOUR, gift=False)
        assert staged(connection, mark, NOON) == [
            (BEGINNING_OF_TIME, NOON + HOUR, "placed", "silver", True),
            (NOON + HOUR, NOON + 2 * HOUR, "packed", "silver", True),
            (NOON + 2 * HOUR, NOON + 3 * HOUR, "packed", "gold", True),
            (NOON + 3 * HOUR, END, "packed", "gold", False),
        ]
        # asked for what came after the second change only, it is as it was then, and as it is
        later = staged(connection, newest_change(connection) - 1, NOON + 2 * HOUR)
        assert [row[:2] for row in later] == [
            (BEGINNING_OF_TIME, NOON + 3 * HOUR),
            (NOON + 3 * HOUR, END),
        ]


def test_before_it_appeared_an_order_has_no_version(store: Store) -> None:
    with store.write() as connection:
        take(connection, Kind.CUSTOMER, "ana", NOON + HOUR, tier="gold")
        take(connection, Kind.ORDER, "A-1", NOON + 2 * HOUR, status="placed", customer_id="ana")
        assert staged(connection, 0, NOON) == [
            (NOON + 2 * HOUR, END, "placed", "gold", None),
        ]


def test_what_did_not_change_is_not_staged(store: Store) -> None:
    with store.write() as connection:
        take(connection, Kind.CUSTOMER, "ana", NOON - DAY, tier="gold")
        take(connection, Kind.ORDER, "A-1", NOON - DAY, status="placed", customer_id="ana")
        mark = newest_change(connection)
        take(connection, Kind.ORDER, "A-2", NOON, status="placed", customer_id="ana")
        assert staged(connection, mark, NOON) == []
        # not even as long as nothing changed for anybody
        prepare(connection)
        assert stage(connection, [], after=NOON, wanted=ALL) == 0


def test_history_of_before_we_knew_it_is_no_change(store: Store) -> None:
    log = table_of(Change)
    with store.write() as connection:
        row = {"kind": "order", "subject_id": "A-1", "field": "status", "source": "t"}
        for history in (True, False):
            connection.execute(
                insert(log).values(at=NOON, recorded_at=NOON, history=history, **row)
            )
        top = newest_change(connection)
        assert len(read_changes(connection, after=0, upto=top)) == 1
        assert read_changes(connection, after=top, upto=top) == []


#: staged as such when nothing tells since when a version was valid
BEGINNING_OF_TIME = datetime.fromtimestamp(ALWAYS, tz=NOON.tzinfo)


def test_the_beginning_of_time_is_long_ago() -> None:
    assert timedelta() < BEGINNING_OF_TIME - BEGINNING
    assert BEGINNING_OF_TIME < NOON - 9000 * DAY
