"""Shadow and canaries: what a rule only records, for everybody or for this customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from outreach.deciding.caps import Contact, rate_free_at
from outreach.deciding.verdicts import GO, Verdict, stop
from outreach.deciding.waits import is_outside_canary
from outreach.model import Mode, Reason
from outreach.rules.document import Rule


def is_shadow(rule: Rule, mode: Mode, customer_id: str) -> bool:
    """Whether nothing of it goes out to a customer; `mode` is what it was planned in."""
    return Mode.SHADOW in (mode, rule.mode) or is_outside_canary(rule, customer_id)


def judge_shadow(rule: Rule, mode: Mode, customer_id: str) -> Verdict:
    """Ask whether it is live for a customer."""
    if is_outside_canary(rule, customer_id):
        return stop(Reason.SHADOW, f"outside its canary of {rule.canary}")
    return stop(Reason.SHADOW) if Mode.SHADOW in (mode, rule.mode) else GO


def judge_canary(
    rule: Rule,
    contacts: Sequence[Contact],
    own: frozenset[int],
    sent: Sequence[datetime],
    now: datetime,
) -> Verdict:
    """Ask whether a canary lets one more begin; who has heard from it hears the rest, too."""
    rate = rule.canary.rate if rule.canary else None
    if rate is None or rate_free_at(rate, sorted(sent), now) <= now:
        return GO
    if any(c.rule == rule.name and not own.isdisjoint(c.enrollments) for c in contacts):
        return GO
    return stop(Reason.SHADOW, f"its canary of {rate} was full")
