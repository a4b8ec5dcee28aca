"""Claiming: what goes out is written down before anybody is called, and why the rest does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from outreach.channels.outgoing import fingerprint
from outreach.deciding.throttling import Allowance
from outreach.model import Channel, Purpose, Reason
from outreach.passes.claim import Claimed, claim
from outreach.passes.lease import LEASE
from outreach.store.ledger import Attempt, Batch, Enrollment, MessageSubject
from outreach.store.ledger import MessageState as StateRow
from outreach.store.pausing import begin_pause
from tests.unit.ledger import DAY, HOUR, NOON

COMBINED = "send_window: daytime\n    combine_within: 2 hours"


def claimed(
    shop: Any, at: Any = NOON, limit: int = 10, **more: Any
) -> tuple[list[Claimed], dict[Reason, int]]:
    with shop.store.write() as connection:
        return claim(connection, shop.setup, owner="worker", now=at, limit=limit, **more)


# what goes out


def test_what_goes_out_is_written_down_first(shop: Any) -> None:
    shop.late_orders(1).plan()
    [message], put_off = claimed(shop)
    assert put_off == {}
    [row] = shop.messages()
    assert (row.state, row.reason, row.channel, row.locale) == ("sending", "matched", "email", "en")
    assert (row.tries, row.provider) == (1, "outbox")
    assert (row.lease_owner, row.lease_until) == ("worker", NOON + LEASE)
    assert row.sent_at == NOON  # counts for every cap from now on
    [attempt] = shop.rows(Attempt)
    assert attempt.id == message.attempt
    assert (attempt.message_id, attempt.number, attempt.channel) == (row.id, 1, "email")
    assert (attempt.provider, attempt.address) == ("outbox", "ana1@example.com")
    assert (attempt.started_at, attempt.finished_at, attempt.outcome) == (NOON, None, None)
    assert attempt.fingerprint == fingerprint(message.outgoing.body_text)
    assert [said.state for said in shop.rows(StateRow)] == ["planned", "sending"]


def test_a_provider_is_given_the_words_for_this_message(shop: Any) -> None:
    shop.late_orders(1).plan()
    [message], _ = claimed(shop)
    [row] = shop.messages()
    out = message.outgoing
    assert (out.message_id, out.channel, out.purpose) == (row.id, Channel.EMAIL, Purpose.SERVICE)
    assert (out.to, out.subject) == ("ana1@example.com", "late to Ana1")
    assert "this is about A-1" in out.body_text
    assert out.expires_at == row.expires_at
    assert [part.subject_id for part in message.subjects] == ["A-1"]


def test_no_more_is_claimed_than_was_asked_for(shop: Any) -> None:
    shop.late_orders(3).plan()
    first, _ = claimed(shop, limit=2)
    rest, _ = claimed(shop, limit=2)
    nothing = claimed(shop, limit=2)
    assert (len(first), len(rest), nothing) == (2, 1, ([], {}))


def test_a_channel_can_be_left_alone(shop: Any) -> None:
    shop.late_orders(1).plan()
    assert claimed(shop, but_not=["email"]) == ([], {})
    assert shop.messages("state") == [("planned",)]


# what does not


class Case(NamedTuple):
    """What happens to a late order's message, and what is written of it and its enrollment."""

    happens: Callable[[Any], object]
    message: tuple[str, str]
    enrollment: tuple[str, str]
    waits: timedelta | None = None
    is_held: bool = False
    at: Any = NOON


def _pause(shop: Any) -> None:
    said = {"reason": "a fault", "who": "anna", "until": NOON + 2 * HOUR, "now": NOON}
    with shop.store.write() as connection:
        begin_pause(connection, "rule", "late", **said)


def _break_template(shop: Any) -> None:
    shop.edit("templates/note/en.email.md", "subjects[0].number", "order.tracking_number")
    shop.apply()


def _shadow(shop: Any) -> None:
    shop.edit("rules/shop.yaml", "- rule: late\n", "- rule: late\n    mode: shadow\n")
    shop.apply()


CASES = {
    "it is night": Case(
        lambda shop: None,
        ("planned", "outside_window"),
        ("active", "matched"),
        waits=timedelta(hours=20),  # 13:00 in Berlin to 09:00
        at=NOON + 9 * HOUR,
    ),
    "the rule is paused": Case(
        _pause, ("planned", "paused"), ("active", "matched"), waits=2 * HOUR
    ),
    "a word is missing": Case(
        _break_template, ("held", "template_hole"), ("active", "matched"), is_held=True
    ),
    "it came": Case(
        lambda shop: shop.order("A-1", delivered_at=NOON),
        ("cancelled", "cancelled_by_data"),
        ("cancelled", "cancelled_by_data"),
    ),
    "they cannot be reached": Case(
        lambda shop: shop.customer("ana1", email=None),
        ("suppressed", "no_address"),
        ("cancelled", "no_address"),
    ),
    # the rest of the rule would go on: here it is done
    "it is too late": Case(
        lambda shop: None, ("expired", "expired"), ("done", "finished"), at=NOON + 2 * DAY
    ),
}


