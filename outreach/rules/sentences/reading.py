"""Sentences: from what an operator wrote to a condition, or to the problems with it.

Checked in this order, each only when the one before is right: the words, the field, whether this
can be said about such a field, the values.
"""

from __future__ import annotations

from collections.abc import Collection
from zoneinfo import ZoneInfo

from lark import Token, Tree

from outreach.errors import Problem, Problems
from outreach.model import Kind, Position
from outreach.rules.catalogue import Catalogue, suggestion
from outreach.rules.conditions import Condition, Opposite, StepHad
from outreach.rules.conditions.events import EVENTS
from outreach.rules.sentences.meanings import EXAMPLES, condition_of
from outreach.rules.sentences.misunderstood import words_problem
from outreach.rules.sentences.said import Mistaken, Said, Setting
from outreach.rules.sentences.words import NotUnderstood, extent, parse_words
from outreach.rules.yaml_nodes import Scalar, Source
from outreach.timing.calendars import Calendar

UTC = ZoneInfo("UTC")
NOWHERE = Position("", 1)


def parse(
    text: str,
    catalogue: Catalogue,
    kind: Kind,
    *,
    position: Position = NOWHERE,
    calendar: Calendar | None = None,
    zone: ZoneInfo = UTC,
    steps: Collection[str] | None = None,
    rules: Collection[str] | None = None,
) -> Condition:
    """Return the condition that one sentence says; raises Problems.

    `zone` is for dates in it; `steps` and `rules` as in `Setting`.
    """
    setting = Setting(catalogue, kind, zone, calendar, steps, rules)
    source = Source(position.file, (" " * (position.column - 1) + text,), position.line)
    scalar = Scalar(source, position.line, position.column, len(text), text)
    problems: list[Problem] = []
    condition = read_sentence(scalar, setting, problems)
    if condition is None:
        raise Problems(problems)
    return condition


def read_sentence(scalar: Scalar, setting: Setting, problems: list[Problem]) -> Condition | None:
    """Return the condition a value of a file says, or None with its problems added."""
    if not scalar.is_one_line:
        said = "a condition stands on one line"
        problems.append(scalar.problem("E101", said, hint="write the whole sentence on one line"))
        return None
    try:
        tree = parse_words(scalar.text, "sentence")
        return _condition(tree, scalar, setting)
    except NotUnderstood as error:
        fields = setting.catalogue.fields(setting.kind)
        examples = {field.path: EXAMPLES[field.type] for field in fields}
        problems.append(words_problem(error, scalar, examples))
    except Mistaken as mistaken:
        problems.extend(mistaken.problems)
    return None


def _condition(tree: Tree[Token], scalar: Scalar, setting: Setting) -> Condition:
    subject, predicate = tree.children
    assert isinstance(subject, Token)
    assert isinstance(predicate, Tree)
    if predicate.data in ("had", "had_not"):
        return _step_event(subject, predicate, scalar, setting)
    field = setting.field(subject, scalar)
    return condition_of(Said(predicate, field, subject, scalar, setting))


def _step_event(step: Token, predicate: Tree[Token], scalar: Scalar, setting: Setting) -> Condition:
    start, end = extent(step)
    if setting.steps is None:
        said = f"nothing has been sent yet here, so no step '{step}' can be asked about"
        hint = "write it in `cancel_if`, or in `until`, `stop_if` or `skip_if` of a step"
        raise Mistaken(scalar.problem_at(start, end, "E206", said, hint=hint))
    if step not in setting.steps:
        meant = suggestion(step, setting.steps)
        said = f"this rule has no step '{step}'." + (f" Did you mean '{meant}'?" if meant else "")
        hint = "" if meant else "steps: " + " · ".join(setting.steps)
        raise Mistaken(scalar.problem_at(start, end, "E204", said, hint=hint))
    words = " ".join(str(t) for part in predicate.children for t in part.children)  # type: ignore[union-attr]
    text = scalar.text.strip()
    had = StepHad(step=str(step), event=EVENTS[words], text=text, position=scalar.position)
    if predicate.data == "had":
        return had
    return Opposite(of=had, text=text, position=scalar.position)
