"""Coverage: which sentences the tests have seen both true and false, and which steps they reached.

Asked after every pass of every scenario, of every subject there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select

from outreach.model import SUBJECTS, Position, SubjectRef
from outreach.passes.setup import Setup
from outreach.rules.conditions import Condition
from outreach.rules.document import Rule
from outreach.rules.facts import Facts
from outreach.store.facts import read_events, read_facts
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment

#: of a crowd of copies a few show as much as all
MOST_SUBJECTS = 20


@dataclass(frozen=True)
class Seen:
    """What one or many scenarios have shown: sentences by their place, steps by rule and id."""

    held: frozenset[Position] = frozenset()
    failed: frozenset[Position] = frozenset()
    steps: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: Seen) -> Seen:
        return Seen(self.held | other.held, self.failed | other.failed, self.steps | other.steps)


@dataclass(frozen=True)
class Gap:
    """Something no test has shown, with its place: `never true`, `never false`, `never reached`."""

    position: Position
    what: str
    said: str


@dataclass(frozen=True)
class Coverage:
    """How much of some rules the tests have shown."""

    sentences: int
    sentences_seen: int
    steps: int
    steps_seen: int
    gaps: tuple[Gap, ...]


@dataclass
class Watcher:
    """Looks at the subjects of a scenario whenever they may have changed."""

    held: set[Position] = field(default_factory=set)
    failed: set[Position] = field(default_factory=set)
    steps: set[tuple[str, str]] = field(default_factory=set)

    def look(self, setup: Setup, now: datetime) -> None:
        """Ask every sentence of every rule about every subject."""
        enrolled = table_of(Enrollment).c
        with setup.store.read() as connection:
            refs = [
                SubjectRef(kind, own_id)
                for kind in SUBJECTS
                for own_id in connection.execute(
                    select(table_of(kind).c.id).limit(MOST_SUBJECTS)
                ).scalars()
            ]
            facts = read_facts(connection, setup.catalogue, refs)
            rows = connection.execute(
                select(enrolled.id, enrolled.rule, enrolled.subject_id, enrolled.step)
                .order_by(enrolled.id)
                .limit(MOST_SUBJECTS)
            ).all()
            events = read_events(connection, [row.id for row in rows])
        for rule in setup.ruleset:
            mine = [row for row in rows if row.rule == rule.name]
            for ref in (ref for ref in refs if ref.kind is rule.about):
                self._ask((*rule.when, *rule.audience), facts[ref], now)
            for row in mine:
                known = facts.get(SubjectRef(rule.about, row.subject_id))
                if known is not None:
                    known = replace(known, events=events.get(row.id, ()))
                    self._ask(asked_on_the_way(rule), known, now)
                self.steps.update((rule.name, step.id) for step in rule.steps[: row.step + 1])

    def seen(self) -> Seen:
        """Return what was seen so far."""
        return Seen(frozenset(self.held), frozenset(self.failed), frozenset(self.steps))

    def _ask(self, conditions: Iterable[Condition], facts: Facts, now: datetime) -> None:
        for condition in conditions:
            for sentence in _leaves(condition):
                (self.held if sentence.holds(facts, now) else self.failed).add(sentence.position)


def coverage_of(rules: Iterable[Rule], seen: Seen) -> Coverage:
    """Hold what was seen against all that rules say."""
    gaps: list[Gap] = []
    sentences = steps = 0
    for rule in rules:
        for sentence in sentences_of(rule):
            sentences += 1
            text = f'"{getattr(sentence, "text", "")}"'
            ways = (("true", seen.held), ("false", seen.failed))
            missing = [way for way, places in ways if sentence.position not in places]
            if missing:
                gaps.append(Gap(sentence.position, text, f"never {' or '.join(missing)}"))
        for step in rule.steps:
            steps += 1
            if (rule.name, step.id) not in seen.steps:
                gaps.append(Gap(step.position, f"step {step.id}", "never reached"))
    missed = sum(gap.said == "never reached" for gap in gaps)
    return Coverage(
        sentences=sentences,
        sentences_seen=sentences - (len(gaps) - missed),
        steps=steps,
        steps_seen=steps - missed,
        gaps=tuple(gaps),
    )


def sentences_of(rule: Rule) -> Iterator[Condition]:
    """Yield every sentence of a rule, groups taken apart."""
    for condition in (*rule.when, *rule.audience, *asked_on_the_way(rule)):
        yield from _leaves(condition)


def asked_on_the_way(rule: Rule) -> Iterator[Condition]:
    """Yield what is only asked of those who are on their way through a rule's steps."""
    yield from rule.cancel_if
    for step in rule.steps:
        yield from (*step.until, *step.stop_if, *step.skip_if)


def _leaves(condition: Condition) -> Iterator[Condition]:
    inside = getattr(condition, "parts", None)
    if inside is None:
        yield condition
        return
    for part in inside:
        yield from _leaves(part)
