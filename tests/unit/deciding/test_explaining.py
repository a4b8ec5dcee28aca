"""Explaining: every line says what it found and when that changes, as `holds` would."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from outreach.deciding.explaining import Line, bounds, explain_conditions, explain_rule
from outreach.model import Mode
from outreach.rules.conditions import AllOf, AnyOf, Condition, NoneOf
from outreach.rules.document import Age
from outreach.timing.durations import Duration
from outreach.timing.spans import ALWAYS, NEVER, Spans
from tests.unit.deciding.conftest import CATALOGUE, DAY, HOUR, NOON, a_rule, facts_of, say

MONDAY = datetime.fromisoformat("2026-11-23T11:00+01:00")


def line_of(condition: Condition, now: datetime = NOON, **values: Any) -> Line:
    (line,) = explain_conditions((condition,), facts_of(**values), now)
    return line


@pytest.mark.parametrize(
    ("text", "values", "holds", "true_from", "true_until"),
    [
        # not yet: it says from when
        ("promised_at is more than 1 day ago", {"promised_at": NOON}, False, NOON + DAY, None),
        # already: since when, and no end in sight
        (
            "promised_at is more than 1 day ago",
            {"promised_at": NOON - 2 * DAY},
            True,
            NOON - DAY,
            None,
        ),
        # for a while
        (
            "delivered_at is within the last 2 days",
            {"delivered_at": NOON - DAY},
            True,
            NOON - DAY,
            NOON + DAY,
        ),
        # over: it does not come back by itself
        (
            "delivered_at is within the last 2 days",
            {"delivered_at": NOON - 3 * DAY},
            False,
            None,
            None,
        ),
        # until
        ("promised_at is in the future", {"promised_at": NOON + DAY}, True, None, NOON + DAY),
        # nothing there: only data can change that
        ("promised_at is more than 1 day ago", {}, False, None, None),
        ("promised_at is missing", {}, True, None, None),
        ("status is shipped", {"status": "paid"}, False, None, None),
        # a status that lasts; the weekend does not count
        (
            "status is paid for more than 8 business hours",
            {"status": "paid", "status_changed_at": NOON},
            False,
            NOON.replace(day=23, hour=12),
            None,
        ),
    ],
)
def test_a_sentence_says_when_it_is_true(text, values, holds, true_from, true_until) -> None:
    line = line_of(say(text), **values)
    assert (line.holds, line.true_from, line.true_until) == (holds, true_from, true_until)
    assert line.text == text
    assert line.changes_at == (true_until if holds else true_from)


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("status is not shipped", {"status": "paid"}, (("status", "paid"),)),
        ("customer.tier is gold", {}, (("customer.tier", None),)),
        # two fields: both
        (
            "estimated_at is more than 1 day after promised_at",
            {"estimated_at": NOON, "promised_at": NOON - DAY},
            (("estimated_at", NOON), ("promised_at", NOON - DAY)),
        ),
        # how long: since when
        (
            "status is paid for more than 2 days",
            {"status": "paid", "status_changed_at": NOON},
            (("status", "paid"), ("status_changed_at", NOON)),
        ),
    ],
)
def test_a_sentence_shows_what_it_looked_at(text, values, expected) -> None:
    assert line_of(say(text), **values).values == expected


A, B = say("status is shipped"), say("carrier is DHL")


@pytest.mark.parametrize(
    ("group", "wanted"),
    [
        (AllOf(parts=(A, B)), [True, True, True]),
        (AnyOf(parts=(A, B)), [True, True, True]),
        # inside `none`, a sentence shall not hold
        (NoneOf(parts=(A, B)), [True, False, False]),
        (NoneOf(parts=(AnyOf(parts=(A, B)),)), [True, False, False, False]),
        # of an `all` that shall not hold, any part may
        (NoneOf(parts=(AllOf(parts=(A, B)),)), [True, False, True, True]),
        # not none of A: A
        (NoneOf(parts=(NoneOf(parts=(A,)),)), [True, False, True]),
    ],
)
def test_a_group_says_of_its_parts_whether_they_shall_hold(group, wanted) -> None:
    assert [line.wanted for line in line_of(group).flat()] == wanted


def test_parts_stand_deeper_than_their_group() -> None:
    group = AnyOf(parts=(A, NoneOf(parts=(B,))))
    lines = list(line_of(group, status="shipped", carrier="DHL").flat())
    assert [(line.depth, line.text, line.holds) for line in lines] == [
        (0, "any of", True),
        (1, "status is shipped", True),
        (1, "none of", False),
        (2, "carrier is DHL", True),
    ]


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"status": "shipped"}, []),
        ({"status": "paid"}, ["status is shipped"]),
        # the part of the group that keeps it from applying, not the group
        ({"status": "shipped", "carrier": "DHL"}, ["carrier is DHL"]),
        ({"status": "paid", "carrier": "DHL"}, ["status is shipped", "carrier is DHL"]),
    ],
)
def test_what_keeps_a_rule_silent_is_named(values, missing) -> None:
    rule = a_rule(A, NoneOf(parts=(B, say("carrier is GLS"))))
    lines = explain_rule(rule, facts_of(**values), NOON)
    assert [line.text for line in lines.missing()] == missing
    assert lines.applies is not bool(missing)


def test_a_rule_applies_while_all_its_lines_do() -> None:
    rule = a_rule("promised_at is more than 1 day ago", "placed_at is within the last 5 days")
    facts = facts_of(promised_at=NOON, placed_at=NOON - DAY)
    lines = explain_rule(rule, facts, NOON)
    assert (lines.applies, lines.since, lines.until) == (False, NOON + DAY, NOON + 4 * DAY)
    later = explain_rule(rule, facts, NOON + DAY)
    assert (later.applies, later.since, later.until) == (True, NOON + DAY, NOON + 4 * DAY)


def test_the_age_is_a_line_too() -> None:
    field = CATALOGUE.field(a_rule().about, "promised_at")
    rule = a_rule("promised_at is in the past", age=Age(field, Duration(days=10)))
    lines = explain_rule(rule, facts_of(promised_at=NOON - DAY), NOON)
    assert lines.age is not None
    assert lines.age.text == "younger than 10 days, by promised_at"
    assert (lines.age.holds, lines.age.true_until) == (True, NOON + 9 * DAY)
    assert lines.until == NOON + 9 * DAY
    old = explain_rule(rule, facts_of(promised_at=NOON - 11 * DAY), NOON)
    assert [line.text for line in old.missing()] == ["younger than 10 days, by promised_at"]


def test_the_audience_counts_as_much_as_when() -> None:
    rule = a_rule(A, audience=(say("customer.tier is gold"),))
    lines = explain_rule(rule, facts_of(status="shipped", customer__tier="silver"), NOON)
    assert not lines.applies
    assert [line.text for line in lines.missing()] == ["customer.tier is gold"]


def test_a_rule_that_is_off_never_applies() -> None:
    lines = explain_rule(a_rule(A, mode=Mode.OFF), facts_of(status="shipped"), NOON)
    assert (lines.applies, lines.since) == (False, None)
    assert lines.when[0].holds


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        (ALWAYS, (None, None)),
        (NEVER, (None, None)),
        (Spans.between(NOON - HOUR, NOON + HOUR), (NOON - HOUR, NOON + HOUR)),  # in it
        (Spans.between(NOON + HOUR, NOON + DAY), (NOON + HOUR, NOON + DAY)),  # the next
        (Spans.between(NOON - DAY, NOON), (None, None)),  # just over
        (
            Spans.between(NOON - DAY, NOON - HOUR) | Spans.between(NOON + HOUR, NOON + DAY),
            (NOON + HOUR, NOON + DAY),
        ),
    ],
)
def test_bounds_are_those_of_the_span_that_matters(spans, expected) -> None:
    assert bounds(spans, NOON) == expected


@pytest.mark.parametrize("now", [NOON, NOON + DAY, NOON + 3 * DAY, MONDAY])
@pytest.mark.parametrize(
    "text",
    [
        "promised_at is more than 1 day ago",
        "promised_at is within the next 2 days",
        "promised_at is between 1 day and 3 days ago",
        "status is not shipped",
        "carrier is present",
    ],
)
def test_when_it_changes_is_when_holds_changes(text: str, now: datetime) -> None:
    condition, facts = say(text), facts_of(promised_at=NOON + HOUR, status="paid")
    line = line_of(condition, now, promised_at=NOON + HOUR, status="paid")
    assert line.holds == condition.holds(facts, now)
    if line.changes_at is not None:
        assert condition.holds(facts, line.changes_at) is not line.holds
