"""Why nothing came: asked of the ledger, and of the same machinery that `explain` asks."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from outreach.deciding.explaining import Line
from outreach.model import IS_WAITING, Kind, Reason, SubjectRef
from outreach.passes.explain import RuleExplained, explain
from outreach.proving.journal import Entry
from outreach.proving.scenarios.document import Silence, Wanted
from outreach.proving.scenarios.playing import Play
from outreach.proving.scenarios.told import fits_reason, told_entry, told_time
from outreach.store.frames import table_of
from outreach.store.ledger import Message
from outreach.store.types import Record

#: subjects that a report explains, and sentences of each
MOST_SUBJECTS = 3
MOST_LINES = 4


def explained(play: Play, rule: str, subject: SubjectRef) -> RuleExplained:
    """Explain one rule and one subject as things stand in a scenario."""
    (found,) = explain(play.setup, subject, now=play.now, rules=[rule]).rules
    return found


def why_nothing(play: Play, wanted: Wanted) -> Iterator[str]:
    """Say in a few lines why what was expected did not come."""
    rule = play.setup.ruleset.get(wanted.rule)
    if rule is None:
        return
    subjects = _subjects(play, rule.about, wanted)
    if not subjects:
        yield f"there is no {rule.about} of {wanted.to}" if wanted.to else f"no {rule.about}"
    for subject in subjects[:MOST_SUBJECTS]:
        yield from why_silent(play, rule.name, subject)
    yield from _heard(play, wanted.to)


def why_silent(play: Play, rule: str, subject: SubjectRef) -> Iterator[str]:
    """Say why one rule has not written about a subject."""
    entry = latest(play, rule, subject)
    if entry is not None and not entry.left:
        row = due_rows(play).get(entry.message)
        yield told_entry(entry, play.scenario.zone, row.due_at if row else None)
        return
    found = explained(play, rule, subject)
    if entry is not None:
        yield f"{subject} was written about {told_time(entry.at, play.scenario.zone)}"
    missing = list(found.lines.missing())
    for line in missing[:MOST_LINES]:
        yield f"{subject.id}: {told_line(play, line)}"
    if found.lines.applies and entry is None:
        yield f"{subject.id}: the rule applies; {_foretold(play, found)}"


def is_as_said(play: Play, silence: Silence) -> bool:
    """Whether a rule is silent for the reason that a test names."""
    found = explained(play, silence.rule, silence.about)
    entry = latest(play, silence.rule, silence.about)
    if silence.failed:
        wanted = _plain(silence.failed)
        said = [part.text for line in found.lines.missing() for part in line.flat()]
        return any(wanted in _plain(text) for text in [*said, entry.note if entry else ""])
    takers = [rule.name for rule in play.setup.ruleset.over(silence.rule)]
    reasons: list[tuple[Reason, str]] = [(found.reason, "")]
    if entry is not None:
        reasons.append((entry.reason, entry.note))
    if found.foretold is not None:
        reasons.append((found.foretold.verdict.reason, found.foretold.verdict.note))
    if found.enrollment is not None:
        reasons.append((Reason(found.enrollment.reason), ""))
    return any(
        fits_reason(silence.because, reason, note, "by", *takers) for reason, note in reasons
    )


def latest(play: Play, rule: str, subject: SubjectRef) -> Entry | None:
    """Return where the latest message of a rule about a subject stands."""
    mine = [e for e in play.entries.values() if e.rule == rule and subject in e.subjects]
    return max(mine, key=lambda entry: entry.at, default=None)


def due_rows(play: Play) -> dict[str, Record]:
    """Return the messages that wait, by their id."""
    table = table_of(Message)
    states = [state.value for state in IS_WAITING]
    with play.setup.store.read() as connection:
        rows = connection.execute(select(table).where(table.c.state.in_(states))).all()
    return {row.id: row for row in rows}


def told_line(play: Play, line: Line) -> str:
    """Write a sentence that is not as its rule wants it, with its place and when that changes."""
    inside = " and ".join(part.text for part in line.parts)
    text = f"{line.text}: {inside}" if inside else line.text
    text = text if line.wanted else f"none of: {text}"
    place = f"{line.position.file}:{line.position.line}"
    zone = play.scenario.zone
    after = f", from {told_time(line.true_from, zone)}" if line.wanted and line.true_from else ""
    return f'not so: "{text}" ({place}){after}'


def _foretold(play: Play, found: RuleExplained) -> str:
    if found.foretold is None:
        return "it was enrolled before" if found.enrollment is not None else "nothing comes of it"
    verdict, at = found.foretold.verdict, told_time(found.foretold.at, play.scenario.zone)
    note = f" ({verdict.note})" if verdict.note else ""
    return f"at {at} it comes to: {verdict.decision} {verdict.reason}{note}"


def _heard(play: Play, customer: str) -> Iterator[str]:
    """Say when a customer heard from us before: caps and gaps count from there."""
    zone = play.scenario.zone
    heard = [one.entry for one in play.came if one.entry.customer == customer]
    if heard:
        times = ", ".join(f"{told_time(e.at, zone)} ({e.rule})" for e in heard[-4:])
        yield f"{customer} heard from us {times}"


def _subjects(play: Play, kind: Kind, wanted: Wanted) -> list[SubjectRef]:
    """Return what an expected message could be about."""
    scenario = play.scenario
    changed = (record for moment in scenario.timeline for record in moment.changes)
    owner: dict[str, str] = {}
    for record in (*scenario.given, *changed):
        if record.kind is kind and (record.updated_at or play.now) <= play.now:
            said = record.id if kind is Kind.CUSTOMER else record.values.get("customer_id")
            owner[record.id] = said or owner.get(record.id, "")
    return [
        SubjectRef(kind, own_id)
        for own_id, customer in owner.items()
        if (not wanted.about or own_id in wanted.about) and wanted.to in ("", customer)
    ]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
