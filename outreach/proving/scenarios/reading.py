"""From the text of a `*.test.yaml` to its scenarios, with every mistake at its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath
from posixpath import normpath
from zoneinfo import ZoneInfo

from outreach.errors import Problem
from outreach.proving.scenarios.answers import read_answers
from outreach.proving.scenarios.document import Moment, Scenario
from outreach.proving.scenarios.edits import Edits
from outreach.proving.scenarios.expectations import Expecting
from outreach.proving.scenarios.happenings import read_deeds
from outreach.proving.scenarios.keys import FILE_KEYS, LINE_KEYS, TEST_KEYS, section_of
from outreach.proving.scenarios.subjects import Cast
from outreach.releases import Release
from outreach.rules.catalogue import Catalogue
from outreach.rules.document import Ruleset
from outreach.rules.survey import Survey
from outreach.rules.yaml_nodes import Mapping, Scalar
from outreach.rules.yaml_section import Section, did_you_mean
from outreach.rules.yaml_source import read
from outreach.timing.moments import parse_moment
from outreach.workspace.file_format import check_format
from outreach.workspace.zones import parse_zone

START = "start"


@dataclass(frozen=True)
class Surroundings:
    """What tests may name: the workspace's rules, its fields, and its clock."""

    release: Release
    catalogue: Catalogue

    @property
    def ruleset(self) -> Ruleset:
        return self.release.ruleset

    @property
    def zone(self) -> ZoneInfo:
        return self.release.settings.zone


def read_scenarios(
    text: str, file: str, around: Surroundings, problems: list[Problem]
) -> tuple[Scenario, ...]:
    """Return the tests of a file, adding all that is wrong with it to `problems`."""
    root = read(text, file, problems)
    if root is None:
        return ()
    section = section_of(root, "a test file", FILE_KEYS, problems)
    section.need("format", "start", "tests")
    section.parsed("format", check_format)
    start = section.parsed("start", lambda text: parse_start(text, around.zone))
    if start is None:
        return ()
    instant, zone = start
    ruleset = _rules_of(section, file, around.ruleset)
    cast = Cast(around.catalogue, zone, problems)
    cast.read(section, "people", instant)
    files = sorted({rule.position.file for rule in ruleset})
    tests = _File(around, ruleset, cast, instant, Edits(around.release, file, tuple(files)))
    found = [tests.scenario(node) for node in _tests(section)]
    _check_names(section, [scenario.name for scenario in found])
    return tuple(found)


def parse_start(text: str, zone: ZoneInfo) -> tuple[datetime, ZoneInfo]:
    """Read `2026-11-20 12:00 Europe/Berlin`; without a zone it is the workspace's."""
    moment, _, name = text.strip().rpartition(" ")
    if "/" in name or name == "UTC":
        zone, text = parse_zone(name), moment
    if not text[:4].isdigit():
        raise ValueError(f"`{text}` is no date: write for example 2026-11-20 12:00 Europe/Berlin")
    return parse_moment(text, datetime.min.replace(tzinfo=zone), zone), zone


@dataclass(frozen=True)
class _File:
    """What the tests of one file have in common."""

    around: Surroundings
    ruleset: Ruleset
    cast: Cast
    start: datetime
    edits: Edits

    def scenario(self, node: Mapping) -> Scenario:
        """Read one test."""
        section = section_of(node, "a test", TEST_KEYS, self.cast.problems)
        section.need("name", "timeline")
        start, zone = section.parsed(START, lambda text: parse_start(text, self.cast.zone)) or (
            self.start,
            self.cast.zone,
        )
        cast = replace(self.cast.copy(), zone=zone)
        cast.read(section, "people", start)
        cast.read(section, "given", start)
        given = cast.records(start)
        ruleset = _only(section, self.ruleset)
        surveys = dict(self.around.release.settings.surveys)
        return Scenario(
            name=section.text("name"),
            position=node.position,
            start=start,
            zone=zone,
            rules=tuple(rule.name for rule in ruleset),
            given=given,
            timeline=tuple(_Timeline(cast, ruleset, start, self.edits, surveys).read(section)),
        )


