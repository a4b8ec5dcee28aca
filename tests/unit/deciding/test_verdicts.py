"""Verdicts: the state a message comes into, and how its reason reads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from outreach.deciding.verdicts import GO, STATE_OF, Verdict, hold, stop, wait
from outreach.model import REASON_TEXT, MessageState, Reason

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (GO, MessageState.SENDING),
        # it is asked again later: still planned
        (wait(Reason.OUTSIDE_WINDOW, NOON), MessageState.PLANNED),
        # a person is asked
        (hold(Reason.TEMPLATE_HOLE), MessageState.HELD),
        # most reasons for silence cancel
        (stop(Reason.COOLDOWN), MessageState.CANCELLED),
        (stop(Reason.CANCELLED_BY_DATA), MessageState.CANCELLED),
        (stop(Reason.SHADOW), MessageState.CANCELLED),
        # too late is a state of its own
        (stop(Reason.EXPIRED), MessageState.EXPIRED),
        # and so is somebody who must not, or cannot, be written to
        (stop(Reason.SUPPRESSED), MessageState.SUPPRESSED),
        (stop(Reason.OPTED_OUT), MessageState.SUPPRESSED),
        (stop(Reason.NO_CONSENT), MessageState.SUPPRESSED),
        (stop(Reason.NO_ADDRESS), MessageState.SUPPRESSED),
        (stop(Reason.ERASED), MessageState.SUPPRESSED),
    ],
)
def test_a_verdict_says_which_state_a_message_comes_into(
    verdict: Verdict, state: MessageState
) -> None:
    assert verdict.state is state


def test_a_verdict_reads_as_its_reason_and_what_exactly_was_met() -> None:
    assert str(stop(Reason.COOLDOWN)) == "cooldown"
    assert str(stop(Reason.COOLDOWN, "14 days")) == "cooldown: 14 days"


def test_every_reason_has_words_for_people() -> None:
    assert set(REASON_TEXT) == set(Reason)
    assert all(REASON_TEXT.values())


def test_what_stops_never_leads_to_a_state_that_may_still_go_out() -> None:
    going = {MessageState.PLANNED, MessageState.SENDING, MessageState.SENT}
    assert going.isdisjoint(STATE_OF.values())
