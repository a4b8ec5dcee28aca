"""Notes on tickets over real HTTP: in the help desk's own form, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from outreach.channels.notices.notice import NotedTicket
from outreach.channels.notices.noting import Desk, NoteNotifier
from outreach.deciding.noting import NoteForm
from outreach.errors import SendError
from outreach.sources.notes import LIKE
from tests.unit.channels.test_notices import NOTICE
from tests.unit.team_server import TeamServer

NOTED = replace(NOTICE, id="key-note", ticket=NotedTicket("desk", "4711", "T-9"))


@pytest.fixture
def team() -> Iterator[TeamServer]:
    with TeamServer() as server:
        yield server


def like(team: TeamServer, name: str) -> NoteNotifier:
    form = replace(LIKE[name], url=team.base + LIKE[name].url)
    return NoteNotifier({"desk": Desk(form, {"Authorization": "Basic bWFyYTprZXk="})})


def test_zendesk_gets_a_comment_that_is_not_public(team: TeamServer, now: datetime) -> None:
    like(team, "zendesk").tell(NOTED, now=now)
    (posted,) = team.posted
    assert (posted.method, posted.path) == ("PUT", "/api/v2/tickets/4711.json")
    assert posted.headers["Outreach-Id"] == "key-note"
    assert posted.headers["Authorization"] == "Basic bWFyYTprZXk="
    comment = posted.json["ticket"]["comment"]
    assert comment["public"] is False
    assert comment["body"].startswith("[H-12] Call Ana <b> & Bo\n")
    assert "Due Mon 23 Nov 15:00 Berlin" in comment["body"]
    assert comment["body"].endswith("To take it: outreach handoffs take H-12")


def test_freshdesk_gets_html_that_no_name_can_break(team: TeamServer, now: datetime) -> None:
    like(team, "freshdesk").tell(NOTED, now=now)
    (posted,) = team.posted
    assert (posted.method, posted.path) == ("POST", "/api/v2/tickets/4711/notes")
    assert posted.json["private"] is True
    assert posted.json["body"].startswith("[H-12] Call Ana &lt;b&gt; &amp; Bo<br>")


def test_zammad_gets_an_internal_article(team: TeamServer, now: datetime) -> None:
    like(team, "zammad").tell(NOTED, now=now)
    (posted,) = team.posted
    assert (posted.method, posted.path) == ("POST", "/api/v1/ticket_articles")
    told = posted.json
    assert (told["ticket_id"], told["internal"], told["type"]) == ("4711", True, "note")


def test_a_title_with_places_in_it_stays_a_title(team: TeamServer, now: datetime) -> None:
    form = NoteForm(f"{team.base}/{{ticket.number}}", "POST", {"a": ["{title}", "{ticket.id}", 1]})
    notifier = NoteNotifier({"desk": Desk(form, {})})
    notifier.tell(replace(NOTED, title='{ticket.id} "}'), now=now)
    assert team.posted[0].json == {"a": ['{ticket.id} "}', "4711", 1]}
    assert team.posted[0].path == "/T-9"


@pytest.mark.parametrize(
    ("ticket", "path"), [("a/b?c#d", "a%2Fb%3Fc%23d"), ("é", "%C3%A9"), ("..", None), ("", None)]
)
def test_an_id_leads_to_no_other_address(
    team: TeamServer, now: datetime, ticket: str, path: str | None
) -> None:
    odd = replace(NOTED, ticket=NotedTicket("desk", ticket, ""))
    if path is None:
        with pytest.raises(SendError, match="has no id"):
            like(team, "zendesk").tell(odd, now=now)
        assert team.posted == []
    else:
        like(team, "zendesk").tell(odd, now=now)
        assert team.posted[0].path == f"/api/v2/tickets/{path}.json"


def test_only_what_counts_as_a_success_is_one(team: TeamServer, now: datetime) -> None:
    form = NoteForm(f"{team.base}/{{ticket.id}}", "POST", {}, frozenset({201}))
    notifier = NoteNotifier({"desk": Desk(form, {})})
    with pytest.raises(SendError, match="none of its `success`"):
        notifier.tell(NOTED, now=now)
    team.refusals = [201, 422]
    notifier.tell(NOTED, now=now)
    with pytest.raises(SendError, match="answers 422"):
        notifier.tell(NOTED, now=now)
    notifier.close()
