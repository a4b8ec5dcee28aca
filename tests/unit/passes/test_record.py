"""Recording: what a provider's answer means, and all that it leaves behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import update

from outreach.channels.outgoing import Outgoing, Receipted
from outreach.errors import Outcome, SendError
from outreach.model import Channel, MessageState, Purpose, Reason
from outreach.passes.claim import Claimed, claim
from outreach.passes.record import record, retry_after, settle
from outreach.store.frames import table_of
from outreach.store.ledger import Attempt, Enrollment, LastSent, Message
from outreach.store.ledger import MessageState as StateRow
from outreach.store.permissions import Suppression
from outreach.store.subjects import Change, Customer
from tests.unit.ledger import NOON, add_message

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATER = NOON + timedelta(seconds=3)
ONE = "      - id: apology\n        send: note\n"
TWO = ONE + "      - id: update\n        wait: 3 days\n        send: note\n"
TWO_WAYS = (
    "      - id: apology\n        send: note\n        via: [email, sms]\n"
    "        if_undelivered: next channel after 30 minutes\n"
)
ACCEPTED = Receipted("p-1")
REFUSED = SendError(Outcome.REJECTED, "the template is malformed", code="400")
NO_SUCH_ADDRESS = SendError(Outcome.REJECTED, "no such address", address_is_bad=True)
STOPPED = SendError(Outcome.REJECTED, "they said stop", opted_out=True)
BUSY = SendError(Outcome.NOT_SENT, "too many requests", code="429")
PATIENCE = SendError(Outcome.NOT_SENT, "come back in two hours", retry_after=7200)
LOCKED_OUT = SendError(Outcome.REJECTED, "wrong password", channel_is_down=True)
SILENCE = SendError(Outcome.IN_DOUBT, "the line went dead")


# what an answer means


@pytest.mark.parametrize(
    ("result", "state", "reason", "ends"),
    [
        (ACCEPTED, MessageState.SENT, Reason.SENT, True),
        (REFUSED, MessageState.FAILED, Reason.PROVIDER_REJECTED, True),
        (NO_SUCH_ADDRESS, MessageState.FAILED, Reason.BAD_ADDRESS, True),
        (STOPPED, MessageState.FAILED, Reason.OPTED_OUT, True),
        # of an address that is bad and said stop, stop is what matters
        (
            SendError(Outcome.REJECTED, "", address_is_bad=True, opted_out=True),
            MessageState.FAILED,
            Reason.OPTED_OUT,
            True,
        ),
        (SILENCE, MessageState.UNKNOWN, Reason.IN_DOUBT, True),
        # a doubt stays a doubt, whatever else is wrong
        (
            SendError(Outcome.IN_DOUBT, "", channel_is_down=True),
            MessageState.UNKNOWN,
            Reason.IN_DOUBT,
            True,
        ),
        (BUSY, MessageState.PLANNED, Reason.PROVIDER_ERROR, False),
        # nothing is wrong with this message: the channel refuses all of them
        (LOCKED_OUT, MessageState.PLANNED, Reason.PROVIDER_ERROR, False),
    ],
)
def test_what_an_answer_means(
    result: Receipted | SendError, state: MessageState, reason: Reason, ends: bool
) -> None:
    settled = settle(a_claim(), result, NOON)
    assert (settled.state, settled.reason, settled.ends) == (state, reason, ends)
    # what certainly did not go out counts for no cap
    went_out = state in (MessageState.SENT, MessageState.UNKNOWN)
    assert ("sent_at" in settled.values) is not went_out
    assert ("due_at" in settled.values) is not ends


def a_claim(tries: int = 0) -> Claimed:
    message: Any = SimpleNamespace(tries=tries)
    out = Outgoing("m1", Channel.EMAIL, Purpose.SERVICE, "ana@example.com", "Hello")
    return Claimed(message, (), 1, Channel.EMAIL, out)


@pytest.mark.parametrize(
    ("tries", "error", "wait"),
    [
        (1, BUSY, MINUTE),
        (2, BUSY, 2 * MINUTE),
        (6, BUSY, 32 * MINUTE),
        (7, BUSY, HOUR),  # and never longer
        (500, BUSY, HOUR),
        (1, PATIENCE, 2 * HOUR),  # asked for more than we would wait
        # asked for less; the whole channel waits, so nobody is pressed
        (9, SendError(Outcome.NOT_SENT, "", retry_after=5), timedelta(seconds=5)),
        (1, SendError(Outcome.NOT_SENT, "", retry_after=0), timedelta(seconds=1)),
        (1, LOCKED_OUT, 5 * MINUTE),
        (8, LOCKED_OUT, 5 * MINUTE),  # somebody mends it: no message waits for long then
        (1, SendError(Outcome.NOT_SENT, "", channel_is_down=True, retry_after=900), 15 * MINUTE),
    ],
)
def test_how_long_to_wait_before_the_next_try(
    tries: int, error: SendError, wait: timedelta
) -> None:
    assert retry_after(tries, error) == wait
    if error.outcome is not Outcome.REJECTED or error.channel_is_down:
        again = settle(a_claim(tries - 1), error, NOON).values["due_at"]
        assert again == NOON + wait


# what it leaves behind


def claimed(shop: Any, at: datetime = NOON) -> list[Claimed]:
    with shop.store.write() as connection:
        messages, _ = claim(connection, shop.setup, owner="w", now=at, limit=10)
    return messages


def answer(shop: Any, result: Receipted | SendError, at: datetime = LATER) -> None:
    """Claim what is due, and record one answer for all of it."""
    messages = claimed(shop)
    assert messages
    with shop.store.write() as connection:
        record(connection, shop.setup, [(message, result) for message in messages], now=at)


@pytest.mark.parametrize(
    ("result", "message", "enrollment", "attempt", "is_contact"),
    [
        (ACCEPTED, ("sent", NOON), ("done", "finished"), "accepted", True),
        (SILENCE, ("unknown", NOON), ("done", "finished"), "in_doubt", True),
        # the rule would go on, and this was its last step
        (REFUSED, ("failed", None), ("done", "finished"), "rejected", False),
        (NO_SUCH_ADDRESS, ("failed", None), ("done", "finished"), "rejected", False),
        # who said stop hears no more of the rule
        (STOPPED, ("failed", None), ("cancelled", "opted_out"), "rejected", False),
        (BUSY, ("planned", None), ("active", "matched"), "not_sent", False),
        (LOCKED_OUT, ("planned", None), ("active", "matched"), "rejected", False),
    ],
)
def test_an_answer_is_written_down_everywhere(
    shop: Any,
    result: Receipted | SendError,
    message: tuple[str, datetime | None],
    enrollment: tuple[str, str],
    attempt: str,
    is_contact: bool,
) -> None:
    shop.late_orders(1).plan()
    answer(shop, result)
    [row] = shop.messages()
    assert (row.state, row.sent_at) == message
    assert (row.lease_owner, row.lease_until) == (None, None)
    [its] = shop.rows(Enrollment)
    assert (its.state, its.reason) == enrollment
    [call] = shop.rows(Attempt)
    assert (call.outcome, call.started_at, call.finished_at) == (attempt, NOON, LATER)
    [customer] = shop.rows(Customer)
    assert customer.last_contact_at == (LATER if is_contact else None)
    kinds = {(sent.rule, sent.kind) for sent in shop.rows(LastSent)}
    assert kinds == ({("late", "order"), ("late", "customer")} if is_contact else set())
    changed = [c for c in shop.rows(Change) if c.field == "last_contact_at"]
    assert len(changed) == is_contact
    last = max(shop.rows(StateRow), key=lambda said: said.id)
    assert (last.state, last.at, last.note) == (
        row.state,
        LATER,
        "" if result is ACCEPTED else str(result),
    )


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (NO_SUCH_ADDRESS, [("email", "ana1@example.com", "bad_address")]),
        (STOPPED, [("email", "ana1@example.com", "opted_out")]),
        # nothing is said about the address
        (REFUSED, []),
        (BUSY, []),
        (SILENCE, []),
    ],
)
def test_an_address_that_was_refused_is_not_tried_again(
    shop: Any, result: SendError, said: list[tuple[str, str, str]]
) -> None:
    shop.late_orders(1).plan()
    answer(shop, result)
    listed = [(row.channel, row.address, row.reason) for row in shop.rows(Suppression)]
    assert listed == said


def test_who_told_the_provider_to_stop_gets_nothing_that_waits(shop: Any) -> None:
    shop.late_orders(1).plan()
    [first] = claimed(shop)
    with shop.store.write() as connection:
        add_message(connection, "by-mail", due_at=LATER, customer_id="ana1")
        add_message(connection, "by-text", due_at=LATER, customer_id="ana1", channel="sms")
        record(connection, shop.setup, [(first, STOPPED)], now=LATER)
    states = {row.id: (row.state, row.reason) for row in shop.messages()}
    assert states["by-mail"] == ("suppressed", "opted_out")
    # another channel was not spoken of
    assert states["by-text"] == ("planned", "matched")


def test_what_is_tried_again_waits_and_counts_its_tries(shop: Any) -> None:
    shop.late_orders(1).plan()
    answer(shop, BUSY)
    [first] = shop.messages()
    assert (first.tries, first.due_at) == (1, LATER + MINUTE)
    assert claimed(shop, LATER) == []
    [again] = claimed(shop, first.due_at)
    with shop.store.write() as connection:
        record(connection, shop.setup, [(again, BUSY)], now=first.due_at)
    [second] = shop.messages()
    assert (second.tries, second.due_at) == (2, first.due_at + 2 * MINUTE)
    numbers = [(row.number, row.outcome) for row in shop.rows(Attempt)]
    assert numbers == [(1, "not_sent"), (2, "not_sent")]


def test_the_next_step_counts_from_when_this_one_was_meant(shop: Any) -> None:
    shop.edit("rules/shop.yaml", ONE, TWO)
    shop.late_orders(1).plan()
    answer(shop, REFUSED)
    [row] = shop.rows(Enrollment)
    [message] = shop.messages()
    assert (row.state, row.step, row.repetition) == ("active", 1, 1)
    assert row.base_at == row.plan_at == message.planned_for


def test_answers_are_recorded_each_for_itself(shop: Any) -> None:
    shop.late_orders(3).plan()
    messages = sorted(claimed(shop), key=lambda each: each.message.customer_id, reverse=True)
    with shop.store.write() as connection:
        answers = list(zip(messages, [SILENCE, BUSY, ACCEPTED], strict=True))
        record(connection, shop.setup, answers, now=LATER)
    assert shop.messages("customer_id", "state", "provider_id") == [
        ("ana1", "sent", "p-1"),
        ("ana2", "planned", None),
        ("ana3", "unknown", None),
    ]


def test_nothing_to_record_changes_nothing(shop: Any) -> None:
    shop.late_orders(1).plan()
    with shop.store.write() as connection:
        record(connection, shop.setup, [], now=LATER)
    assert shop.messages("state") == [("planned",)]


# the next channel


@pytest.mark.parametrize(
    ("result", "follows"),
    [
        (REFUSED, True),
        (NO_SUCH_ADDRESS, True),
        (STOPPED, True),  # on this channel only
        (ACCEPTED, False),
        (SILENCE, False),  # it may have arrived
        (BUSY, False),  # it is tried again itself
    ],
)
def test_what_certainly_failed_is_said_on_the_next_channel(
    shop: Any, result: Receipted | SendError, follows: bool
) -> None:
    shop.edit("rules/shop.yaml", ONE, TWO_WAYS)
    shop.late_orders(1).plan()
    answer(shop, result)
    texts = [m for m in shop.messages() if m.channel == "sms"]
    assert len(texts) == follows
    for text in texts:
        assert (text.state, text.reason, text.due_at) == (
            "planned",
            "next_channel",
            LATER + 30 * MINUTE,
        )
        assert (text.channel_number, text.tries, text.sent_at) == (1, 0, None)
        [enrollment] = shop.rows(Enrollment)
        assert (enrollment.state, enrollment.plan_at) == ("active", None)


def test_a_channel_that_is_not_set_up_is_no_next_channel(shop: Any) -> None:
    shop.edit("rules/shop.yaml", ONE, TWO_WAYS)
    shop.late_orders(1).plan()
    # taken out of outreach.yaml after the rules were applied
    shop._setup = replace(shop.setup, channels=frozenset({Channel.EMAIL}))
    answer(shop, REFUSED)
    assert shop.messages("channel", "state") == [("email", "failed")]
    assert [(row.state, row.reason) for row in shop.rows(Enrollment)] == [("done", "finished")]


def test_the_next_channel_speaks_once_even_if_the_first_is_tried_by_hand(shop: Any) -> None:
    shop.edit("rules/shop.yaml", ONE, TWO_WAYS)
    shop.late_orders(1).plan()
    messages = claimed(shop)
    for _ in range(2):
        with shop.store.write() as connection:
            record(connection, shop.setup, [(messages[0], REFUSED)], now=LATER)
        retry_by_hand(shop)
        messages = claimed(shop)
    assert sorted(m.channel for m in shop.messages()) == ["email", "sms"]


def retry_by_hand(shop: Any) -> None:
    table = table_of(Message)
    with shop.store.write() as connection:
        connection.execute(
            update(table).where(table.c.channel == "email").values(state="planned", due_at=NOON)
        )
