"""Drafting: planned messages as the ledger keeps them, waiting ones, and those that collect."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from outreach.deciding.gates import Circumstances
from outreach.deciding.planning import PlannedMessage
from outreach.deciding.verdicts import Verdict
from outreach.model import MessageState, Mode, Reason
from outreach.passes.setup import Setup
from outreach.rules.document import Rule
from outreach.store import planning
from outreach.timing.waits import add_local

#: waits that move when a message is meant to go out, not only when it is looked at again
MOVES_THE_PLAN = frozenset({Reason.CONTACT_POLICY, Reason.TOTAL_LIMIT, Reason.DATE_MOVED})


def draft(
    setup: Setup, rule: Rule, row: Any, found: PlannedMessage, batch: str | None, now: datetime
) -> dict[str, Any]:
    """Return the columns of a new message; `row` is its enrollment, `batch` holds a flood."""
    walker = found.walker
    is_first = (walker.step, walker.repetition) == (0, 1)
    held = batch if is_first and walker.mode is Mode.LIVE else None
    return {
        "id": planning.message_id(row.rule, row.key, found.step.id, walker.repetition),
        "rule": row.rule,
        "rule_version": setup.ruleset.version,
        "step": found.step.id,
        "repetition": walker.repetition,
        "customer_id": row.customer_id,
        "channel": found.channel.value,
        "channel_number": 0,
        "purpose": rule.purpose.value,
        "template": found.step.template,
        "locale": "",
        "mode": walker.mode.value,
        "state": (MessageState.HELD if held else MessageState.PLANNED).value,
        "reason": (Reason.OVER_HOLD_LIMIT if held else found.reason).value,
        "matched_at": row.matched_at,
        "planned_for": found.planned_for,
        "due_at": found.planned_for,
        "expires_at": found.expires_at,
        "planned_at": now,
        "batch": held,
        "approved": False,
        "tries": 0,
        "segments": 0,
    }


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


class Collectors:
    """Messages that still collect subjects of their customer (`combine_within`)."""

    def __init__(self, messages: Iterable[dict[str, Any]] = ()) -> None:
        self._open: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for message in messages:
            self._add(message)

    def _add(self, message: dict[str, Any]) -> None:
        which = tuple(message[k] for k in ("rule", "step", "repetition", "customer_id", "mode"))
        self._open.setdefault(which, []).append(message)

    def open(self, rule: Rule, message: dict[str, Any]) -> None:
        """Let a new message collect, if its rule combines."""
        if rule.combine_within is not None:
            self._add(message)

    def joined(self, rule: Rule, customer: str, found: PlannedMessage) -> dict[str, Any] | None:
        """Return the message this one becomes part of: due no later than it would be itself."""
        if rule.combine_within is None:
            return None
        walker = found.walker
        which = (rule.name, found.step.id, walker.repetition, customer, walker.mode.value)
        return next(
            (
                message
                for message in self._open.get(which, ())
                if found.collects_from <= message["planned_for"] <= found.planned_for
            ),
            None,
        )
