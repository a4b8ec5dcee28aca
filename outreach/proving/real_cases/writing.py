"""Writing a real case in the language of rule tests; what left is what the rules make of it."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from outreach.errors import Problem, Problems
from outreach.model import Kind
from outreach.proving.real_cases.disguise import ANA, Disguise, Said
from outreach.proving.real_cases.reading import Case
from outreach.proving.scenarios.document import Scenario
from outreach.proving.scenarios.playing import Came, Play
from outreach.proving.scenarios.reading import START, Surroundings, read_scenarios
from outreach.proving.scenarios.recording import what_left, what_waits
from outreach.proving.scenarios.stage import Stage
from outreach.proving.scenarios.told import written_time
from outreach.rules.catalogue import Catalogue
from outreach.store.past import Version

#: what stands in YAML as it is, without quotes
PLAIN = re.compile(r"[A-Za-z][\w.@/-]*( [\w.@/-]+)*|\d[\d.-]*( [A-Z]{3}|(T| )\d\d:\d\d(:\d\d)?)?")
#: the file that a case is read as while it is written
FILE = "rules/case.test.yaml"


@dataclass
class Line:
    """One instant of a timeline: what became known, what the customer said, what was to be seen."""

    changes: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    deeds: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


@dataclass
class Sheet:
    """A test while it is written."""

    zone: ZoneInfo
    start: datetime
    only: str = ""
    given: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    lines: dict[datetime, Line] = field(default_factory=dict)

    def line(self, at: datetime) -> Line:
        """Return the line of an instant; those of the start are all one."""
        return self.lines.setdefault(max(at, self.start), Line())

    def said(self, at: datetime) -> str:
        """Write an instant on the clock of the test."""
        return written_time(at, self.zone)

    def text(self) -> Iterator[str]:
        """Yield the lines of the file."""
        zone = self.zone.key
        yield "format: 1"
        yield f"start: {self.said(self.start)} {zone}"
        yield "tests:"
        yield "  - name: a case as it was"
        if self.only:
            yield f"    only: [{self.only}]"
        yield "    given:"
        yield from _mapping(self.given, 6)
        yield "    timeline:"
        for at, line in sorted(self.lines.items()):
            yield f"      - at: {START if at == self.start else self.said(at)}"
            yield from (f"        {deed}" for deed in line.deeds)
            if line.changes:
                yield "        change:"
                yield from _mapping(line.changes, 10)
            yield from _list("expect", line.left, "nothing")
            yield from _list("waiting", line.waiting)


def write_case(
    stage: Stage, catalogue: Catalogue, case: Case, disguise: Disguise, now: datetime, rule: str
) -> Iterator[str]:
    """Yield a case as a rule test, its `expect` as the rules of the stage's release play it.

    `rule` leaves all others out of it. Raises Problems where it cannot be said in a test.
    """
    sheet = _sheet(stage, case, disguise, now, rule)
    play = Play(_read(stage, catalogue, "\n".join([*sheet.text(), ""])), stage)
    for moment, line in zip(play.moments(), _in_order(sheet), strict=True):
        line.left = what_left(play)
        line.waiting = what_waits(play) if moment is play.scenario.timeline[-1] else []
    yield "# A real case as a rule test: names, addresses and words are invented."
    yield "# What it expects is what the rules on disk make of it: read it before you keep it."
    yield from (f"# {said}" for said in _unlike(case, play.came, rule))
    yield from sheet.text()


def _sheet(stage: Stage, case: Case, disguise: Disguise, now: datetime, rule: str) -> Sheet:
    start = _whole(case.start)
    sheet = Sheet(_zone(stage.release.settings.zone, case, now), start, rule)
    known: set[str] = set()
    for version in case.versions:
        at, name = _whole(version.at), _name(disguise, version)
        values = dict(_values(sheet, disguise, version, is_new=name not in known))
        if values or name not in known:
            where = sheet.given if at <= start else sheet.line(at).changes
            where[name].update(values)
        known.add(name)
    for word in case.words:
        deed = "agree" if word.agreed else "unsubscribe"
        sheet.line(_whole(word.at)).deeds.append(f"{deed}: [{ANA}]")
    for at, deed, orders in _around(case):
        names = ", ".join(disguise.name(Kind.ORDER, order) for order in orders)
        sheet.line(at).deeds.append(f"{deed}: [{names}]" if names else f"{deed}: all")
    sheet.line(_whole(now))
    return sheet


def _around(case: Case) -> Iterator[tuple[datetime, str, list[str]]]:
    """Yield what happened around a case, the orders of one instant together."""
    found: dict[tuple[datetime, str], list[str]] = {}
    for one in case.around:
        orders = found.setdefault((_whole(one.at), one.deed), [])
        orders += [one.order] if one.order and one.order not in orders else []
    for (at, deed), orders in found.items():
        yield at, deed, orders


def _values(
    sheet: Sheet, disguise: Disguise, version: Version, *, is_new: bool
) -> Iterator[tuple[str, str]]:
    for name, value in disguise.values(version, is_new=is_new):
        yield name, sheet.said(_whole(value)) if isinstance(value, datetime) else _quoted(value)
        for since in version.history.get(name, {}).values():
            if _whole(since) < max(_whole(version.at), sheet.start):
                yield f"{name}_changed_at", sheet.said(_whole(since))


def _name(disguise: Disguise, version: Version) -> str:
    return f"{version.kind} {disguise.name(version.kind, version.id)}"


def _whole(at: datetime) -> datetime:
    """Return an instant as tests write it, in whole seconds."""
    return at.replace(microsecond=0)


def _zone(zone: ZoneInfo, case: Case, now: datetime) -> ZoneInfo:
    """Return the shop's clock; if it showed an instant of the case twice, one that never does."""
    seen = [now, *(version.at for version in case.versions)]
    seen += [v for version in case.versions for v in version.values.values() if _is_time(v)]
    return ZoneInfo("UTC") if any(at.astimezone(zone).fold for at in seen) else zone


