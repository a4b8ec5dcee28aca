"""The agenda of a look ahead: what is to come, by instant, phase and rank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from heapq import heappop, heappush
from itertools import count
from typing import Any


class Phase(IntEnum):
    """What happens at one instant, in the order of the passes."""

    ENROL = 0
    EXPIRE = 1
    CANCEL = 2
    PLAN = 3
    SEND = 4


@dataclass
class Agenda:
    """What is to come. Of one instant and phase the lowest rank is first, then who came first."""

    _entries: list[tuple[datetime, Phase, tuple[Any, ...], int, Any]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)

    def add(self, at: datetime, phase: Phase, what: Any, *rank: Any) -> None:
        """Let something happen at an instant."""
        heappush(self._entries, (at, phase, rank, next(self._order), what))

    def next(self) -> tuple[datetime, Phase] | None:
        """Return when something happens next, and what kind of thing; None when nothing does."""
        return self._entries[0][:2] if self._entries else None

    def take(self, at: datetime, phase: Phase, most: int | None = None) -> list[Any]:
        """Take off what happens then, at most so much of it."""
        taken: list[Any] = []
        while self.next() == (at, phase) and len(taken) != most:
            taken.append(heappop(self._entries)[-1])
        return taken
