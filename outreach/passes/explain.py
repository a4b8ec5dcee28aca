"""Explaining: why rules write about a subject or keep silent, what would come of it, and when.

Nothing is written. The conditions are read as spans of time, the gates are asked ahead of time,
and what was done before comes from the ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from outreach.deciding.explaining import Line, RuleLines, explain_conditions, explain_rule
from outreach.deciding.recipients import Recipient
from outreach.errors import DataError
from outreach.model import IS_WAITING, EnrollmentState, Kind, MessageState, Reason, SubjectRef
from outreach.passes.ahead.foreseen import Walking, standing
from outreach.passes.ahead.outlook import waiting_draft
from outreach.passes.foretelling import Foretold, foretell_enrollment, foretell_message
from outreach.passes.judging import read_seen
from outreach.passes.setup import Setup
from outreach.rules.canonical import conditions_digest
from outreach.rules.document import Rule
from outreach.rules.facts import Facts
from outreach.store import claiming, history, marks
from outreach.store.coupons import coupons_with
from outreach.store.enrolling import Window
from outreach.store.facts import read_facts
from outreach.store.handoffs import handoffs_of
from outreach.store.known_then import facts_then
from outreach.store.occurrences import find_occurrence
from outreach.store.traces import Trace, read_trace
from outreach.store.types import Record
from outreach.timing.periods import stretch_of

#: messages told as history
MOST_HISTORY = 20


@dataclass(frozen=True)
class RuleExplained:
    """One rule and one subject: its lines, what was done in this occurrence, what comes next."""

    lines: RuleLines
    #: the sentences that would stop it, `cancel_if` and the step's `stop_if`
    stopping: tuple[Line, ...]
    enrollment: Record | None = None
    messages: tuple[Record, ...] = ()
    handoffs: tuple[Record, ...] = ()
    foretold: Foretold | None = None

    @property
    def rule(self) -> Rule:
        return self.lines.rule

    @property
    def reason(self) -> Reason:
        """What the ledger says of it, or would."""
        if self.foretold and (self.lines.applies or self.enrollment is not None):
            return self.foretold.reason
        if self.messages:
            return Reason(self.messages[0].reason)
        if self.enrollment is not None:
            return Reason(self.enrollment.reason)
        return Reason.MATCHED if self.lines.applies else Reason.NOT_MATCHING


@dataclass(frozen=True)
class Explanation:
    """All rules about one subject, and what was said about it before."""

    subject: SubjectRef
    facts: Facts
    recipient: Recipient | None
    now: datetime
    rules: tuple[RuleExplained, ...]
    history: Sequence[Record]
    #: more is known by now: this is what was known then, and of what came later nothing is told
    is_past: bool = False


@dataclass(frozen=True)
class MessageExplained:
    """One message: where it stands, how it came there, and how it would fare."""

    message: Record
    subjects: tuple[SubjectRef, ...]
    states: Sequence[Record]
    attempts: Sequence[Record]
    trace: Trace
    foretold: Foretold | None
    #: the coupon that it has, reserved or given
    coupon: Record | None = None


def explain(
    setup: Setup, subject: SubjectRef, *, now: datetime, rules: Collection[str] | None = None
) -> Explanation:
    """Explain a subject; `rules` narrows it down. Raises DataError for an unknown subject.

    Of a moment in the past it goes by what was known then.
    """
    with setup.store.read() as connection:
        present = read_facts(connection, setup.catalogue, [subject]).get(subject)
        if present is None:
            raise DataError(f"there is no {subject}")
        facts = facts_then(connection, setup.catalogue, present, now)
        customer = _customer_of(facts)
        all_enrolled = history.enrollments_about(connection, subject)
        enrolled = [row for row in all_enrolled if row.enrolled_at <= now]
        is_past = facts is not present or len(enrolled) < len(all_enrolled)
        messages = history.messages_of(connection, [row.id for row in enrolled])
        known = marks.rule_marks(connection)
        looker = _Looker(connection, setup, facts, now, enrolled, messages, known, is_past)
        return Explanation(
            subject=subject,
            facts=facts,
            recipient=setup.recipients.read(connection, {customer}, now).get(customer or ""),
            now=now,
            rules=tuple(
                looker.explain(rule)
                for rule in setup.ruleset
                if rule.about is subject.kind and (rules is None or rule.name in rules)
            ),
            history=_by_then(history.messages_about(connection, subject, MOST_HISTORY), now),
            is_past=is_past,
        )


def explain_message(setup: Setup, message_id: str, *, now: datetime) -> MessageExplained:
    """Explain one message; raises DataError when there is none of that id."""
    with setup.store.read() as connection:
        message = history.read_message(connection, message_id)
        if message is None:
            raise DataError(f"there is no message {message_id}")
        parts = claiming.subjects_of(connection, [message_id])[message_id]
        return MessageExplained(
            message=message,
            subjects=tuple(SubjectRef(Kind(part.kind), part.subject_id) for part in parts),
            states=history.states_of(connection, [message_id]).get(message_id, ()),
            attempts=history.attempts_of(connection, message_id),
            trace=read_trace(connection, message_id),
            foretold=_foretell(connection, setup, message, now),
            coupon=coupons_with(connection, [message_id]).get(message_id),
        )


@dataclass(frozen=True)
class _Looker:
    """What is read once for all rules about a subject."""

    connection: Connection
    setup: Setup
    facts: Facts
    now: datetime
    enrolled: Sequence[Record]
    messages: Mapping[int, Sequence[Record]]
    #: the conditions that rules had at their first pass
    known: Mapping[str, str]
    is_past: bool

    def explain(self, rule: Rule) -> RuleExplained:
        lines = explain_rule(rule, self.facts, self.now)
        foreseen, enrollment = self._occurrence(rule, lines)
        messages = tuple(self._messages_of(enrollment))
        stops = [*rule.cancel_if, *(c for step in rule.steps for c in step.stop_if)]
        return RuleExplained(
            lines=lines,
            stopping=explain_conditions(stops, self.facts, self.now),
            enrollment=enrollment,
            messages=messages,
            handoffs=tuple(self._handoffs_of(enrollment)),
            foretold=self._next(rule, foreseen, enrollment, messages),
        )

    def _occurrence(self, rule: Rule, lines: RuleLines) -> tuple[Walking | None, Record | None]:
        """Return the occurrence of now or next: as it would be enrolled, or as it was."""
        latest = next((row for row in self.enrolled if row.rule == rule.name), None)
        at = self.now if lines.applies else lines.since
        # what comes next of the past is history: it need not be foretold
        if at is None or at < self.now or self.is_past:
            return None, latest
        stretch = (
            stretch_of(at, rule.once_per.period, self.setup.zone) if rule.once_per.period else None
        )
        found = find_occurrence(self.connection, rule, self.facts.subject, Window.at(at, stretch))
        if found is None:
            return None, latest
        enrollment = history.enrollment_of(self.connection, rule.name, found.key)
        if enrollment is not None:
            return None, enrollment
        matched_at = found.matched_at if lines.applies else at
        foreseen = Walking(
            id=-1,
            rule=rule.name,
            key=found.key,
            kind=rule.about.value,
            subject_id=self.facts.subject.id,
            customer_id=found.customer_id,
            matched_at=matched_at,
            # a rule's first pass finds what has matched for long, and nothing is due before it
            known_from=matched_at if self._had_first_pass(rule) else max(matched_at, self.now),
            base_at=matched_at,
            step=0,
            repetition=1,
            mode=rule.mode.value,
        )
        return foreseen, None

    def _had_first_pass(self, rule: Rule) -> bool:
        return self.known.get(rule.name) == conditions_digest(rule)

    def _messages_of(self, enrollment: Record | None) -> Sequence[Record]:
        if enrollment is None:
            return ()
        found = self.messages.get(enrollment.id)
        if found is None:
            found = history.messages_of(self.connection, [enrollment.id]).get(enrollment.id, ())
        return _by_then(found, self.now)

    def _handoffs_of(self, enrollment: Record | None) -> Sequence[Record]:
        if enrollment is None:
            return ()
        cases = handoffs_of(self.connection, enrollment.id)
        return [row for row in cases if row.opened_at <= self.now]

    def _next(
        self,
        rule: Rule,
        foreseen: Walking | None,
        enrollment: Record | None,
        messages: Sequence[Record],
    ) -> Foretold | None:
        if self.is_past:
            return None
        waiting = next((row for row in messages if MessageState(row.state) in IS_WAITING), None)
        if waiting is not None:
            return _foretell(self.connection, self.setup, waiting, self.now)
        if foreseen is None and enrollment is not None:
            is_active = enrollment.state == EnrollmentState.ACTIVE.value
            if is_active and enrollment.plan_at is not None:
                foreseen = standing(self.setup, enrollment)
        if foreseen is None:
            return None
        return foretell_enrollment(self.connection, self.setup, rule, foreseen, self.now)


def _by_then(messages: Sequence[Record], now: datetime) -> list[Record]:
    """Return the messages that were planned by an instant."""
    return [row for row in messages if row.planned_at <= now]


def _foretell(
    connection: Connection, setup: Setup, message: Record, now: datetime
) -> Foretold | None:
    """Say how a message of the ledger would fare, None when it has come to its end."""
    if MessageState(message.state) not in IS_WAITING:
        return None
    parts = claiming.subjects_of(connection, [message.id])
    seen = read_seen(connection, setup, [message], parts, now)
    return foretell_message(setup, waiting_draft(setup, message), seen, now)


def _customer_of(facts: Facts) -> str | None:
    key = "id" if facts.subject.kind is Kind.CUSTOMER else "customer_id"
    customer: str | None = facts.values.get(key)
    return customer
