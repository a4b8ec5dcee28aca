"""Receipts: kept once, moved by rank in any order, and what they put on the suppression list."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from outreach.channels.receipts import Event, Receipt
from outreach.errors import Outcome, SendError
from outreach.model import Channel, MessageState, Purpose, Reason
from outreach.passes.claim import claim
from outreach.passes.decisions import retry
from outreach.passes.housekeeping import settle_lapsed
from outreach.passes.receipt_meaning import MEANINGS, RANK, Scope, purposes, state_after
from outreach.passes.receipts import ReceiptsReport, take_receipts
from outreach.passes.record import record
from outreach.store import ledger
from outreach.store.database import Store
from outreach.store.facts import read_events
from outreach.store.frames import table_of
from outreach.store.permissions import Suppression
from tests.unit.ledger import DAY, HOUR, NOON, add_customer, add_enrollment, add_message

LATER = NOON + timedelta(seconds=30)
SENT, DELIVERED = MessageState.SENT, MessageState.DELIVERED
UNDELIVERED, UNKNOWN = MessageState.UNDELIVERED, MessageState.UNKNOWN
#: states in which no call was made, or of which a person or a rule has said the last word
SETTLED = [state for state in MessageState if state not in RANK]
NON_ESSENTIAL = ["marketing", "service", "survey"]


def told(event: Event, number: int = 1, message: str = "m1", **values: Any) -> Receipt:
    usual = {"at": NOON, "provider_id": "p-1"}
    return Receipt("sendgrid", f"e{number}", message, event, **{**usual, **values})


def sent(store: Store, state: MessageState = SENT, *, call: str = "accepted", **values: Any) -> int:
    """Write a message that left at noon; return its enrollment."""
    with store.write() as connection:
        add_customer(connection)
        number = add_enrollment(connection)
        usual = {"state": state.value, "reason": "sent", "sent_at": NOON, "tries": 1}
        add_message(connection, "m1", number, **{**usual, **values})
        add_attempt(connection, outcome=call)
    return number


def add_attempt(connection: Any, number: int = 1, **values: Any) -> None:
    usual = {
        "message_id": "m1",
        "number": number,
        "channel": "email",
        "provider": "sendgrid",
        "address": "Ana@example.com",
        "fingerprint": "",
        "started_at": NOON,
        "code": "",
        "error": "",
    }
    connection.execute(insert(table_of(ledger.Attempt)).values(**{**usual, **values}))


def rows(store: Store, model: Any) -> Sequence[Any]:
    table = table_of(model)
    with store.read() as connection:
        return connection.execute(select(table).order_by(*table.primary_key)).all()


def stands(store: Store) -> tuple[str, str]:
    (message,) = rows(store, ledger.Message)
    return message.state, message.reason


def suppressed(store: Store) -> list[tuple[str, str | None, str]]:
    found = rows(store, Suppression)
    return sorted(((row.address, row.purpose, row.reason) for row in found), key=str)


# what an event means


def test_every_event_has_a_meaning() -> None:
    assert MEANINGS.keys() == set(Event)
    for meaning in MEANINGS.values():
        assert bool(meaning.why) == (meaning.suppresses is not Scope.NOTHING)


@pytest.mark.parametrize("state", SETTLED)
@pytest.mark.parametrize("event", Event)
def test_who_was_not_called_is_not_moved(state: MessageState, event: Event) -> None:
    assert state_after(state, [event], in_doubt=False) is None


@pytest.mark.parametrize("event", Event)
def test_what_may_be_out_is_not_sent_again_once_it_is_known(event: Event) -> None:
    for state in (MessageState.PLANNED, MessageState.HELD, MessageState.FAILED):
        assert state_after(state, [event], in_doubt=True) is not None
    for state in (MessageState.SENDING, MessageState.CANCELLED, MessageState.EXPIRED):
        assert state_after(state, [event], in_doubt=True) is None


@pytest.mark.parametrize("state", RANK)
def test_nothing_goes_backwards(state: MessageState) -> None:
    for first in Event:
        for second in Event:
            after = state_after(state, [first, second], in_doubt=True)
            assert after is None or RANK[after.state] > RANK[state]
            again = state_after(state, [second, first], in_doubt=True)
            assert (after and after.state) == (again and again.state)


def test_what_counts_of_several_failures_is_the_address() -> None:
    for events in permutations([Event.UNDELIVERED, Event.BOUNCED, Event.DEFERRED]):
        after = state_after(SENT, events, in_doubt=False)
        assert after is not None
        assert after.reason is Reason.BOUNCED


def test_the_scopes() -> None:
    assert purposes(Scope.NOTHING, Purpose.SERVICE) == ()
    assert purposes(Scope.ALL, Purpose.SERVICE) == (None,)
    assert Purpose.TRANSACTIONAL not in purposes(Scope.NON_ESSENTIAL, Purpose.TRANSACTIONAL)
    assert purposes(Scope.THIS_PURPOSE, Purpose.SURVEY) == (Purpose.SURVEY,)


# what becomes of the message


@pytest.mark.parametrize(
    ("before", "event", "state", "reason"),
    [
        (SENT, Event.DELIVERED, "delivered", "delivered"),
        (SENT, Event.DEFERRED, "sent", "sent"),
        (SENT, Event.UNDELIVERED, "undelivered", "not_delivered"),
        (SENT, Event.LAPSED, "undelivered", "lapsed"),
        (SENT, Event.BOUNCED, "undelivered", "bounced"),
        (SENT, Event.OPTED_OUT, "undelivered", "opted_out"),
        (UNKNOWN, Event.ACCEPTED, "sent", "sent"),
        (UNKNOWN, Event.DELIVERED, "delivered", "delivered"),
        (DELIVERED, Event.BOUNCED, "delivered", "sent"),
        (DELIVERED, Event.ACCEPTED, "delivered", "sent"),
        (UNDELIVERED, Event.DELIVERED, "delivered", "delivered"),
    ],
)
def test_a_message_moves(
    store: Store, before: MessageState, event: Event, state: str, reason: str
) -> None:
    sent(store, before)
    report = take_receipts(store, [told(event)], now=LATER)
    assert stands(store) == (state, reason)
    assert report.stored == 1
    assert report.moved == len(rows(store, ledger.MessageState))


@pytest.mark.parametrize(
    "order", list(permutations([Event.ACCEPTED, Event.DELIVERED, Event.CLICKED]))
)
def test_any_order_comes_to_the_same(store: Store, order: Sequence[Event]) -> None:
    sent(store)
    for number, event in enumerate(order):
        take_receipts(store, [told(event, number)], now=LATER)
    assert stands(store) == ("delivered", "delivered")
    assert len(rows(store, ledger.Receipt)) == 3
    assert len(rows(store, ledger.MessageState)) == 1


def test_told_twice_is_kept_once(store: Store) -> None:
    sent(store)
    both = [told(Event.BOUNCED), told(Event.BOUNCED)]
    assert take_receipts(store, both, now=LATER).stored == 1
    again = take_receipts(store, [told(Event.BOUNCED), told(Event.DEFERRED, 2)], now=LATER + HOUR)
    assert again == ReceiptsReport(stored=1, repeated=1)
    assert len(rows(store, ledger.Receipt)) == 2
    assert len(rows(store, Suppression)) == 1


def test_a_receipt_of_a_message_we_never_wrote_is_counted(store: Store) -> None:
    sent(store)
    report = take_receipts(store, [told(Event.BOUNCED, message="m2")], now=LATER)
    assert report == ReceiptsReport(unknown=1)
    assert not rows(store, ledger.Receipt)
    assert not rows(store, Suppression)


def test_what_is_kept_of_it(store: Store) -> None:
    sent(store, UNKNOWN)
    receipt = told(Event.BOUNCED, at=LATER + DAY, code="5.1.1", note="no such user")
    take_receipts(store, [receipt], now=LATER)
    (row,) = rows(store, ledger.Receipt)
    # a clock that is ahead of ours does not make it happen tomorrow
    assert (row.at, row.received_at) == (LATER, LATER)
    assert row.detail == {"id": "p-1", "code": "5.1.1", "note": "no such user"}
    (history,) = rows(store, ledger.MessageState)
    assert history.note == "sendgrid says bounced: 5.1.1 no such user"
    (message,) = rows(store, ledger.Message)
    assert message.provider_id == "p-1"


def test_rules_see_it(store: Store) -> None:
    enrollment = sent(store)
    take_receipts(store, [told(Event.DELIVERED)], now=LATER)
    with store.read() as connection:
        (event,) = read_events(connection, [enrollment])[enrollment]
    assert (event.step, event.event, event.at) == ("apology", "delivered", NOON)


def test_what_was_said_not_to_be_sent_was_sent_after_all(store: Store) -> None:
    sent(store, MessageState.FAILED, call=Outcome.IN_DOUBT.value, sent_at=None)
    take_receipts(store, [told(Event.ACCEPTED)], now=LATER)
    (message,) = rows(store, ledger.Message)
    assert (message.state, message.sent_at) == ("sent", NOON)


def test_a_receipt_stops_a_second_send_of_what_was_in_doubt(shop: Any, noon: datetime) -> None:
    shop.late_orders(1).plan()
    with shop.store.write() as connection:
        ((claimed,), _) = claim(connection, shop.setup, owner="w", now=noon, limit=10)
    silence = SendError(Outcome.IN_DOUBT, "the line went dead")
    with shop.store.write() as connection:
        record(connection, shop.setup, [(claimed, silence)], now=LATER)
    retry(shop.setup, claimed.message.id, who="anna", now=LATER)
    take_receipts(shop.store, [told(Event.DELIVERED, message=claimed.message.id)], now=LATER)
    assert shop.messages("state") == [("planned",)]
    assert shop.send(noon + HOUR).sent == 0
    assert shop.messages("state", "sent_at") == [("delivered", noon)]
    assert shop.outbox == []
    # and the rule has come to its end, as after any send
    (enrollment,) = shop.rows(ledger.Enrollment)
    assert enrollment.state == "done"


def test_two_who_are_told_the_same_at_once_keep_it_once(store: Store) -> None:
    sent(store)
    many = [told(Event.BOUNCED, number) for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        futures = [
            pool.submit(take_receipts, store, many[::step], now=LATER) for step in (1, -1, 1, -1)
        ]
        reports = [future.result(60) for future in futures]
    assert sum(report.stored for report in reports) == 40
    assert sum(report.repeated for report in reports) == 120
    assert sum(report.moved for report in reports) == 1
    assert len(rows(store, Suppression)) == 1


def test_what_is_told_of_an_earlier_call_says_nothing_of_the_next(store: Store) -> None:
    sent(store)
    take_receipts(store, [told(Event.UNDELIVERED)], now=LATER)
    again = table_of(ledger.Message)
    with store.write() as connection:
        # a person had it tried again, and it was taken
        connection.execute(update(again).values(state="sent", reason="sent"))
        add_attempt(connection, 2, started_at=LATER + HOUR, outcome="accepted")
    take_receipts(store, [told(Event.ACCEPTED, 2)], now=LATER + 2 * HOUR)
    assert stands(store) == ("sent", "sent")


def test_what_is_told_late_of_an_earlier_call_says_nothing_of_the_next(store: Store) -> None:
    sent(store)
    table = table_of(ledger.Attempt)
    with store.write() as connection:
        connection.execute(update(table).values(provider_id="p-1"))
        add_attempt(connection, 2, started_at=LATER, outcome="accepted", provider_id="p-2")
    for number, name in enumerate(("p-1", "p-1.filter-7")):
        late = told(Event.BOUNCED, number, provider_id=name)
        take_receipts(store, [late], now=LATER + HOUR)
        assert stands(store) == ("sent", "sent")
    take_receipts(store, [told(Event.BOUNCED, 2, provider_id="p-2")], now=LATER + HOUR)
    assert stands(store) == ("undelivered", "bounced")


# a receipt that is quicker than the provider's answer


def test_told_while_the_call_runs(shop: Any, noon: datetime) -> None:
    shop.late_orders(1).plan()
    with shop.store.write() as connection:
        ((claimed,), _) = claim(connection, shop.setup, owner="w", now=noon, limit=10)
    receipt = told(Event.DELIVERED, message=claimed.message.id)
    assert take_receipts(shop.store, [receipt], now=LATER).moved == 0
    assert shop.messages("state") == [("sending",)]
    answer = shop.setup.senders[Channel.EMAIL].send(claimed.outgoing, now=LATER)
    with shop.store.write() as connection:
        record(connection, shop.setup, [(claimed, answer)], now=LATER)
    assert shop.messages("state", "reason") == [("delivered", "delivered")]


def test_told_and_then_the_process_ended(shop: Any, noon: datetime) -> None:
    shop.late_orders(1).plan()
    with shop.store.write() as connection:
        ((claimed,), _) = claim(connection, shop.setup, owner="w", now=noon, limit=10)
    take_receipts(shop.store, [told(Event.ACCEPTED, message=claimed.message.id)], now=LATER)
    assert settle_lapsed(shop.setup, now=noon + HOUR) == 1
    assert shop.messages("state", "provider_id") == [("sent", "p-1")]


# who is not written to any more


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Event.DELIVERED, []),
        (Event.UNDELIVERED, []),  # blocked is no bounce
        (Event.BOUNCED, [(None, "bounced")]),
        (Event.OPTED_OUT, [(None, "opted_out")]),
        (Event.DECLINED, [(each, "opted_out") for each in NON_ESSENTIAL]),
        (Event.COMPLAINED, [(each, "complained") for each in NON_ESSENTIAL]),
        (Event.UNSUBSCRIBED, [(each, "opted_out") for each in NON_ESSENTIAL]),
        (Event.UNSUBSCRIBED_HERE, [("service", "opted_out")]),
    ],
)
def test_an_address_is_suppressed(store: Store, event: Event, expected: Any) -> None:
    sent(store)
    report = take_receipts(store, [told(event)], now=LATER)
    # the address that was written to, whatever the customer's is by now
    assert suppressed(store) == [("ana@example.com", *each) for each in expected]
    assert report.suppressed == len(expected)
    sources = {row.source for row in rows(store, Suppression)}
    assert sources <= {f"receipt {event}, message m1"}


@pytest.mark.parametrize(
    ("event", "left"),
    [
        (Event.COMPLAINED, ["order", "text"]),
        (Event.OPTED_OUT, ["text"]),
        (Event.UNSUBSCRIBED_HERE, ["order", "survey", "text"]),
        (Event.BOUNCED, ["news", "order", "survey", "text"]),  # the gate asks for another channel
    ],
)
def test_what_waits_for_who_opted_out_is_dropped(
    store: Store, event: Event, left: list[str]
) -> None:
    enrollment = sent(store)
    purposes_of = {"order": "transactional", "survey": "survey", "news": "service"}
    with store.write() as connection:
        for name, purpose in purposes_of.items():
            add_message(connection, name, enrollment, purpose=purpose)
        add_message(connection, "text", enrollment, channel="sms")
    assert take_receipts(store, [told(event)], now=LATER).dropped == 4 - len(left)
    found = [row.id for row in rows(store, ledger.Message) if row.state == "planned"]
    assert found == left


def test_many_at_once(store: Store) -> None:
    sent(store)
    many = [told(Event.DEFERRED, number) for number in range(1200)]
    assert take_receipts(store, many, now=LATER).stored == 1200
    assert take_receipts(store, many, now=LATER).repeated == 1200
