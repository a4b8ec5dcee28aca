"""Outlook: what a look ahead says of a message or a task, and the draft of one on its way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from outreach.deciding.circumstances import Judged
from outreach.deciding.offering import Coupon, Offered
from outreach.deciding.planning import PlannedHandoff
from outreach.deciding.rendering.templates import Rendered
from outreach.deciding.verdicts import Decision, Verdict
from outreach.model import Channel, Kind, MessageState, Purpose, Reason, SubjectRef
from outreach.passes.ahead.foreseen import Walking
from outreach.passes.setup import Setup
from outreach.rules.document import Rule


class Outcome(StrEnum):
    """How a message would fare, sorted for people."""

    WILL_SEND = "will_send"
    HELD = "held"
    WAITING = "waiting"  # it goes out, but not before the end of the preview
    SKIPPED = "skipped"
    HANDOFF = "handoff"  # people are asked to step in
    SHADOW = "shadow"  # it would have gone out, were the rule live


@dataclass(frozen=True)
class PreviewMessage:
    """One message as it would fare; `state` and `reason` are what the ledger would say.

    A task for people has a `team` and no channel; its title is its note.
    """

    rule: str
    step: str
    subjects: tuple[SubjectRef, ...]
    customer: str | None
    channel: Channel | None
    purpose: Purpose
    template: str
    locale: str
    due_at: datetime
    state: MessageState
    reason: Reason
    outcome: Outcome
    note: str = ""
    rendered: Rendered | None = None
    team: str = ""
    #: the coupon that it would carry, or why it carries none
    offered: Offered | None = None

    @property
    def coupon(self) -> Coupon | None:
        """The coupon that goes out with it, if it does."""
        is_going = self.offered is not None and self.outcome is Outcome.WILL_SEND
        return self.offered.coupon if self.offered and is_going else None


@dataclass
class Draft:
    """A message on its way; the columns of the ledger that matter to it."""

    id: str
    rule: str
    step: str
    repetition: int
    customer_id: str
    channel: str
    channel_number: int
    purpose: str
    template: str
    locale: str
    mode: str
    state: str
    reason: str
    approved: bool
    planned_for: datetime
    due_at: datetime
    expires_at: datetime
    planned_at: datetime
    said: str | None = None

    @classmethod
    def of(cls, columns: Mapping[str, Any]) -> Draft:
        """Take over a row, or a draft, of the ledger."""
        return cls(**{f.name: columns[f.name] for f in fields(cls) if f.name in columns})


def waiting_draft(setup: Setup, row: Any) -> Draft:
    """Return a waiting message of the ledger as it stands once these rules are applied."""
    found = Draft.of(row._asdict())
    is_let_go = found.approved and row.batch is not None and found.state != MessageState.HELD
    if is_let_go and found.step in setup.reworded.get(found.rule, ()):
        found.state, found.reason = MessageState.HELD.value, Reason.REWORDED.value
    return found


def outcome_of(verdict: Verdict) -> Outcome:
    """Return what comes of a message by a verdict that lets it wait no more."""
    if verdict.decision is Decision.GO:
        return Outcome.WILL_SEND
    return Outcome.SHADOW if verdict.reason is Reason.SHADOW else Outcome.SKIPPED


def tell(
    message: Draft,
    rows: Iterable[Walking],
    outcome: Outcome,
    *,
    verdict: Verdict | None = None,
    judged: Judged | None = None,
) -> PreviewMessage:
    """Say how a message about some enrollments fares, by its own columns or by a verdict."""
    verdict = judged.verdict if judged else verdict
    rendered = judged.rendered if judged else None
    state = verdict.state if verdict else MessageState(message.state)
    return PreviewMessage(
        rule=message.rule,
        step=message.step,
        subjects=tuple(SubjectRef(Kind(row.kind), row.subject_id) for row in rows),
        customer=message.customer_id,
        channel=(judged.channel if judged else None) or Channel(message.channel),
        purpose=Purpose(message.purpose),
        template=message.template,
        locale=rendered.locale if rendered else message.locale,
        due_at=message.due_at,
        state=MessageState.PLANNED if state is MessageState.SENDING else state,
        reason=verdict.reason if verdict else Reason(message.reason),
        outcome=outcome,
        note=(verdict.note if verdict else message.said) or "",
        rendered=rendered,
        offered=judged.offered if judged else None,
    )


def tell_unplanned(rule: Rule, row: Walking, verdict: Verdict) -> PreviewMessage:
    """Say why nothing comes of an enrollment."""
    step = rule.step(row.step) or rule.steps[-1]
    return PreviewMessage(
        rule=rule.name,
        step=step.id,
        subjects=(SubjectRef(Kind(row.kind), row.subject_id),),
        customer=row.customer_id,
        channel=None,
        purpose=rule.purpose,
        template=step.template or "",
        locale="",
        due_at=row.base_at,
        state=verdict.state,
        reason=verdict.reason,
        outcome=Outcome.SKIPPED,
        note=verdict.note,
    )


def tell_handoff(
    rule: Rule,
    row: Walking,
    found: PlannedHandoff,
    outcome: Outcome,
    verdict: Verdict,
    *,
    state: MessageState,
    title: str,
    at: datetime,
) -> PreviewMessage:
    """Say how a task for people fares."""
    assert found.step.handoff is not None
    return PreviewMessage(
        rule=rule.name,
        step=found.step.id,
        subjects=(SubjectRef(Kind(row.kind), row.subject_id),),
        customer=row.customer_id,
        channel=None,
        purpose=rule.purpose,
        template="",
        locale="",
        due_at=verdict.until or max(at, found.opens_at),
        state=state,
        reason=verdict.reason,
        outcome=outcome,
        note=verdict.note or title,
        team=found.step.handoff.team,
    )
