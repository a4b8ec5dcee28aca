"""Drafting: planned messages as the ledger keeps them, waiting ones, and those that collect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from outreach.deciding.circumstances import Circumstances
from outreach.deciding.planning import PlannedMessage, Walker
from outreach.deciding.verdicts import Verdict
from outreach.model import MessageState, Mode, Reason
from outreach.passes.setup import Setup
from outreach.rules.document import Rule
from outreach.store import planning
from outreach.timing.waits import add_local

#: waits that move when a message is meant to go out, not only when it is looked at again
MOVES_THE_PLAN = frozenset({Reason.CONTACT_POLICY, Reason.TOTAL_LIMIT, Reason.DATE_MOVED})


def draft(
    setup: Setup,
    rule: Rule,
    row: Any,
    found: PlannedMessage,
    batch: str | None,
    now: datetime,
    *,
    why_held: Reason = Reason.OVER_HOLD_LIMIT,
) -> dict[str, Any]:
    """Return the columns of a new message; `row` is its enrollment, a `batch` holds it."""
    walker = found.walker
    return {
        "id": planning.id_of(row, found.step.id, walker.repetition),
        "rule": row.rule,
        "rule_version": setup.ruleset.version,
        "step": found.step.id,
        "repetition": walker.repetition,
        "customer_id": row.customer_id,
        "channel": found.channel.value,
        "channel_number": 0,
        "purpose": rule.purpose.value,
        "template": found.step.template,
        "survey": found.step.survey,
        "locale": "",
        "mode": walker.mode.value,
        "state": (MessageState.HELD if batch else MessageState.PLANNED).value,
        "reason": (why_held if batch else found.reason).value,
        "matched_at": row.matched_at,
        "planned_for": found.planned_for,
        "due_at": found.planned_for,
        "expires_at": found.expires_at,
        "planned_at": now,
        "batch": batch,
        "approved": False,
        "tries": 0,
        "segments": 0,
    }


def is_opening(rule: Rule, walker: Walker) -> bool:
    """Whether an enrollment at this place has said nothing yet: what a flood is made of."""
    earlier = rule.steps[: walker.step]
    has_spoken = walker.repetition > 1 or any(step.template for step in earlier)
    return walker.mode is Mode.LIVE and not has_spoken


def draft_part(message_id: str, row: Any) -> dict[str, Any]:
    """Return what ties an enrollment's subject to a message."""
    return {
        "message_id": message_id,
        "enrollment_id": row.id,
        "kind": row.kind,
        "subject_id": row.subject_id,
    }


def postponed(seen: Circumstances, verdict: Verdict) -> dict[str, datetime]:
    """Return the columns of a message that change when a gate lets it wait.

    It always is looked at later. Some waits also move when it is meant to go out, from where the
    next step counts; and when its date moved, it has all of its time from there.
    """
    assert verdict.until is not None
    values = {"due_at": verdict.until}
    if verdict.reason in MOVES_THE_PLAN:
        values["planned_for"] = verdict.until
    if verdict.reason is Reason.DATE_MOVED and seen.rule and seen.recipient:
        zone = seen.recipient.zones.zones[0]
        values["expires_at"] = add_local(verdict.until, seen.rule.expires_after, zone)
    return values


@dataclass
class Collector:
    """A message that still collects subjects of its customer, until it is due."""

    id: str
    planned_for: datetime


class Collectors:
    """The messages that collect (`combine_within`), by what may join them."""

    def __init__(self, messages: Iterable[Mapping[str, Any]] = ()) -> None:
        self._open: dict[tuple[Any, ...], list[Collector]] = {}
        self._by_id: dict[str, Collector] = {}
        for message in messages:
            self.open(message)

    def open(self, message: Mapping[str, Any]) -> None:
        """Let a message collect."""
        which = tuple(message[k] for k in ("rule", "step", "repetition", "customer_id", "mode"))
        collector = Collector(message["id"], message["planned_for"])
        self._open.setdefault(which, []).append(collector)
        self._by_id[collector.id] = collector

    def move(self, message: str, planned_for: datetime | None) -> None:
        """Say that a message is due at another time, or that it collects no more."""
        if planned_for is not None and message in self._by_id:
            self._by_id[message].planned_for = planned_for
        elif collector := self._by_id.pop(message, None):
            for waiting in self._open.values():
                if collector in waiting:
                    waiting.remove(collector)

    def joined(self, rule: Rule, customer: str, found: PlannedMessage) -> str | None:
        """Return the message this one becomes part of: due no later than it would be itself."""
        if rule.combine_within is None:
            return None
        walker = found.walker
        which = (rule.name, found.step.id, walker.repetition, customer, walker.mode.value)
        due = [
            collector
            for collector in self._open.get(which, ())
            if found.collects_from <= collector.planned_for <= found.planned_for
        ]
        first = min(due, key=lambda collector: (collector.planned_for, collector.id), default=None)
        return first.id if first else None
