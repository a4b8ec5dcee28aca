"""The lint of rules: steps that are never reached, and what nothing stops once it is settled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from outreach.deciding.lint.rule_text import RuleText
from outreach.deciding.lint.schedule import Surroundings
from outreach.errors import Problem
from outreach.model import Kind, Mode, Position, Purpose
from outreach.rules.conditions import (
    AllOf,
    AnyOf,
    Condition,
    HasBeen,
    IsOneOf,
    IsPresent,
    NoneOf,
    Opposite,
    Sentence,
    StepHad,
)
from outreach.rules.conditions.fields import fields_of
from outreach.rules.document import Rule, Step
from outreach.rules.fields import Field, Source

NOWHERE = Position("", 0)
#: fields that say whether a matter is settled, wherever they stand; an answer that was given anew
#: counts no more
_SETTLED = {
    "status", "carrier_status", "delivered_at", "resolved_at", "closed_at", "cancelled_at",
    "refunded_at", "last_reply_by", "counts",
}  # fmt: skip


def lint_reach(text: RuleText, rules: Sequence[Rule], around: Surroundings) -> Iterator[Problem]:
    """Yield what a rule never does, and what it does for too long."""
    yield from _cancels_itself(text)
    yield from _steps(text)
    yield from _silenced(text, rules)
    yield from _waits_in_vain(text, rules)
    yield from _unguarded(text, around)


def _cancels_itself(text: RuleText) -> Iterator[Problem]:
    rule = text.rule
    for condition in rule.cancel_if:
        if _follows(condition, (*rule.when, *rule.audience)):
            said = f"`{_text(condition)}` is true of all that match, so nothing is ever sent"
            yield text.problem("T508", "cancel_if", said, "cancel on what changes afterwards")


def _steps(text: RuleText) -> Iterator[Problem]:
    rule = text.rule
    first, last = rule.steps[0], rule.steps[-1]
    if last.template is None and last.handoff is None:
        said = "nothing comes after this wait"
        yield text.problem_in(last, "T508", "wait", said, "delete it, or say what to send")
    if first.wait is None:
        for key, conditions in (("skip_if", first.skip_if), ("stop_if", first.stop_if)):
            for condition in conditions:
                if _follows(condition, (*rule.when, *rule.audience)):
                    said = f"`{_text(condition)}` is true of all that match: it is never sent"
                    yield text.problem_in(first, "T508", key, said)
    for step in rule.steps:
        field = _waited_for(step)
        if field and any(_says_present(condition, field) for condition in rule.cancel_if):
            said = f"it waits for {field.path}, and the rule ends when that is there"
            yield text.problem_in(step, "T508", "wait", said)


def _waited_for(step: Step) -> Field | None:
    return (step.wait.after or step.wait.until) if step.wait else None


def _silenced(text: RuleText, rules: Sequence[Rule]) -> Iterator[Problem]:
    """Yield a rule that another takes over from whenever it matches."""
    rule = text.rule
    mine = (*rule.when, *rule.audience)
    for other in rules:
        if rule.name not in other.takes_over or other.mode is Mode.OFF:
            continue
        if all(_follows(condition, mine) for condition in (*other.when, *other.audience)):
            said = f"`{other.name}` takes over whenever this matches, so it never says anything"
            yield text.problem("T508", "rule", said, "let the other rule ask for something more")


def _waits_in_vain(text: RuleText, rules: Sequence[Rule]) -> Iterator[Problem]:
    """Yield sentences about messages of a rule that sends none."""
    rule = text.rule
    if rule.mode is not Mode.LIVE:
        return
    modes = {other.name: other.mode for other in rules}
    said = [c for c in (*rule.when, *rule.audience) if isinstance(c, Sentence)]
    for field in fields_of(said):
        if field.source is Source.LAST_SENT and modes.get(field.rule, Mode.LIVE) is not Mode.LIVE:
            mode = modes[field.rule]
            message = f"`{field.rule}` is {mode} and sends nothing, so this rule never matches"
            yield text.problem("T509", "when", message, f"let both be live, or both {mode}")


def _unguarded(text: RuleText, around: Surroundings) -> Iterator[Problem]:
    rule = text.rule
    asked = {field.path for field in fields_of(_all_conditions(rule))}
    names = {path.rpartition(".")[2] for path in asked}
    if rule.purpose is Purpose.SURVEY and not _asks_tickets(rule, asked) and not _is_gated(rule):
        said = "also people with an open ticket are asked how we did"
        hint = "cancel_if: customer.open_tickets is at least 1"
        yield text.problem("W422", "rule", said, hint)
    sorry = next((s for s in rule.steps if s.template in around.apologies), None)
    if sorry and rule.about is not Kind.CUSTOMER and not names & _SETTLED:
        said = f"“{sorry.template}” says sorry even when all is settled: no sentence asks for that"
        settled = "delivered" if rule.about is Kind.ORDER else "resolved"
        hint = f"cancel_if: status is {settled}"
        yield text.problem("W423", "rule", said, hint)


def _asks_tickets(rule: Rule, asked: Collection[str]) -> bool:
    return (
        "customer.open_tickets" in asked
        or "open_tickets" in asked
        or (rule.about is Kind.TICKET and any(_names_status(c) for c in rule.cancel_if))
    )


def _is_gated(rule: Rule) -> bool:
    """Whether all it sends are surveys of ours, which spare people with an open ticket anyway."""
    return all(step.survey for step in rule.steps if step.template)


def _names_status(condition: Condition) -> bool:
    return any(field.path == "status" for field in fields_of([condition]))


def _all_conditions(rule: Rule) -> tuple[Condition, ...]:
    steps = [c for step in rule.steps for c in (*step.until, *step.stop_if, *step.skip_if)]
    return (*rule.when, *rule.audience, *rule.cancel_if, *steps)


def _follows(condition: Condition, given: Sequence[Condition]) -> bool:
    """Whether a condition is surely true where the given ones are. No does not mean it is not."""
    if isinstance(condition, AllOf):
        return all(_follows(part, given) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any(_follows(part, given) for part in condition.parts)
    return any(_implies(one, condition) for one in given)


def _implies(one: Condition, other: Condition) -> bool:
    if isinstance(one, IsOneOf | HasBeen) and isinstance(other, IsOneOf):
        return one.field == other.field and set(one.values) <= set(other.values)
    if isinstance(one, Sentence) and isinstance(other, IsPresent):
        return one.field == other.field
    return _bare(one) == _bare(other)


def _says_present(condition: Condition, field: Field) -> bool:
    return isinstance(condition, IsPresent) and condition.field.path == field.path


def _bare(condition: Condition) -> Condition:
    """Return a condition without where and how it is written, to compare what it says."""
    match condition:
        case AllOf() | AnyOf() | NoneOf():
            parts = tuple(_bare(part) for part in condition.parts)
            return replace(condition, parts=parts, position=NOWHERE)
        case Opposite():
            return replace(condition, of=_bare(condition.of), text="", position=NOWHERE)
        case Sentence() | StepHad():
            return replace(condition, text="", position=NOWHERE)
        case _:
            return condition


def _text(condition: Condition) -> str:
    return str(getattr(condition, "text", "")) or "this group"
