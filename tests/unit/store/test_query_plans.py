"""Rules are answered by an index on their own time: what is missing in many rows misleads nobody.

`delivered_at is missing` is an equality to SQLite, which prefers its index to the narrow range of
the time that matters. Each branch of a rule must be read through such a range, and nothing else
but the few rows it leads to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Connection

from outreach.rules.document import Rule, Ruleset
from outreach.rules.loader import load_rules
from outreach.store.cancelling import Canceller
from outreach.store.database import Store
from outreach.store.enrolling import Enroller, Question, Window
from outreach.store.frames import Thresholds, table_of
from outreach.store.matching import crossing, from_staged, matching, together
from outreach.store.prepared import Prepared, prepare
from outreach.store.staging import prepare as prepare_staging
from outreach.store.staging import staged_table
from outreach.timing.instants import to_micros
from outreach.timing.periods import stretch_of
from outreach.workspace import Workspace
from tests.unit.store.large_shop import NOW
from tests.unit.store.plans import Run, plan, prepared, reads

ROOT = Path(__file__).resolve().parents[3]
MINUTE = timedelta(minutes=1)
PROMISED, PLACED, STATUS = "orders.promised_at", "orders.placed_at", "orders.status_changed_at"
SENT = "last_sent.sent_at"
#: the hints, in SQLite's words
BARRED, LOOKED_UP = r"\+(?=orders\.)", r"likely(?=\()"

#: what is read for the rules we bring: at every pass, and when a rule is new or all is swept
OURS: dict[str, tuple[set[str], set[str]]] = {
    "delayed-order-apology": ({PROMISED, STATUS, SENT}, {PROMISED}),
    "delayed-order-update": ({PROMISED, SENT}, {SENT}),
    "delayed-order-final": ({PROMISED, SENT}, {SENT}),
    "promise-at-risk": ({PROMISED, PLACED}, {PROMISED}),
    # becomes true only when the data changes
    "eta-changed": (set(), {PROMISED}),
    "out-for-delivery": ({STATUS}, {STATUS}),
    "delivery-check-in": ({"orders.delivered_at", SENT}, {"orders.delivered_at"}),
    "cancellation-confirmed": ({STATUS}, {STATUS}),
    "ticket-waiting-on-us": (
        {"tickets.status_changed_at", "tickets.last_reply_at"},
        {"tickets.status_changed_at"},
    ),
    "ticket-resolved-check-in": ({"tickets.resolved_at"}, {"tickets.resolved_at"}),
    "incident-notice": ({"incidents.opened_at"}, {"incidents.opened_at"}),
    "refund-promised": ({STATUS}, {STATUS}),
    "second-broken-promise": (
        {"orders.promise_changed_at"},
        {"orders.promise_changed_at"},
    ),
    "refund-overdue": (
        {"orders.refund_promise_changed_at"},
        {"orders.refund_promise_changed_at"},
    ),
    "ticket-csat": ({"tickets.resolved_at"}, {"tickets.resolved_at"}),
    "delivery-csat": ({"orders.delivered_at"}, {"orders.delivered_at"}),
    "return-ces": ({"orders.refunded_at"}, {"orders.refunded_at"}),
    "nps-quarterly": (
        {"customers.first_order_at", "customers.last_order_at", "customers.last_contact_at", SENT},
        {"customers.last_order_at"},
    ),
    "low-score-recovery": ({"responses.received_at"}, {"responses.received_at"}),
    "vip-delay-to-person": ({PROMISED}, {PROMISED}),
    "delayed-order-to-person": ({SENT}, {SENT}),
    "asking": ({"tickets.resolved_at"}, {"tickets.resolved_at"}),
    "answered-badly": ({"responses.received_at"}, {"responses.received_at"}),
    "every-key": ({PROMISED}, {PROMISED}),
    "every-sentence": ({PLACED, PROMISED, STATUS, SENT}, {PLACED}),
}
#: one incident has many orders: for all of two weeks PostgreSQL rather reads every order, hourly
SWEPT_WHOLE = {"incident-notice"}
#: of these, what can be called off by `cancel_if`
CANCELLING = [
    "asking",
    "delayed-order-update",
    "delivery-check-in",
    "delivery-csat",
    "every-key",
    "nps-quarterly",
    "refund-promised",
    "return-ces",
    "ticket-csat",
    "ticket-resolved-check-in",
    "ticket-waiting-on-us",
]


class Shape(NamedTuple):
    """A form of rule: what it says in YAML, and what is read for it, as above."""

    when: str
    every_pass: set[str]
    all_rows: set[str]
    about: str = "order"
    once_per: str = ""


SHAPES = {
    "ago": Shape("[promised_at is more than 1 day ago]", {PROMISED}, {PROMISED}),
    "ago, and something is missing": Shape(
        "[promised_at is more than 1 day ago, delivered_at is missing, cancelled_at is missing]",
        {PROMISED},
        {PROMISED},
    ),
    # in one of its branches the estimate is missing
    "ago, and another is not ahead": Shape(
        "[promised_at is more than 1 day ago, none: [estimated_at is in the future]]",
        {PROMISED, "orders.estimated_at"},
        {PROMISED},
    ),
    "within the last": Shape("[promised_at is within the last 2 days]", {PROMISED}, {PROMISED}),
    "between": Shape("[promised_at is between 2 days and 5 days ago]", {PROMISED}, {PROMISED}),
    "within the next": Shape("[promised_at is within the next 2 days]", {PROMISED}, {PROMISED}),
    # these end with time and do not begin with it
    "away": Shape("[promised_at is more than 2 days away]", set(), {PROMISED}),
    "future": Shape("[promised_at is in the future]", set(), {PROMISED}),
    "past": Shape("[promised_at is in the past]", {PROMISED}, {PROMISED}),
    # dates are constants: the age bounds them
    "before a date": Shape("[promised_at is before 2026-12-24]", set(), {PROMISED}),
    "after a date": Shape("[promised_at is after 2026-11-01]", set(), {PROMISED}),
    "two times apart": Shape(
        "[estimated_at is more than 1 day after promised_at]", set(), {"orders.estimated_at"}
    ),
    "has been": Shape("[status is packed for more than 2 days]", {STATUS}, {STATUS}),
    "business days": Shape(
        '["status in [paid, packed] for more than 1 business day"]', {STATUS}, {STATUS}
    ),
    "business hours ago": Shape(
        "[promised_at is more than 4 business hours ago]", {PROMISED}, {PROMISED}
    ),
    "business hours ahead": Shape(
        "[promised_at is within the next 4 business hours]", {PROMISED}, {PROMISED}
    ),
    "any of two times": Shape(
        "[any: [promised_at is more than 1 day ago, estimated_at is more than 2 days ago]]",
        {PROMISED, "orders.estimated_at"},
        {PROMISED},
    ),
    "all of two times": Shape(
        "[promised_at is more than 1 day ago, shipped_at is more than 2 days ago]",
        {PROMISED, "orders.shipped_at"},
        {PROMISED},
    ),
    "a time denied": Shape(
        "[promised_at is more than 1 day ago, none: [shipped_at is within the last 2 days]]",
        {PROMISED, "orders.shipped_at"},
        {PROMISED},
    ),
    "what we sent": Shape("[last_sent.other is more than 3 days ago]", {SENT}, {SENT}),
    "what we sent lately": Shape("[last_sent.other is within the last 3 days]", {SENT}, {SENT}),
    # times of another row: begun there
    "what we sent the customer": Shape(
        "[customer.last_sent.other is more than 3 days ago]", {SENT}, {SENT}
    ),
    "a time of the customer": Shape(
        "[customer.created_at is more than 3 days ago]",
        {"customers.created_at"},
        {"customers.created_at"},
    ),
    "a time of the customer too": Shape(
        "[placed_at is within the last 30 days, customer.created_at is more than 3 days ago]",
        {PLACED, "customers.created_at"},
        {PLACED},
    ),
    "a ticket's order": Shape(
        "[order.promised_at is more than 1 day ago]", {PROMISED}, {PROMISED}, "ticket"
    ),
    "a ticket's order too": Shape(
        "[opened_at is within the last 9 days, order.status is packed for more than 1 day]",
        {"tickets.opened_at", STATUS},
        {"tickets.opened_at"},
        "ticket",
    ),
    "a customer": Shape(
        "[last_order_at is more than 60 days ago]",
        {"customers.last_order_at"},
        {"customers.last_order_at"},
        "customer",
    ),
    "once a month": Shape(
        "[last_order_at is within the last 60 days]",
        {"customers.last_order_at"},
        {"customers.last_order_at"},
        "customer",
        "customer and month",
    ),
    "once a value": Shape(
        "[promised_at is more than 1 day ago]", {PROMISED}, {PROMISED}, "order", "order and status"
    ),
    "once a customer": Shape(
        "[promised_at is more than 1 day ago]", {PROMISED}, {PROMISED}, "order", "customer"
    ),
    # no time in `when`: true from a change on, and the age bounds what is looked through
    "a status": Shape("[status is shipped]", set(), {STATUS}),
    "an amount": Shape("[total is at least 100 EUR]", set(), {PLACED}),
    "a tier": Shape("[tier is gold]", set(), {"customers.created_at"}, "customer"),
    "a priority": Shape(
        "[priority is urgent, status is not closed]",
        set(),
        {"tickets.priority_changed_at"},
        "ticket",
    ),
    "a time denied alone": Shape("[none: [promised_at is more than 1 day ago]]", set(), {PLACED}),
    # all rows are read, and `check` says so (W310): when a new month begins, and at every pass
    "nothing but a month": Shape(
        "[tier is gold]", set(), {"all customers"}, "customer", "customer and month"
    ),
    "a time without an index": Shape(
        "[updated_at is more than 1 day ago]", {"all orders"}, {"all orders"}
    ),
}


@dataclass(frozen=True)
class Asked:
    """A large shop that rules are asked about, on one kind of database."""

    connection: Connection
    rules: Ruleset
    enroller: Enroller

    @property
    def is_sqlite(self) -> bool:
        return self.connection.dialect.name == "sqlite"

    def rule(self, name: str) -> Rule:
        found = self.rules.get(name)
        assert found is not None
        return found

    def statement(self, rule: Rule, question: Question) -> Prepared | None:
        """Return what enrolling would run."""
        return self.enroller._prepared("insert", rule, question)

    def explained(self, rule: Rule, question: Question, statement: Prepared) -> Run:
        since = NOW - MINUTE if question == "changed" else NOW - timedelta(days=1)
        window = Window(since, NOW)
        if rule.once_per.period:
            zone = Workspace.open(ROOT).names().zone
            window = replace(window, stretch=stretch_of(NOW, rule.once_per.period, zone))
        return prepared(self.connection, statement, window.values(statement.thresholds))

    def reads(self, rule: Rule, question: Question) -> list[str]:
        statement = self.statement(rule, question)
        if statement is None:
            return []
        return reads(self.connection, self.explained(rule, question, statement))


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    """Return our rules, the examples and one for each shape."""
    workspace = Workspace.open(ROOT)
    head = "format: 1\ndefaults: {mode: shadow, calendar: care-team, purpose: service}\n"
    shapes = "".join(
        f"- rule: {name(title)}\n  about: {shape.about}\n  when: {shape.when}\n"
        + (f"  once_per: {shape.once_per}\n" if shape.once_per else "")
        + "  steps: [{send: delay-apology}]\n"
        for title, shape in {**SHAPES, "other": SHAPES["ago"]}.items()
    )
    examples = (ROOT / "rules.example.yaml").read_text("utf-8")
    files = {"rules.example.yaml": examples, "shapes.yaml": f"{head}rules:\n{shapes}"}
    return load_rules({**workspace.rule_files(), **files}, workspace.names())


def name(title: str) -> str:
    return re.sub(r"\W+", "-", title)


@pytest.fixture(scope="module")
def asked(large_store: Store, rules: Ruleset) -> Iterator[Asked]:
    with large_store.engine.connect() as connection:
        prepare_staging(connection)
        yield Asked(connection, rules, Enroller(rules, connection.dialect))
        connection.rollback()


def test_every_rule_we_bring_is_asked_about(rules: Ruleset) -> None:
    shapes = {name(title) for title in SHAPES}
    assert {rule.name for rule in rules} == {*OURS, *shapes, "other"}
    assert sorted(rule.name for rule in rules if rule.cancel_if) == CANCELLING


@pytest.mark.parametrize("rule", OURS)
def test_our_rules_read_by_their_own_times(asked: Asked, rule: str) -> None:
    check(asked, asked.rule(rule), *OURS[rule])


@pytest.mark.parametrize("title", SHAPES)
def test_every_shape_of_rule_reads_by_its_own_times(asked: Asked, title: str) -> None:
    shape = SHAPES[title]
    check(asked, asked.rule(name(title)), shape.every_pass, shape.all_rows)


def check(asked: Asked, rule: Rule, every_pass: set[str], all_rows: set[str]) -> None:
    changed, swept = asked.reads(rule, "changed"), asked.reads(rule, "standing")
    assert set(changed) == every_pass
    if asked.is_sqlite:
        assert set(swept) == all_rows
        # one range a branch: none of them hides behind another's
        parts = crossing(matching(rule), Thresholds(), staged_table(rule.about))
        assert len(changed) == len(parts)
        assert len(swept) == len(matching(rule).branches)
    elif rule.name not in SWEPT_WHOLE:
        assert all_rows <= set(swept)
        # over a whole day PostgreSQL may find it cheaper to read another table at once
        own = table_of(rule.about).name
        if any(read.startswith(f"{own}.") for read in all_rows):
            assert f"all {own}" not in swept


@pytest.mark.parametrize("title", SHAPES)
def test_of_what_changed_only_the_staged_rows_are_read(asked: Asked, title: str) -> None:
    rule, thresholds = asked.rule(name(title)), Thresholds()
    parts = from_staged(matching(rule), thresholds, staged_table(rule.about))
    statement = prepare(together(parts), asked.connection.dialect, thresholds)
    found = reads(asked.connection, asked.explained(rule, "changed", statement))
    # PostgreSQL knows how few messages lie in a range, and may begin with them
    assert set(found) <= (set() if asked.is_sqlite else {SENT})


@pytest.mark.parametrize("rule", CANCELLING)
def test_cancelling_reads_what_is_active(asked: Asked, rule: str) -> None:
    its = asked.rule(rule)
    statement = Canceller(asked.connection.dialect)._find(its)
    values = statement.thresholds.values({"now": NOW})
    found = plan(asked.connection, prepared(asked.connection, statement, values))
    indexes = {access.index for access in found if access.table == "enrollments"}
    if asked.is_sqlite:
        assert indexes == {"ix_enrollments_active"}
        others = [access for access in found if access.table != "enrollments"]
        assert all(access.is_lookup for access in others), others
    else:
        # it may take all active ones of whatever rule, and hash a shop as small as this
        assert indexes <= {"ix_enrollments_active", "ix_enrollments_plan"}


# the tests above can fail


@pytest.mark.parametrize("large_store", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("title", "question", "hint", "instead"),
    [
        # the very trap: a missing value is an equality
        ("ago, and another is not ahead", "changed", BARRED, "orders with one estimated_at"),
        ("ago, and another is not ahead", "standing", BARRED, "orders with one estimated_at"),
        # an outer join that a condition makes an inner one
        ("what we sent", "changed", LOOKED_UP, "last_sent with one kind+rule"),
    ],
)
def test_without_its_hint_sqlite_reads_too_much(
    asked: Asked, title: str, question: Question, hint: str, instead: str
) -> None:
    rule = asked.rule(name(title))
    statement = asked.statement(rule, question)
    assert statement is not None
    bare = replace(statement, text=re.sub(hint, "", statement.text))
    assert bare != statement
    found = reads(asked.connection, asked.explained(rule, question, bare))
    assert instead in found


LOOKUPS = """\
SELECT orders.id FROM customers JOIN orders ON customer_id = customers.id
WHERE customers.id IN ('C-1', 'C-2')"""


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT id FROM orders WHERE status = 'paid'", ["all orders"]),
        ("SELECT id FROM orders WHERE promised_at + 0 > {now}", ["all orders"]),
        ("SELECT count(*) FROM orders", ["all orders"]),
        ("SELECT id FROM orders WHERE promised_at > {now} AND promised_at < {soon}", [PROMISED]),
        ("SELECT id FROM orders WHERE id = 'O-1'", []),
        (LOOKUPS, []),
    ],
)
def test_plans_are_read_rightly(asked: Asked, statement: str, expected: list[str]) -> None:
    now = to_micros(NOW)
    text = statement.format(now=now, soon=to_micros(NOW + MINUTE))
    bare = Prepared(text, {}, None, Thresholds())
    assert reads(asked.connection, prepared(asked.connection, bare, {})) == expected
