"""Sentences about what became of a step of the same enrollment: `update was replied to`.

Of a message they speak of what the customer did with it, of a task whether it was taken or done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement

from outreach.model import Position
from outreach.rules.conditions.branch import Branch, Frame
from outreach.rules.facts import Facts
from outreach.timing.spans import END, NEVER, Spans

#: phrase in a sentence → event name kept with the message
EVENTS = {
    "answered": "answered",
    "replied to": "replied",
    "clicked": "clicked",
    "delivered": "delivered",
    "bounced": "bounced",
    "taken": "taken",
    "done": "done",
}


@dataclass(frozen=True, kw_only=True)
class StepHad:
    """`step was answered`: true from the moment it happened."""

    step: str
    event: str
    text: str = ""
    position: Position = Position("", 0)

    def _first(self, facts: Facts) -> datetime | None:
        found = (e.at for e in facts.events if (e.step, e.event) == (self.step, self.event))
        return min(found, default=None)

    def holds(self, facts: Facts, now: datetime) -> bool:
        first = self._first(facts)
        return first is not None and first <= now

    def spans(self, facts: Facts) -> Spans:
        first = self._first(facts)
        return NEVER if first is None else Spans.between(first, END)

    def branches(self, *, denied: bool = False) -> tuple[Branch, ...]:
        def test(frame: Frame) -> ColumnElement[bool]:
            happened = frame.had(self.step, self.event)
            return ~happened if denied else happened

        return (Branch(tests=(test,)),)
