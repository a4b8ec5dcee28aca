"""Previews with the keys that --json promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outreach.model import REASON_TEXT

if TYPE_CHECKING:
    from outreach.passes.outlook import PreviewMessage
    from outreach.passes.preview import Preview


def preview_json(found: Preview, limit: int | None) -> dict[str, Any]:
    """Return a preview, with at most so many of its messages."""
    messages = found.messages if limit is None else found.messages[:limit]
    return {
        "now": found.now,
        "until": found.until,
        "rules": [
            {
                "rule": count.rule,
                "mode": count.mode,
                "will_send": count.will_send,
                "held": count.held,
                "waiting": count.waiting,
                "skipped": count.skipped,
                "shadow": count.shadow,
                "first_due": count.first_due,
            }
            for count in found.rules
        ],
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
    }
