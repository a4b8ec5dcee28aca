"""The plan pass: what is due when, what a flood is, and what an edited rule does to its people."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text, update

from outreach.model import MessageState, Reason
from outreach.passes.claim import claim
from outreach.passes.enrol import enrol
from outreach.passes.plan import plan_due
from outreach.store import planning
from outreach.store.frames import table_of
from outreach.store.ledger import Batch, Enrollment, MessageSubject
from outreach.store.ledger import MessageState as StateRow
from outreach.store.states import StateChange, change_states
from outreach.store.subjects import Order
from tests.unit.ledger import add_customer, add_enrollment

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ONE = "      - id: apology\n        send: note\n"
LIMIT = "send_window: daytime\n    limits: {hold_above: 3 per hour}"
COMBINE = "send_window: daytime\n    combine_within: 2 hours"


def limited(shop: Any, more: str = LIMIT) -> Any:
    return shop.edit("rules/shop.yaml", "send_window: daytime", more)


def states(shop: Any) -> list[tuple[str, str]]:
    return shop.messages("state", "reason")


def enrollments(shop: Any) -> list[tuple[Any, ...]]:
    rows = sorted(shop.rows(Enrollment), key=lambda row: row.id)
    return [(row.subject_id, row.state, row.reason) for row in rows]


def warm_up(shop: Any, noon: datetime) -> Any:
    """Let the rules have had their first pass: what matches from now on is new, not found."""
    return shop.plan(noon - DAY)


def late(shop: Any, number: int, at: datetime, of: str | None = None) -> Any:
    """Let an order have become late at an instant."""
    name = of or f"ana{number}"
    if of is None or number == 1:
        shop.customer(name, at=at - 2 * DAY)
    return shop.order(f"A-{number}", name, at=at - 2 * DAY, promised_at=at - DAY)


# what becomes of an enrollment


def test_a_match_becomes_a_message_with_a_history(shop: Any, noon: datetime) -> None:
    warm_up(shop, noon)
    late(shop, 1, noon - HOUR).plan(noon)
    [message] = shop.messages()
    assert (message.state, message.reason, message.purpose) == ("planned", "matched", "service")
    assert (message.planned_for, message.due_at) == (noon - HOUR, noon - HOUR)
    assert (message.expires_at, message.planned_at) == (noon - HOUR + 2 * DAY, noon)
    [said] = shop.rows(StateRow)
    assert (said.message_id, said.at, said.state, said.reason) == (
        message.id,
        noon,
        "planned",
        "matched",
    )
    [row] = shop.rows(Enrollment)
    assert (row.state, row.plan_at) == ("active", None)  # its message is on its way
    assert plan_due(shop.setup, now=noon + HOUR).planned == 0


def test_the_same_occurrence_step_and_repetition_is_the_same_message() -> None:
    ids = {
        planning.message_id(rule, key, step, repetition, channel)
        for rule in ("late", "lat")
        for key in ("order:A-1", "eorder:A-1")  # no way of cutting a text apart gives another's id
        for step in ("apology", "update")
        for repetition in (1, 2)
        for channel in (0, 1)
    }
    assert len(ids) == 32
    assert planning.message_id("late", "order:A-1", "apology", 1) in ids


def test_an_enrollment_of_a_rule_that_is_gone_ends(shop: Any, noon: datetime) -> None:
    with shop.store.write() as connection:
        add_customer(connection)
        add_enrollment(connection, rule="gone", plan_at=noon)
    plan_due(shop.setup, now=noon)
    assert enrollments(shop) == [("A-1", "cancelled", "rule_removed")]


def test_customers_may_come_after_their_orders(shop: Any, noon: datetime) -> None:
    warm_up(shop, noon)
    shop.order("A-1", "ana", at=noon - 2 * DAY, promised_at=noon - DAY)
    shop.order("A-2", "ben", at=noon - 2 * DAY, promised_at=noon - DAY)
    shop.run(noon)
    assert enrollments(shop) == [("A-1", "active", "matched"), ("A-2", "active", "matched")]
    shop.customer("ana", at=noon + HOUR).run(noon + HOUR)
    assert shop.outbox == ["ana@example.com"]
    shop.run(noon + 3 * DAY)  # nobody ever heard of ben
    assert enrollments(shop)[1] == ("A-2", "cancelled", "no_customer")


def test_a_date_that_is_missing_is_looked_for_until_it_comes(shop: Any, noon: datetime) -> None:
    wait = "      - id: apology\n        send: note\n        wait: until estimated_at\n"
    warm_up(shop.edit("rules/shop.yaml", ONE, wait), noon)
    late(shop, 1, noon).plan(noon)
    assert shop.messages() == []
    assert plan_due(shop.setup, now=noon + timedelta(minutes=1)).planned == 0
    shop.order("A-1", at=noon + HOUR, estimated_at=noon + 5 * HOUR).plan(noon + HOUR)
    assert shop.messages("planned_for") == [(noon + 5 * HOUR,)]


# floods


def test_more_at_once_than_a_rule_may_is_held_as_one_batch(shop: Any, noon: datetime) -> None:
    warm_up(limited(shop), noon)
    for number in range(1, 5):
        late(shop, number, noon)
    report = shop.plan(noon) and plan_due(shop.setup, now=noon)
    assert (report.planned, report.held) == (0, 0)  # all was done the first time
    assert states(shop) == [("held", "over_hold_limit")] * 4
    [batch] = shop.rows(Batch)
    assert (batch.id, batch.said) == ("B-1", "4 at once, above 3 per hour")


def test_as_many_as_a_rule_may_are_no_flood(shop: Any, noon: datetime) -> None:
    warm_up(limited(shop), noon)
    for number in range(1, 4):
        late(shop, number, noon)
    assert states(shop.plan(noon)) == [("planned", "matched")] * 3
    assert shop.rows(Batch) == []


def test_what_came_within_the_hour_before_counts(shop: Any, noon: datetime) -> None:
    warm_up(limited(shop), noon)
    for number in range(1, 4):
        late(shop, number, noon)
    shop.plan(noon)
    late(shop, 4, noon + HOUR / 2).plan(noon + HOUR / 2)
    assert states(shop) == [("planned", "matched")] * 3 + [("held", "over_hold_limit")]
    late(shop, 5, noon + 2 * HOUR).plan(noon + 2 * HOUR)
    assert states(shop)[4] == ("planned", "matched")


def test_what_piled_up_in_an_outage_is_no_flood(shop: Any, noon: datetime) -> None:
    """Counted by when they matched: twelve in twelve hours, looked at in one pass."""
    warm_up(limited(shop), noon)
    for number in range(1, 13):
        late(shop, number, noon - number * HOUR)
    assert {state for state, _ in states(shop.plan(noon))} == {"planned"}


def test_what_a_new_rule_finds_on_its_first_day_comes_at_once(shop: Any, noon: datetime) -> None:
    """They were late for days, an hour apart; all of them would be written to now."""
    limited(shop)
    for number in range(1, 5):
        late(shop, number, noon - 2 * number * HOUR)
    assert states(shop.plan(noon)) == [("held", "over_hold_limit")] * 4


def test_a_flood_is_held_after_a_wait_without_a_message_too(shop: Any, noon: datetime) -> None:
    shop.edit("rules/shop.yaml", ONE, "      - wait: 1 day\n" + ONE)
    warm_up(limited(shop), noon)
    for number in range(1, 5):
        late(shop, number, noon)
    shop.plan(noon)
    assert (shop.messages(), shop.rows(Batch)) == ([], [])  # nothing to decide on yet
    assert states(shop.plan(noon + DAY)) == [("held", "over_hold_limit")] * 4
    assert [row.id for row in shop.rows(Batch)] == ["B-1"]


def test_later_steps_are_never_held(shop: Any, noon: datetime) -> None:
    """Who agreed to the first letter has agreed to what follows."""
    second = "      - id: update\n        send: note\n        wait: 1 day\n"
    warm_up(limited(shop.edit("rules/shop.yaml", ONE, ONE + second)), noon)
    for number in range(1, 4):
        late(shop, number, noon)
    shop.run(noon)
    for number in range(4, 8):
        late(shop, number, noon + DAY)
    shop.run(noon + DAY)
    shop.run(noon + DAY + HOUR)
    by_step = shop.messages("step", "state")
    assert by_step.count(("update", "sent")) == 3
    assert by_step.count(("apology", "held")) == 4


def test_all_rules_together_may_not_flood_either(shop: Any, noon: datetime) -> None:
    shop.edit("outreach.yaml", "hold_above: 1000 per hour", "hold_above: 3 per hour")
    warm_up(shop, noon)
    for number in (1, 2):
        late(shop, number, noon - HOUR / 2)
        shop.order(f"A-{number}", at=noon, status="shipped")
    assert states(shop.plan(noon)) == [("held", "over_hold_limit")] * 4
    assert {row.said for row in shop.rows(Batch)} == {
        "2 at once, all rules together above 3 per hour"
    }


def test_who_waits_for_a_customer_since_a_flood_holds_nobody_else(
    shop: Any, noon: datetime
) -> None:
    """It stays unplanned as long as its customer is not known, and the flood was decided on."""
    warm_up(limited(shop), noon)
    shop.order("A-9", "nobody", at=noon, promised_at=noon - 2 * DAY)
    for number in range(1, 5):
        late(shop, number, noon)
    shop.plan(noon)
    late(shop, 5, noon + DAY).plan(noon + DAY)
    assert states(shop) == [("held", "over_hold_limit")] * 4 + [("planned", "matched")]
    shop.customer("nobody", at=noon + DAY).plan(noon + DAY + HOUR)
    assert states(shop)[-1] == ("held", "over_hold_limit")  # it was a part of the flood


def test_a_shadow_floods_nobody(shop: Any, noon: datetime) -> None:
    limited(shop, LIMIT + "\n    mode: shadow")
    for number in range(1, 5):
        late(shop, number, noon)
    assert states(shop.plan(noon)) == [("planned", "matched")] * 4


def test_what_is_enrolled_meanwhile_is_left_to_the_next_pass(shop: Any, noon: datetime) -> None:
    """Nobody has counted it: it might be the flood itself."""
    warm_up(limited(shop), noon)
    late(shop, 1, noon)
    setup = shop.setup
    enrol(shop.store, setup.enroller, setup.catalogue, zone=setup.zone, now=noon)
    to_come = [f"A-{number}" for number in range(2, 7)]

    def meanwhile(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "known_from" in statement and to_come:
            coming = [to_come.pop() for _ in range(len(to_come))]
            with shop.store.write() as other:
                for order in coming:
                    add_enrollment(other, order, customer_id="ana1", plan_at=noon)

    event.listen(shop.store.engine, "after_cursor_execute", meanwhile)
    assert plan_due(setup, now=noon).planned == 1
    assert [state for _, state, _ in enrollments(shop)] == ["active"] * 6  # not even looked at


# combining


def test_orders_of_one_customer_become_parts_of_one_message(shop: Any, noon: datetime) -> None:
    warm_up(limited(shop, COMBINE), noon)
    shop.customer("ben", at=noon - DAY)
    shop.order("A-9", "ben", at=noon - DAY, promised_at=noon - DAY)
    for number, at in ((1, noon), (2, noon + HOUR), (3, noon + 2 * HOUR), (4, noon + 3 * HOUR)):
        late(shop, number, at, of="ana")
        shop.plan(at)
    parts: dict[str, list[str]] = {}
    for part in sorted(shop.rows(MessageSubject), key=lambda p: (p.message_id, p.position)):
        parts.setdefault(part.message_id, []).append(part.subject_id)
    assert sorted(parts.values()) == [["A-1", "A-2", "A-3"], ["A-4"], ["A-9"]]
    assert set(shop.messages("customer_id", "planned_for")) == {
        ("ana", noon + 2 * HOUR),
        ("ana", noon + 5 * HOUR),
        ("ben", noon + 2 * HOUR),
    }


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_nothing_joins_a_message_that_is_being_claimed(shop: Any, noon: datetime) -> None:
    warm_up(limited(shop, COMBINE), noon)
    late(shop, 1, noon, of="ana").plan(noon)
    late(shop, 2, noon + HOUR, of="ana")
    setup, then = shop.setup, noon + 2 * HOUR
    enrol(shop.store, setup.enroller, setup.catalogue, zone=setup.zone, now=then)
    with ThreadPoolExecutor(1) as pool:
        with shop.store.write() as connection:
            [claimed], _ = claim(connection, setup, owner="w", now=then, limit=9)
            planner = pool.submit(plan_due, setup, now=then)
            wait_for_a_lock(shop)
        planner.result()
    assert [part.subject_id for part in claimed.subjects] == ["A-1"]
    assert shop.messages("state", "planned_for") == [
        ("sending", noon + 2 * HOUR),
        ("planned", noon + 3 * HOUR),  # a message of its own
    ]


def wait_for_a_lock(shop: Any) -> None:
    """Wait until somebody waits for a lock."""
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(1_000_000):
        with shop.store.read() as connection:
            if connection.execute(query).scalar():
                return
    pytest.fail("nobody waits")


# rules that were edited


def test_a_step_put_in_front_is_not_said_to_those_who_are_past_it(
    shop: Any, noon: datetime
) -> None:
    second = "      - id: update\n        send: note\n        wait: 1 day\n"
    warm_up(shop.edit("rules/shop.yaml", ONE, ONE + second), noon)
    late(shop, 1, noon).run(noon)
    hello = "      - id: hello\n        send: note\n"
    shop.edit("rules/shop.yaml", ONE, hello + ONE).apply(now=noon + HOUR)
    shop.run(noon + DAY).run(noon + 2 * DAY)
    assert shop.messages("step", "state") == [("apology", "sent"), ("update", "sent")]
    assert enrollments(shop) == [("A-1", "done", "finished")]


def test_a_message_that_is_there_already_stops_no_pass(shop: Any, noon: datetime) -> None:
    """Whatever put an enrollment back to a step that was said: it goes on from there."""
    second = "      - id: update\n        send: note\n        wait: 1 day\n"
    warm_up(shop.edit("rules/shop.yaml", ONE, ONE + second), noon)
    late(shop, 1, noon)
    late(shop, 2, noon).run(noon)
    table = table_of(Enrollment)
    with shop.store.write() as connection:
        connection.execute(
            update(table).where(table.c.subject_id == "A-1").values(step=0, plan_at=noon)
        )
    shop.plan(noon + HOUR)
    assert shop.messages("step", "state") == [
        ("apology", "sent"),
        ("update", "planned"),
        ("apology", "sent"),
        ("update", "planned"),
    ]


# several planners


def test_two_planners_plan_everything_once(shop: Any, noon: datetime) -> None:
    limited(shop, COMBINE)
    with shop.store.write() as connection:
        for n in range(60):
            name = add_customer(connection, f"c{n % 20}") if n < 20 else f"c{n % 20}"
            add_enrollment(connection, f"A-{n}", customer_id=name, plan_at=noon)
        orders = [{"id": f"A-{n}", "customer_id": f"c{n % 20}"} for n in range(60)]
        connection.execute(insert(table_of(Order)), orders)
    together = Barrier(2)

    def work() -> int:
        together.wait()
        return plan_due(shop.setup, now=noon).planned

    assert shop.setup
    with ThreadPoolExecutor(2) as pool:
        planned = [f.result() for f in [pool.submit(work) for _ in range(2)]]
    assert sum(planned) == len(shop.messages()) == 20
    assert len(shop.rows(MessageSubject)) == 60


def test_a_batch_for_one_reason_is_opened_once(shop: Any, noon: datetime) -> None:
    reason = Reason.TEMPLATE_HOLE
    with shop.store.write() as connection:
        first = planning.open_batch(connection, "late", reason, "x", noon)
        assert planning.open_batch(connection, "late", reason, "y", noon) == first
        other = planning.open_batch(connection, "shipped", reason, "x", noon)
        assert (first, other) == ("B-1", "B-2")
        row = table_of(Batch)
        connection.execute(update(row).where(row.c.id == first).values(decided_at=noon))
        assert planning.open_batch(connection, "late", reason, "x", noon) == "B-3"
        assert connection.execute(select(row.c.said).where(row.c.id == first)).scalar() == "x"


def test_a_message_that_was_sent_by_hand_meanwhile_collects_nothing(
    shop: Any, noon: datetime
) -> None:
    warm_up(limited(shop, COMBINE), noon)
    late(shop, 1, noon, of="ana").plan(noon)
    [message] = shop.messages()
    with shop.store.write() as connection:
        sent = StateChange(message.id, MessageState.SENT, Reason.SENT)
        change_states(connection, [sent], noon)
    late(shop, 2, noon + HOUR, of="ana").plan(noon + HOUR)
    assert shop.messages("state") == [("sent",), ("planned",)]
