"""Judging: what a line of a timeline expected, held against what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from outreach.model import IS_WAITING, MessageState, Position
from outreach.proving.journal import Entry
from outreach.proving.scenarios.cases import judge_cases
from outreach.proving.scenarios.document import Moment, Scenario, Silence, Waits, Wanted
from outreach.proving.scenarios.faults import Fault
from outreach.proving.scenarios.matching import differences, matched, nearest, words_for
from outreach.proving.scenarios.playing import Came, Play
from outreach.proving.scenarios.silence import due_rows, is_as_said, why_nothing, why_silent
from outreach.proving.scenarios.told import (
    fits_reason,
    told_came,
    told_entry,
    told_reason,
    told_time,
    told_waits,
    told_wanted,
)
from outreach.store.batches import open_batches

NOTHING = "nothing"
MOST_SHOWN = 5


@dataclass(frozen=True)
class Failure:
    """The line at which a scenario went wrong; `before` is what had left by then, in order."""

    position: Position
    said: str
    at: str
    faults: tuple[Fault, ...]
    before: tuple[str, ...] = ()


def judge(play: Play, moment: Moment, *, is_last: bool) -> Failure | None:
    """Hold one line against what happened; None when all is as expected."""
    zone = play.scenario.zone
    unclaimed = list(play.unclaimed)
    faults = [*_messages(play, moment, is_last=is_last), *_counts(play, moment, len(unclaimed))]
    faults += judge_cases(play, moment, is_last=is_last)
    faults += [fault for waits in moment.waiting if (fault := _waiting(play, waits))]
    faults += [fault for silence in moment.why_not if (fault := _silent(play, silence))]
    if not faults:
        return None
    earlier = [told_came(came, zone) for came in play.came if came not in unclaimed]
    at = told_time(moment.at, zone, year=True)
    return Failure(moment.position, moment.said, at, tuple(faults), tuple(earlier))


def broken(scenario: Scenario, moment: Moment, why: str) -> Failure:
    """Return the failure of a line at which something could not be done at all."""
    at = told_time(moment.at, scenario.zone, year=True)
    fault = Fault(moment.position, "that this can happen", "it cannot", (why,))
    return Failure(moment.position, moment.said, at, (fault,))


def _messages(play: Play, moment: Moment, *, is_last: bool) -> Iterator[Fault]:
    """Yield what came and was not expected, and what was expected and did not come."""
    is_counted = moment.counts is not None and MessageState.SENT in moment.counts
    if moment.expect is None and (is_counted or not is_last):
        if is_counted:
            play.unclaimed.clear()
        return
    missing, extra = matched(moment.expect or (), play.unclaimed, play.scenario.zone)
    play.unclaimed.clear()
    for wanted in missing:
        near = nearest(wanted, extra, play.scenario.zone)
        if near is not None:
            extra.remove(near)
        yield _missing(play, wanted, near)
    for came in extra[:MOST_SHOWN]:
        yield _unexpected(play, moment, came)
    if len(extra) > MOST_SHOWN:
        yield Fault(moment.position, NOTHING, f"and {len(extra) - MOST_SHOWN} messages more")


def _missing(play: Play, wanted: Wanted, near: Came | None) -> Fault:
    zone = play.scenario.zone
    expected = told_wanted(wanted, zone)
    if near is None:
        return Fault(wanted.position, expected, NOTHING, tuple(why_nothing(play, wanted)))
    because = differences(wanted, near, zone)
    if any(said.startswith(("it does not say", "it says")) for said in because):
        because.append(f"its words: {words_for(near)}")
    return Fault(wanted.position, expected, told_came(near, zone), tuple(because))


def _unexpected(play: Play, moment: Moment, came: Came) -> Fault:
    rule = play.setup.ruleset.get(came.entry.rule)
    place = f"{rule.position.file}:{rule.position.line}" if rule else "a rule that is gone"
    because = (f"{came.entry.rule} ({place}) applied", f"its words: {words_for(came)}")
    return Fault(moment.position, NOTHING, told_came(came, play.scenario.zone), because)


def _counts(play: Play, moment: Moment, left: int) -> Iterator[Fault]:
    if moment.counts is None:
        return
    standing = Counter(entry.state for entry in play.entries.values())
    standing[MessageState.SENT] = left
    for state, number in moment.counts.items():
        if standing[state] != number:
            got = f"{standing[state]} {state}"
            yield Fault(moment.position, f"{number} {state}", got, tuple(_standing(play)))
    if moment.because and not any(_is_because(play, moment)):
        why = {told_reason(entry) for entry in _counted(play, moment)}
        got = "; ".join(sorted(why)[:MOST_SHOWN]) or NOTHING
        yield Fault(moment.position, f"because {moment.because}", got)


def _standing(play: Play) -> Iterator[str]:
    """Say how many messages stand where, and why."""
    why = Counter(f"{entry.state}: {told_reason(entry)}" for entry in play.entries.values())
    yield from (f"{number} {said}" for said, number in why.most_common(MOST_SHOWN))


def _counted(play: Play, moment: Moment) -> Iterator[Entry]:
    states = set(moment.counts or ()) - {MessageState.SENT}
    return (entry for entry in play.entries.values() if entry.state in states)


def _is_because(play: Play, moment: Moment) -> Iterator[bool]:
    with play.setup.store.read() as connection:
        said = [batch.said for batch in open_batches(connection, play.now)]
    for entry in _counted(play, moment):
        yield fits_reason(moment.because, entry.reason, entry.note, *said)


def _waiting(play: Play, waits: Waits) -> Fault | None:
    zone, rows = play.scenario.zone, due_rows(play)
    mine = [entry for entry in play.entries.values() if _is_of(entry, waits)]
    waiting = [entry for entry in mine if entry.state in IS_WAITING and entry.message in rows]
    for entry in waiting:
        until = rows[entry.message].due_at
        is_then = waits.until in (None, until)
        if is_then and (not waits.because or fits_reason(waits.because, entry.reason, entry.note)):
            return None
    told = [told_entry(entry, zone, rows[entry.message].due_at) for entry in waiting]
    expected = told_waits(waits, zone)
    if told:
        return Fault(waits.position, expected, told[0], tuple(told[1:MOST_SHOWN]))
    because = tuple(why_nothing(play, Wanted(waits.position, rule=waits.rule, to=waits.to)))
    return Fault(waits.position, expected, "nothing that waits", because)


def _is_of(entry: Entry, waits: Waits) -> bool:
    about = [ref.id for ref in entry.subjects]
    is_about = not waits.about or waits.about in about
    return waits.rule in ("", entry.rule) and waits.to in ("", entry.customer) and is_about


def _silent(play: Play, silence: Silence) -> Fault | None:
    if is_as_said(play, silence):
        return None
    what = f'"{silence.failed}" not true' if silence.failed else f"because {silence.because}"
    expected = f"{silence.rule} silent about {silence.about.id}: {what}"
    why = tuple(why_silent(play, silence.rule, silence.about))
    return Fault(silence.position, expected, why[0] if why else "no reason at all", why[1:])
