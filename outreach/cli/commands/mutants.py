"""`outreach test --mutants`: which lines of the rules no test guards."""

from __future__ import annotations

import os
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

import typer

from outreach.cli.output_mutants import mutants_json, print_mutants
from outreach.cli.output_progress import progress
from outreach.cli.session import Session
from outreach.errors import Refused
from outreach.timing.spelling import did_you_mean

if TYPE_CHECKING:
    from outreach.proving.mutants.playing import Fate
    from outreach.proving.scenarios.document import Scenario
    from outreach.proving.scenarios.running import Verdict
    from outreach.releases import Release

#: percent of the mutants that tests must notice
AT_LEAST = 90


def hunt_mutants(
    session: Session,
    release: Release,
    scenarios: Sequence[Scenario],
    verdicts: Sequence[Verdict],
    *,
    rule: str,
    at_least: int,
    processes: int | None,
) -> int:
    """Change every condition, wait, limit and window of the rules in turn, and play their tests.

    Exit code 1 when fewer than `at_least` percent of the changes made a test fail.
    """
    from outreach.proving.mutants.changing import mutants_of
    from outreach.proving.mutants.playing import hunt, witnesses
    from outreach.proving.scenarios.gathering import rules_played

    names = rules_played(scenarios)
    if rule and rule not in names:
        hint = did_you_mean(rule, names)
        raise typer.BadParameter(f"no test plays a rule '{rule}'{hint}", param_hint="--rule")
    mutants = list(mutants_of(release, [rule] if rule else names))
    if not mutants:
        raise Refused("there is nothing in these rules that could be changed")
    began = perf_counter()
    fates: list[Fate] = []
    found = witnesses(zip(scenarios, verdicts, strict=True))
    many = processes or os.cpu_count() or 1
    with progress(session.out, "Changing rules", "changes") as tell:
        for fate in hunt(release, found, mutants, processes=many):
            fates.append(fate)
            tell(len(fates), len(fates) / len(mutants))
    seconds = perf_counter() - began
    if session.out.as_json:
        session.out.document("mutants/1", mutants_json(fates, at_least, seconds))
    else:
        print_mutants(session.out, fates, at_least, seconds)
    noticed = sum(fate.caught_by is not None for fate in fates)
    return int(100 * noticed < at_least * len(fates))
