"""The starter rules say the right thing at the right time, and nothing when that is better."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.errors import Level
from outreach.model import Channel, Kind, Mode, Purpose, SubjectRef
from outreach.rules.conditions import AllOf
from outreach.rules.document import Rule, Ruleset
from outreach.rules.facts import Facts
from outreach.rules.loader import check_rules
from outreach.workspace import Workspace

ROOT = Path(__file__).resolve().parents[3]
#: a Wednesday in the middle of a working day
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LATE = {"status": "shipped", "promised_at": NOW - 2 * DAY, "placed_at": NOW - 9 * DAY}
COMING = {"status": "paid", "promised_at": NOW + DAY, "placed_at": NOW - 3 * DAY}
WAITING = {"status": "waiting_on_us", "status_changed_at": NOW - 2 * DAY, "priority": "normal"}
TWICE = {"promise": "broken", "promise_changed_at": NOW - 9 * HOUR, "broken_promises": 2}
UNPAID = {
    "status": "returned",
    "refund_promise": "broken",
    "refund_promise_changed_at": NOW - 9 * HOUR,
}
SORRY = "last_sent.delayed-order-apology"


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    workspace = Workspace.open(ROOT)
    ruleset, problems = check_rules(workspace.rule_files(), workspace.names())
    assert problems == []
    assert ruleset is not None
    return ruleset


def rule_of(rules: Ruleset, name: str) -> Rule:
    rule = rules.get(name)
    assert rule is not None
    return rule


def facts_of(rule: Rule, values: dict[str, Any]) -> Facts:
    return Facts(SubjectRef(rule.about, "1"), values)


def applies(rule: Rule, values: dict[str, Any]) -> bool:
    facts = facts_of(rule, values)
    assert rule.age is not None
    age = facts.get(rule.age.field)
    is_young = age is not None and age > NOW - rule.age.length.fixed
    return is_young and all(c.holds(facts, NOW) for c in (*rule.when, *rule.audience))


def test_every_message_of_the_issue_has_its_rule(rules: Ruleset) -> None:
    assert {step.template for rule in rules for step in rule.steps if step.template} == {
        "delay-apology",
        "delay-update",
        "delay-final",
        "out-for-delivery",
        "delivery-check-in",
        "cancellation-confirmed",
        "csat-reminder",
        "csat-request",
        "delivery-csat",
        "return-ces",
        "nps-request",
        "low-score-apology",
        "eta-changed",
        "incident-notice",
        "incident-over",
        "promise-at-risk",
        "refund-promised",
        "ticket-waiting-on-us",
        "ticket-resolved-check-in",
    }


def test_nothing_goes_out_before_somebody_says_so(rules: Ruleset) -> None:
    assert {rule.mode for rule in rules} == {Mode.SHADOW}


@pytest.mark.parametrize("file", ["orders.yaml", "tickets.yaml", "surveys.yaml"])
def test_one_line_a_file_makes_its_rules_live(file: str) -> None:
    workspace = Workspace.open(ROOT)
    text = workspace.rule_files()[f"rules/{file}"]
    live, count = re.subn(r"\bmode: shadow\b", "mode: live", text)
    assert count == 1
    files = {**workspace.rule_files(), f"rules/{file}": live}
    ruleset, problems = check_rules(files, workspace.names())
    assert [p for p in problems if p.level is Level.ERROR] == []
    assert ruleset is not None
    modes = {rule.mode for rule in ruleset if rule.position.file == f"rules/{file}"}
    assert modes == {Mode.LIVE}


def test_every_rule_is_fit_for_the_first_day(rules: Ruleset) -> None:
    for rule in rules:
        assert rule.limits.hold_above is not None, rule.name  # a flood waits for a person
        has_several = rule.about is not Kind.CUSTOMER and any(s.template for s in rule.steps)
        assert rule.combine_within is not None or not has_several, rule.name  # two at once are one
        assert rule.age is not None, rule.name  # nothing old is written to
        assert rule.description, rule.name
        assert rule.owner in Workspace.open(ROOT).settings.owners, rule.name


def test_every_rule_finds_its_subjects_by_an_indexed_time(rules: Ruleset) -> None:
    for rule in rules:
        for branch in AllOf(parts=(*rule.when, *rule.audience)).branches():
            anchors = [e.field for e in (*branch.since, *branch.until) if not e.open_when_missing]
            # incidents are few, and each leads to its orders
            own = [f for f in anchors if f.is_own or f.owner is Kind.INCIDENT]
            assert any(field.indexed for field in own), rule.name


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        # apology
        ("delayed-order-apology", LATE, True),
        # 23 hours late is not yet a day
        ("delayed-order-apology", LATE | {"promised_at": NOW - 23 * HOUR}, False),
        # ancient history
        ("delayed-order-apology", LATE | {"promised_at": NOW - 15 * DAY}, False),
        # it came, by whichever field we know it
        ("delayed-order-apology", LATE | {"status": "delivered"}, False),
        ("delayed-order-apology", LATE | {"delivered_at": NOW - HOUR}, False),
        ("delayed-order-apology", LATE | {"carrier_status": "delivered"}, False),
        ("delayed-order-apology", LATE | {"status": "cancelled"}, False),
        ("delayed-order-apology", LATE | {"status": "returned"}, False),
        # it comes today
        (
            "delayed-order-apology",
            LATE | {"status": "out_for_delivery", "status_changed_at": NOW - 4 * HOUR},
            False,
        ),
        # the van never came
        (
            "delayed-order-apology",
            LATE | {"status": "out_for_delivery", "status_changed_at": NOW - 30 * HOUR},
            True,
        ),
        # a person is talking to them; nobody is
        ("delayed-order-apology", LATE | {"customer.open_tickets": 1}, False),
        ("delayed-order-apology", LATE | {"customer.open_tickets": 0}, True),
        # they have just had the new date; they had it long ago, and it is still not there
        ("delayed-order-apology", LATE | {"last_sent.eta-changed": NOW - 2 * DAY}, False),
        ("delayed-order-apology", LATE | {"last_sent.eta-changed": NOW - 4 * DAY}, True),
        ("delayed-order-apology", LATE | {"tags": ("pre-order",)}, False),
        # update
        ("delayed-order-update", LATE | {SORRY: NOW - 3 * DAY}, True),
        ("delayed-order-update", LATE | {SORRY: NOW - 2 * DAY}, False),
        ("delayed-order-update", LATE, False),  # without an apology there is nothing to follow
        ("delayed-order-update", LATE | {SORRY: NOW - 3 * DAY, "status": "delivered"}, False),
        # a new promise was made meanwhile
        ("delayed-order-update", LATE | {SORRY: NOW - 3 * DAY, "promised_at": NOW + DAY}, False),
        # final
        ("delayed-order-final", LATE | {SORRY: NOW - 12 * DAY}, True),
        ("delayed-order-final", LATE | {SORRY: NOW - 11 * DAY}, False),
        ("delayed-order-final", LATE | {SORRY: NOW - 12 * DAY, "status": "refunded"}, False),
        # no "would you rather have your money back" while the van is on its way
        (
            "delayed-order-final",
            LATE | {SORRY: NOW - 12 * DAY, "status": "out_for_delivery"},
            False,
        ),
        # promise at risk
        ("promise-at-risk", COMING, True),
        ("promise-at-risk", COMING | {"promised_at": NOW + 3 * DAY}, False),
        ("promise-at-risk", COMING | {"promised_at": NOW - HOUR}, False),  # too late to warn
        ("promise-at-risk", COMING | {"shipped_at": NOW - HOUR}, False),
        ("promise-at-risk", COMING | {"carrier_status": "in_transit"}, False),
        ("promise-at-risk", COMING | {"carrier_status": "pre_transit"}, True),  # a label only
        # ordered this morning for tomorrow
        ("promise-at-risk", COMING | {"placed_at": NOW - 5 * HOUR}, False),
        # the estimate moved
        ("eta-changed", COMING | {"estimated_at": NOW + 4 * DAY}, True),
        ("eta-changed", COMING | {"estimated_at": NOW + 30 * HOUR}, False),  # by six hours
        ("eta-changed", COMING | {"estimated_at": NOW - DAY}, False),  # sooner than promised
        ("eta-changed", LATE | {"estimated_at": NOW + DAY}, False),  # the apology speaks
        # out for delivery
        (
            "out-for-delivery",
            {"status": "out_for_delivery", "status_changed_at": NOW - HOUR},
            True,
        ),
        (
            "out-for-delivery",
            {"status": "out_for_delivery", "status_changed_at": NOW - 3 * HOUR},
            False,
        ),
        # is all well?
        ("delivery-check-in", {"status": "delivered", "delivered_at": NOW - DAY}, True),
        ("delivery-check-in", {"status": "returned", "delivered_at": NOW - DAY}, False),
        # it came late
        (
            "delivery-check-in",
            {"status": "delivered", "delivered_at": NOW - DAY, "promised_at": NOW - 3 * DAY},
            False,
        ),
        # it came in time, but we had to say sorry
        (
            "delivery-check-in",
            {"status": "delivered", "delivered_at": NOW - DAY, SORRY: NOW - 2 * DAY},
            False,
        ),
        # another order of theirs was late
        (
            "delivery-check-in",
            {
                "status": "delivered",
                "delivered_at": NOW - DAY,
                f"customer.{SORRY}": NOW - 5 * DAY,
            },
            False,
        ),
        # cancelled
        ("cancellation-confirmed", {"status": "refunded", "status_changed_at": NOW - HOUR}, True),
        ("cancellation-confirmed", {"status": "cancelled", "status_changed_at": NOW - HOUR}, True),
        (
            "cancellation-confirmed",
            {"status": "cancelled", "status_changed_at": NOW - 2 * DAY},
            False,
        ),
        # it came back
        ("refund-promised", {"status": "returned", "status_changed_at": NOW - HOUR}, True),
        ("refund-promised", {"status": "refunded", "status_changed_at": NOW - HOUR}, False),
        (
            "refund-promised",
            {"status": "returned", "status_changed_at": NOW - HOUR, "refunded_at": NOW},
            False,
        ),
        # our word was broken: once is for a letter, twice for a person, and only until it came
        ("second-broken-promise", LATE | TWICE, True),
        ("second-broken-promise", LATE | TWICE | {"broken_promises": 1}, False),
        ("second-broken-promise", LATE | TWICE | {"promise_changed_at": NOW - 11 * DAY}, False),
        ("second-broken-promise", LATE | TWICE | {"delivered_at": NOW}, False),
        ("refund-overdue", UNPAID, True),
        ("refund-overdue", UNPAID | {"refund_promise": "kept"}, False),
        ("refund-overdue", UNPAID | {"status": "refunded"}, False),
        # a ticket waits on us: 8 business hours are a working day
        ("ticket-waiting-on-us", WAITING, True),
        ("ticket-waiting-on-us", WAITING | {"status_changed_at": NOW - 20 * HOUR}, False),
        ("ticket-waiting-on-us", WAITING | {"status": "waiting_on_customer"}, False),
        ("ticket-waiting-on-us", WAITING | {"reason": "spam"}, False),
        # an agent has just written; the customer has, and waits all the more
        (
            "ticket-waiting-on-us",
            WAITING | {"last_reply_by": "agent", "last_reply_at": NOW - HOUR},
            False,
        ),
        (
            "ticket-waiting-on-us",
            WAITING | {"last_reply_by": "customer", "last_reply_at": NOW - HOUR},
            True,
        ),
        # a ticket was resolved
        ("ticket-resolved-check-in", {"status": "resolved", "resolved_at": NOW - DAY}, True),
        # many help desks close by themselves
        ("ticket-resolved-check-in", {"status": "closed", "resolved_at": NOW - DAY}, True),
        ("ticket-resolved-check-in", {"status": "open", "resolved_at": NOW - DAY}, False),
        # they have another question open
        (
            "ticket-resolved-check-in",
            {"status": "resolved", "resolved_at": NOW - DAY, "customer.open_tickets": 1},
            False,
        ),
        # the order it was about is late and not there
        (
            "ticket-resolved-check-in",
            {"status": "resolved", "resolved_at": NOW - DAY, "order.promised_at": NOW - DAY},
            False,
        ),
        # it was late and has come
        (
            "ticket-resolved-check-in",
            {
                "status": "resolved",
                "resolved_at": NOW - DAY,
                "order.promised_at": NOW - 4 * DAY,
                "order.status": "delivered",
                "order.delivered_at": NOW - 2 * DAY,
            },
            True,
        ),
    ],
)
def test_it_speaks_when_it_should(
    name: str, values: dict[str, Any], expected: bool, rules: Ruleset
) -> None:
    assert applies(rule_of(rules, name), values) is expected


def test_no_rule_apologises_or_asks_once_the_order_is_settled(rules: Ruleset) -> None:
    settled = [{"status": s} for s in ("delivered", "cancelled", "refunded", "returned")]
    about_delays = [
        rule_of(rules, name)
        for name in ("delayed-order-apology", "delayed-order-update", "delayed-order-final")
    ]
    for rule in [*about_delays, rule_of(rules, "promise-at-risk"), rule_of(rules, "eta-changed")]:
        for change in [*settled, {"delivered_at": NOW}]:
            base = LATE if rule in about_delays else COMING
            values = base | {SORRY: NOW - 12 * DAY, "estimated_at": NOW + 9 * DAY} | change
            assert not applies(rule, values), (rule.name, change)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("delayed-order-update", {"customer.open_tickets": 1}),
        ("delayed-order-update", {"delivered_at": NOW}),
        ("delayed-order-update", {"status": "refunded"}),
        ("delivery-check-in", {"customer.open_tickets": 2}),
        ("delivery-check-in", {"return_requested_at": NOW}),
        ("ticket-waiting-on-us", {"status": "resolved"}),
        (
            "ticket-waiting-on-us",
            WAITING | {"last_reply_by": "agent", "last_reply_at": NOW - HOUR},
        ),
        ("ticket-resolved-check-in", {"status": "open"}),  # reopened
        ("ticket-resolved-check-in", {"status": "closed", "customer.open_tickets": 1}),
    ],
)
def test_what_waits_is_stopped_when_things_change(
    name: str, values: dict[str, Any], rules: Ruleset
) -> None:
    rule = rule_of(rules, name)
    assert any(c.holds(facts_of(rule, values), NOW) for c in rule.cancel_if)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("delayed-order-update", LATE),
        ("delivery-check-in", {"status": "delivered", "delivered_at": NOW}),
        ("ticket-waiting-on-us", WAITING),
        ("ticket-resolved-check-in", {"status": "resolved", "resolved_at": NOW}),
    ],
)
def test_what_has_just_begun_is_not_stopped_at_once(
    name: str, values: dict[str, Any], rules: Ruleset
) -> None:
    rule = rule_of(rules, name)
    assert not any(c.holds(facts_of(rule, values), NOW) for c in rule.cancel_if)


def test_where_two_would_speak_one_keeps_silent(rules: Ruleset) -> None:
    assert rule_of(rules, "eta-changed").takes_over == ("promise-at-risk",)
    assert rule_of(rules, "delayed-order-final").takes_over == ("delayed-order-update",)


def test_the_updates_come_as_often_as_the_messages_promise(rules: Ruleset) -> None:
    """The apology and each update say "in 3 days we write again"; the final one keeps the last."""
    (update,) = rule_of(rules, "delayed-order-update").steps
    assert update.repeat is not None
    assert (str(update.repeat.every), update.repeat.times) == ("3 days", 3)
    final = rule_of(rules, "delayed-order-final")
    assert final.when[0].branches()[0].since[0].shift.duration.days == 3 * (update.repeat.times + 1)


def test_only_what_is_due_to_a_purchase_may_ignore_quiet_hours(rules: Ruleset) -> None:
    at_any_time = {rule.name for rule in rules if rule.window_name == "any time"}
    assert at_any_time == {"cancellation-confirmed"}
    assert rule_of(rules, "cancellation-confirmed").purpose is Purpose.TRANSACTIONAL


def test_at_night_nobody_is_woken(rules: Ruleset) -> None:
    for rule in rules:
        if rule.window_name == "any time":
            assert all(step.via == (Channel.EMAIL,) for step in rule.steps), rule.name


def test_orders_and_tickets_stand_in_their_own_files(rules: Ruleset) -> None:
    kinds = {(Path(rule.position.file).stem, rule.about) for rule in rules}
    assert kinds == {
        *(("orders", Kind.ORDER), ("people", Kind.ORDER), ("incidents", Kind.ORDER)),
        *(("tickets", Kind.TICKET), ("surveys", Kind.TICKET), ("surveys", Kind.ORDER)),
        *(("surveys", Kind.CUSTOMER), ("surveys", Kind.RESPONSE)),
    }
