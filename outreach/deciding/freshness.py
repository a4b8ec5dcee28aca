"""Freshness: whether what a rule asks is known well enough to write to somebody because of it.

A rule is held back by the sources of its own subject, and by those of the customers, orders or
tickets that its sentences ask about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.deciding.verdicts import GO, Verdict, wait
from outreach.model import Kind, Reason
from outreach.rules.conditions.fields import fields_of
from outreach.rules.document import Rule, Step
from outreach.rules.fields import Field, Source

#: what is worked out here from the rows of others; what we wrote ourselves is always known
_WORKED_OUT = {
    "open_tickets": Kind.TICKET,
    "first_order_at": Kind.ORDER,
    "last_order_at": Kind.ORDER,
    "open_handoffs": None,
    "last_contact_at": None,
    "last_score": None,
    "last_answered_at": None,
}


@dataclass(frozen=True)
class StaleSource:
    """A source whose data is older than it may be; without `fresh_at` it never brought any."""

    name: str
    kinds: frozenset[Kind]
    max_age: timedelta
    fresh_at: datetime | None

    def __str__(self) -> str:
        if self.fresh_at is None:
            return f"{self.name} has not been read yet"
        return f"{self.name} last brought data at {self.fresh_at:%Y-%m-%d %H:%M} UTC"


def judge_freshness(
    rule: Rule, step: Step, stale: Sequence[StaleSource], expires_at: datetime
) -> Verdict:
    """Wait for a source that the rule goes by; what it brings next wakes the message.

    It waits rather than being held: a person who approves knows no more than the old data does.
    """
    if not stale:
        return GO
    asked = {rule.about, *_kinds_asked(rule, step)}
    for source in stale:
        if source.kinds & asked:
            return wait(Reason.SOURCE_STALE, expires_at, str(source))
    return GO


def _kinds_asked(rule: Rule, step: Step) -> Iterator[Kind]:
    conditions = (*rule.when, *rule.audience, *rule.cancel_if)
    for field in fields_of((*conditions, *step.stop_if, *step.skip_if, *step.until)):
        if kind := _brought_by(field):
            yield kind


def _brought_by(field: Field) -> Kind | None:
    if field.source is Source.LAST_SENT:
        return None
    return _WORKED_OUT.get(field.name, field.owner)
