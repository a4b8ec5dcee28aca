"""How much is too much: rates, a rule's limits, and the contact policy across rules."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.model import Purpose
from outreach.timing.durations import Duration


@dataclass(frozen=True)
class Rate:
    """At most `count` per `per`, counted over the time just passed."""

    count: int
    per: Duration

    def __str__(self) -> str:
        length = str(self.per)
        return f"{self.count} per {length.removeprefix('1 ')}"


@dataclass(frozen=True)
class Limits:
    """A rule's own limits; None where nothing is said."""

    cooldown: Duration | None = None
    per_customer: Rate | None = None
    total: Rate | None = None
    hold_above: Rate | None = None


@dataclass(frozen=True)
class ContactRule:
    """One line of the contact policy: how often one customer may hear these purposes."""

    purposes: frozenset[Purpose]
    at_most: Rate | None = None
    gap: Duration | None = None

    def __str__(self) -> str:
        names = ", ".join(p.value for p in Purpose if p in self.purposes)
        said = f"at most {self.at_most}" if self.at_most else f"{self.gap} apart"
        return f"{names}: {said}"
