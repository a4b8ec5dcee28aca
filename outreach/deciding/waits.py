"""When a step is due, and who is in a holdout, a canary or a sample: all follow from data alone."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from zoneinfo import ZoneInfo

from outreach.rules.document import Rule, Step, Wait
from outreach.rules.facts import Facts
from outreach.timing.waits import add_local


def step_due(
    rule: Rule, step: Step, repetition: int, facts: Facts, base_at: datetime, zone: ZoneInfo
) -> datetime | None:
    """Return when a step is due, windows aside; None while the date it waits for is missing.

    `base_at` is when the step before was due, or when the subject matched; `zone` is the
    recipient's. Repetitions count from 1.
    """
    if repetition > 1:
        assert step.repeat is not None
        return add_local(base_at, step.repeat.every, zone, None, rule.calendar)
    if step.wait is None:
        return base_at
    start = _start(step.wait, facts, base_at)
    if start is None:
        return None
    due = add_local(start, step.wait.duration, zone, step.wait.at, rule.calendar)
    return max(due, base_at)


def _start(wait: Wait, facts: Facts, base_at: datetime) -> datetime | None:
    field = wait.after or wait.until
    if field is None:
        return base_at
    value: datetime | None = facts.get(field)
    return value


def is_held_out(rule: Rule, customer_id: str) -> bool:
    """Whether a customer is in the rule's holdout: the same answer every time, on any machine.

    Raising the share keeps the ones who were in it.
    """
    return bool(rule.holdout) and _place(rule.first_name, customer_id) < rule.holdout


def is_outside_canary(rule: Rule, customer_id: str) -> bool:
    """Whether a rule is live for a share of customers and this one is not among them.

    Growing the share keeps the ones who were in it. Whom a holdout keeps out is another question,
    or a small canary might reach nobody.
    """
    share = rule.canary.share if rule.canary else None
    return share is not None and _place(f"canary\0{rule.first_name}", customer_id) >= share


def is_sampled_out(rule: Rule, subject: str, matched_at: datetime) -> bool:
    """Whether a match is not in the share that a survey asks; the same on any machine.

    Chosen anew for each match, so that not always the same people are asked. Raising the share
    keeps the ones who were in it.
    """
    if rule.sample >= 100:
        return False
    return _place(f"sample\0{rule.first_name}\0{subject}", matched_at.isoformat()) >= rule.sample


def _place(said: str, chosen: str) -> Decimal:
    """Return a steady random place between 0 and 100."""
    digest = sha256(f"{said}\0{chosen}".encode()).digest()
    return Decimal(int.from_bytes(digest[:8])) * 100 / 2**64
