"""The scene of a look ahead: who is under way at the instant it has come to, and what waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.verdicts import Verdict
from outreach.model import MessageState, SubjectRef
from outreach.passes.ahead.agenda import Agenda, Phase
from outreach.passes.ahead.caps import Caps
from outreach.passes.ahead.following import Following
from outreach.passes.ahead.foreseen import Walking
from outreach.passes.ahead.gauge import Gauge
from outreach.passes.ahead.outlook import Draft, Outcome, PreviewMessage, tell, tell_unplanned
from outreach.passes.ahead.supposed import Supposed
from outreach.passes.drafting import Collectors
from outreach.passes.setup import Setup
from outreach.rules.conditions import Condition
from outreach.rules.document import Rule


@dataclass
class Scene:
    """Changes as time passes; `told` has every message that came to something."""

    connection: Connection
    setup: Setup
    #: when the look ahead begins
    now: datetime
    supposed: Supposed
    following: Following
    gauge: Gauge
    caps: Caps
    agenda: Agenda = field(default_factory=Agenda)
    collectors: Collectors = field(default_factory=Collectors)
    #: enrollments that go on
    walking: dict[int, Walking] = field(default_factory=dict)
    #: messages that wait, what each is about, and in which an enrollment speaks
    waiting: dict[str, Draft] = field(default_factory=dict)
    parts: dict[str, list[Walking]] = field(default_factory=dict)
    speaks_in: dict[int, str] = field(default_factory=dict)
    #: by subject the enrollments that `cancel_if` may end
    watched: dict[SubjectRef, set[int]] = field(default_factory=lambda: defaultdict(set))
    #: enrollments of which a `cancel_if` was true since the last pass
    met: dict[int, Condition] = field(default_factory=dict)
    told: list[PreviewMessage] = field(default_factory=list)

    def rule(self, row: Walking) -> Rule | None:
        """Return the rule of an enrollment; None when it was removed."""
        return self.setup.ruleset.get(row.rule)

    # enrollments

    def expect(self, coming: Iterable[Walking]) -> None:
        """Let enrollments come to be when they match."""
        for row in coming:
            self.agenda.add(max(row.matched_at, self.now), Phase.ENROL, row)

    def walk(self, row: Walking, at: datetime, *rank: Any) -> None:
        """Let an enrollment be planned at an instant."""
        self.walking[row.id] = row
        self.agenda.add(at, Phase.PLAN, row.id, *rank, row.id < 0, abs(row.id))

    def end(self, row: Walking) -> None:
        """Call an enrollment off."""
        self.walking.pop(row.id, None)
        self.supposed.called_off(row)

    # messages

    def join(self, row: Walking, message: str) -> None:
        """Let an enrollment speak in a message that waits."""
        self.speaks_in[row.id], self.walking[row.id] = message, row

    def wait(self, message: Draft, rows: list[Walking], at: datetime) -> None:
        """Let a message wait until it is due, or for a person."""
        self.waiting[message.id], self.parts[message.id] = message, rows
        for row in rows:
            self.join(row, message.id)
        if message.state == MessageState.HELD.value:
            self.hold(message, at)
        else:
            self.look_again(message, at)

    def hold(self, message: Draft, at: datetime) -> None:
        """Let a message wait for a person, as long as it is worth sending."""
        self.agenda.add(max(message.expires_at, at), Phase.EXPIRE, message.id)

    def look_again(self, message: Draft, at: datetime) -> None:
        """Let a message be judged when it is due."""
        rank = (message.due_at, message.planned_at, message.id)
        self.agenda.add(max(message.due_at, at), Phase.SEND, message.id, *rank)

    def leave(self, message: Draft) -> None:
        """Let a message wait no more."""
        del self.waiting[message.id]
        self.collectors.move(message.id, None)

    def leave_out(self, message: Draft, row: Walking, verdict: Verdict) -> None:
        """Take one subject out of a message."""
        self.parts[message.id].remove(row)
        self.tell(message, [row], Outcome.SKIPPED, verdict=verdict)

    def tell(self, *told: Any, **more: Any) -> None:
        """Say how a message fares."""
        self.told.append(tell(*told, **more))

    def tell_unplanned(self, rule: Rule, row: Walking, verdict: Verdict) -> None:
        """Say why nothing comes of an enrollment."""
        self.told.append(tell_unplanned(rule, row, verdict))
