"""Caps: cooldowns, caps for a customer, totals and the contact policy, against counting by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.deciding.caps import (
    Contact,
    bursts,
    judge_contact_policy,
    judge_cooldown,
    judge_customer_cap,
    judge_total,
    longest_memory,
    rate_free_at,
)
from outreach.deciding.verdicts import GO, Decision
from outreach.model import Kind, Position, Purpose, Reason
from outreach.rules.document import Rule
from outreach.rules.limits import ContactRule, Limits, Rate
from outreach.timing.durations import Duration, parse_duration
from outreach.timing.windows import ANY_TIME

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
LATE = Rule(
    name="late",
    about=Kind.ORDER,
    purpose=Purpose.SERVICE,
    when=(),
    steps=(),
    window=ANY_TIME,
    expires_after=Duration(days=2),
    position=Position("rules.yaml", 1),
)


def limited(**limits: Any) -> Rule:
    return replace(LATE, limits=Limits(**limits))


def ago(text: str) -> datetime:
    return NOON - parse_duration(text).fixed


def contact(
    text: str, rule: str = "late", purpose: Purpose = Purpose.SERVICE, *own: int
) -> Contact:
    return Contact(rule, purpose, ago(text), frozenset(own or [99]))


# one rule and one customer


@pytest.mark.parametrize(
    ("contacts", "own", "goes"),
    [
        ([], [1], True),  # never heard from us
        ([contact("13 days")], [1], False),  # too early
        ([contact("14 days")], [1], True),  # to the moment
        ([contact("20 days"), contact("1 day")], [1], False),  # the latest one counts
        ([contact("1 day", "other")], [1], True),  # another rule's letter
        ([contact("1 day", "late", Purpose.SERVICE, 1)], [1], True),  # this enrollment's own step
        ([contact("1 day", "late", Purpose.SERVICE, 1, 2)], [1], True),  # own step, combined then
        ([contact("1 day", "late", Purpose.SERVICE, 1)], [2, 1], True),  # own step, combined now
    ],
)
def test_a_cooldown_keeps_a_rule_from_one_customer_but_not_from_its_own_steps(
    contacts: list[Contact], own: list[int], goes: bool
) -> None:
    verdict = judge_cooldown(limited(cooldown=Duration(days=14)), contacts, frozenset(own), NOON)
    assert (verdict == GO) is goes
    assert goes or verdict.reason is Reason.COOLDOWN


@pytest.mark.parametrize(
    ("contacts", "goes"),
    [
        ([], True),
        ([contact("1 day"), contact("29 days")], True),  # one more may go
        ([contact("1 day"), contact("2 days"), contact("29 days")], False),  # three are enough
        ([contact("1 day"), contact("2 days"), contact("30 days")], True),  # one has just aged out
        ([contact("1 day", "other")] * 5, True),  # other rules have their own caps
        ([contact("1 day", "late", Purpose.SERVICE, 1)] * 5, True),  # steps are one occurrence
    ],
)
def test_a_customer_hears_from_a_rule_no_more_often_than_its_cap(
    contacts: list[Contact], goes: bool
) -> None:
    rule = limited(per_customer=Rate(3, Duration(days=30)))
    verdict = judge_customer_cap(rule, contacts, frozenset([1]), NOON)
    assert (verdict == GO) is goes
    assert goes or verdict.reason is Reason.CUSTOMER_CAP


def test_without_limits_nothing_is_asked() -> None:
    many = [contact("1 minute")] * 50
    assert judge_cooldown(LATE, many, frozenset(), NOON) == GO
    assert judge_customer_cap(LATE, many, frozenset(), NOON) == GO
    assert judge_total(LATE, [NOON] * 50, NOON) == GO


# the contact policy, across rules

BOTH = frozenset({Purpose.SERVICE, Purpose.SURVEY})
GAP = ContactRule(frozenset({Purpose.SERVICE}), gap=Duration(minutes=240))
TWO_A_DAY = ContactRule(BOTH, at_most=Rate(2, Duration(days=1)))
SURVEY_A_MONTH = ContactRule(frozenset({Purpose.SURVEY}), at_most=Rate(1, Duration(days=30)))
POLICY = (GAP, TWO_A_DAY, SURVEY_A_MONTH)


@pytest.mark.parametrize(
    ("purpose", "contacts", "until", "line"),
    [
        (Purpose.SERVICE, [], None, None),
        # the gap counts from the last one, whatever rule it came from
        (
            Purpose.SERVICE,
            [contact("1 hour", "other")],
            ago("1 hour") + 4 * timedelta(hours=1),
            GAP,
        ),
        (Purpose.SERVICE, [contact("4 hours")], None, None),
        # two a day: free when the older of the two is a day old
        (
            Purpose.SERVICE,
            [contact("20 hours"), contact("10 hours")],
            ago("20 hours") + timedelta(days=1),
            TWO_A_DAY,
        ),
        # two lines keep it waiting: the longer wait answers, whichever stands first
        (
            Purpose.SERVICE,
            [contact("20 hours"), contact("1 hour")],
            ago("20 hours") + timedelta(days=1),
            TWO_A_DAY,
        ),
        (
            Purpose.SERVICE,
            [contact("23 hours"), contact("1 hour")],
            ago("1 hour") + timedelta(hours=4),
            GAP,
        ),
        # a survey counts for the line of both purposes, not for the gap of service
        (Purpose.SERVICE, [contact("1 hour", "ask", Purpose.SURVEY)], None, None),
        (
            Purpose.SURVEY,
            [contact("10 days", "ask", Purpose.SURVEY)],
            ago("10 days") + timedelta(days=30),
            SURVEY_A_MONTH,
        ),
        # no line speaks of transactional messages, and they count for none
        (Purpose.TRANSACTIONAL, [contact("1 minute")] * 9, None, None),
        (Purpose.SERVICE, [contact("1 minute", "x", Purpose.TRANSACTIONAL)] * 9, None, None),
    ],
)
def test_the_line_of_the_policy_that_keeps_waiting_longest_answers(
    purpose: Purpose, contacts: list[Contact], until: datetime | None, line: ContactRule | None
) -> None:
    for policy in (POLICY, POLICY[::-1]):
        verdict = judge_contact_policy(policy, purpose, contacts, NOON)
        if until is None:
            assert verdict == GO
        else:
            assert (verdict.decision, verdict.reason) == (Decision.WAIT, Reason.CONTACT_POLICY)
            assert (verdict.until, verdict.note) == (until, str(line))


@pytest.mark.parametrize(
    ("purposes", "enrollment", "waits"),
    [
        ({Purpose.SURVEY}, 7, False),  # a reminder of the same survey
        ({Purpose.SURVEY}, 8, True),  # another one
        ({Purpose.SURVEY, Purpose.SERVICE}, 7, True),  # how often we write at all
    ],
)
def test_a_reminder_asks_nobody_twice(purposes: set[Purpose], enrollment: int, waits: bool) -> None:
    line = ContactRule(frozenset(purposes), at_most=Rate(1, Duration(days=30)))
    asked = Contact("csat", Purpose.SURVEY, ago("3 days"), frozenset({enrollment}))
    verdict = judge_contact_policy([line], Purpose.SURVEY, [asked], NOON, frozenset({7}))
    assert (verdict.reason is Reason.CONTACT_POLICY) == waits


# a rule's total, and rates as such


def test_a_total_lets_the_next_one_go_when_the_oldest_has_aged_out() -> None:
    rule = limited(total=Rate(2, Duration(days=1)))
    assert judge_total(rule, [ago("5 hours")], NOON) == GO
    verdict = judge_total(rule, [ago("1 hour"), ago("5 hours"), ago("25 hours")], NOON)
    assert (verdict.decision, verdict.reason) == (Decision.WAIT, Reason.TOTAL_LIMIT)
    assert verdict.until == ago("5 hours") + timedelta(days=1)


#: minutes around now; several at once are likely
MINUTES = st.lists(st.integers(0, 90), max_size=12)
RATES = st.builds(
    Rate, st.integers(1, 4), st.integers(1, 45).map(lambda minutes: Duration(minutes=minutes))
)


@given(RATES, MINUTES)
def test_a_rate_is_free_at_the_first_instant_at_which_one_more_is_within_it(
    rate: Rate, back: list[int]
) -> None:
    times = sorted(NOON - timedelta(minutes=m) for m in back)

    def fits(instant: datetime) -> bool:
        return sum(instant - at < rate.per.fixed for at in times) < rate.count

    free = rate_free_at(rate, times, NOON)
    candidates = [NOON, *(at + rate.per.fixed for at in times)]
    assert free == min(at for at in candidates if at >= NOON and fits(at))
    assert free == NOON or not fits(free - MOMENT)


def test_a_rate_of_nothing_is_never_free() -> None:
    none = Rate(0, Duration(days=1))
    for now in (NOON, NOON + timedelta(days=365)):
        assert rate_free_at(none, [], now) > now


@given(RATES, MINUTES)
def test_a_burst_is_all_that_matched_within_one_period_that_has_more_than_the_rate_allows(
    rate: Rate, minutes: list[int]
) -> None:
    times = [NOON + timedelta(minutes=m) for m in minutes]
    found = bursts(rate, times)

    def is_crowded(at: datetime) -> bool:
        """Say whether some period of the rate that has this instant has too much."""
        ends = [end for end in times if timedelta() <= end - at < rate.per.fixed]
        return any(
            sum(timedelta() <= end - other < rate.per.fixed for other in times) > rate.count
            for end in ends
        )

    for at in times:
        assert any(first <= at <= last for first, last in found) is is_crowded(at)


def test_what_was_too_much_before_does_not_hold_what_comes_later() -> None:
    rate, flood = Rate(2, Duration(minutes=60)), [NOON] * 50
    assert bursts(rate, [*flood, NOON + timedelta(minutes=60)]) == [(NOON, NOON)]
    soon = NOON + timedelta(minutes=59)
    assert bursts(rate, [*flood, soon]) == [(NOON, soon)]


def test_a_flood_of_a_hundred_thousand_is_seen_at_once() -> None:
    times = [NOON + timedelta(seconds=n) for n in range(100_000)]
    assert bursts(Rate(3600, Duration(minutes=60)), times) == []
    assert bursts(Rate(3599, Duration(minutes=60)), times) == [(times[0], times[-1])]


def test_memory_reaches_as_far_back_as_any_cap_asks() -> None:
    rule = limited(
        cooldown=Duration(days=14),
        per_customer=Rate(3, Duration(days=365)),
        total=Rate(1, Duration()),
    )
    assert longest_memory((), ()) == timedelta(days=1)
    assert longest_memory(POLICY, ()) == timedelta(days=30)
    assert longest_memory(POLICY, [LATE, rule]) == timedelta(days=365)
    assert longest_memory((), [limited(cooldown=Duration(days=14))]) == timedelta(days=14)
