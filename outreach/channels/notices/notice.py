"""What a team is told of a case, and what tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Way(StrEnum):
    """How a team hears of its cases."""

    EMAIL = "email"
    SLACK = "slack"
    WEBHOOK = "webhook"
    NOTE = "note"


@dataclass(frozen=True)
class NotedTicket:
    """The ticket that a note goes on; `source` is where it came from."""

    source: str
    id: str
    number: str


@dataclass(frozen=True)
class Notice:
    """One case for one way: `id` is the same however often it is told.

    `due` is by when, in words and on the team's own clock. `ticket` is what a note goes on.
    """

    id: str
    handoff: str
    team: str
    title: str
    note: str
    due: str
    due_at: datetime | None
    opened_at: datetime
    rule: str
    step: str
    kind: str
    subject: str
    customer: str | None
    case_url: str
    ticket: NotedTicket | None = None

    def content(self) -> dict[str, Any]:
        """Return it as plain data, for programs."""
        return {
            "id": self.id,
            "event": "handoff.opened",
            "handoff": self.handoff,
            "team": self.team,
            "title": self.title,
            "note": self.note,
            "due_at": self.due_at.isoformat() if self.due_at else None,
            "opened_at": self.opened_at.isoformat(),
            "rule": self.rule,
            "step": self.step,
            "about": {"kind": self.kind, "id": self.subject},
            "customer": self.customer,
            "case_url": self.case_url or None,
        }

    def lines(self) -> list[str]:
        """Return it as people read it, below its title."""
        return [
            *([self.note] if self.note else []),
            f"Due {self.due}" if self.due else "No time is set",
            f"About {self.kind} {self.subject}, customer {self.customer or 'not known'}",
            f"Asked for by the rule {self.rule}",
        ]

    def text(self) -> str:
        """Return all of it as people read it, with what to do."""
        link = ["", self.case_url] if self.case_url else []
        words = f"To take it: outreach handoffs take {self.handoff}"
        return "\n".join([self.title, "", *self.lines(), *link, "", words])


class Notifier(Protocol):
    """One way to a team. Safe to call from several threads at once."""

    def tell(self, notice: Notice, *, now: datetime) -> None:
        """Tell a team of a case; raises SendError for all but a yes."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
