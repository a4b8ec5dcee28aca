"""A fault: one thing that is not as a test expects it."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.model import Position


@dataclass(frozen=True)
class Fault:
    """One thing that is not as expected: what was, what came instead, and why as far as known."""

    position: Position
    expected: str
    got: str
    because: tuple[str, ...] = ()
