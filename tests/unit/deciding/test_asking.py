"""Whether it is a time to ask, from what is known of a customer."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from outreach.deciding.asking import Standing, in_time_to_ask, judge_asking, settled_itself
from outreach.deciding.verdicts import GO, Verdict, stop, wait
from outreach.model import Kind, Purpose, Reason, SubjectRef
from outreach.rules.facts import Facts
from tests.unit.berlin import berlin

NOON = berlin("2026-11-20 12:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing(), None),
        (Standing(times_asked=1), None),
        (Standing(times_asked=2), Reason.SURVEY_OPEN),
        (Standing(times_asked=1, is_answered=True), Reason.ANSWERED),
        (Standing(has_late_order=True), Reason.LATE_ORDER),
        (Standing(has_open_ticket=True), Reason.OPEN_TICKET),
        (Standing(asked_elsewhere=True), Reason.SURVEY_OPEN),
        (Standing(has_late_order=True, is_answered=True), Reason.ANSWERED),
    ],
)
def test_nobody_is_asked_while_we_owe_them_something(
    standing: Standing, reason: Reason | None
) -> None:
    verdict = judge_asking(standing)
    assert verdict == GO if reason is None else verdict.reason is reason


@pytest.mark.parametrize(
    ("kind", "settled_by", "expected"),
    [
        (Kind.TICKET, "automation", True),
        (Kind.TICKET, "agent", False),
        (Kind.TICKET, None, False),
        (Kind.ORDER, None, False),
    ],
)
def test_what_no_person_settled(kind: Kind, settled_by: str | None, expected: bool) -> None:
    facts = Facts(SubjectRef(kind, "X-1"), {"settled_by": settled_by})
    assert settled_itself(facts) is expected


POLICY = wait(Reason.CONTACT_POLICY, NOON + DAY, "survey: at most 1 per 30 days")


@pytest.mark.parametrize(
    ("verdict", "purpose", "expires_at", "expected"),
    [
        (POLICY, Purpose.SURVEY, NOON + DAY, stop(Reason.ASKED_LATELY, POLICY.note)),
        (POLICY, Purpose.SURVEY, NOON + DAY + HOUR, POLICY),  # it can still be asked
        (POLICY, Purpose.SERVICE, NOON + DAY, POLICY),
        (GO, Purpose.SURVEY, NOON + DAY, GO),
    ],
)
def test_who_would_be_asked_too_late_is_not_asked(
    verdict: Verdict, purpose: Purpose, expires_at: datetime, expected: Verdict
) -> None:
    assert in_time_to_ask(verdict, purpose, expires_at) == expected
