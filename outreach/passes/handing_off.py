"""Handing off: a step whose time has come gives its task to a team, or it is written why not.

It is part of planning: the task is kept in the transaction that moves its enrollment on, so that
each is there once, whatever happens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.circumstances import Circumstances, Paused
from outreach.deciding.freshness import StaleSource
from outreach.deciding.gates import judge
from outreach.deciding.handing_off import HANDOFF_GATES, case_link
from outreach.deciding.planning import LOOK_AGAIN, PlannedHandoff, next_place
from outreach.deciding.verdicts import Decision, Verdict
from outreach.errors import RenderError
from outreach.faultpoints import FaultPoint, reach
from outreach.model import HandoffState, Reason
from outreach.passes.notifying import ways_of
from outreach.passes.progress import GOES_ON, stand
from outreach.passes.setup import Setup
from outreach.passes.wording import message_context
from outreach.rules.document import Rule
from outreach.rules.handoff import Handoff
from outreach.store.handoffs import known_handoffs, write_handoff
from outreach.store.notices import write_notices
from outreach.store.pausing import keep_pauses
from outreach.store.planning import id_of
from outreach.store.recipients import read_pauses
from outreach.store.source_reads import keep_reads, read_stale
from outreach.store.states import end_enrollments
from outreach.store.types import Record


@dataclass(frozen=True)
class Handing:
    """An enrollment that stands at a task whose time has come."""

    row: Record
    rule: Rule
    found: PlannedHandoff
    #: so many at once look like a fault in the data: the team finds them in the list
    is_flood: bool = False

    @property
    def key(self) -> str:
        walker = self.found.walker
        return id_of(self.row, self.found.step.id, walker.repetition)


def hand_off(
    connection: Connection, setup: Setup, handing: Sequence[Handing], now: datetime
) -> list[Handing]:
    """Give tasks to their teams and let their enrollments go on; return those that were given."""
    if not handing:
        return []
    keep_pauses(connection)
    keep_reads(connection)
    pauses = read_pauses(connection, now)
    stale = read_stale(connection, setup.sources_at or now)
    known = known_handoffs(connection, [each.key for each in handing])
    given = []
    for each in handing:
        if each.key in known:  # somebody edited the rule's steps since
            _go_on(connection, each, now)
            continue
        verdict = judge_handoff(setup, each.rule, each.found, pauses, stale, now)
        if verdict.decision is Decision.WAIT:
            _look_again(connection, each, min(verdict.until or now, now + LOOK_AGAIN))
            continue
        if _write(connection, setup, each, verdict, now):
            given.append(each)
        if verdict.decision is Decision.GO or verdict.reason in GOES_ON:
            _go_on(connection, each, now)
        else:
            end_enrollments(connection, [each.row.id], verdict.reason, now)
    reach(FaultPoint.HANDOFFS_WRITTEN)
    return given


def _write(
    connection: Connection, setup: Setup, each: Handing, verdict: Verdict, now: datetime
) -> bool:
    """Keep a task, and what its team is to be told of it; say whether it was given."""
    number = write_handoff(connection, _columns(setup, each, verdict, now))
    if verdict.decision is not Decision.GO or number is None:
        return False
    if not each.is_flood:
        write_notices(connection, number, each.key, ways_of(setup.teams.get(_task(each).team)), now)
    return True


def judge_handoff(
    setup: Setup,
    rule: Rule,
    found: PlannedHandoff,
    pauses: Sequence[Paused],
    stale: Sequence[StaleSource],
    now: datetime,
) -> Verdict:
    """Ask whether a task may be given now."""
    walker = found.walker
    asked = Circumstances(
        rule=rule,
        step=found.step,
        repetition=walker.repetition,
        purpose=rule.purpose,
        expires_at=now + LOOK_AGAIN,
        subjects=(walker.subject,),
        recipient=found.recipient,
        mode=walker.mode,
        pauses=pauses,
        stale=stale,
        takers=setup.ruleset.over(rule.name),
    )
    return judge(asked, now, HANDOFF_GATES).verdict


@dataclass(frozen=True)
class Worded:
    """A task in words, for the workspace's people; `flaw` is what its title lacked."""

    title: str
    note: str
    case_url: str
    flaw: str = ""


def word_handoff(setup: Setup, rule: Rule, found: PlannedHandoff, now: datetime) -> Worded:
    """Return a task in words: a value that is missing must not keep people from stepping in."""
    handoff, subject = found.step.handoff, found.walker.subject
    assert handoff is not None
    message = {"id": "", "step": found.step.id, "number": found.walker.repetition}
    facts = [subject.facts] if subject.facts else []
    context = message_context(setup, rule, facts, message, now)
    team = setup.teams.get(handoff.team)
    link = case_link(team.case_url, context) if team else ""
    zone = handoff.calendar.zone if handoff.calendar else setup.zone
    try:
        title = setup.templates.line(handoff.title, context, zone=zone, now=now)
        note = setup.templates.line(handoff.note, context, zone=zone, now=now)
    except RenderError as error:
        return Worded(f"{rule.name}: {subject.ref}", "", link, str(error))
    return Worded(title, note, link)


def _columns(setup: Setup, each: Handing, verdict: Verdict, now: datetime) -> dict[str, Any]:
    row, walker, handoff = each.row, each.found.walker, _task(each)
    words = word_handoff(setup, each.rule, each.found, now)
    is_given = verdict.decision is Decision.GO
    return {
        "key": each.key,
        "rule": row.rule,
        "enrollment_id": row.id,
        "step": each.found.step.id,
        "kind": row.kind,
        "subject_id": row.subject_id,
        "customer_id": row.customer_id,
        "team": handoff.team,
        "title": words.title,
        "note": words.note,
        "case_url": words.case_url,
        "mode": walker.mode.value,
        "state": (HandoffState.OPEN if is_given else HandoffState.CANCELLED).value,
        "reason": verdict.reason.value,
        "said": verdict.note or words.flaw,
        "due_at": handoff.due_at(now, setup.zone),
        "stop_until": handoff.stop_until(now, setup.zone) if is_given else None,
        "opened_at": now,
        "who": "",
        "outcome": "",
    }


def _task(each: Handing) -> Handoff:
    assert each.found.step.handoff is not None
    return each.found.step.handoff


def _go_on(connection: Connection, each: Handing, now: datetime) -> None:
    """Let an enrollment go on to what comes after the task; its wait counts from there."""
    walker = each.found.walker
    step, repetition = next_place(each.rule, walker.step, walker.repetition, skipped=False)
    if each.rule.step(step) is None:
        end_enrollments(connection, [each.row.id], Reason.FINISHED, now)
        return
    subject = replace(walker.subject, base_at=each.found.opens_at)
    here = replace(walker, subject=subject, step=step, repetition=repetition)
    stand(connection, each.row, here, each.found.opens_at)


def _look_again(connection: Connection, each: Handing, at: datetime) -> None:
    stand(connection, each.row, each.found.walker, at)
