"""The handoffs pass: each notice is told at least once, under one id, and not for ever."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from outreach.channels import Channels, open_sender
from outreach.channels.notices.mailing import MailNotifier
from outreach.channels.notices.notice import Way
from outreach.channels.notices.posting import WebhookNotifier
from outreach.deciding.rendering.templates import Templates
from outreach.model import Channel
from outreach.passes.notifying import LEASE, MOST_TRIES, notify_teams, wait_after
from outreach.passes.setup import Setup
from outreach.rules.catalogue import Catalogue
from outreach.rules.document import Ruleset
from outreach.rules.yaml_nodes import Scalar, Source
from outreach.store.database import Store
from outreach.store.handoffs import write_handoff
from outreach.store.notices import claim_notices, notices_of, tell_again, write_notices
from outreach.workspace.teams import Team
from tests.unit.team_server import TeamServer

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def team() -> Iterator[TeamServer]:
    with TeamServer() as server:
        yield server


@pytest.fixture
def setup(store: Store, team: TeamServer) -> Setup:
    """A store with one case, of which the desk is to be told by webhook."""
    case = {
        **dict.fromkeys(("note", "case_url", "said", "who", "outcome"), ""),
        "key": "k",
        "rule": "vip",
        "enrollment_id": 1,
        "step": "human",
        "kind": "order",
        "subject_id": "A-1",
        "customer_id": "C-1",
        "team": "desk",
        "title": "Call",
        "mode": "live",
        "state": "open",
        "reason": "matched",
        "opened_at": NOW,
        "due_at": NOW + HOUR,
    }
    with store.write() as connection:
        number = write_handoff(connection, case)
        assert number is not None
        write_notices(connection, number, "k", ["webhook"], NOW)
    return Setup(
        store=store,
        ruleset=Ruleset((), ""),
        templates=Templates({}),
        catalogue=Catalogue(),
        zone=ZoneInfo("Europe/Berlin"),
        teams={"desk": Team("desk")},
        notifiers={("desk", Way.WEBHOOK): WebhookNotifier(team.url, "secret")},
    )


def ids(team: TeamServer) -> list[str]:
    return [posted.headers["Outreach-Id"] for posted in team.posted]


def state(setup: Setup) -> tuple[str, int, str]:
    with setup.store.read() as connection:
        (notice,) = notices_of(connection, 1)
    return notice.state, notice.tries, notice.error


def test_a_team_is_told_once(setup: Setup, team: TeamServer) -> None:
    assert notify_teams(setup, now=NOW).told == 1
    assert notify_teams(setup, now=NOW + HOUR).told == 0
    assert ids(team) == ["k-webhook"]
    assert team.posted[0].json["due_at"] == "2026-11-23T11:00:00+00:00"
    assert state(setup) == ("told", 1, "")


def test_a_refusal_is_tried_again_later_and_later(setup: Setup, team: TeamServer) -> None:
    team.refusals = [500, 503]
    assert notify_teams(setup, now=NOW).again == 1
    assert "answers 500" in state(setup)[2]
    assert notify_teams(setup, now=NOW + wait_after(1) / 2).again == 0
    assert notify_teams(setup, now=NOW + wait_after(1)).again == 1
    assert notify_teams(setup, now=NOW + wait_after(1) + wait_after(2)).told == 1
    assert ids(team) == ["k-webhook"] * 3
    assert state(setup) == ("told", 3, "")


def test_in_the_end_it_is_given_up_and_a_person_may_begin_anew(
    setup: Setup, team: TeamServer
) -> None:
    team.refusals, now = [410] * MOST_TRIES, NOW
    for tries in range(1, MOST_TRIES + 1):
        report = notify_teams(setup, now=now)
        now += wait_after(tries)
    assert list(report.given_up) == ["desk by webhook"]
    assert state(setup)[:2] == ("given_up", MOST_TRIES)
    assert timedelta(hours=6) < now - NOW < timedelta(hours=9)
    with setup.store.write() as connection:
        assert tell_again(connection, 1, now) == 1
    assert notify_teams(setup, now=now).told == 1


def test_what_somebody_claimed_and_never_told_is_told_by_another(
    setup: Setup, team: TeamServer
) -> None:
    with setup.store.write() as connection:
        assert len(claim_notices(connection, NOW, NOW + LEASE, 5)) == 1
    assert notify_teams(setup, now=NOW + LEASE / 2).told == 0
    assert notify_teams(setup, now=NOW + LEASE).told == 1
    assert ids(team) == ["k-webhook"]


@pytest.mark.parametrize(
    ("patterns", "error"),
    [
        (("*@nordlicht.example",), "with safety: send_only_to nothing goes out by webhook"),
        (("*",), ""),
    ],
)
def test_a_test_server_calls_no_webhook(
    setup: Setup, team: TeamServer, patterns: tuple[str, ...], error: str
) -> None:
    report = notify_teams(replace(setup, send_only_to=patterns), now=NOW)
    assert (report.told, report.not_told) == ((0, 1) if error else (1, 0))
    assert state(setup) == ("not_told" if error else "told", 1, error)
    assert len(team.posted) == report.told


def test_a_test_server_mails_to_its_own_addresses_only(setup: Setup, tmp_path: Path) -> None:
    ours, theirs = "desk@nordlicht.example", "desk@other.example"
    given = {"provider": "outbox", "from": "care@nordlicht.example"}
    channel = Channels.model_validate({"email": given}).of(Channel.EMAIL)
    assert channel
    sender = open_sender(channel, env={}, base_folder=tmp_path)
    for number, address in enumerate((ours, theirs), start=1):
        with setup.store.write() as connection:
            write_notices(connection, 1, f"k{number}", ["email"], NOW)
        named = Team("desk", ways={"email": Scalar(Source("", ()), 1, 1, 1, address)})
        staging = replace(
            setup,
            teams={"desk": named},
            notifiers={("desk", Way.EMAIL): MailNotifier(address, sender)},
            send_only_to=("*@nordlicht.example",),
        )
        report = notify_teams(staging, now=NOW)
        assert report.told == (1 if address == ours else 0)
    assert len(list(tmp_path.glob("**/*.eml"))) == 1


def test_a_way_that_the_team_no_longer_has_is_said(setup: Setup, team: TeamServer) -> None:
    assert notify_teams(replace(setup, notifiers={}), now=NOW).again == 1
    assert state(setup)[2] == "the team desk has no webhook any more"
    assert team.posted == []
