"""What a rule must not do, and what cannot be meant, once its parts are understood."""

from __future__ import annotations

from datetime import timedelta
from math import prod

from outreach.errors import Level
from outreach.model import Purpose
from outreach.rules.ages import BEGAN
from outreach.rules.conditions import (
    AllOf,
    AnyOf,
    Branch,
    Condition,
    Edge,
    HasBeen,
    IsOneOf,
    NoneOf,
    Opposite,
    Shift,
)
from outreach.rules.document import Rule
from outreach.rules.lengths import shortest
from outreach.rules.loading.rule import Written
from outreach.rules.yaml_section import Section
from outreach.timing.hours import ALL_DAY, EVERY_DAY

#: an OR of this many ANDs is still one query
MOST_BRANCHES = 64


def check_policy(written: Written) -> None:
    """Report what one rule must not do, or cannot mean."""
    section, rule = written.section, written.rule
    if written.has_purpose:
        _check_purpose(section, rule)
    if not written.has_conditions:
        return
    ways = prod(count_branches(condition) for condition in (*rule.when, *rule.audience))
    if ways > MOST_BRANCHES:
        said = f"the groups make {ways} combinations, and one rule may have {MOST_BRANCHES}"
        hint = "split the rule: one for each way to match"
        section.report("E302", said, "when", hint=hint)
    elif rule.when:
        _check_time(section, rule)


def _check_purpose(section: Section, rule: Rule) -> None:
    if rule.purpose is Purpose.TRANSACTIONAL and rule.holdout:
        said = "a transactional message must reach everybody, so it has no holdout"
        section.report("E306", said, "holdout")
    if rule.purpose is not Purpose.SURVEY and "sample" in section:
        said = f"only surveys are for a sample, and this is {rule.purpose}"
        section.report("E310", said, "sample", hint="`holdout` leaves out a share of customers")
    if rule.purpose is Purpose.TRANSACTIONAL and any(step.offer for step in rule.steps):
        said = "an offer makes a message advertising, and this one is transactional"
        section.report("E306", said, "steps", hint="purpose: service")
    window = rule.window
    always = window.hours == ALL_DAY and window.days == EVERY_DAY and not window.holidays_of
    if always and rule.purpose is not Purpose.TRANSACTIONAL:
        said = f"at any time only transactional messages may go out, and this is {rule.purpose}"
        section.report("E307", said, "send_window" if "send_window" in section else "rule")


def _check_time(section: Section, rule: Rule) -> None:
    """Report conditions that are never true together, and those no index serves."""
    branches = AllOf(parts=(*rule.when, *rule.audience)).branches()
    possible = [branch for branch in branches if _is_possible(branch)]
    if not possible or _excludes_itself(rule):
        section.report("E305", "these conditions are never true together", "when")
        return
    young = Branch(until=(Edge(rule.age.field, Shift(rule.age.length)),)) if rule.age else Branch()
    aged = [branch & young for branch in possible if _is_possible(branch & young)]
    if not aged and rule.age:
        said = f"when this becomes true, {rule.age.field.path} is older than {rule.age.length}"
        where = "ignore_older_than" if "ignore_older_than" in section else "when"
        section.report("E305", said, where, hint="give `ignore_older_than` a longer time")
    elif not all(any(map(_is_anchor, (*b.since, *b.until))) for b in aged):
        said = "no indexed time bound: this rule reads the whole table at every pass"
        hint = f"add a sentence about a time, such as {BEGAN[rule.about]} is within the last 1 day"
        section.report("W310", said, "when", hint=hint, level=Level.WARNING)


def count_branches(condition: Condition, *, denied: bool = False) -> int:
    """Return how many branches a condition comes apart into, without making them."""
    match condition:
        case AllOf(parts=parts):
            counts = [count_branches(part, denied=denied) for part in parts]
            return sum(counts) if denied else prod(counts)
        case AnyOf(parts=parts):
            counts = [count_branches(part, denied=denied) for part in parts]
            return prod(counts) if denied else sum(counts)
        case NoneOf(parts=parts):
            return count_branches(AnyOf(parts=parts), denied=not denied)
        case _:
            return len(condition.branches(denied=denied))


def _is_possible(branch: Branch) -> bool:
    """Whether no start of the branch comes at or after an end of it, whatever the data."""
    return not any(
        start.field.path == end.field.path and _shortest(start.shift) >= _longest(end.shift)
        for start in branch.since
        for end in branch.until
    )


def _shortest(shift: Shift) -> timedelta:
    """Return the least that a shift can be: negative where it leads ahead."""
    if not shift.ahead:
        return shortest(shift.duration)
    return timedelta.min if shift.duration.is_business else -shift.duration.fixed


def _longest(shift: Shift) -> timedelta:
    return timedelta.max if shift.duration.is_business else _shortest(shift)


def _is_anchor(edge: Edge) -> bool:
    return edge.field.indexed and not edge.open_when_missing


def _excludes_itself(rule: Rule) -> bool:
    """Whether two conditions leave no value for a field: `status is paid`, `status is packed`."""
    allowed: dict[str, set[str]] = {}
    denied: dict[str, set[str]] = {}
    for condition in (*rule.when, *rule.audience):
        if isinstance(condition, IsOneOf | HasBeen):
            path, values = condition.field.path, set(condition.values)
            allowed[path] = allowed.get(path, values) & values
        elif isinstance(condition, Opposite) and isinstance(condition.of, IsOneOf):
            denied.setdefault(condition.of.field.path, set()).update(condition.of.values)
    return any(not values - denied.get(path, set()) for path, values in allowed.items())