def _is_time(value: object) -> bool:
    return isinstance(value, datetime)


def _in_order(sheet: Sheet) -> list[Line]:
    return [line for _, line in sorted(sheet.lines.items())]


def _read(stage: Stage, catalogue: Catalogue, text: str) -> Scenario:
    problems: list[Problem] = []
    found = read_scenarios(text, FILE, Surroundings(stage.release, catalogue), problems)
    if problems:
        raise Problems(problems)
    return found[0]


def _unlike(case: Case, came: Iterable[Came], rule: str) -> Iterator[str]:
    """Say what really left and is not in the test, and the other way round."""
    really = Counter(
        (t.message.rule, t.message.step) for t in case.sent if rule in ("", t.message.rule)
    )
    here = Counter((one.entry.rule, one.entry.step) for one in came)
    for (name, step), number in (really - here).items():
        yield f"Really sent, and not here: {name}, {step}, {number} ×"
    for (name, step), number in (here - really).items():
        yield f"Not really sent by now: {name}, {step}, {number} ×"
    if case.replies:
        yield f"Left out: what the customer wrote back, {case.replies} ×"


def _mapping(subjects: Mapping[str, Mapping[str, str]], indent: int) -> Iterator[str]:
    for name, values in subjects.items():
        said = ", ".join(f"{key}: {value}" for key, value in values.items())
        yield f"{' ' * indent}{name}: {{{said}}}"


def _list(key: str, entries: list[str], empty: str = "") -> Iterator[str]:
    if entries:
        yield f"        {key}:"
        yield from (f"          - {entry}" for entry in entries)
    elif empty:
        yield f"        {key}: {empty}"


def _quoted(value: Said) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_quoted, value))}]"
    return value if PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