@dataclass
class _Timeline:
    """Reads the lines of a timeline one after the other; the clock never goes back."""

    cast: Cast
    ruleset: Ruleset
    start: datetime
    edits: Edits
    surveys: dict[str, Survey]

    def read(self, test: Section) -> Iterator[Moment]:
        """Yield the lines."""
        if "timeline" in test and not test.items("timeline"):
            test.report("E005", "a timeline needs at least one line: `- at: …`", "timeline")
        before = self.start
        for item in test.items("timeline"):
            if not isinstance(item, Mapping):
                said = "a line of a timeline has keys: `- at: +1 day` and more below"
                test.problems.append(item.problem("E004", said))
                continue
            line = section_of(item, "a line of a timeline", LINE_KEYS, test.problems)
            line.need("at")
            at = line.parsed("at", self._at) or before
            if at < before:
                line.report("E010", "this is before the line above: the clock cannot go back", "at")
            before = max(at, before)
            yield self._moment(line, before)

    def _moment(self, line: Section, at: datetime) -> Moment:
        deeds = [*read_deeds(line, self.cast), *read_answers(line, self.surveys, self.cast)]
        if applied := self.edits.read(line):
            deed, self.ruleset, self.edits = applied
            deeds.append(deed)
        changes = self.cast.read(line, "change", at)
        expecting = Expecting(self.cast, self.ruleset, at)
        counts = expecting.counts(line)
        if "because" in line and counts is None:
            line.report("E310", "`because` means nothing without `expect_counts`", "because")
        return Moment(
            position=line.node.position,
            at=at,
            said=line.text("at"),
            changes=changes,
            deeds=tuple(deeds),
            expect=expecting.wanted(line),
            cases=expecting.cases(line),
            counts=counts,
            because=line.text("because"),
            waiting=expecting.waiting(line),
            why_not=expecting.why_not(line),
        )

    def _at(self, text: str) -> datetime:
        if text == START:
            return self.start
        return parse_moment(text, self.start, self.cast.zone)


def _tests(section: Section) -> list[Mapping]:
    found = []
    for item in section.items("tests"):
        if isinstance(item, Mapping):
            found.append(item)
        else:
            said = "a test has keys of its own: `- name: …` and more lines below"
            section.problems.append(item.problem("E004", said))
    return found


def _rules_of(section: Section, file: str, ruleset: Ruleset) -> Ruleset:
    """Return the rules of the files that are named, beside the test's; all where none is."""
    if "rules" not in section:
        return ruleset
    folder = PurePosixPath(file).parent
    there = {rule.position.file for rule in ruleset}
    wanted = set()
    for scalar in section.scalars("rules"):
        path = normpath(folder / scalar.text)
        if path not in there:
            names = [str(PurePosixPath(one).relative_to(folder)) for one in _below(there, folder)]
            said = f"there are no rules in '{scalar.text}'.{did_you_mean(scalar.text, names)}"
            section.report("E204", said, scalar)
        wanted.add(path)
    if not wanted <= there:  # one mistake is enough: what is named below is looked for in all
        return ruleset
    return replace(ruleset, rules=tuple(r for r in ruleset if r.position.file in wanted))


def _below(files: set[str], folder: PurePosixPath) -> list[str]:
    return [file for file in files if PurePosixPath(file).is_relative_to(folder)]


def _only(section: Section, ruleset: Ruleset) -> Ruleset:
    """Return the rules that `only:` names, all where it is not said."""
    if "only" not in section:
        return ruleset
    known = {rule.name: rule for rule in ruleset}
    wanted = section.scalars("only")
    for scalar in wanted:
        if scalar.text not in known:
            said = f"there is no rule '{scalar.text}'.{did_you_mean(scalar.text, known)}"
            section.report("E204", said, scalar)
    names = {scalar.text for scalar in wanted}
    return replace(ruleset, rules=tuple(rule for rule in ruleset if rule.name in names))


def _check_names(section: Section, names: list[str]) -> None:
    for number, node in enumerate(_tests(section)):
        if number < len(names) and names[number] and names[number] in names[:number]:
            named = node.get("name")
            where = named if isinstance(named, Scalar) else node
            section.report("E309", f"there is a test '{names[number]}' above", where)
