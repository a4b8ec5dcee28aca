"""Unsubscribing: a mail arrives, its own link is used over HTTP, and what would come does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
import urllib3
from sqlalchemy import select

from outreach.channels.sandbox import Arrived
from outreach.model import MessageState, Reason
from outreach.store.frames import table_of
from outreach.store.ledger import Message, MessageSubject
from outreach.web import WebServer, create_app
from outreach.web.opening import open_pages
from outreach.web.receivers import Receivers
from outreach.workspace import Workspace
from tests.stories.conftest import Story
from tests.stories.workspace import SECRETS

PUBLIC = "https://hooks.nordlicht.example"
WEB = f"web: {{public_url: {PUBLIC}, secret: env:OUTREACH_SECRET}}"
RULES = """
- rule: asked
  about: order
  purpose: survey
  when:
    - promised_at is in the past
  steps:
    - id: first
      send: note
      via: [email, sms]
    - id: again
      send: second
      via: [email]
      wait: 1 day
- rule: late
  about: order
  when:
    - promised_at is in the past
  steps:
    - send: second
      wait: 2 days
"""
PHONE = "+4915550101"


@dataclass
class Door:
    """The proxy at the public address: it hands on to the port of ours."""

    server: WebServer

    def ask(self, method: str, link: str, **fields: str) -> tuple[int, str]:
        url = link.replace(PUBLIC, self.server.url)
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
        body = urlencode(fields) if fields else None
        sent = urllib3.request(method, url, body=body, headers=kind, retries=False, timeout=10)
        return sent.status, sent.data.decode("utf-8")


@pytest.fixture
def door(story: Story) -> Iterator[Door]:
    """Ana got a survey's mail just now: another one waits for tomorrow, an update for later."""
    story.settings(WEB).rules(RULES).customer("ana", phone=PHONE)
    story.order("A-1", "ana", promised_at="today 13:00").until("13:00")
    pages = open_pages(Workspace.open(story.folder), SECRETS)
    app = create_app(story.store, Receivers(), clock=story.clock, pages=pages)
    server = WebServer(app, "127.0.0.1", 0)
    server.start()
    yield Door(server)
    server.stop()


def page_of(mail: Arrived) -> str:
    """Return the address that a mail program calls, as the header has it."""
    page, mailto = re.findall(r"<([^>]+)>", mail.headers["List-Unsubscribe"])
    assert mailto.startswith("mailto:care@nordlicht.example?subject=unsubscribe%20survey%20")
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(page).startswith(f"{PUBLIC}/u/")
    return str(page)


def surveys(story: Story) -> list[tuple[str, str, str]]:
    message, part = table_of(Message).c, table_of(MessageSubject).c
    query = (
        select(part.subject_id, message.state, message.reason)
        .join(table_of(Message), message.id == part.message_id)
        .where(message.purpose == "survey")
        .order_by(message.planned_for, part.subject_id)
    )
    with story.store.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_one_click_in_the_mail_program_ends_what_was_planned_and_what_comes(
    story: Story, door: Door
) -> None:
    mail = story.expect("ana", rule="asked")
    story.until("13:30")
    planned = ("A-1", "planned", "matched")
    assert surveys(story) == [("A-1", "sent", "sent"), planned]
    assert door.ask("POST", page_of(mail), **{"List-Unsubscribe": "One-Click"}) == (200, "")
    assert surveys(story)[1] == ("A-1", "suppressed", "opted_out")
    # another order: no survey of it, by text neither
    story.order("A-2", "ana", promised_at="today 14:00").until("tomorrow 19:00")
    story.expect_state("A-2", MessageState.SUPPRESSED, Reason.SUPPRESSED)
    # what is no survey still comes
    story.until("+2 days").expect("ana", "second", rule="late", about="A-1")
    story.expect("ana", "second", rule="late", about="A-2")


def test_scanners_follow_every_link_and_nothing_ends(story: Story, door: Door) -> None:
    mail = story.expect("ana", rule="asked")
    links = [page_of(mail), *re.findall(rf"{PUBLIC}/[^\s\"<>)]+", mail.text + mail.html)]
    assert len({link.rpartition("/")[0] for link in links}) == 2
    for link in links:
        for method in ("GET", "HEAD"):
            status, page = door.ask(method, link)
            assert status == 200
            assert PHONE not in page
    story.until("tomorrow 13:00").expect("ana", "second", rule="asked")


def test_who_ends_it_on_the_page_may_take_it_back(story: Story, door: Door) -> None:
    link = page_of(story.expect("ana", rule="asked"))
    story.until("13:30")
    assert "You get no more surveys" in door.ask("POST", link, action="stop")[1]
    story.order("A-2", "ana", promised_at="today 14:00").until("15:00")
    assert "We write to you again." in door.ask("POST", link, action="undo")[1]
    story.order("A-3", "ana", promised_at="today 16:00").until("17:00")
    story.expect("ana", rule="asked", about="A-3")
    states = {(subject, state) for subject, state, _ in surveys(story)}
    assert {("A-1", "suppressed"), ("A-2", "suppressed")} <= states
