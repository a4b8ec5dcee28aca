"""Places: where an enrollment stands among its rule's steps once somebody has edited them.

Enrollments know a step by its number and messages by its id. What counts is the id: a step that
moved takes those who stand at it along, and who stood at one that is gone goes on to the next of
the old steps that is left. Nobody goes back to a step that was put in before their own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from outreach.rules.document import Rule, Ruleset, Step

#: what is said of messages whose step an edit took away
STEP_GONE = "the step is gone"


@dataclass(frozen=True)
class Move:
    """Enrollments at a step, in a repetition `above` a number, stand at another step `to`.

    With `leaves` they begin there: theirs is gone, or was said as often as it still may be. `to`
    may lie past the last step: nothing is left for them.
    """

    step: int
    to: int
    above: int = 0
    leaves: bool = False


def moves(before: Rule, after: Rule) -> tuple[Move, ...]:
    """Return what moves by an edit; of two moves of one enrollment the first one counts."""
    return tuple(_moves(before, after))


def _moves(before: Rule, after: Rule) -> Iterator[Move]:
    numbers = {step.id: number for number, step in enumerate(after.steps)}
    past = len(after.steps)
    for number, step in enumerate(before.steps):
        if step.id not in numbers:
            left = (numbers[s.id] for s in before.steps[number + 1 :] if s.id in numbers)
            yield Move(number, next(left, past), leaves=True)
            continue
        here = numbers[step.id]
        most = times(after.steps[here])
        if times(step) > most:
            yield Move(number, here + 1, above=most, leaves=True)
        if here != number:
            yield Move(number, here)


def place_after(made: Collection[Move], step: int, repetition: int) -> tuple[int, int]:
    """Return the step and repetition at which an enrollment stands after the moves."""
    for move in made:
        if move.step == step and repetition > move.above:
            return move.to, 1 if move.leaves else repetition
    return step, repetition


def times(step: Step) -> int:
    """Return how often a step speaks."""
    return step.repeat.times if step.repeat else 1


def spoken_step(rule: Rule, step_id: str, repetition: int) -> Step | None:
    """Return the step that a message belongs to, None when the rule says it no longer."""
    for step in rule.steps:
        if step.id == step_id and step.template is not None and repetition <= times(step):
            return step
    return None


def place_of(rule: Rule | None, step_id: str) -> int | None:
    """Return the number of a step by its id, None when the rule has none of that id."""
    steps = rule.steps if rule else ()
    return next((number for number, step in enumerate(steps) if step.id == step_id), None)


def edited(before: Ruleset | None, after: Ruleset) -> dict[str, tuple[Move, ...]]:
    """Return the moves of each rule that has any; without rules before there is nobody to move."""
    both = ((old, after.get(old.name)) for old in before or ())
    return {old.name: made for old, new in both if new and (made := moves(old, new))}


def silenced(before: Rule, after: Rule) -> bool:
    """Whether an edit leaves messages of a rule without the step they belong to."""
    spoken = (step for step in before.steps if step.template is not None)
    return any(spoken_step(after, step.id, times(step)) is None for step in spoken)
