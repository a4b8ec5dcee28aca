"""The keys that rule files know, in the order they are best written in."""

from __future__ import annotations

FILE_KEYS = ("format", "defaults", "rules")
LIMIT_KEYS = ("cooldown", "per_customer", "total", "hold_above")
OFFER_KEYS = ("coupon", "per_customer", "total", "budget", "when_spent")
GROUP_KEYS = ("any", "all", "none")
DEFAULT_KEYS = (
    "owner",
    "mode",
    "purpose",
    "calendar",
    "send_window",
    "via",
    "if_undelivered",
    "limits",
    "combine_within",
    "expires_after",
)
RULE_KEYS = (
    "rule",
    "renamed_from",
    "description",
    "owner",
    "mode",
    "about",
    "purpose",
    "calendar",
    "send_window",
    "when",
    "audience",
    "ignore_older_than",
    "cancel_if",
    "once_per",
    "takes_over",
    "approval",
    "batch_by",
    "holdout",
    "sample",
    "via",
    "if_undelivered",
    "steps",
    "limits",
    "combine_within",
    "expires_after",
)
STEP_KEYS = (
    "id",
    "wait",
    "send",
    "survey",
    "via",
    "if_undelivered",
    "offer",
    "repeat",
    "until",
    "handoff",
    "title",
    "due",
    "note",
    "stop_outreach",
    "stop_if",
    "skip_if",
)
