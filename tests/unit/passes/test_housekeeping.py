"""Housekeeping and cancelling: nothing stays half done, and what was settled is not taken up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.errors import Outcome
from outreach.model import Kind
from outreach.passes.cancelling import cancel_matching
from outreach.passes.claim import claim
from outreach.passes.housekeeping import expire_held, keep_house, settle_lapsed
from outreach.passes.lease import LEASE
from outreach.passes.record import record
from outreach.sources.records import Record
from outreach.store.ledger import Attempt, Enrollment, LastSent
from outreach.store.ledger import MessageState as StateRow
from outreach.store.pulse import Process, beat, beating

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ONE = "      - id: apology\n        send: note\n"
TWO = ONE + "      - id: update\n        wait: 3 days\n        send: note\n"
CANCEL = "send_window: daytime\n    cancel_if: [customer.open_tickets is at least 1]"


def claimed(shop: Any, at: datetime) -> Any:
    """Claim what is due, as a process does that then comes to its end."""
    with shop.store.write() as connection:
        messages, _ = claim(connection, shop.setup, owner="dead", now=at, limit=10)
    return messages


def ticket(shop: Any, of: str, at: datetime, **values: Any) -> None:
    said = {"customer_id": of, "status": "new", **values}
    shop._take_in(Record(Kind.TICKET, f"T-{of}", said, updated_at=at, at=at))


# sends that nobody finished


def test_a_send_that_nobody_finished_is_unknown_and_not_sent_again(shop: Any, noon: Any) -> None:
    shop.late_orders(1).plan()
    assert len(claimed(shop, noon)) == 1
    assert settle_lapsed(shop.setup, now=noon + LEASE + HOUR) == 1
    shop.run(noon + LEASE + HOUR).run(noon + DAY)
    assert shop.messages("state", "reason", "lease_owner") == [("unknown", "in_doubt", None)]
    assert shop.outbox == []
    [attempt] = shop.rows(Attempt)
    assert attempt.outcome == Outcome.IN_DOUBT.value
    history = [(row.state, row.reason) for row in shop.rows(StateRow)]
    assert history[-2:] == [("sending", "matched"), ("unknown", "in_doubt")]


def test_a_send_whose_lease_still_runs_is_left_alone(shop: Any, noon: Any) -> None:
    shop.late_orders(1).plan()
    claimed(shop, noon)
    assert settle_lapsed(shop.setup, now=noon + LEASE) == 0
    assert shop.messages("state") == [("sending",)]


def test_where_nobody_else_sends_no_lease_is_waited_for(shop: Any, noon: Any) -> None:
    shop.late_orders(1).plan()
    claimed(shop, noon)
    assert settle_lapsed(shop.setup, now=noon, orphaned=True) == 1


def test_a_message_in_doubt_counts_as_a_contact(shop: Any, noon: Any) -> None:
    shop.edit("rules/shop.yaml", ONE, TWO)
    shop.late_orders(1).plan()
    claimed(shop, noon)
    settle_lapsed(shop.setup, now=noon + HOUR)
    kinds = {(row.rule, row.kind) for row in shop.rows(LastSent)}
    assert kinds == {("late", "order"), ("late", "customer")}
    shop.run(noon + 3 * DAY + HOUR)  # the next step comes in its time
    assert shop.messages("step", "state") == [("apology", "unknown"), ("update", "sent")]


def test_an_answer_that_comes_after_the_lease_changes_nothing(shop: Any, noon: Any) -> None:
    shop.late_orders(1).plan()
    [message] = claimed(shop, noon)
    settle_lapsed(shop.setup, now=noon + HOUR)
    with shop.store.write() as connection:
        receipt = shop.setup.senders[message.channel].send(message.outgoing, now=noon)
        record(connection, shop.setup, [(message, receipt)], now=noon + HOUR)
    assert shop.messages("state") == [("unknown",)]


# held messages


@pytest.fixture
def held(shop: Any) -> Any:
    """Two late orders of a rule with two steps, of which none may go without approval."""
    shop.edit(
        "rules/shop.yaml",
        "send_window: daytime",
        "send_window: daytime\n    limits: {hold_above: 1 per hour}",
    )
    shop.edit("rules/shop.yaml", ONE, TWO)
    return shop.late_orders(2).run()


def test_held_messages_that_nobody_approved_in_time_expire(held: Any, noon: Any) -> None:
    assert expire_held(held.setup, now=noon + 2 * DAY - HOUR) == 0
    assert expire_held(held.setup, now=noon + 2 * DAY) == 2
    assert held.messages("state", "reason") == [("expired", "expired")] * 2


def test_what_a_rule_says_later_outlives_a_message_that_expired(held: Any, noon: Any) -> None:
    expire_held(held.setup, now=noon + 2 * DAY)
    held.run(noon + 3 * DAY)
    assert held.messages("step", "state")[:2] == [("apology", "expired"), ("update", "sent")]


# cancel_if


def test_what_was_settled_ends_an_enrollment_long_before_it_is_due(shop: Any, noon: Any) -> None:
    shop.edit("rules/shop.yaml", "send_window: daytime", CANCEL)
    shop.edit("rules/shop.yaml", ONE, TWO)
    shop.late_orders(2).run()
    shop.plan(noon + HOUR)
    ticket(shop, "ana1", noon + HOUR)
    report = cancel_matching(shop.setup, now=noon + 2 * HOUR)
    assert (report.enrollments, report.messages) == ({"late": 1}, 1)
    assert shop.messages("customer_id", "step", "state", "reason") == [
        ("ana1", "apology", "sent", "sent"),
        ("ana1", "update", "cancelled", "cancelled_by_rule"),
        ("ana2", "apology", "sent", "sent"),
        ("ana2", "update", "planned", "matched"),
    ]
    [said] = [row for row in shop.rows(StateRow) if row.state == "cancelled"]
    assert said.note == "customer.open_tickets is at least 1 (rules/shop.yaml:8)"


def test_a_matter_that_was_settled_once_is_not_taken_up_again(shop: Any, noon: Any) -> None:
    shop.edit("rules/shop.yaml", "send_window: daytime", CANCEL)
    shop.edit("rules/shop.yaml", ONE, TWO)
    shop.late_orders(1).run()
    ticket(shop, "ana1", noon + HOUR)
    shop.plan(noon + 2 * HOUR)
    ticket(shop, "ana1", noon + 3 * HOUR, status="closed")
    shop.run(noon + 3 * DAY).run(noon + 4 * DAY)
    assert shop.messages("step", "state") == [("apology", "sent"), ("update", "cancelled")]


def test_a_combined_message_only_loses_the_subject_that_was_settled(shop: Any, noon: Any) -> None:
    more = "send_window: daytime\n    combine_within: 2 hours\n    cancel_if: [status is cancelled]"
    shop.edit("rules/shop.yaml", "send_window: daytime", more)
    shop.late_orders(1)
    shop.order("A-2", "ana1", promised_at=noon - 2 * DAY).plan()
    shop.order("A-1", at=noon + HOUR, status="cancelled")
    report = cancel_matching(shop.setup, now=noon + HOUR)
    assert (report.total, report.messages) == (1, 0)
    shop.run(noon + 3 * HOUR)
    [letter] = (shop.folder / "outbox").glob("*.eml")
    assert "this is about A-2" in letter.read_text("utf-8")


def test_a_combined_message_goes_when_all_of_it_was_settled(shop: Any, noon: Any) -> None:
    more = "send_window: daytime\n    combine_within: 2 hours\n    cancel_if: [status is cancelled]"
    shop.edit("rules/shop.yaml", "send_window: daytime", more)
    shop.late_orders(1)
    shop.order("A-2", "ana1", promised_at=noon - 2 * DAY).plan()
    for number in ("A-1", "A-2"):
        shop.order(number, at=noon + HOUR, status="cancelled")
    assert cancel_matching(shop.setup, now=noon + HOUR).messages == 1
    assert shop.messages("state") == [("cancelled",)]


@pytest.mark.parametrize(
    ("condition", "change"),
    [
        ("status in [cancelled, refunded]", {"status": "refunded"}),  # the order itself
        ("promised_at is more than 2 days away", {"promised_at": timedelta(days=3)}),  # a time
        ("any: [tags include vip, status is paid]", {"tags": ("vip",)}),  # a group
        ("last_sent.late is more than 30 minutes ago", {}),  # what we sent ourselves
    ],
)
def test_every_kind_of_condition_can_cancel(
    shop: Any, noon: Any, condition: str, change: dict[str, Any]
) -> None:
    shop.edit(
        "rules/shop.yaml",
        "send_window: daytime",
        f"send_window: daytime\n    cancel_if:\n      - {condition}",
    )
    shop.edit("rules/shop.yaml", ONE, TWO)
    shop.late_orders(2).run()
    assert cancel_matching(shop.setup, now=noon).total == 0
    at = noon + HOUR
    values = {k: at + v if isinstance(v, timedelta) else v for k, v in change.items()}
    for number in ("A-1", "A-2"):
        shop.order(number, at=at, **values)
    assert cancel_matching(shop.setup, now=at).total == 2


def test_what_was_cancelled_is_asked_no_more(shop: Any, noon: Any) -> None:
    shop.edit("rules/shop.yaml", "send_window: daytime", CANCEL)
    shop.late_orders(1).plan()
    ticket(shop, "ana1", noon)
    assert cancel_matching(shop.setup, now=noon).total == 1
    assert cancel_matching(shop.setup, now=noon).total == 0
    [row] = shop.rows(Enrollment)
    assert (row.state, row.reason) == ("cancelled", "cancelled_by_rule")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_only_active_enrollments_are_looked_at(shop: Any, noon: Any) -> None:
    shop.edit("rules/shop.yaml", "send_window: daytime", CANCEL)
    setup = shop.late_orders(1).plan().setup
    cancel_matching(setup, now=noon)
    [late] = [rule for rule in setup.ruleset if rule.name == "late"]
    prepared = setup.canceller._find(late)
    values = {**prepared.fixed, **prepared.thresholds.values({"now": noon})}
    with shop.store.read() as connection:
        asked = [values[name] for name in prepared.order or ()]
        cursor = connection.connection.cursor().execute(
            "EXPLAIN QUERY PLAN " + prepared.text, asked
        )
        plan = "\n".join(str(row[3]) for row in cursor.fetchall())
    assert "enrollments USING INDEX ix_enrollments_active" in plan
    assert "SCAN" not in plan


# the whole pass


def test_the_whole_of_housekeeping_finds_nothing_when_all_is_well(shop: Any, noon: Any) -> None:
    shop.late_orders(2).run()
    report = keep_house(shop.setup, now=noon + HOUR)
    assert (report.unknown, report.expired) == (0, 0)


def test_daemons_that_are_long_gone_are_forgotten(shop: Any, noon: Any) -> None:
    with shop.store.write() as connection:
        for name, at in (("old", noon - 40 * DAY), ("new", noon - DAY)):
            beat(connection, Process(name, "host", 1, "0", at), at)
    keep_house(shop.setup, now=noon)
    with shop.store.read() as connection:
        assert [row.process for row in beating(connection, noon - 90 * DAY)] == ["new"]
