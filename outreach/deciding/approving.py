"""Approval: rules whose first word a person lets go, all messages about one thing together."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from outreach.model import Approval, Kind
from outreach.rules.document import Rule, Step
from outreach.rules.facts import Facts


def needs_approval(rule: Rule, step: Step, repetition: int) -> bool:
    """Whether a person decides on a message: the first that a rule says about its subject.

    What follows in the same run was decided on with it.
    """
    if rule.approval is not Approval.ALWAYS or repetition > 1:
        return False
    opening = next((each for each in rule.steps if each.template), None)
    return opening is not None and opening.id == step.id


def group_of(rule: Rule, facts: Facts | None) -> str:
    """Return what the messages that are decided on together share, in words."""
    if rule.batch_by is None or facts is None:
        return ""
    value = facts.get(rule.batch_by)
    if rule.batch_by.owner is Kind.INCIDENT and value is not None:
        title = facts.value(rule.batch_by.path.removesuffix(rule.batch_by.name) + "title")
        return f'incident {facts.value("open_incident.id")} "{title}"'
    return f"{rule.batch_by.path} is {'missing' if value is None else _shown(value)}"


def _shown(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else str(value)
