"""Claiming: one customer, one worker at a time, in order; and what a send leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import IntegrityError

from outreach.model import MessageState, Reason
from outreach.store import claiming
from outreach.store.contacts import note_contacts
from outreach.store.database import Store
from outreach.store.frames import Thresholds, table_of
from outreach.store.ledger import LastSent, Message
from outreach.store.prepared import prepare
from outreach.store.states import StateChange, change_states
from outreach.store.subjects import Change, Customer
from outreach.timing.instants import to_micros
from tests.unit.ledger import DAY, HOUR, NOON, add_customer, add_enrollment, add_message

MOMENT = timedelta(microseconds=1)


def begin_sending(connection: Connection, message: str, **values: Any) -> None:
    change = StateChange(message, MessageState.SENDING, Reason.MATCHED, values=values)
    change_states(connection, [change], NOON)


def due(connection: Connection, limit: int = 50, **more: Any) -> list[str]:
    return [row.id for row in claiming.due_messages(connection, NOON, limit, **more)]


def test_due_messages_come_in_order_one_a_customer(store: Store) -> None:
    with store.write() as connection:
        for name in ("ana", "ben", "cem", "dora", "ed"):
            add_customer(connection, name)
        add_message(connection, "a-late", due_at=NOON - HOUR)
        add_message(connection, "a-early", due_at=NOON - 2 * HOUR)  # before her other one
        add_message(connection, "b", customer_id="ben", planned_at=NOON - 2 * HOUR)
        add_message(connection, "c", customer_id="cem", planned_at=NOON - HOUR)
        add_message(connection, "not-yet", customer_id="dora", due_at=NOON + MOMENT)
        add_message(connection, "held", customer_id="dora", state="held")
        add_message(connection, "sent", customer_id="dora", state="sent")
        add_message(connection, "text", customer_id="ed", channel="sms")
        assert due(connection) == ["a-early", "b", "c", "text"]
        assert due(connection, but_not=["sms"]) == ["a-early", "b", "c"]
        assert due(connection, limit=2) == ["a-early"]  # of the first two, both hers


def test_nobody_is_written_to_while_another_message_to_them_is_on_its_way(store: Store) -> None:
    with store.write() as connection:
        add_customer(connection, "ana")
        add_customer(connection, "ben")
        add_message(connection, "first")
        add_message(connection, "second")
        add_message(connection, "ben's", customer_id="ben")
        begin_sending(connection, "first")
        assert due(connection) == ["ben's"]
        change_states(connection, [StateChange("first", MessageState.SENT, Reason.SENT)], NOON)
        assert sorted(due(connection)) == ["ben's", "second"]


def test_the_database_itself_refuses_a_second_send_to_one_customer(store: Store) -> None:
    with store.write() as connection:
        add_message(connection, "first")
        add_message(connection, "second")
        begin_sending(connection, "first")
    with pytest.raises(IntegrityError), store.write() as connection:
        begin_sending(connection, "second")


def test_a_message_to_somebody_who_is_gone_is_claimed_too(store: Store) -> None:
    """So that a gate can say so; it would be due for ever otherwise."""
    with store.write() as connection:
        add_message(connection, "m1", customer_id="nobody")
        assert due(connection) == ["m1"]


def test_workers_at_once_share_the_customers_between_them(store: Store) -> None:
    """Each claims until nothing is left; every message is claimed once, and in one piece."""
    people, each, workers = 40, 3, 4
    with store.write() as connection:
        for n in range(people):
            add_customer(connection, f"c{n}")
            for m in range(each):
                add_message(connection, f"c{n}-{m}", customer_id=f"c{n}")
    together = Barrier(workers)

    def work() -> list[str]:
        mine: list[str] = []
        together.wait()
        while True:
            with store.write() as connection:
                rows = claiming.due_messages(connection, NOON, 7)
                for row in rows:
                    begin_sending(connection, row.id)
            with store.write() as connection:
                sent = [StateChange(row.id, MessageState.SENT, Reason.SENT) for row in rows]
                change_states(connection, sent, NOON)
                mine += [row.id for row in rows]
                if not rows and not _left(connection):
                    return mine

    with ThreadPoolExecutor(workers) as pool:
        claimed = [f.result() for f in [pool.submit(work) for _ in range(workers)]]
    everything = [message for mine in claimed for message in mine]
    assert len(everything) == len(set(everything)) == people * each


def _left(connection: Connection) -> int:
    table = table_of(Message)
    query = select(func.count()).where(table.c.state == MessageState.PLANNED.value)
    return connection.execute(query).scalar() or 0


@contextmanager
def other_worker(store: Store) -> Iterator[Connection]:
    """A transaction of somebody else that is still open."""
    with store.engine.connect() as connection, connection.begin():
        yield connection


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_a_customer_whom_another_worker_holds_is_left_out(store: Store) -> None:
    with store.write() as connection:
        for name in ("ana", "ben"):
            add_customer(connection, name)
            add_message(connection, f"{name}-1", customer_id=name)
    with other_worker(store) as theirs, store.write() as ours:
        assert due(theirs, limit=1) == ["ana-1"]
        assert due(ours, limit=1) == ["ben-1"]  # the next one, rather than none


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_what_another_worker_did_between_asking_and_locking_is_seen(store: Store) -> None:
    """The question is slow, and while it is asked somebody else claims her first message."""
    with store.write() as connection:
        add_customer(connection)
        add_message(connection, "first", due_at=NOON - HOUR)
        add_message(connection, "second")

    to_claim = ["first"]

    def meanwhile(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "FOR UPDATE" in statement and to_claim:
            message = to_claim.pop()
            with store.write() as theirs:
                begin_sending(theirs, message)

    event.listen(store.engine, "before_cursor_execute", meanwhile)
    with store.write() as connection:
        rows = claiming.due_messages(connection, NOON, 50)
    assert [row.id for row in rows] == []  # one at a time, the second has to wait


def test_a_lease_that_ran_out_is_told(store: Store) -> None:
    with store.write() as connection:
        for n, until in enumerate((NOON - MOMENT, NOON, NOON + HOUR)):
            add_message(connection, f"m{n}", customer_id=f"c{n}")
            begin_sending(connection, f"m{n}", lease_until=until)
        add_message(connection, "done", state="sent", lease_until=NOON - HOUR)
        assert [row.id for row in claiming.lapsed(connection, NOON)] == ["m0"]


def test_an_attempt_is_ours_until_it_is_finished_or_given_up(store: Store) -> None:
    attempt = {
        "message_id": "m1",
        "number": 1,
        "channel": "email",
        "provider": "test",
        "address": "ana@example.com",
        "fingerprint": "x",
        "started_at": NOON,
    }
    with store.write() as connection:
        add_message(connection)
        first, second = claiming.begin_attempts(
            connection, [attempt, {**attempt, "message_id": "m2"}]
        )
        assert not claiming.still_ours(connection, [first, second])  # not being sent
        begin_sending(connection, "m1")
        assert claiming.still_ours(connection, [first, second]) == {first: "late"}
        (third,) = claiming.begin_attempts(connection, [{**attempt, "number": 2}])
        in_doubt = {"outcome": "in_doubt", "finished_at": NOON}
        claiming.finish_attempts(connection, {first: in_doubt})
        assert claiming.still_ours(connection, [first, second, third]) == {third: "late"}
        gone = StateChange("m1", MessageState.UNKNOWN, Reason.IN_DOUBT)
        change_states(connection, [gone], NOON)
        assert not claiming.still_ours(connection, [third])


def test_the_subjects_of_messages_are_told_in_order_with_where_they_stand(store: Store) -> None:
    with store.write() as connection:
        numbers = [add_enrollment(connection, f"A-{n}", step=n) for n in (1, 2, 3)]
        add_message(connection, "m1", *numbers)
        add_message(connection, "m2")
        claiming.drop_subject(connection, "m1", 1)
        found = claiming.subjects_of(connection, ["m1", "m2"])
    assert [(row.subject_id, row.position, row.step) for row in found["m1"]] == [
        ("A-1", 0, 1),
        ("A-3", 2, 3),
    ]
    assert found["m2"] == []


# what a send leaves behind


def contact(connection: Connection, name: str, *numbers: int, at: Any = NOON, **more: Any) -> None:
    add_message(connection, name, *numbers, **more)
    row = connection.execute(select(table_of(Message)).where(table_of(Message).c.id == name)).one()
    parts = claiming.subjects_of(connection, [name])[name]
    note_contacts(connection, [(row, parts)], at)


def test_a_contact_is_known_to_every_rule_and_stands_in_the_change_log(store: Store) -> None:
    sent, log = table_of(LastSent), table_of(Change)
    with store.write() as connection:
        add_customer(connection)
        numbers = [add_enrollment(connection, f"A-{n}") for n in (1, 2)]
        contact(connection, "m1", *numbers)
        contact(connection, "m2", numbers[0], at=NOON + DAY)
        about = connection.execute(select(sent).order_by(sent.c.kind, sent.c.subject_id)).all()
        person = connection.execute(select(table_of(Customer))).one()
        changes = connection.execute(select(log).order_by(log.c.id)).all()
    assert [(row.kind, row.subject_id, row.sent_at) for row in about] == [
        ("customer", "ana", NOON + DAY),
        ("order", "A-1", NOON + DAY),
        ("order", "A-2", NOON),
    ]
    assert person.last_contact_at == NOON + DAY
    assert [(row.field, row.at, row.history) for row in changes] == [
        ("last_contact_at", NOON, False),
        ("last_contact_at", NOON + DAY, False),
    ]
    assert (changes[0].old, changes[1].old) == (None, changes[0].new)


def test_what_only_a_shadow_said_leaves_nothing_behind(store: Store) -> None:
    with store.write() as connection:
        add_customer(connection)
        contact(connection, "m1", add_enrollment(connection), mode="shadow")
        assert connection.execute(select(table_of(Customer).c.last_contact_at)).scalar() is None
        for model in (LastSent, Change):
            assert connection.execute(select(table_of(model))).all() == []


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_claim_asks_the_index_of_those_being_sent(store: Store) -> None:
    """A customer with a long history is no slower to claim than a new one."""
    with store.write() as connection:
        asked = prepare(claiming._first_due(), store.engine.dialect, Thresholds())
        given = {**asked.fixed, "now": to_micros(NOON), "but_not": '["sms"]', "most": 50}
        values = tuple(given[name] for name in asked.order or ())
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked.text}", values)
        told = [row[-1] for row in rows]
    assert any("ux_messages_sending" in line for line in told), told
    assert any("ix_messages_due" in line for line in told), told
