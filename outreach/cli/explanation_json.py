"""Explanations with the keys that --json promises."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from outreach.model import REASON_TEXT, Reason

if TYPE_CHECKING:
    from outreach.deciding.explaining import Line
    from outreach.deciding.verdicts import Verdict
    from outreach.passes.explain import Explanation, MessageExplained, RuleExplained
    from outreach.passes.foretelling import Foretold
    from outreach.store.types import Record


ENROLLMENT = (
    *("kind", "subject_id", "rule_version", "matched_at", "enrolled_at"),
    *("state", "reason"),
)
RECEIPT = ("event", "at", "received_at", "provider")
REPLY = ("channel", "received_at", "meaning", "state")
ANSWER = ("survey", "score", "received_at", "counts")


def explanation_json(
    found: Explanation, rules: Iterable[RuleExplained], version: int | None
) -> dict[str, Any]:
    """Return a subject's explanation; `version` is that of the applied rules."""
    return {
        "subject": {"kind": found.subject.kind, "id": found.subject.id},
        "now": found.now,
        "version": version,
        "is_past": found.is_past,
        "rules": [_rule(explained) for explained in rules],
        "history": [_message(row) for row in found.history],
    }


def message_json(found: MessageExplained) -> dict[str, Any]:
    """Return a message's explanation."""
    return {
        "message": _message(found.message),
        "subjects": [{"kind": subject.kind, "id": subject.id} for subject in found.subjects],
        "arrived": [
            {
                "kind": one.subject.kind,
                "id": one.subject.id,
                "source": one.source,
                "place": one.place or None,
                "at": one.at,
                "recorded_at": one.recorded_at,
                "fields": one.fields,
            }
            for one in found.trace.arrived
        ],
        "enrollments": [_named(row, ENROLLMENT) for row in found.trace.enrollments],
        "states": [
            {name: getattr(row, name) for name in ("at", "state", "reason", "note", "who")}
            for row in found.states
        ],
        "attempts": [
            {
                "number": row.number,
                "channel": row.channel,
                "provider": row.provider,
                "started_at": row.started_at,
                "finished_at": row.finished_at,
                "outcome": row.outcome,
                "provider_id": row.provider_id,
                "code": row.code,
                "error": row.error,
            }
            for row in found.attempts
        ],
        "receipts": [_named(row, RECEIPT) for row in found.trace.receipts],
        "replies": [_named(row, REPLY) for row in found.trace.replies],
        "answers": [_named(row, ANSWER) for row in found.trace.answers],
        "coupon": _coupon(found.coupon),
        "forecast": _forecast(found.foretold),
    }


def _coupon(row: Record | None) -> dict[str, Any] | None:
    """Return the coupon of a message by its number: its code is for the customer only."""
    if row is None:
        return None
    named = ("pool", "state", "amount", "currency", "expires_at")
    return {"number": row.id, **{name: getattr(row, name) for name in named}}


def _named(row: Record, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _rule(explained: RuleExplained) -> dict[str, Any]:
    lines, enrollment = explained.lines, explained.enrollment
    return {
        "rule": explained.rule.name,
        "mode": explained.rule.mode_words,
        "applies": lines.applies,
        "true_from": lines.since,
        "true_until": lines.until,
        "reason": explained.reason,
        "reason_text": REASON_TEXT[explained.reason],
        "lines": [_line(line) for line in lines.all()],
        "stopped_by": [_line(part) for line in explained.stopping for part in line.flat()],
        "enrollment": enrollment
        and {
            name: getattr(enrollment, name)
            for name in ("state", "reason", "matched_at", "enrolled_at", "step", "repetition")
        },
        "messages": [_message(row) for row in explained.messages],
        "handoffs": [_handoff(row) for row in explained.handoffs],
        "forecast": _forecast(explained.foretold),
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "file": line.position.file,
        "line": line.position.line,
        "text": line.text,
        "holds": line.holds,
        "wanted": line.wanted,
        "depth": line.depth,
        "value": line.values[0][1] if line.values else None,
        "values": dict(line.values),
        "true_from": line.true_from,
        "true_until": line.true_until,
    }


def _forecast(foretold: Foretold | None) -> dict[str, Any] | None:
    if foretold is None:
        return None
    return {
        "step": foretold.step,
        "goes_out": foretold.goes_out,
        "at": foretold.at,
        "planned_for": foretold.planned_for,
        "template": foretold.template,
        "channel": foretold.channel,
        "team": foretold.team,
        "title": foretold.title,
        "locale": foretold.rendered.locale if foretold.rendered else "",
        "offer": str(foretold.offered or ""),
        "gates": [
            {"gate": asked.name, "value": asked.value, "opens": asked.opens}
            | _verdict(asked.verdict)
            for asked in foretold.gates
        ],
        **_verdict(foretold.verdict),
        "waits": [{"until": v.until, **_verdict(v)} for v in foretold.waits],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "decision": verdict.decision,
        "reason": verdict.reason,
        "reason_text": REASON_TEXT[verdict.reason],
        "note": verdict.note,
    }


def _handoff(row: Record) -> dict[str, Any]:
    named = ("step", "team", "title", "state", "reason", "due_at", "opened_at", "who")
    return {"id": f"H-{row.id}", **{name: getattr(row, name) for name in named}}


def _message(row: Record) -> dict[str, Any]:
    return {
        "id": row.id,
        "rule": row.rule,
        "step": row.step,
        "customer": row.customer_id,
        "channel": row.channel,
        "purpose": row.purpose,
        "template": row.template,
        "locale": row.locale,
        "due_at": row.due_at,
        "sent_at": row.sent_at,
        "state": row.state,
        "reason": row.reason,
        "reason_text": REASON_TEXT[Reason(row.reason)],
    }
