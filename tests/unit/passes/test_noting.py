"""Notes on tickets: on the subject's own or the order's open one, where it came from, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from outreach.channels.notices.notice import Way
from outreach.channels.notices.noting import Desk, NoteNotifier
from outreach.deciding.noting import NoteForm
from outreach.deciding.rendering.templates import Templates
from outreach.model import Kind
from outreach.passes.intake import import_rows
from outreach.passes.notifying import notify_teams, wait_after
from outreach.passes.setup import Setup
from outreach.rules.catalogue import Catalogue
from outreach.rules.document import Ruleset
from outreach.rules.yaml_nodes import Scalar, Source
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.store.handoffs import write_handoff
from outreach.store.notices import notices_of, tell_again, write_notices
from outreach.workspace.teams import Team
from tests.unit.team_server import TeamServer

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
#: id, order, status, hours open, and the source that brought it
TICKETS = [
    ("T-1", "A-1", "open", 9, "desk"),
    ("T-2", "A-1", "open", 5, "desk"),
    ("T-3", "A-1", "resolved", 1, "desk"),
    ("T-4", "A-2", "open", 3, "by-hand.csv"),
]


@pytest.fixture
def team() -> Iterator[TeamServer]:
    with TeamServer() as server:
        yield server


@pytest.fixture
def setup(store: Store, team: TeamServer) -> Setup:
    """A store with four tickets and a team whose cases are noted on those of `desk`."""
    for number, order, status, hours, source in TICKETS:
        values = {"order_id": order, "status": status, "opened_at": NOW - hours * HOUR}
        record = Record(Kind.TICKET, number, {**values, "number": f"no-{number}"}, NOW)
        import_rows(store, [record], now=NOW, source=source)
    form = NoteForm(f"{team.base}/{{ticket.id}}", "POST", {"number": "{ticket.number}"})
    return Setup(
        store=store,
        ruleset=Ruleset((), ""),
        templates=Templates({}),
        catalogue=Catalogue(),
        zone=ZoneInfo("Europe/Berlin"),
        teams={"care": Team("care", notes=(Scalar(Source("", ()), 1, 1, 1, "desk"),))},
        notifiers={("care", Way.NOTE): NoteNotifier({"desk": Desk(form, {})})},
    )


def give_case(setup: Setup, kind: str, subject: str) -> int:
    case = {
        **dict.fromkeys(("note", "case_url", "said", "who", "outcome"), ""),
        "key": subject,
        "rule": "vip",
        "enrollment_id": 1,
        "step": "human",
        "kind": kind,
        "subject_id": subject,
        "customer_id": "C-1",
        "team": "care",
        "title": "Call",
        "mode": "live",
        "state": "open",
        "reason": "matched",
        "opened_at": NOW,
    }
    with setup.store.write() as connection:
        number = write_handoff(connection, case)
        assert number is not None
        write_notices(connection, number, subject, ["note"], NOW)
    return number


def state(setup: Setup, case: int) -> tuple[str, str]:
    with setup.store.read() as connection:
        (notice,) = notices_of(connection, case)
    return notice.state, notice.error


@pytest.mark.parametrize(
    ("kind", "subject", "path", "error"),
    [
        ("ticket", "T-1", "/T-1", ""),
        ("ticket", "T-3", "/T-3", ""),
        ("order", "A-1", "/T-2", ""),
        ("order", "A-2", None, "ticket T-4 did not come from desk"),
        ("order", "A-3", None, "there is no open ticket about order A-3"),
        ("customer", "C-1", None, "there is no open ticket about customer C-1"),
    ],
)
def test_where_a_case_is_noted(
    setup: Setup, team: TeamServer, kind: str, subject: str, path: str | None, error: str
) -> None:
    case = give_case(setup, kind, subject)
    report = notify_teams(setup, now=NOW)
    assert (report.told, report.not_told, report.again) == ((1, 0, 0) if path else (0, 1, 0))
    assert [posted.path for posted in team.posted] == ([path] if path else [])
    assert state(setup, case) == ("told" if path else "not_told", error)


def test_further_tries_go_to_the_same_ticket(setup: Setup, team: TeamServer) -> None:
    give_case(setup, "order", "A-1")
    team.refusals = [503]
    assert notify_teams(setup, now=NOW).again == 1
    closed = Record(Kind.TICKET, "T-2", {"status": "closed"}, NOW + HOUR)
    import_rows(setup.store, [closed], now=NOW, source="desk")
    assert notify_teams(setup, now=NOW + wait_after(1)).told == 1
    assert [posted.path for posted in team.posted] == ["/T-2", "/T-2"]
    assert {posted.headers["Outreach-Id"] for posted in team.posted} == {"A-1-note"}
    assert team.posted[0].json == {"number": "no-T-2"}


def test_what_had_no_ticket_can_be_told_once_there_is_one(setup: Setup, team: TeamServer) -> None:
    case = give_case(setup, "order", "A-9")
    assert notify_teams(setup, now=NOW).not_told == 1
    opened = Record(Kind.TICKET, "T-9", {"order_id": "A-9", "status": "open"}, NOW)
    import_rows(setup.store, [opened], now=NOW, source="desk")
    with setup.store.write() as connection:
        assert tell_again(connection, case, NOW) == 1
    assert notify_teams(setup, now=NOW).told == 1
    assert team.posted[0].path == "/T-9"