@pytest.mark.parametrize("why", CASES)
def test_why_a_message_does_not_go_out_is_written_down(shop: Any, why: str) -> None:
    case = CASES[why]
    shop.late_orders(1).plan()
    case.happens(shop)
    messages, put_off = claimed(shop, case.at)
    assert messages == []
    assert put_off == {Reason(case.message[1]): 1}
    [row] = shop.messages()
    assert (row.state, row.reason) == case.message
    assert row.due_at == (NOON + case.waits if case.waits else row.planned_for)
    assert (row.sent_at, row.tries, row.lease_owner) == (None, 0, None)
    [enrollment] = shop.rows(Enrollment)
    assert (enrollment.state, enrollment.reason) == case.enrollment
    assert [batch.id for batch in shop.rows(Batch)] == [row.batch] * case.is_held
    assert shop.rows(Attempt) == []
    said = max(shop.rows(StateRow), key=lambda each: each.id)
    assert (said.state, said.reason, said.at) == (*case.message, case.at)


def test_a_shadow_leaves_the_time_at_which_it_would_have_gone(shop: Any) -> None:
    shop.edit("rules/shop.yaml", "- rule: late\n", "- rule: late\n    mode: shadow\n")
    shop.late_orders(1).plan()
    assert claimed(shop) == ([], {Reason.SHADOW: 1})
    assert shop.messages("sent_at", "state") == [(NOON, "cancelled")]
    assert shop.rows(Attempt) == []


def test_a_message_goes_without_a_subject_that_was_settled(shop: Any) -> None:
    shop.edit("rules/shop.yaml", "send_window: daytime", COMBINED)
    shop.customer("ana")
    for number in ("A-1", "A-2", "A-3"):
        shop.order(number, "ana", promised_at=NOON - 2 * DAY)
    shop.plan().order("A-2", delivered_at=NOON)
    [message], _ = claimed(shop, NOON + 2 * HOUR)
    assert sorted(part.subject_id for part in message.subjects) == ["A-1", "A-3"]
    assert sorted(part.subject_id for part in shop.rows(MessageSubject)) == ["A-1", "A-3"]
    states = {row.subject_id: row.state for row in shop.rows(Enrollment)}
    assert states == {"A-1": "active", "A-2": "cancelled", "A-3": "active"}


# what several messages share


def test_what_a_claim_takes_counts_for_the_rest_of_it(shop: Any) -> None:
    limit = "send_window: daytime\n    limits: {total: 2 per day}"
    shop.edit("rules/shop.yaml", "send_window: daytime", limit)
    shop.late_orders(5).plan()
    messages, put_off = claimed(shop)
    assert (len(messages), put_off) == (2, {Reason.TOTAL_LIMIT: 3})


@pytest.mark.parametrize(
    ("rate", "go"),
    [
        (1.0, 5),  # a minute's worth is there at once
        (0.05, 3),
        (0.01, 1),  # a bucket holds at least what one message takes
    ],
)
def test_a_channel_s_rate_lets_the_rest_wait(shop: Any, rate: float, go: int) -> None:
    shop.late_orders(5).plan()
    shop._setup = replace(shop.setup, allowances={Channel.EMAIL: Allowance(rate)})
    messages, put_off = claimed(shop)
    assert len(messages) == go
    assert put_off == ({Reason.RATE_LIMITED: 5 - go} if go < 5 else {})
    waiting = [row for row in shop.messages() if row.state == "planned"]
    # each has a turn of its own
    turns = [NOON + timedelta(seconds=n / rate) for n in range(1, 6 - go)]
    assert sorted(row.due_at for row in waiting) == turns


def test_a_channel_s_cap_lets_the_rest_wait_for_tomorrow(shop: Any) -> None:
    shop.late_orders(5).plan()
    shop._setup = replace(shop.setup, allowances={Channel.EMAIL: Allowance(daily_cap=2)})
    messages, put_off = claimed(shop)
    assert (len(messages), put_off) == (2, {Reason.DAILY_CAP: 3})
    waiting = [row for row in shop.messages() if row.state == "planned"]
    assert {(row.reason, row.due_at) for row in waiting} == {("daily_cap", NOON + 11 * HOUR)}


def test_messages_held_for_one_reason_are_one_batch(shop: Any) -> None:
    shop.late_orders(3).plan()
    _break_template(shop)
    _, put_off = claimed(shop)
    assert put_off == {Reason.TEMPLATE_HOLE: 3}
    assert len(shop.rows(Batch)) == 1
