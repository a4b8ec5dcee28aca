"""Whether it is a time to ask, from what is known of a customer."""

from __future__ import annotations

import pytest

from outreach.deciding.asking import Standing, judge_asking, settled_itself
from outreach.deciding.verdicts import GO
from outreach.model import Kind, Reason, SubjectRef
from outreach.rules.facts import Facts


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
