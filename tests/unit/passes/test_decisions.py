"""Decisions by people: what is approved goes out, what is rejected does not, and all is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from outreach.errors import Outcome, Refused, SendError
from outreach.model import Channel, MessageState
from outreach.passes.decisions import approve, cancel, move, reject, retry
from outreach.passes.pausing import Scope, pause, resume
from outreach.store.batches import open_batches
from outreach.store.ledger import Attempt, Batch, Enrollment
from outreach.store.ledger import MessageState as StateRow
from outreach.store.operations import AuditEntry
from outreach.store.pausing import running_pauses
from outreach.store.queue import Wanted, count_queued, find_message, queued

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEPS = """\
      - id: apology
        send: note
      - id: update
        wait: 3 days
        send: note
"""


@pytest.fixture
def flood(shop: Any) -> Any:
    """Five late orders at once where three an hour may go: all five are held."""
    shop.edit(
        "rules/shop.yaml",
        "send_window: daytime",
        "send_window: daytime\n    limits: {hold_above: 3 per hour}",
    )
    return shop.late_orders(5).run()


def batches(shop: Any, at: Any) -> list[Any]:
    with shop.store.read() as connection:
        return open_batches(connection, at)


def states(shop: Any) -> list[tuple[str, str]]:
    return shop.messages("state", "reason")


class Unsure:
    """A provider that takes everything and never answers."""

    name = "unsure"

    def __init__(self, outcome: Outcome, **more: Any) -> None:
        self.error = SendError(outcome, "no answer", **more)

    def send(self, outgoing: Any, *, now: Any) -> Any:
        raise self.error

    def close(self) -> None:
        pass


def fail_with(shop: Any, outcome: Outcome, **more: Any) -> Any:
    """Let every mail of the shop end like that, and return what it had for a sender."""
    senders = shop.setup.senders
    before = senders[Channel.EMAIL]
    senders[Channel.EMAIL] = Unsure(outcome, **more)
    return before


# batches


def test_more_than_hold_above_is_held_and_listed(flood: Any, noon: Any) -> None:
    assert flood.outbox == []
    [batch] = batches(flood, noon)
    assert (batch.id, batch.rule, batch.messages, batch.people) == ("B-1", "late", 5, 5)
    assert (batch.by_channel, batch.by_locale) == ({"email": 5}, {"en": 5})
    assert (batch.expired, batch.next_expiry) == (0, noon + 2 * DAY)
    assert "5 at once, above 3 per hour" in batch.said


def test_what_is_approved_goes_out(flood: Any, noon: Any) -> None:
    done = approve(flood.store, "B-1", who="anna", now=noon + HOUR, expect=5)
    assert (done.messages, done.expired) == (5, 0)
    flood.send(noon + HOUR)
    assert len(flood.outbox) == 5
    assert batches(flood, noon + HOUR) == []


def test_what_is_rejected_never_goes_out_and_its_rule_says_no_more(shop: Any, noon: Any) -> None:
    shop.edit(
        "rules/shop.yaml",
        "send_window: daytime",
        "send_window: daytime\n    limits: {hold_above: 3 per hour}",
    )
    shop.edit("rules/shop.yaml", "      - id: apology\n        send: note\n", STEPS)
    shop.late_orders(5).run()
    assert reject(shop.setup, "B-1", who="anna", now=noon, note="wrong feed").messages == 5
    shop.run(noon + 5 * DAY)
    assert shop.outbox == []
    assert states(shop) == [("cancelled", "rejected")] * 5
    assert {row.reason for row in shop.rows(Enrollment)} == {"rejected"}


def test_an_expected_number_that_is_no_longer_true_changes_nothing(flood: Any, noon: Any) -> None:
    [message, *_] = flood.messages()
    cancel(flood.setup, message.id, who="anna", now=noon)
    with pytest.raises(Refused, match="expected 5 messages, and B-1 now holds 4"):
        approve(flood.store, "B-1", who="anna", now=noon, expect=5)
    assert [row.state for row in flood.messages()].count("held") == 4


def test_a_batch_is_decided_once(flood: Any, noon: Any) -> None:
    approve(flood.store, "B-1", who="anna", now=noon)
    with pytest.raises(Refused, match="B-1 holds no messages"):
        reject(flood.setup, "B-1", who="ben", now=noon)
    [batch] = flood.rows(Batch)
    assert (batch.decision, batch.who) == ("approved", "anna")


def test_what_was_approved_too_late_does_not_go_out(flood: Any, noon: Any) -> None:
    done = approve(flood.store, "B-1", who="anna", now=noon + 3 * DAY)
    assert (done.messages, done.expired) == (5, 5)
    flood.send(noon + 3 * DAY)
    assert flood.outbox == []
    assert states(flood) == [("expired", "expired")] * 5


def test_what_was_approved_is_asked_by_every_gate_again(flood: Any, noon: Any) -> None:
    flood.order("A-1", at=noon + HOUR, delivered_at=noon + HOUR)
    approve(flood.store, "B-1", who="anna", now=noon + HOUR)
    flood.send(noon + HOUR)
    assert flood.outbox == [f"ana{n}@example.com" for n in (2, 3, 4, 5)]


def test_the_next_step_counts_from_the_approval(shop: Any, noon: Any) -> None:
    shop.edit(
        "rules/shop.yaml",
        "send_window: daytime",
        "send_window: daytime\n    limits: {hold_above: 3 per hour}",
    )
    shop.edit("rules/shop.yaml", "      - id: apology\n        send: note\n", STEPS)
    shop.late_orders(4).run()
    approve(shop.store, "B-1", who="anna", now=noon + DAY)
    shop.run(noon + DAY).run(noon + DAY + HOUR)
    assert {row.due_at for row in shop.messages() if row.step == "update"} == {noon + 4 * DAY}


# one message


def test_a_cancelled_message_does_not_go_out_and_the_next_step_does(shop: Any, noon: Any) -> None:
    shop.edit("rules/shop.yaml", "      - id: apology\n        send: note\n", STEPS)
    shop.late_orders(1).plan()
    [message] = shop.messages()
    cancel(shop.setup, message.id, who="anna", now=noon, note="called her")
    shop.run(noon + HOUR).run(noon + 3 * DAY)
    assert shop.messages("step", "state", "reason") == [
        ("apology", "cancelled", "cancelled_by_person"),
        ("update", "sent", "sent"),
    ]
    [said] = [row for row in shop.rows(StateRow) if row.state == "cancelled"]
    assert (said.who, said.note) == ("anna", "called her")


def test_what_was_sent_cannot_be_cancelled(shop: Any, noon: Any) -> None:
    shop.late_orders(1).run()
    [message] = shop.messages()
    with pytest.raises(Refused, match="is sent: it can no longer be cancelled"):
        cancel(shop.setup, message.id, who="anna", now=noon)


def test_a_moved_message_goes_out_then_and_expires_that_much_later(shop: Any, noon: Any) -> None:
    shop.late_orders(1).plan()
    [message] = shop.messages()
    move(shop.store, message.id, noon + 5 * DAY, who="anna", now=noon)
    shop.send(noon + 4 * DAY)
    assert shop.outbox == []
    shop.send(noon + 5 * DAY)
    assert shop.outbox == ["ana1@example.com"]


def test_a_message_is_not_moved_into_the_past(shop: Any, noon: Any) -> None:
    shop.late_orders(1).plan()
    [message] = shop.messages()
    with pytest.raises(Refused, match="has passed"):
        move(shop.store, message.id, noon - HOUR, who="anna", now=noon)


def test_a_held_message_stays_held_when_it_is_moved(flood: Any, noon: Any) -> None:
    [message, *_] = flood.messages()
    move(flood.store, message.id, noon + HOUR, who="anna", now=noon)
    flood.send(noon + HOUR)
    assert flood.outbox == []
    assert batches(flood, noon)[0].messages == 5


@pytest.mark.parametrize(
    ("outcome", "was"),
    [
        (Outcome.REJECTED, "failed"),  # certainly not sent
        (Outcome.IN_DOUBT, "unknown"),  # a person has looked and takes it on themselves
    ],
)
def test_a_failed_message_goes_out_when_it_is_tried_again(
    shop: Any, noon: Any, outcome: Outcome, was: str
) -> None:
    shop.edit("rules/shop.yaml", "      - id: apology\n        send: note\n", STEPS)
    shop.late_orders(1).plan()
    working = fail_with(shop, outcome)
    shop.send()
    shop.setup.senders[Channel.EMAIL] = working
    [message] = shop.messages()
    assert message.state == was
    retry(shop.setup, message.id, who="anna", now=noon + HOUR)
    shop.run(noon + HOUR)
    assert shop.outbox == ["ana1@example.com"]
    shop.run(noon + HOUR + 3 * DAY)  # the rule goes on from there, once
    assert shop.messages("step", "state") == [("apology", "sent"), ("update", "sent")]
    numbers = [row.number for row in shop.rows(Attempt)]
    assert numbers == [1, 2, 1]


def test_what_is_tried_again_late_has_its_time_once_more(shop: Any, noon: Any) -> None:
    shop.late_orders(1).plan()
    working = fail_with(shop, Outcome.REJECTED)
    shop.send()
    shop.setup.senders[Channel.EMAIL] = working
    [message] = shop.messages()
    retry(shop.setup, message.id, who="anna", now=noon + 9 * DAY)
    shop.send(noon + 9 * DAY)
    assert shop.outbox == ["ana1@example.com"]


def test_what_is_planned_after_a_message_stays_when_it_is_tried_again(shop: Any, noon: Any) -> None:
    shop.edit("rules/shop.yaml", "      - id: apology\n        send: note\n", STEPS)
    shop.late_orders(1).plan()
    working = fail_with(shop, Outcome.REJECTED)
    shop.send()
    shop.setup.senders[Channel.EMAIL] = working
    shop.plan(noon + HOUR)  # the update is planned now
    [message, _] = shop.messages()
    retry(shop.setup, message.id, who="anna", now=noon + HOUR)
    shop.run(noon + HOUR)
    assert shop.messages("step", "state") == [("apology", "sent"), ("update", "planned")]
    shop.run(noon + 4 * DAY).run(noon + 20 * DAY)
    assert shop.messages("step", "state") == [("apology", "sent"), ("update", "sent")]


def test_a_message_is_not_tried_again_when_its_rule_has_said_more(shop: Any, noon: Any) -> None:
    shop.edit("rules/shop.yaml", "      - id: apology\n        send: note\n", STEPS)
    shop.late_orders(1).plan()
    working = fail_with(shop, Outcome.REJECTED)
    shop.send()
    shop.setup.senders[Channel.EMAIL] = working
    shop.plan(noon + HOUR).run(noon + 4 * DAY)
    [message, _] = shop.messages()
    with pytest.raises(Refused, match="gone on to step 'update'"):
        retry(shop.setup, message.id, who="anna", now=noon + 4 * DAY)


def test_a_message_is_not_tried_again_when_another_channel_says_the_same(
    shop: Any, noon: Any
) -> None:
    via = "        via: [email, sms]\n        if_undelivered: next channel after 1 hour\n"
    one = "      - id: apology\n        send: note\n"
    shop.edit("rules/shop.yaml", one, one + via)
    shop.late_orders(1)
    shop.customer("ana1", at=noon, phone="+491701234567").plan()
    fail_with(shop, Outcome.REJECTED)
    shop.send()
    failed = next(row for row in shop.messages() if row.state == "failed")
    with pytest.raises(Refused, match="the same goes out by sms"):
        retry(shop.setup, failed.id, who="anna", now=noon)


def test_what_is_under_way_cannot_be_tried_again(shop: Any, noon: Any) -> None:
    shop.late_orders(1).plan()
    [message] = shop.messages()
    with pytest.raises(Refused, match="is planned"):
        retry(shop.setup, message.id, who="anna", now=noon)


# pauses


def test_a_pause_stops_everything_but_transactional_messages(shop: Any, noon: Any) -> None:
    shop.late_orders(1)
    shop.customer("ben").order("A-9", "ben", status="shipped").plan()
    held = pause(shop.store, Scope.ALL, "", reason="wrong feed", who="anna", now=noon)
    assert held.waiting == 1
    shop.send()
    assert shop.outbox == ["ben@example.com"]
    assert states(shop) == [("planned", "paused"), ("sent", "sent")]


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        (Scope.RULE, "late"),
        (Scope.PURPOSE, "service"),
        (Scope.CHANNEL, "email"),
    ],
)
def test_one_thing_can_be_paused_by_name(shop: Any, noon: Any, scope: Scope, name: str) -> None:
    shop.late_orders(1).plan()
    pause(shop.store, scope, name, reason="x", who="anna", now=noon)
    shop.send()
    assert states(shop) == [("planned", "paused")]


def test_what_waited_goes_out_when_it_is_resumed(shop: Any, noon: Any) -> None:
    shop.late_orders(3).plan()
    pause(shop.store, Scope.ALL, "", reason="wrong feed", who="anna", now=noon)
    shop.send()
    with pytest.raises(Refused, match="expected 9 messages, and now 3 wait"):
        resume(shop.store, Scope.ALL, "", who="anna", now=noon + HOUR, expect=9)
    assert resume(shop.store, Scope.ALL, "", who="anna", now=noon + HOUR, expect=3).waiting == 3
    shop.send(noon + HOUR)
    assert len(shop.outbox) == 3


def test_what_came_too_late_can_be_dropped_at_once(shop: Any, noon: Any) -> None:
    shop.late_orders(1).plan()
    pause(shop.store, Scope.ALL, "", reason="x", who="anna", now=noon)
    shop.send()
    later, rules = noon + 3 * DAY, shop.setup.ruleset
    shop.customer("ben", at=later).order("A-9", "ben", at=later, promised_at=later - 2 * DAY)
    shop.plan(later)
    held = resume(shop.store, Scope.ALL, "", who="anna", now=later, dropping=rules)
    assert (held.waiting, held.expiring) == (2, 1)
    assert states(shop) == [("expired", "expired"), ("planned", "matched")]
    shop.send(later)
    assert shop.outbox == ["ben@example.com"]


def test_a_pause_ends_by_itself_at_its_time(shop: Any, noon: Any) -> None:
    shop.late_orders(1).plan()
    pause(shop.store, Scope.ALL, "", reason="x", who="anna", now=noon, until=noon + HOUR)
    shop.send()
    shop.send(noon + HOUR)
    assert shop.outbox == ["ana1@example.com"]


def test_a_pause_says_what_would_expire_before_its_end(shop: Any, noon: Any) -> None:
    shop.late_orders(2).plan()
    held = pause(shop.store, Scope.ALL, "", reason="x", who="anna", now=noon, until=noon + 3 * DAY)
    assert held == (2, 2)


def test_a_second_pause_of_the_same_replaces_the_first(shop: Any, noon: Any) -> None:
    pause(shop.store, Scope.RULE, "late", reason="one", who="anna", now=noon)
    pause(shop.store, Scope.RULE, "late", reason="two", who="ben", now=noon)
    with shop.store.read() as connection:
        assert [row.reason for row in running_pauses(connection, noon)] == ["two"]


def test_what_is_not_paused_cannot_be_resumed(shop: Any, noon: Any) -> None:
    pause(shop.store, Scope.RULE, "late", reason="x", who="anna", now=noon)
    with pytest.raises(Refused, match="the whole system is not paused"):
        resume(shop.store, Scope.ALL, "", who="anna", now=noon)


# what is kept, and how messages are found


def test_every_decision_is_in_the_audit_log(flood: Any, noon: Any) -> None:
    [first, second, *_] = flood.messages()
    cancel(flood.setup, first.id, who="anna", now=noon)
    move(flood.store, second.id, noon + HOUR, who="ben", now=noon)
    approve(flood.store, "B-1", who="cem", now=noon, note="checked")
    pause(flood.store, Scope.ALL, "", reason="x", who="dora", now=noon)
    resume(flood.store, Scope.ALL, "", who="dora", now=noon)
    deeds = [(row.who, row.action) for row in flood.rows(AuditEntry)][1:]
    assert deeds == [
        ("anna", "cancel"),
        ("ben", "move"),
        ("cem", "approve"),
        ("dora", "pause"),
        ("dora", "resume"),
    ]


def test_messages_are_listed_with_what_they_are_about_and_why(flood: Any) -> None:
    with flood.store.read() as connection:
        [first, *rest] = queued(connection, Wanted(states=[MessageState.HELD]))
        assert count_queued(connection, Wanted(rule="late", channel="email")) == 5
        assert count_queued(connection, Wanted(rule="shipped")) == 0
        assert find_message(connection, first.id[:6].upper()) == first.id
        with pytest.raises(Refused, match="no message 'zzz'"):
            find_message(connection, "zzz")
    assert len(rest) == 4
    assert [str(subject) for subject in first.subjects] == ["order " + first.subjects[0].id]
    assert (first.reason, first.template, first.attempts) == ("over_hold_limit", "note", 0)
