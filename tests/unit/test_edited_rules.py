"""Edits of rules that have messages under way: what each does to what is planned (product.md 2.9).

Steps that come, go or change places: test_edited_steps.py. Words: test_edited_words.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from outreach.proving.scratch import make_hasty
from outreach.store.ledger import Batch, Enrollment

if TYPE_CHECKING:
    from outreach.store.database import Store

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RULES = """\
format: 1
defaults: {send_window: any time, purpose: transactional}
rules:
  - rule: late
    about: order
    when:
      - promised_at is more than 1 day ago
      - status is placed
    steps:
      - id: a
        send: note
        wait: 3 days
"""
NOTHING = """\
format: 1
defaults: {send_window: any time, purpose: transactional}
rules:
  - rule: other
    about: order
    when:
      - status is returned
    steps:
      - send: note
"""
FILE = "rules/shop.yaml"


@pytest.fixture(autouse=True)
def _hasty(store: Store) -> None:
    make_hasty(store)


@pytest.fixture
def edited(shop: Any) -> Any:
    """A shop that writes three days after an order is late, two days from noon."""
    return shop.write(**{FILE: RULES.replace("", "")})


def test_a_shorter_wait_pulls_what_is_planned_forward(edited: Any, noon: datetime) -> None:
    edited.late_orders(1).plan(noon)
    edited.edit(FILE, "wait: 3 days", "wait: 2 days").apply(now=noon + HOUR)
    [message] = edited.messages()
    assert (message.planned_for, message.due_at) == (noon + DAY, noon + DAY)
    assert (message.state, message.reason) == ("planned", "moved_by_rule_edit")
    edited.run(noon + DAY)
    assert edited.outbox == ["ana1@example.com"]


def test_a_longer_wait_puts_what_is_planned_off(edited: Any, noon: datetime) -> None:
    edited.late_orders(1).plan(noon)
    edited.edit(FILE, "wait: 3 days", "wait: 4 days").apply(now=noon + HOUR)
    assert edited.messages("planned_for", "due_at") == [(noon + 3 * DAY, noon + 3 * DAY)]


def test_nothing_pulled_forward_goes_out_within_a_quarter_of_an_hour(
    edited: Any, noon: datetime
) -> None:
    edited.late_orders(1).plan(noon)
    edit = noon + DAY
    edited.edit(FILE, "wait: 3 days", "wait: 1 hour").apply(now=edit)
    assert edited.messages("due_at") == [(edit + 15 * MINUTE,)]
    edited.run(edit + 14 * MINUTE)
    assert edited.outbox == []
    edited.run(edit + 15 * MINUTE)
    assert edited.outbox == ["ana1@example.com"]


def test_another_window_moves_what_is_planned(edited: Any, noon: datetime) -> None:
    night = noon + 9 * HOUR  # 22:00 in Berlin
    edited.edit(FILE, "        wait: 3 days\n", "        wait: 25 hours\n")
    edited.late_orders(1, at=night).plan(night)
    edited.edit(FILE, "send_window: any time", "send_window: daytime").apply(now=night + MINUTE)
    assert edited.messages("due_at") == [(noon + 20 * HOUR,)]
    # and back: not at its old time, which is past in ten minutes
    edited.edit(FILE, "send_window: daytime", "send_window: any time")
    edited.apply(now=night + 50 * MINUTE)
    assert edited.messages("due_at") == [(night + 65 * MINUTE,)]


def test_a_flood_that_is_pulled_forward_is_held(edited: Any, noon: datetime) -> None:
    edited.edit(FILE, "    steps:", "    limits: {hold_above: 2 per hour}\n    steps:")
    for number in range(3):
        at = noon + 2 * number * HOUR
        edited.customer(f"bo{number}", at=at)
        edited.order(f"B-{number}", f"bo{number}", promised_at=at - 2 * DAY, at=at).plan(at)
    assert edited.messages("state") == [("planned",)] * 3
    edited.edit(FILE, "wait: 3 days", "wait: 1 hour").apply(now=noon + DAY)
    assert edited.messages("state", "reason") == [("held", "over_hold_limit")] * 3
    [batch] = edited.rows(Batch)
    assert batch.said == "pulled forward by version 2, above 2 per hour"


def test_what_a_person_moved_stays_where_they_put_it(edited: Any, noon: datetime) -> None:
    from outreach.passes.decisions import move

    edited.late_orders(1).plan(noon)
    [(number,)] = edited.messages("id")
    move(edited.store, number, noon + 5 * HOUR, who="ana", now=noon)
    edited.edit(FILE, "wait: 3 days", "wait: 4 days").apply(now=noon + HOUR)
    assert edited.messages("due_at") == [(noon + 5 * HOUR,)]


def test_a_wait_without_a_message_is_moved_too(edited: Any, noon: datetime) -> None:
    steps = "      - id: pause\n        wait: 3 days\n      - id: a\n        send: note\n"
    edited.edit(FILE, "      - id: a\n        send: note\n        wait: 3 days\n", steps)
    edited.late_orders(1).plan(noon)
    edited.edit(FILE, "wait: 3 days", "wait: 2 days").apply(now=noon + HOUR)
    edited.run(noon + DAY - MINUTE)
    assert edited.messages() == []
    edited.run(noon + DAY)
    assert edited.outbox == ["ana1@example.com"]


def test_what_no_longer_fits_is_cancelled_by_the_edit(edited: Any, noon: datetime) -> None:
    edited.late_orders(2).order("A-2", carrier="Hermes").plan(noon)
    edited.edit(FILE, "- status is placed", "- status is placed\n      - carrier is Hermes")
    edited.apply(now=noon)
    [first, second] = edited.messages()
    assert (first.state, first.reason) == ("cancelled", "cancelled_by_rule_edit")
    assert second.state == "planned"
    ended = [(row.state, row.reason) for row in edited.rows(Enrollment)]
    assert ended[0] == ("cancelled", "cancelled_by_rule_edit")


def test_who_fits_the_edited_rule_now_is_written_to(edited: Any, noon: datetime) -> None:
    edited.late_orders(1).plan(noon)  # late by two days, and matched after one
    edited.edit(FILE, "more than 1 day", "more than 36 hours").apply(now=noon)
    assert edited.messages("state") == [("planned",)]
    edited.run(noon + 2 * DAY)
    assert edited.outbox == ["ana1@example.com"]


def test_a_new_cancel_if_cancels_what_is_planned(edited: Any, noon: datetime) -> None:
    edited.late_orders(1).order("A-1", carrier="Hermes").plan(noon)
    edited.edit(FILE, "    steps:", "    cancel_if:\n      - carrier is Hermes\n    steps:")
    edited.apply(now=noon)
    assert edited.messages("state", "reason") == [("cancelled", "cancelled_by_rule_edit")]


def test_what_changed_in_the_data_is_not_blamed_on_an_edit(edited: Any, noon: datetime) -> None:
    edited.late_orders(1).plan(noon)
    edited.order("A-1", status="delivered", at=noon + MINUTE)
    edited.edit(FILE, "more than 1 day", "more than 6 hours").apply(now=noon + HOUR)
    assert edited.messages("state") == [("planned",)]
    edited.run(noon + 2 * DAY)
    assert edited.messages("state", "reason") == [("cancelled", "cancelled_by_data")]


def test_a_rule_that_is_removed_ends_at_once(edited: Any, noon: datetime) -> None:
    edited.late_orders(1).plan(noon)
    edited.write(**{FILE: NOTHING}).apply(now=noon + HOUR)
    assert edited.messages("state", "reason") == [("cancelled", "rule_removed")]
    [row] = edited.rows(Enrollment)
    assert (row.state, row.reason) == ("cancelled", "rule_removed")


def test_a_rule_that_comes_back_with_other_steps_begins_with_whom_it_never_met(
    edited: Any, noon: datetime
) -> None:
    edited.late_orders(1).plan(noon)
    edited.write(**{FILE: NOTHING}).apply(now=noon + HOUR)
    back = RULES.replace("", "").replace("wait: 3 days", "wait: 1 hour")
    edited.write(**{FILE: back.replace("id: a", "id: b")}).apply(now=noon + 2 * HOUR)
    edited.late_orders(2, at=noon + 2 * HOUR)
    for hours in range(2, 80, 6):
        edited.run(noon + hours * HOUR)
    assert edited.outbox == ["ana2@example.com"]
    assert edited.messages("state", "step") == [("cancelled", "a"), ("sent", "b")]


@pytest.mark.parametrize("mode", ["shadow", "off"])
def test_a_rule_that_is_live_no_longer_keeps_what_it_planned_for_a_day(
    edited: Any, noon: datetime, mode: str
) -> None:
    edited.late_orders(1).plan(noon)
    edited.edit(FILE, "about: order", f"about: order\n    mode: {mode}").apply(now=noon)
    assert edited.messages("state", "reason") == [("held", "rule_suspended")]
    edited.run(noon + DAY - MINUTE)
    assert edited.messages("state") == [("held",)]
    edited.run(noon + DAY)
    assert edited.messages("state", "reason") == [("cancelled", "cancelled_by_rule_edit")]
    [row] = edited.rows(Enrollment)
    assert (row.state, row.reason) == ("cancelled", "cancelled_by_rule_edit")
    edited.edit(FILE, f"mode: {mode}", "mode: live").apply(now=noon + DAY)
    edited.run(noon + 2 * DAY)
    assert edited.outbox == []


def test_a_rule_that_is_live_again_within_a_day_goes_on(edited: Any, noon: datetime) -> None:
    edited.late_orders(1).plan(noon)
    edited.edit(FILE, "about: order", "about: order\n    mode: off").apply(now=noon)
    edited.run(noon + HOUR)
    edited.edit(FILE, "mode: off", "mode: live").apply(now=noon + 2 * HOUR)
    assert edited.messages("state", "due_at") == [("planned", noon + 2 * DAY)]
    edited.run(noon + 2 * DAY)
    assert edited.outbox == ["ana1@example.com"]


def test_who_waits_without_a_message_is_suspended_too(edited: Any, noon: datetime) -> None:
    steps = "      - id: pause\n        wait: 2 days\n      - id: a\n        send: note\n"
    edited.edit(FILE, "      - id: a\n        send: note\n        wait: 3 days\n", steps)
    edited.late_orders(1).plan(noon)
    at = noon + DAY - HOUR
    edited.edit(FILE, "about: order", "about: order\n    mode: shadow").apply(now=at)
    edited.run(at + 3 * HOUR)
    assert edited.messages() == []
    edited.edit(FILE, "mode: shadow", "mode: live").apply(now=at + 4 * HOUR)
    edited.run(at + 4 * HOUR)
    assert edited.outbox == ["ana1@example.com"]


def test_a_shadow_that_goes_live_begins_with_whom_it_meets_from_then_on(
    edited: Any, noon: datetime
) -> None:
    edited.edit(FILE, "about: order", "about: order\n    mode: shadow")
    edited.late_orders(1).plan(noon)
    edited.edit(FILE, "mode: shadow", "mode: live").apply(now=noon + HOUR)
    edited.late_orders(2, at=noon + HOUR)
    for hours in range(1, 80, 12):
        edited.run(noon + hours * HOUR)
    assert edited.outbox == ["ana2@example.com"]
    assert edited.messages("mode") == [("shadow",), ("live",)]
