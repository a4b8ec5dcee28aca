"""Whether it is a time to ask, from what is known of a customer."""

from __future__ import annotations

import pytest

from outreach.deciding.asking import Standing, judge_asking
from outreach.deciding.verdicts import GO
from outreach.model import Reason


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
