"""The forecast behind a preview: messages judged in the order they come due, nothing written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from heapq import heappop, heappush
from itertools import count
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.caps import Contact
from outreach.deciding.gates import Judged, judge
from outreach.deciding.planning import Ended, PlannedMessage, next_place, plan
from outreach.deciding.rendering.templates import Rendered
from outreach.deciding.verdicts import Decision
from outreach.model import Channel, Kind, MessageState, Mode, Purpose, Reason, SubjectRef
from outreach.passes.drafting import Collectors, draft
from outreach.passes.foreseen import Walking, foreseen
from outreach.passes.judging import Seen, circumstances, read_seen
from outreach.passes.plan import floods
from outreach.passes.progress import GOES_ON
from outreach.passes.setup import Setup
from outreach.store import claiming, planning


class Outcome(StrEnum):
    """How a message would fare, sorted for people."""

    WILL_SEND = "will_send"
    HELD = "held"
    WAITING = "waiting"  # it goes out, but not before the end of the preview
    SKIPPED = "skipped"
    SHADOW = "shadow"  # it would have gone out, were the rule live


@dataclass(frozen=True)
class PreviewMessage:
    """One message as it would fare; `state` and `reason` are what the ledger would say."""

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


@dataclass
class Draft:
    """A message on its way through the forecast; the columns of the ledger that matter to it."""

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
    said: str | None = None

    @classmethod
    def of(cls, columns: Mapping[str, Any]) -> Draft:
        """Take over a row, or a draft, of the ledger."""
        return cls(**{f.name: columns[f.name] for f in fields(cls) if f.name in columns})


@dataclass
class Forecast:
    """Read once, then let time pass; `told` has every message that came to something."""

    setup: Setup
    now: datetime
    until: datetime
    told: list[PreviewMessage] = field(default_factory=list)
    _due: list[tuple[datetime, int, Draft]] = field(default_factory=list)
    _turn: Iterator[int] = field(default_factory=count)
    _collectors: Collectors = field(default_factory=Collectors)
    _parts: dict[str, list[Walking]] = field(default_factory=dict)
    _floods: dict[str, str] = field(default_factory=dict)

    def read(
        self, connection: Connection, rules: Collection[str] | None, customer: str | None
    ) -> None:
        """Read what is planned, held and enrolled, and what would come to match."""

        def is_asked(row: Any) -> bool:
            return (not rules or row.rule in rules) and customer in (None, row.customer_id)

        planned = [row for row in planning.open_messages(connection) if is_asked(row)]
        found = claiming.subjects_of(connection, [row.id for row in planned])
        self._parts = {k: [Walking.of(part) for part in parts] for k, parts in found.items()}
        walking = [
            *map(Walking.of, planning.due_enrollments(connection, self.until)),
            *foreseen(connection, self.setup, self.now, self.until, rules),
        ]
        walking = [row for row in walking if is_asked(row)]
        about: dict[str, Sequence[Any]] = {**self._parts, "": walking}
        rows = [*planned, *walking]
        self._seen: Seen = read_seen(connection, self.setup, rows, about, self.now)
        self._floods = dict(floods(connection, self.setup, _matched(walking), self.now))
        for message in planned:
            self._push(Draft.of(message._asdict()))
        for row in sorted(walking, key=lambda w: (w.base_at, w.key)):
            self._plan(row)

    def run(self) -> None:
        """Let time pass until the end."""
        while self._due:
            due_at, _, message = heappop(self._due)
            if message.state == MessageState.HELD.value:
                self._tell(message, Outcome.HELD)
            elif due_at > self.until:
                self._tell(message, Outcome.WAITING)
            else:
                self._judge(message, max(due_at, self.now))

    def _push(self, message: Draft) -> None:
        heappush(self._due, (message.due_at, next(self._turn), message))

    def _plan(self, row: Walking) -> None:
        rule = self.setup.ruleset.get(row.rule)
        if rule is None:
            return
        known = self._seen.known
        recipient = known.people.get(row.customer_id or "")
        if recipient is None:
            self.told.append(_never_planned(self.setup, row, Reason.NO_CUSTOMER))
            return
        takers = self.setup.ruleset.over(rule.name)
        found = plan(rule, known.walker(row), recipient, takers, self.until)
        if isinstance(found, PlannedMessage):
            joined = self._collectors.joined(rule, row.customer_id or "", found)
            if joined is not None:
                self._parts[joined["id"]].append(row)
                return
            flood = self._floods.get(rule.name)
            columns = draft(self.setup, rule, row, found, flood, self.now)
            self._collectors.open(rule, columns)
            self._parts[columns["id"]] = [row]
            self._push(Draft.of({**columns, "said": flood}))
        elif isinstance(found, Ended) and found.reason is not Reason.FINISHED:
            self.told.append(_never_planned(self.setup, row, found.reason))

    def _judge(self, message: Draft, at: datetime) -> None:
        parts = self._parts[message.id]
        judged = judge(
            circumstances(self.setup, message, replace(self._seen, parts=self._parts)), at
        )
        verdict = judged.verdict
        message.reason, message.said, message.due_at = verdict.reason.value, verdict.note, at
        match verdict.decision:
            case Decision.GO:
                self._remember(message, parts, at)
                self._tell(message, Outcome.WILL_SEND, judged)
                self._go_on(message, parts, Reason.SENT)
            case Decision.HOLD:
                self._tell(message, Outcome.HELD, judged)
            case Decision.WAIT:
                message.due_at = verdict.until or self.until
                self._push(message)
            case Decision.STOP:
                is_shadow = verdict.reason is Reason.SHADOW
                self._tell(message, Outcome.SHADOW if is_shadow else Outcome.SKIPPED, judged)
                self._go_on(message, parts, verdict.reason)

    def _remember(self, message: Draft, parts: Sequence[Walking], at: datetime) -> None:
        own = frozenset(part.id for part in parts)
        contact = Contact(message.rule, Purpose(message.purpose), at, own)
        self._seen.contacts.setdefault(message.customer_id, []).append(contact)
        self._seen.sent_by_rule.setdefault(message.rule, []).append(at)

    def _go_on(self, message: Draft, parts: Sequence[Walking], reason: Reason) -> None:
        rule = self.setup.ruleset.get(message.rule)
        if rule is None or reason not in GOES_ON:
            return
        for part in parts:
            step, repetition = next_place(
                rule, part.step, part.repetition, skipped=reason is Reason.STEP_SKIPPED
            )
            base_at = message.planned_for
            self._plan(replace(part, step=step, repetition=repetition, base_at=base_at))

    def _tell(self, message: Draft, outcome: Outcome, judged: Judged | None = None) -> None:
        rendered = judged.rendered if judged else None
        state = judged.verdict.state if judged else MessageState(message.state)
        parts = self._parts[message.id]
        self.told.append(
            PreviewMessage(
                rule=message.rule,
                step=message.step,
                subjects=tuple(SubjectRef(Kind(part.kind), part.subject_id) for part in parts),
                customer=message.customer_id,
                channel=(judged.channel if judged else None) or Channel(message.channel),
                purpose=Purpose(message.purpose),
                template=message.template,
                locale=rendered.locale if rendered else message.locale,
                due_at=message.due_at,
                state=MessageState.PLANNED if state is MessageState.SENDING else state,
                reason=Reason(message.reason),
                outcome=outcome,
                note=message.said or "",
                rendered=rendered,
            )
        )


def _matched(walking: Sequence[Walking]) -> dict[str, list[datetime]]:
    """Return by rule when those matched that are planned for the first time."""
    times: dict[str, list[datetime]] = defaultdict(list)
    for row in walking:
        if (row.step, row.repetition, row.mode) == (0, 1, Mode.LIVE.value):
            times[row.rule].append(row.matched_at)
    return times


def _never_planned(setup: Setup, row: Walking, reason: Reason) -> PreviewMessage:
    rule = setup.ruleset.get(row.rule)
    assert rule is not None
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
        state=MessageState.CANCELLED,
        reason=reason,
        outcome=Outcome.SKIPPED,
    )
