"""When a step is due, and who is in a rule's holdout: both follow from data alone."""

from __future__ import annotations

from datetime import datetime
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
    if not rule.holdout:
        return False
    digest = sha256(f"{rule.name}\0{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 < float(rule.holdout) / 100
