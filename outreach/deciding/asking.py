"""Asking: whether now is a time to ask somebody how we did. Nobody is asked while we are at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outreach.deciding.verdicts import GO, Verdict, stop
from outreach.model import Kind, Purpose, Reason
from outreach.rules.facts import Facts

#: the question itself, and one reminder
MOST_TIMES = 2
#: who has settled a ticket that no person has
AUTOMATION = "automation"


@dataclass(frozen=True)
class Standing:
    """How a customer stands when a survey is to be sent to them.

    `asked_elsewhere` is another survey of ours that they can still answer; `times_asked` and
    `is_answered` are of this one, about the same thing.
    """

    has_late_order: bool = False
    has_open_ticket: bool = False
    asked_elsewhere: bool = False
    times_asked: int = 0
    is_answered: bool = False


def settled_itself(facts: Facts) -> bool:
    """Whether it is a ticket that a timer closed: there was no help that could be judged."""
    return facts.subject.kind is Kind.TICKET and facts.value("settled_by") == AUTOMATION


def in_time_to_ask(verdict: Verdict, purpose: Purpose, expires_at: datetime) -> Verdict:
    """Stop a survey that the contact policy keeps for so long that it would be asked too late.

    Kept until it expires it would say nothing of why, and its reminder would go out alone.
    """
    until = verdict.until if verdict.reason is Reason.CONTACT_POLICY else None
    if purpose is Purpose.SURVEY and until is not None and until >= expires_at:
        return stop(Reason.ASKED_LATELY, verdict.note)
    return verdict


def judge_asking(standing: Standing) -> Verdict:
    """Ask nobody whose order is late, who waits for us, or who was asked enough."""
    if standing.is_answered:
        return stop(Reason.ANSWERED)
    if standing.has_late_order:
        return stop(Reason.LATE_ORDER)
    if standing.has_open_ticket:
        return stop(Reason.OPEN_TICKET)
    if standing.asked_elsewhere:
        return stop(Reason.SURVEY_OPEN)
    if standing.times_asked >= MOST_TIMES:
        return stop(Reason.SURVEY_OPEN, "reminded once")
    return GO
