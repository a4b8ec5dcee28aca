"""Notices: a team hears of a case in its own way, and can tell that it is from us."""

from __future__ import annotations

import email
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from outreach.channels import Sender
from outreach.channels.notices.mailing import MailNotifier
from outreach.channels.notices.notice import Notice
from outreach.channels.notices.posting import ChatNotifier, WebhookNotifier
from outreach.errors import SendError
from outreach.model import Channel
from tests.unit.team_server import TeamServer

SECRET = "0123456789abcdef"
OPERATING = Path(__file__).resolve().parents[3] / "docs" / "operating.md"
NOTICE = Notice(
    id="key-webhook",
    handoff="H-12",
    team="vip-desk",
    title="Call Ana <b> & Bo",
    note="the lamp",
    due="Mon 23 Nov 15:00 Berlin",
    due_at=datetime(2026, 11, 23, 14, tzinfo=UTC),
    opened_at=datetime(2026, 11, 23, 10, tzinfo=UTC),
    rule="vip",
    step="human",
    kind="order",
    subject="A-1",
    customer="C-1",
    case_url="https://desk.example/A-1",
)


@pytest.fixture
def team() -> Iterator[TeamServer]:
    with TeamServer() as server:
        yield server


def documented_check() -> Callable[[str, str, bytes, float], bool]:
    """Return the function that the docs tell people to check a signature with."""
    found = re.search(
        r"```python\n(.*?def is_from_outreach.*?)```", OPERATING.read_text(), re.DOTALL
    )
    assert found
    names: dict[str, Any] = {}
    exec(found[1], names)
    return names["is_from_outreach"]  # type: ignore[no-any-return]


def test_a_webhook_is_signed_as_the_docs_tell(team: TeamServer, now: datetime) -> None:
    WebhookNotifier(team.url, SECRET).tell(NOTICE, now=now)
    (posted,) = team.posted
    assert posted.headers["Outreach-Id"] == "key-webhook"
    assert posted.json["handoff"] == "H-12"
    assert posted.json["about"] == {"kind": "order", "id": "A-1"}
    assert posted.json["due_at"] == "2026-11-23T14:00:00+00:00"
    check, signed = documented_check(), posted.headers["Outreach-Signature"]
    soon = (now + timedelta(minutes=4)).timestamp()
    assert check(SECRET, signed, posted.body, soon)
    assert not check("another secret", signed, posted.body, soon)
    assert not check(SECRET, signed, posted.body + b" ", soon)
    assert not check(SECRET, signed, posted.body, soon + 3600)
    assert not check(SECRET, "t=1,v1=ff", posted.body, soon)


def test_a_chat_gets_a_text_that_calls_nobody(team: TeamServer, now: datetime) -> None:
    ChatNotifier(team.url).tell(NOTICE, now=now)
    (posted,) = team.posted
    said = posted.json["text"]
    assert said.startswith("*H-12* Call Ana &lt;b&gt; &amp; Bo\n")
    assert "Due Mon 23 Nov 15:00 Berlin" in said
    assert said.endswith("<https://desk.example/A-1|Open the case>")


def test_an_email_goes_through_the_channel(
    open_channel: Callable[..., Sender], tmp_path: Path, now: datetime
) -> None:
    sender = open_channel(Channel.EMAIL, provider="outbox", **{"from": "care@nordlicht.example"})
    MailNotifier("desk@nordlicht.example", sender).tell(NOTICE, now=now)
    (file,) = (tmp_path / "outbox").glob("*.eml")
    mail = email.message_from_bytes(file.read_bytes(), policy=default)
    assert mail["Subject"] == "[H-12] Call Ana <b> & Bo"
    assert (mail["To"], mail["Auto-Submitted"]) == ("desk@nordlicht.example", "auto-generated")
    assert "https://desk.example/A-1" in mail.get_content()


@pytest.mark.parametrize("status", [301, 404, 500])
def test_what_is_no_yes_is_an_error_that_keeps_the_address_secret(
    team: TeamServer, now: datetime, status: int
) -> None:
    team.refusals = [status, status]
    for notifier in (WebhookNotifier(team.url, SECRET), ChatNotifier(team.url)):
        with pytest.raises(SendError, match=str(status)) as told:
            notifier.tell(NOTICE, now=now)
        assert "secret-path" not in str(told.value)
        notifier.close()


def test_nobody_listening_is_an_error(closed_port: int, now: datetime) -> None:
    with pytest.raises(SendError, match="refused"):
        ChatNotifier(f"http://127.0.0.1:{closed_port}/x").tell(NOTICE, now=now)
