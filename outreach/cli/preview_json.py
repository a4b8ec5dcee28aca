"""Previews with the keys that --json promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outreach.model import REASON_TEXT

if TYPE_CHECKING:
    from outreach.passes.ahead.outlook import PreviewMessage
    from outreach.passes.preview import Preview

#: what is told of a rule, and of a message
RULE = (
    *("rule", "mode", "said", "will_send", "held", "waiting", "skipped", "shadow", "first_due"),
    *("handoff", "shadow_until"),
)
MESSAGE = (
    *("rule", "step", "subjects", "customer", "channel", "purpose", "template", "locale"),
    *("due_at", "state", "reason", "reason_text", "note", "outcome", "team"),
)


def preview_json(found: Preview, limit: int | None) -> dict[str, Any]:
    """Return a preview, with at most so many of its messages."""
    messages = found.messages if limit is None else found.messages[:limit]
    return {
        "now": found.now,
        "until": found.until,
        "budgets": dict(found.budgets),
        "rules": [{key: getattr(count, key) for key in RULE} for count in found.rules],
        "messages": [_message_content(message) for message in messages],
    }


def _message_content(message: PreviewMessage) -> dict[str, Any]:
    return {
        "rule": message.rule,
        "step": message.step,
        "subjects": [{"kind": s.kind, "id": s.id} for s in message.subjects],
        "customer": message.customer,
        "channel": message.channel,
        "purpose": message.purpose,
        "template": message.template,
        "locale": message.locale,
        "due_at": message.due_at,
        "state": message.state,
        "reason": message.reason,
        "reason_text": REASON_TEXT[message.reason],
        "note": message.note,
        "outcome": message.outcome,
        "team": message.team,
        "offer": str(message.offered or ""),
    }
