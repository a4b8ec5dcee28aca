"""The forecast behind a preview: the passes' own decisions in the order of time, nothing written.

At each instant things happen in the order of the passes: enrollments come to be, `cancel_if` ends
some, the rest are planned, and what is due is judged, claim by claim.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.gates import judge
from outreach.deciding.places import STEP_GONE, spoken_step
from outreach.deciding.planning import Ended, Later, Plan, PlannedMessage, next_place, plan
from outreach.deciding.rechecking import first_true, said
from outreach.deciding.verdicts import Decision, Verdict, stop
from outreach.model import MessageState, Reason, SubjectRef
from outreach.passes.ahead.agenda import Agenda, Phase
from outreach.passes.ahead.following import Following
from outreach.passes.ahead.foreseen import Walking, foreseen, moved, standing
from outreach.passes.ahead.gauge import Gauge
from outreach.passes.ahead.outlook import (
    Draft,
    Outcome,
    PreviewMessage,
    outcome_of,
    tell,
    tell_unplanned,
    waiting_draft,
)
from outreach.passes.ahead.supposed import Supposed
from outreach.passes.drafting import Collectors, draft, is_opening, postponed
from outreach.passes.flooding import Flood
from outreach.passes.judging import circumstances, read_seen
from outreach.passes.meanwhile import foresee_met
from outreach.passes.progress import goes_on
from outreach.passes.send import BATCH
from outreach.passes.setup import Setup
from outreach.rules.conditions import Condition
from outreach.rules.document import Rule
from outreach.store import claiming, places, planning
from outreach.timing.instants import MICROSECOND


@dataclass
class Forecast:
    """Read once, then let time pass; `told` has every message that came to something."""

    connection: Connection
    setup: Setup
    now: datetime
    until: datetime
    rules: Collection[str] = ()
    customer: str | None = None
    told: list[PreviewMessage] = field(default_factory=list)
    _agenda: Agenda = field(default_factory=Agenda)
    _collectors: Collectors = field(default_factory=Collectors)
    #: enrollments that go on, and the messages that wait with what each is about
    _walking: dict[int, Walking] = field(default_factory=dict)
    _waiting: dict[str, Draft] = field(default_factory=dict)
    _parts: dict[str, list[Walking]] = field(default_factory=dict)
    _speaks_in: dict[int, str] = field(default_factory=dict)
    #: enrollments that an edit of their rule moves on to a later step
    _leaving: set[int] = field(default_factory=set)
    #: enrollments of which a `cancel_if` was true since the last pass
    _met: dict[int, Condition] = field(default_factory=dict)
    #: by subject the enrollments that `cancel_if` may end
    _watched: dict[SubjectRef, set[int]] = field(default_factory=lambda: defaultdict(set))

    def run(self) -> list[PreviewMessage]:
        """Let time pass until the end; return what becomes of every message."""
        self._read()
        one_by_one: dict[Phase, Callable[[Any, datetime], None]] = {
            Phase.ENROL: self._enrol,
            Phase.EXPIRE: self._expire,
            Phase.CANCEL: self._cancel,
        }
        while (coming := self._agenda.next()) and coming[0] <= self.until:
            at, phase = coming
            taken = self._agenda.take(at, phase, BATCH if phase is Phase.SEND else None)
            match phase:
                case Phase.PLAN:
                    self._plan(taken, at)
                case Phase.SEND:
                    self._claim(taken, at)
                case _:
                    for each in taken:
                        one_by_one[phase](each, at)
        for message in self._waiting.values():
            is_held = message.state == MessageState.HELD.value
            outcome = Outcome.HELD if is_held else Outcome.WAITING
            self._tell(message, self._parts[message.id], outcome)
        return self.told

    def _read(self) -> None:
        """Read what is planned, held and enrolled, and what would come to match."""
        connection, setup = self.connection, self.setup
        messages = [row for row in planning.open_messages(connection) if self._is_asked(row)]
        parts = claiming.subjects_of(connection, [row.id for row in messages])
        due = [row for row in self._due() if self._is_asked(row)]
        found = foreseen(connection, setup, self.now, self.until, self.rules)
        coming = [row for row in found if self._is_asked(row)]
        about: dict[str, Sequence[Any]] = {**parts, "": [*due, *coming]}
        seen = read_seen(connection, setup, [*messages, *about[""]], about, self.now)
        self._supposed = Supposed(replace(seen, parts=self._parts))
        self._following = Following(connection, setup, self._supposed, self.until, coming)
        self._gauge = Gauge(connection, setup, self._supposed, self.until)
        for message in messages:
            rows = [standing(setup, part) for part in parts[message.id]]
            self._take_over(waiting_draft(setup, message), rows)
        for row in due:
            self._stand(
                standing(setup, row), row.base_at if row.id in self._leaving else row.plan_at
            )
        about_now = [*self._walking.values(), *coming]
        self._met = foresee_met(connection, setup, about_now, self.now)
        for walking in self._walking.values():
            self._watch(walking, self.now)
        for walking in coming:
            self._agenda.add(max(walking.matched_at, self.now), Phase.ENROL, walking)

    def _due(self) -> Iterator[Any]:
        """Yield the enrollments that are planned until the end, and those an edit moves on."""
        for rule, moves in self.setup.moves.items():
            for row in places.leaving(self.connection, rule, moves):
                self._leaving.add(row.id)
                yield row
        for row in planning.due_enrollments(self.connection, self.until):
            if row.id not in self._leaving:
                yield row

    def _take_over(self, message: Draft, rows: list[Walking]) -> None:
        """Take over a message of the ledger; one whose step is gone ends when that is applied."""
        rule = self.setup.ruleset.get(message.rule)
        if (
            self.setup.applied is None
            or rule is None
            or spoken_step(rule, message.step, message.repetition)
        ):
            self._wait(message, rows, self.now)
            self._collectors.open(vars(message))
            return
        verdict = stop(Reason.CANCELLED_BY_RULE_EDIT, STEP_GONE)
        self._tell(message, rows, Outcome.SKIPPED, verdict=verdict)
        for row in rows:
            self._stand(row, row.base_at)

    def _stand(self, row: Walking, plan_at: datetime) -> None:
        """Let an enrollment of the ledger be planned, unless an edit left it nothing to do."""
        rule = self.setup.ruleset.get(row.rule)
        if rule is None or rule.step(row.step):
            self._walk(row, max(plan_at, self.now), plan_at)

    def _is_asked(self, row: Any) -> bool:
        is_its_rule = not self.rules or row.rule in self.rules
        return is_its_rule and self.customer in (None, row.customer_id)

    # enrollments

    def _enrol(self, row: Walking, at: datetime) -> None:
        rule = self.setup.ruleset.get(row.rule)
        assert rule is not None
        # what passes find now has come true already, and may not be true any more
        if at > self.now and not self._following.still_matches(rule, row, at):
            self._expect(self._following.after(rule, row, at))
            return
        self._supposed.enrolled(row)
        self._walk(row, at, row.matched_at)
        self._watch(row, at)

    def _expect(self, coming: Iterable[Walking]) -> None:
        for row in coming:
            self._agenda.add(row.matched_at, Phase.ENROL, row)

    def _walk(self, row: Walking, at: datetime, *rank: Any) -> None:
        """Let an enrollment be planned at an instant."""
        self._walking[row.id] = row
        self._agenda.add(at, Phase.PLAN, row.id, *rank, row.id < 0, abs(row.id))

    def _watch(self, row: Walking, at: datetime) -> None:
        """Look for the first instant from which on `cancel_if` ends an enrollment."""
        rule, facts = self.setup.ruleset.get(row.rule), self._supposed.facts(row)
        if rule is None or facts is None or not rule.cancel_if:
            return
        self._watched[facts.subject].add(row.id)
        starts = [condition.spans(facts).first_from(at) for condition in rule.cancel_if]
        if row.id in self._met:
            starts.append(at)
        if start := min(filter(None, starts), default=None):
            self._agenda.add(start, Phase.CANCEL, row.id)

    def _cancel(self, number: int, at: datetime) -> None:
        row = self._walking.get(number)
        facts = self._supposed.facts(row) if row else None
        if row is None or facts is None:
            return
        rule = self.setup.ruleset.get(row.rule)
        assert rule is not None
        true_now = first_true(rule.cancel_if, facts, at) or self._met.get(number)
        if true_now is None:  # something we sent has changed it
            self._watch(row, at + MICROSECOND)
            return
        verdict = stop(Reason.CANCELLED_BY_RULE, said(true_now))
        message = self._waiting.get(self._speaks_in.get(number, ""))
        self._end(row)
        if message is None:
            self.told.append(tell_unplanned(rule, row, verdict))
        elif len(self._parts[message.id]) > 1:
            self._leave_out(message, row, verdict)
        else:
            self._leave(message)
            self._tell(message, [row], Outcome.SKIPPED, verdict=verdict)

    def _end(self, row: Walking) -> None:
        """Call an enrollment off."""
        self._walking.pop(row.id, None)
        self._supposed.called_off(row)

    # planning

    def _plan(self, numbers: Iterable[int], at: datetime) -> None:
        rows = [self._walking[n] for n in numbers if n in self._walking]
        flooded = self._gauge.floods(rows)
        plans = list(self._plans(rows, at))
        ids = [_id(row, found) for row, _, found in plans if isinstance(found, PlannedMessage)]
        written = planning.known_messages(self.connection, ids)
        for row, rule, found in plans:
            match found:
                case PlannedMessage(walker=walker) if _id(row, found) in written:
                    place = next_place(rule, walker.step, walker.repetition, skipped=False)
                    past = moved(row, *place, found.planned_for)
                    self._walk(past, max(found.planned_for, at), found.planned_for)
                case PlannedMessage():
                    self._planned(row, rule, found, flooded, at)
                case Later(walker=walker, at=later, is_known=True):
                    here = moved(row, walker.step, walker.repetition, walker.subject.base_at)
                    self._walk(here, later, later)
                case Ended(reason=Reason.FINISHED):
                    del self._walking[row.id]
                case Ended(reason=reason):
                    self._end(row)
                    self.told.append(tell_unplanned(rule, row, stop(reason)))

    def _plans(self, rows: Iterable[Walking], at: datetime) -> Iterator[tuple[Walking, Rule, Plan]]:
        known, ruleset = self._supposed.seen.known, self.setup.ruleset
        for row in rows:
            rule, recipient = ruleset.get(row.rule), known.people.get(row.customer_id or "")
            walker = known.walker(row)
            if rule is None:
                self._end(row)
            elif recipient is None:  # planning waits for them: as things are, nobody comes
                yield row, rule, Ended(walker, Reason.NO_CUSTOMER)
            else:
                yield row, rule, plan(rule, walker, recipient, ruleset.over(rule.name), at)

    def _planned(
        self,
        row: Walking,
        rule: Rule,
        found: PlannedMessage,
        flooded: Mapping[str, Flood],
        at: datetime,
    ) -> None:
        walker = found.walker
        here = moved(row, walker.step, walker.repetition, walker.subject.base_at)
        joined = self._collectors.joined(rule, row.customer_id or "", found)
        if joined is not None:
            self._parts[joined].append(here)
            self._speaks_in[here.id], self._walking[here.id] = joined, here
            return
        flood = flooded.get(rule.name)
        is_part = flood is not None and flood.holds(row.known_from) and is_opening(rule, walker)
        said = flood.said if flood is not None and is_part else None
        columns = draft(self.setup, rule, row, found, said, at)
        if rule.combine_within is not None:
            self._collectors.open(columns)
        self._wait(Draft.of({**columns, "said": said}), [here], at)

    # messages

    def _wait(self, message: Draft, rows: list[Walking], at: datetime) -> None:
        """Let a message wait until it is due, or for a person."""
        self._waiting[message.id], self._parts[message.id] = message, rows
        for row in rows:
            self._speaks_in[row.id], self._walking[row.id] = message.id, row
        if message.state == MessageState.HELD.value:
            self._hold(message, at)
        else:
            self._look_again(message, at)

    def _hold(self, message: Draft, at: datetime) -> None:
        """Let a message wait for a person, as long as it is worth sending."""
        self._agenda.add(max(message.expires_at, at), Phase.EXPIRE, message.id)

    def _expire(self, number: str, at: datetime) -> None:
        """Let go of a held message; it is told as held if somebody can still approve it."""
        message = self._waiting.get(number)
        if message is None:
            return
        rows = self._parts[number]
        self._leave(message)
        if message.expires_at > self.now:
            self._tell(message, rows, Outcome.HELD)
        else:
            self._tell(message, rows, Outcome.SKIPPED, verdict=stop(Reason.EXPIRED))
        for row in rows:
            self._go_on(row, message, Reason.EXPIRED, at)

    def _look_again(self, message: Draft, at: datetime) -> None:
        rank = (message.due_at, message.planned_at, message.id)
        self._agenda.add(max(message.due_at, at), Phase.SEND, message.id, *rank)

    def _leave(self, message: Draft) -> None:
        """Let a message wait no more."""
        del self._waiting[message.id]
        self._collectors.move(message.id, None)

    def _leave_out(self, message: Draft, row: Walking, verdict: Verdict) -> None:
        """Take one subject out of a message."""
        self._parts[message.id].remove(row)
        self._tell(message, [row], Outcome.SKIPPED, verdict=verdict)

    def _claim(self, ids: Iterable[str], at: datetime) -> None:
        """Judge what is due as one claim does: of each customer only the first message."""
        first: dict[str, Draft] = {}
        for message in filter(None, map(self._waiting.get, ids)):
            if message.customer_id in first:
                self._look_again(message, at)
            else:
                first[message.customer_id] = message
        for message in first.values():
            self._judge(message, at)

    def _judge(self, message: Draft, at: datetime) -> None:
        asked = circumstances(self.setup, message, self._supposed.seen)
        judged = judge(asked, at)
        verdict, rows = judged.verdict, {row.id: row for row in self._parts[message.id]}
        message.reason, message.said = verdict.reason.value, verdict.note
        left_out = [(rows[subject.enrollment_id], why) for subject, why in judged.dropped]
        if verdict.decision is not Decision.STOP:
            for row, why in left_out:
                self._leave_out(message, row, why)
        match verdict.decision:
            case Decision.WAIT:
                for name, value in postponed(asked, verdict).items():
                    setattr(message, name, value)
                self._collectors.move(message.id, message.planned_for)
                self._look_again(message, at)
            case Decision.HOLD:
                message.state = MessageState.HELD.value
                self._hold(message, at)
            case _:
                self._leave(message)
                message.due_at = at
                self._tell(message, self._parts[message.id], outcome_of(verdict), judged=judged)
        for row, why in left_out:
            self._go_on(row, message, why.reason, at)
        if message.id in self._waiting:
            return
        going = [rows[subject.enrollment_id] for subject in judged.subjects]
        if verdict.decision is Decision.GO:
            self._sent(message, going, at)
        reason = Reason.SENT if verdict.decision is Decision.GO else verdict.reason
        for row in going:
            self._go_on(row, message, reason, at)

    def _sent(self, message: Draft, rows: Iterable[Walking], at: datetime) -> None:
        """Let the data know that a message went out, and what comes of that."""
        changed = self._supposed.sent(message, rows, at)
        for number in {number for ref in changed for number in self._watched.get(ref, ())}:
            if number in self._walking:
                self._watch(self._walking[number], at)
        self._expect(self._following.on_send(changed, at))

    def _go_on(self, row: Walking, message: Draft, reason: Reason, at: datetime) -> None:
        """Let an enrollment go on from a message that came to its end, or end with it."""
        rule = self.setup.ruleset.get(message.rule)
        if rule is None or not goes_on(message, reason):
            self._end(row)
            return
        is_skipped = reason is Reason.STEP_SKIPPED
        step, repetition = next_place(rule, row.step, row.repetition, skipped=is_skipped)
        if rule.step(step) is None:
            self._walking.pop(row.id, None)
            return
        base_at = message.planned_for
        self._walk(moved(row, step, repetition, base_at), max(base_at, at), base_at)

    def _tell(self, *told: Any, **more: Any) -> None:
        self.told.append(tell(*told, **more))


def _id(row: Walking, found: PlannedMessage) -> str:
    return planning.message_id(row.rule, row.key, found.step.id, found.walker.repetition)
