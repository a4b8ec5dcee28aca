"""Gathering: the rule tests of a workspace, those that were asked for, and all that is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from outreach.errors import Problem
from outreach.proving.scenarios.document import Scenario
from outreach.proving.scenarios.reading import Surroundings, read_scenarios
from outreach.releases import Release
from outreach.rules.catalogue import Catalogue


@dataclass(frozen=True)
class Gathered:
    """The scenarios of some files in their order, and what is wrong with the files."""

    scenarios: tuple[Scenario, ...]
    problems: tuple[Problem, ...]


def gather(release: Release, files: Mapping[str, str], *, name: str = "") -> Gathered:
    """Read tests from their texts; `name` keeps those whose names it is part of.

    A file with mistakes has no scenarios, and keeps no other file from having its own.
    """
    around = Surroundings(release, Catalogue(release.settings.fields))
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for file, text in sorted(files.items()):
        wrong: list[Problem] = []
        found = read_scenarios(text, file, around, wrong)
        problems += wrong
        scenarios += [each for each in found if not wrong and _is_asked(each, name)]
    return Gathered(tuple(scenarios), tuple(sorted(set(problems))))


def rules_played(scenarios: Collection[Scenario]) -> frozenset[str]:
    """Return the names of all rules that play a part in some scenario."""
    return frozenset(name for scenario in scenarios for name in scenario.rules)


def _is_asked(scenario: Scenario, name: str) -> bool:
    return name.casefold() in scenario.name.casefold()
