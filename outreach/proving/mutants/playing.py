"""Playing the rule tests of each mutant until one of them fails: that one has noticed it.

Only tests that have to do with its rule are played. What has noticed another mutant of the rule
comes first, then those that name it, the quick ones before the slow.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context

from outreach.model import Position
from outreach.proving.mutants.changing import Mutant
from outreach.proving.scenarios.document import (
    Moment,
    Scenario,
    Silence,
    Waits,
    Wanted,
    WantedCase,
)
from outreach.proving.scenarios.running import Verdict, run_scenario
from outreach.proving.scenarios.stage import Stage
from outreach.proving.scratch import memory_store
from outreach.releases import Release
from outreach.rules.canonical import ruleset_digest
from outreach.rules.document import Ruleset
from outreach.store.database import Store
from outreach.store.prepared import Statements


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: the test that noticed it, by its file and name, or None."""

    rule: str
    position: Position
    change: str
    caught_by: tuple[str, str] | None = None


@dataclass(frozen=True)
class Witness:
    """A test that passes with the rules as they are, and how long that took.

    It names some rules in what it expects; others took something on in it, or are counted.
    """

    scenario: Scenario
    seconds: float
    named: frozenset[str]
    taking_part: frozenset[str]


@dataclass
class Hunt:
    """Looks for the tests that notice mutants of one workspace. Used by one thread."""

    release: Release
    witnesses: Sequence[Witness]
    store: Store = field(default_factory=memory_store)
    #: a mutant differs in one rule: what is asked about the others stays as it is
    statements: Statements = field(default_factory=Statements)
    #: by rule the tests it plays a part in, the most promising first
    _by_rule: dict[str, list[Scenario]] = field(default_factory=dict)

    def fate(self, mutant: Mutant) -> Fate:
        """Play tests with a mutant in its rule's place until one fails."""
        name = mutant.rule.name
        found = self._by_rule.setdefault(name, promising(name, self.witnesses))
        release = with_mutant(self.release, mutant)
        stage = Stage(release, store=self.store, statements=self.statements)
        fate = Fate(name, mutant.position, mutant.change)
        for scenario in found:
            if not run_scenario(stage, scenario).passed:
                found.remove(scenario)
                found.insert(0, scenario)
                return replace(fate, caught_by=(scenario.position.file, scenario.name))
        return fate


def witnesses(verdicts: Iterable[tuple[Scenario, Verdict]]) -> list[Witness]:
    """Return tests with what is known of them; they were watched when they were run."""
    return [
        Witness(
            scenario,
            verdict.seconds,
            named=frozenset(_named(scenario)) & frozenset(scenario.rules),
            taking_part=frozenset(_taking_part(scenario, verdict)),
        )
        for scenario, verdict in verdicts
    ]


def promising(rule: str, found: Sequence[Witness]) -> list[Scenario]:
    """Return the tests that have to do with a rule: those that name it first, quick ones first."""
    mine = [each for each in found if rule in each.named | each.taking_part]
    mine.sort(key=lambda each: (rule not in each.named, each.seconds))
    return [each.scenario for each in mine]


def with_mutant(release: Release, mutant: Mutant) -> Release:
    """Return a release with a mutant in the place of its rule."""
    rules = tuple(
        mutant.rule if rule.name == mutant.rule.name else rule for rule in release.ruleset
    )
    mutated = replace(release, ruleset=Ruleset(rules, ruleset_digest(rules)))
    vars(mutated)["templates"] = release.templates  # the words are the same, and slow to read
    return mutated


def hunt(
    release: Release,
    found: Sequence[Witness],
    mutants: Sequence[Mutant],
    *,
    processes: int = 1,
) -> Iterator[Fate]:
    """Yield what became of each mutant, in their order. Whoever stops asking stops the rest."""
    if processes < 2 or sys.platform != "linux":
        hunting = Hunt(release, found)
        try:
            yield from map(hunting.fate, mutants)
        finally:
            hunting.store.close()
        return
    pool = ProcessPoolExecutor(
        processes,
        get_context("fork"),
        initializer=_begin,
        initargs=(release, found, mutants),
    )
    try:
        yield from pool.map(_fate, range(len(mutants)))
    finally:
        pool.shutdown(cancel_futures=True)


def _named(scenario: Scenario) -> set[str]:
    return {name for moment in scenario.timeline for name in _rules_in(moment)}


def _rules_in(moment: Moment) -> Iterator[str]:
    group: Iterable[Wanted | WantedCase | Waits | Silence]
    for group in (moment.expect or (), moment.cases, moment.waiting, moment.why_not):
        yield from (said.rule for said in group)


def _taking_part(scenario: Scenario, verdict: Verdict) -> Iterator[str]:
    yield from (rule for rule, _ in verdict.seen.steps)
    if any(moment.counts for moment in scenario.timeline):  # of a crowd not all were watched
        yield from scenario.rules


#: what a process of `hunt` hunts with, and what
_HUNTS: list[tuple[Hunt, Sequence[Mutant]]] = []


def _begin(release: Release, found: Sequence[Witness], mutants: Sequence[Mutant]) -> None:
    _HUNTS.append((Hunt(release, found), mutants))


def _fate(number: int) -> Fate:
    hunting, mutants = _HUNTS[0]
    return hunting.fate(mutants[number])
