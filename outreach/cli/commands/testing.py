"""`outreach test`: the rule tests of a workspace, played with a moving clock."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.commands.mutants import AT_LEAST, hunt_mutants
from outreach.cli.output import is_terminal
from outreach.cli.output_problems import lines_of
from outreach.cli.output_tests import Reporter, coverage_json, junit, tests_json
from outreach.cli.session import Session
from outreach.errors import Refused

if TYPE_CHECKING:
    from outreach.proving.scenarios.coverage import Coverage
    from outreach.proving.scenarios.gathering import Gathered
    from outreach.proving.scenarios.running import Verdict
    from outreach.releases import Release

#: how a rule test is told from a rule file
ENDING = ".test.yaml"


def run_tests(
    session: Session,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATHS", help="Test files or folders; else all among the rules."),
    ] = None,
    *,
    name: Annotated[
        str, typer.Option("-k", metavar="TEXT", help="Only tests with this in their name.")
    ] = "",
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first test that fails.")
    ] = False,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Which sentences and steps no test has shown.")
    ] = False,
    junit_file: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write a JUnit report too.")
    ] = None,
    record: Annotated[
        str,
        typer.Option(
            "--record", metavar="NAME", help="Print what a test comes to as its `expect` lines."
        ),
    ] = "",
    processes: Annotated[
        int | None,
        typer.Option("--processes", min=1, help="How many at a time; else as many as processors."),
    ] = None,
    mutants: Annotated[
        bool,
        typer.Option("--mutants", help="Change the rules line by line: which do tests notice?"),
    ] = False,
    rule: Annotated[
        str, typer.Option("--rule", metavar="NAME", help="With --mutants: change only this rule.")
    ] = "",
    at_least: Annotated[
        int,
        typer.Option(
            "--at-least", min=0, max=100, help="With --mutants: percent that must be noticed."
        ),
    ] = AT_LEAST,
) -> int:
    """Play every rule test through the real passes; nothing leaves, and no database is touched.

    Rules in shadow are played as if they were live. Exit code 1 when a test fails or cannot be
    read.
    """
    from outreach.proving.scenarios.gathering import gather
    from outreach.releases import read_release

    release = read_release(session.workspace)
    gathered = gather(release, _files(session, paths or []), name=name)
    if not gathered.scenarios and not gathered.problems:
        which = f" with '{name}' in their name" if name else ": they stand in *.test.yaml"
        raise Refused(f"there are no rule tests{which}")
    if record:
        return _record(session, release, gathered, record)
    if rule and not mutants:
        raise typer.BadParameter("is said with --mutants", param_hint="--rule")
    began = perf_counter()
    watching = coverage or mutants
    verdicts = _run(session, release, gathered, processes, fail_fast=fail_fast, watching=watching)
    shown = _coverage(release, gathered, verdicts) if coverage else None
    passed = not gathered.problems and all(verdict.passed for verdict in verdicts)
    if mutants and passed:
        return hunt_mutants(
            session,
            release,
            gathered.scenarios,
            verdicts,
            rule=rule,
            at_least=at_least,
            processes=processes,
        )
    _print(session, gathered, verdicts, perf_counter() - began, shown)
    if mutants:
        session.out.note("changed rules are tried once all tests pass with the rules as they are")
    if junit_file is not None:
        junit_file.write_text(junit(verdicts, gathered.problems), "utf-8")
    return int(not passed)


def _record(session: Session, release: Release, gathered: Gathered, name: str) -> int:
    """Play the test of a name whatever it expects, and print what left by each of its lines."""
    from outreach.proving.scenarios.recording import record
    from outreach.proving.scenarios.stage import Stage

    found = [scenario for scenario in gathered.scenarios if scenario.name == name]
    if not found:
        raise typer.BadParameter(f"there is no test '{name}'", param_hint="--record")
    stage = Stage(release)
    try:
        for scenario in found:
            for line in record(stage, scenario):
                session.out.line(line)
    finally:
        stage.close()
    session.out.note("this is what happens, not what should: read it before you keep it")
    return 0


def _files(session: Session, paths: list[Path]) -> dict[str, str]:
    """Return the texts of the tests that were asked for, by their path in the workspace."""
    from outreach.rules.yaml_source import decode

    if not paths:
        return session.workspace.test_files()
    found: dict[str, str] = {}
    for path in paths:
        if not path.exists():
            raise typer.BadParameter(f"there is no {path}", param_hint="PATHS")
        inside = sorted(path.rglob(f"*{ENDING}")) if path.is_dir() else [path]
        for file in inside:
            shown = Path(os.path.relpath(file, session.folder)).as_posix()
            found[shown] = decode(file.read_bytes(), shown)
    return found


def _run(
    session: Session,
    release: Release,
    gathered: Gathered,
    processes: int | None,
    *,
    fail_fast: bool,
    watching: bool,
) -> list[Verdict]:
    from outreach.proving.scenarios.running import run_all

    verdicts: list[Verdict] = []
    watched = is_terminal(sys.stderr) and not session.out.quiet and not session.out.as_json
    with typer.progressbar(
        length=len(gathered.scenarios), label="Testing", file=sys.stderr, hidden=not watched
    ) as bar:
        for verdict in run_all(
            release,
            gathered.scenarios,
            processes=processes or os.cpu_count() or 1,
            watching=watching,
        ):
            verdicts.append(verdict)
            bar.update(1)
            if fail_fast and not verdict.passed:
                break
    return verdicts


def _coverage(release: Release, gathered: Gathered, verdicts: list[Verdict]) -> Coverage:
    """Return what the tests showed of the rules that have a part in any of them."""
    from outreach.proving.scenarios.coverage import Seen, coverage_of
    from outreach.proving.scenarios.gathering import rules_played

    played = rules_played(gathered.scenarios)
    seen = Seen()
    for verdict in verdicts:
        seen |= verdict.seen
    return coverage_of([rule for rule in release.ruleset if rule.name in played], seen)


def _print(
    session: Session,
    gathered: Gathered,
    verdicts: list[Verdict],
    seconds: float,
    shown: Coverage | None,
) -> None:
    out = session.out
    if out.as_json:
        content = tests_json(verdicts, gathered.problems, seconds)
        out.document("test/1", content | ({"coverage": coverage_json(shown)} if shown else {}))
        return
    for problem in gathered.problems:
        for line in lines_of(problem, out):
            out.line(line)
    reporter = Reporter(out)
    reporter.verdicts(verdicts)
    reporter.summary(verdicts, len(gathered.problems), seconds)
    if shown is not None:
        reporter.coverage(shown)
