"""Asking a rule's conditions again before a message goes out.

State sentences are asked about now, time sentences about `matched_at` with today's data: a window
that merely passed by does not kill a message, and a promise that was moved does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from outreach.model import Position
from outreach.rules.conditions import AllOf, AnyOf, Condition, NoneOf, Opposite, Sentence
from outreach.rules.facts import Facts


def still_holds(condition: Condition, facts: Facts, *, matched_at: datetime, now: datetime) -> bool:
    """Whether a condition that was true at `matched_at` still speaks for the message."""

    def part_holds(part: Condition) -> bool:
        return still_holds(part, facts, matched_at=matched_at, now=now)

    match condition:
        case AllOf(parts=parts):
            return all(map(part_holds, parts))
        case AnyOf(parts=parts):
            return any(map(part_holds, parts))
        case NoneOf(parts=parts):
            return not any(map(part_holds, parts))
        case Opposite(of=part):
            return not part_holds(part)
        case Sentence() if condition.since or condition.until:
            return condition.holds(facts, matched_at)
        case _:
            return condition.holds(facts, now)


def first_broken(
    conditions: Sequence[Condition], facts: Facts, *, matched_at: datetime, now: datetime
) -> Condition | None:
    """Return the first condition that no longer holds, None when all do."""
    return next(
        (c for c in conditions if not still_holds(c, facts, matched_at=matched_at, now=now)),
        None,
    )


def first_true(conditions: Sequence[Condition], facts: Facts, now: datetime) -> Condition | None:
    """Return the first condition that is true now: what stops a message by `cancel_if`."""
    return next((c for c in conditions if c.holds(facts, now)), None)


def said(condition: Condition) -> str:
    """Return a condition in the operator's words, with the line it stands in."""
    text = getattr(condition, "text", "") or type(condition).__name__.removesuffix("Of").lower()
    position: Position = condition.position
    return f"{text} ({position.file}:{position.line})" if position.file else text
