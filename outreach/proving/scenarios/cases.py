"""Cases that people are asked to step in for: what a test expects of them, and what was given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from outreach.model import SubjectRef
from outreach.passes.setup import Setup
from outreach.proving.scenarios.document import Moment, WantedCase
from outreach.proving.scenarios.faults import Fault
from outreach.proving.scenarios.playing import Play
from outreach.proving.scenarios.silence import why_silent
from outreach.proving.scenarios.told import DOT, told_time, written_time
from outreach.store.types import Record

NOTHING = "nothing"


def judge_cases(play: Play, moment: Moment, *, is_last: bool) -> Iterator[Fault]:
    """Yield the cases that were expected and not given, and those given and not expected."""
    if moment.expect is None and not is_last:
        return
    zone, left = play.scenario.zone, list(play.unclaimed_cases)
    play.unclaimed_cases.clear()
    missing = []
    for wanted in sorted(moment.cases, key=_vagueness):
        fits = next((row for row in left if not _differences(play.setup, wanted, row, zone)), None)
        if fits is None:
            missing.append(wanted)
        else:
            left.remove(fits)
    for wanted in missing:
        near = next((row for row in left if row.team == wanted.team), None)
        if near is not None:
            left.remove(near)
        yield _missing(play, wanted, near)
    for row in left:
        yield Fault(moment.position, NOTHING, told_case(row, zone), (f"{row.rule} applied",))


def told_case(row: Record, zone: ZoneInfo) -> str:
    """Write a case that was given."""
    due = [f"due {told_time(row.due_at, zone)}"] if row.due_at else []
    parts = [f"case for {row.team}", row.rule, f"step {row.step}", f"about {row.subject_id}"]
    return DOT.join([*parts, f"at {told_time(row.opened_at, zone)}", *due, f'"{row.title}"'])


def recorded_case(row: Record, zone: ZoneInfo) -> str:
    """Return a case in the language of tests."""
    at = written_time(row.opened_at, zone)
    said = {"handoff": row.team, "rule": row.rule, "step": row.step}
    said |= {"to": row.customer_id, "about": row.subject_id, "at": at}
    return ", ".join(f"{key}: {value}" for key, value in said.items())


def _vagueness(wanted: WantedCase) -> int:
    """Return how little a test says of a case: what is said most of finds its match first."""
    said = (wanted.rule, wanted.step, wanted.to, wanted.about, wanted.at, wanted.title_says)
    return -sum(bool(each) for each in said)


def _missing(play: Play, wanted: WantedCase, near: Record | None) -> Fault:
    zone = play.scenario.zone
    expected = _told_wanted(wanted, zone)
    if near is not None:
        because = tuple(_differences(play.setup, wanted, near, zone))
        return Fault(wanted.position, expected, told_case(near, zone), because)
    return Fault(wanted.position, expected, NOTHING, tuple(_why_nothing(play, wanted)))


def _told_wanted(wanted: WantedCase, zone: ZoneInfo) -> str:
    parts = [f"case for {wanted.team}", wanted.rule]
    parts += [f"about {wanted.about}"] if wanted.about else []
    parts += [f"at {told_time(wanted.at, zone)}"] if wanted.at else []
    parts += [f"due {wanted.due}"] if wanted.due else []
    parts += [f"due {told_time(wanted.due_at, zone)}"] if wanted.due_at else []
    return DOT.join(filter(None, parts))


def _has_due(wanted: WantedCase) -> bool:
    return wanted.due is not None or wanted.due_at is not None


def _differences(setup: Setup, wanted: WantedCase, row: Record, zone: ZoneInfo) -> list[str]:
    said = [
        ("team", wanted.team, row.team),
        ("rule", wanted.rule, row.rule),
        ("step", wanted.step, row.step),
        ("to", wanted.to, row.customer_id),
        ("about", wanted.about, row.subject_id),
    ]
    found = [f"{what} is {is_}, not {not_}" for what, not_, is_ in said if not_ not in ("", is_)]
    if wanted.at is not None and wanted.at != row.opened_at:
        at = told_time(row.opened_at, zone)
        found.append(f"it was given {at}, not {told_time(wanted.at, zone)}")
    if _has_due(wanted) and row.due_at != (due := _due_at(setup, wanted, row)):
        told = [told_time(each, zone) if each else "at no time" for each in (row.due_at, due)]
        found.append(f"it is due {told[0]}, not {told[1]}")
    found += [f'its title does not say "{w}"' for w in wanted.title_says if w not in row.title]
    return found


def _due_at(setup: Setup, wanted: WantedCase, row: Record) -> datetime | None:
    """Return when a case should be due: the length is counted as the rule's own one is."""
    if wanted.due is None:
        return wanted.due_at
    rule = setup.ruleset.get(row.rule)
    steps = {step.id: step.handoff for step in rule.steps} if rule else {}
    handoff = steps.get(row.step)
    if handoff is None or (wanted.due.is_business and handoff.calendar is None):
        return None
    return replace(handoff, due=wanted.due).due_at(row.opened_at, setup.zone)


def _why_nothing(play: Play, wanted: WantedCase) -> Iterator[str]:
    rule = play.setup.ruleset.get(wanted.rule)
    if rule is not None and wanted.about:
        yield from why_silent(play, rule.name, SubjectRef(rule.about, wanted.about))
