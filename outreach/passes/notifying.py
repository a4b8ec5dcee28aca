"""The handoffs pass: teams are told of their cases, each at least once, with the same id.

A notice is claimed, told outside any transaction, and settled. Whoever dies in between leaves a
claim that runs out: then it is told again, and its id says that it is the same one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from outreach.channels.addresses import redact
from outreach.channels.notices.notice import NotedTicket, Notice, Notifier, Way
from outreach.deciding.staging import EVERYBODY, is_allowed_here
from outreach.errors import SendError
from outreach.faultpoints import FaultPoint, reach
from outreach.model import Kind
from outreach.passes.setup import Setup
from outreach.store.notices import NoticeState, claim_notices, count_waiting, settle_notice
from outreach.store.noting import keep_target, place_of, ticket_about
from outreach.store.types import Record
from outreach.timing.hours import DAYS
from outreach.timing.moments import MONTHS
from outreach.workspace.teams import Team

#: how long a claim is good for: a call takes no more than seconds
LEASE = timedelta(minutes=5)
#: the wait after the first try, twice as long after each further one, up to the longest
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
#: about seven hours, after which a person has to look
MOST_TRIES = 12
#: notices claimed at once
BATCH = 20


@dataclass
class NotifyReport:
    """What one handoffs pass did, in notices; `given_up` says why, by team and way."""

    told: int = 0
    again: int = 0
    not_told: int = 0
    given_up: dict[str, str] = field(default_factory=dict)
    more: bool = False


def notify_teams(setup: Setup, *, now: datetime) -> NotifyReport:
    """Tell teams of the cases that wait to be told."""
    report = NotifyReport()
    with setup.store.write() as connection:
        claimed = claim_notices(connection, now, now + LEASE, BATCH)
    for row in claimed:
        reach(FaultPoint.NOTICE_CLAIMED)
        try:
            error = _tell(setup, row, now)
        except _Silence as silence:
            _leave(setup, row, str(silence), report, now)
            continue
        reach(FaultPoint.NOTICE_TOLD)
        _settle(setup, row, error, report, now)
    if claimed:
        with setup.store.read() as connection:
            report.more = count_waiting(connection, now) > 0
    return report


class _Silence(Exception):
    """Says why a team is not told in one of its ways, which is no fault."""


def _tell(setup: Setup, row: Record, now: datetime) -> str:
    """Tell one notice; return why it could not be, empty when it was. Raises _Silence."""
    way = Way(row.way)
    notifier: Notifier | None = setup.notifiers.get((row.case_team, way))
    if notifier is None:
        return f"the team {row.case_team} has no {way} any more"
    _ask_staging(setup, row.case_team, way)
    ticket = _noted_on(setup, row) if way is Way.NOTE else None
    try:
        notifier.tell(_notice(setup, row, ticket), now=now)
    except SendError as error:
        return redact(str(error))
    return ""


def _ask_staging(setup: Setup, team: str, way: Way) -> None:
    """Raise _Silence where a test server must not tell teams: a chat or a desk is a real one."""
    patterns = setup.send_only_to
    if not patterns or EVERYBODY in patterns:
        return
    if way is not Way.EMAIL:
        raise _Silence(f"with safety: send_only_to nothing goes out by {way}")
    if not is_allowed_here(setup.teams[team].ways[way.value].text, patterns):
        raise _Silence("the team's address is not on safety: send_only_to")


def _noted_on(setup: Setup, row: Record) -> NotedTicket:
    """Return the ticket that a note goes on, always the same one; raises _Silence."""
    team = setup.teams[row.case_team]
    sources = [scalar.text for scalar in team.notes]
    kind, subject = Kind(row.case_kind), row.case_subject_id
    with setup.store.write() as connection:
        ticket = row.target or ticket_about(connection, kind, subject)
        if ticket is None:
            raise _Silence(f"there is no open ticket about {kind.value} {subject}")
        place = place_of(connection, ticket, sources)
        if place is None:
            raise _Silence(f"ticket {ticket} did not come from {' or '.join(sources)}")
        keep_target(connection, row.id, ticket)
    return NotedTicket(*place)


def _leave(setup: Setup, row: Record, why: str, report: NotifyReport, now: datetime) -> None:
    with setup.store.write() as connection:
        settle_notice(connection, row.id, NoticeState.NOT_TOLD, now=now, error=why)
    report.not_told += 1


def _settle(setup: Setup, row: Record, error: str, report: NotifyReport, now: datetime) -> None:
    with setup.store.write() as connection:
        if not error:
            settle_notice(connection, row.id, NoticeState.TOLD, now=now)
            report.told += 1
        elif row.tries >= MOST_TRIES:
            settle_notice(connection, row.id, NoticeState.GIVEN_UP, now=now, error=error)
            report.given_up[f"{row.case_team} by {row.way}"] = error
        else:
            later = now + wait_after(row.tries)
            waiting = NoticeState.WAITING
            settle_notice(connection, row.id, waiting, now=now, error=error, due_at=later)
            report.again += 1


def wait_after(tries: int) -> timedelta:
    """Return how long to wait after so many tries."""
    return min(FIRST_WAIT * 2 ** min(tries - 1, 10), LONGEST_WAIT)


def due_in_words(setup: Setup, team: str, due_at: datetime | None) -> str:
    """Return by when a case should be done on its team's clock: `Mon 23 Nov 15:00 Berlin`."""
    if due_at is None:
        return ""
    known = setup.teams.get(team)
    zone = known.calendar.zone if known and known.calendar else setup.zone
    local = due_at.astimezone(zone)
    day, month = DAYS[local.weekday()].title(), MONTHS[local.month - 1].title()
    place = zone.key.rpartition("/")[2].replace("_", " ")
    return f"{day} {local.day} {month} {local.hour:02}:{local.minute:02} {place}"


def _notice(setup: Setup, row: Record, ticket: NotedTicket | None) -> Notice:
    return Notice(
        id=row.id,
        handoff=f"H-{row.handoff_id}",
        team=row.case_team,
        title=row.case_title,
        note=row.case_note,
        due=due_in_words(setup, row.case_team, row.case_due_at),
        due_at=row.case_due_at,
        opened_at=row.case_opened_at,
        rule=row.case_rule,
        step=row.case_step,
        kind=row.case_kind,
        subject=row.case_subject_id,
        customer=row.case_customer_id,
        case_url=row.case_case_url,
        ticket=ticket,
    )


def ways_of(team: Team | None) -> tuple[str, ...]:
    """Return how a team is to be told of a new case."""
    if team is None:
        return ()
    told = tuple(way.value for way in Way if way.value in team.ways)
    return (*told, Way.NOTE.value) if team.notes else told
