"""`outreach send --to-me`: a real message to the operator, and to nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from outreach.channels.sandbox import Sandbox
from outreach.channels.sandbox.faults import Fault, refusal, reset_after
from outreach.model import Channel
from outreach.store.auditing import deeds
from outreach.store.database import open_store
from outreach.store.frames import table_of
from outreach.store.ledger import Attempt, LastSent, Message
from outreach.store.suppressing import suppress
from tests.unit.cli.conftest import SETTINGS, Cli, Ran, write

ME = "mara@nordlicht.example"
MY_NUMBER = "+4915550199"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox, shop: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The providers, set up in the shop's workspace."""
    running.clear()
    url = running.url
    channels = (
        "channels:\n"
        f'  email: {{provider: sendgrid, url: "{url}", from: care@nordlicht.example}}\n'
        f'  sms: {{provider: twilio, url: "{url}", from: "+4915550100"}}\n'
    )
    write(shop, {"outreach.yaml": SETTINGS + channels})
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.key")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "token")
    return running


def _read(shop: Path, query: Any) -> Any:
    store = open_store(f"sqlite:///{shop / 'outreach.db'}")
    with store.read() as connection:
        found = query(connection)
    store.close()
    return found


def send(cli: Cli, *words: str) -> Ran:
    return cli("send", "apology", "--to-me", "--to", ME, "--yes", *words)


def test_an_email_arrives_as_a_customer_would_get_it(cli: Cli, sandbox: Sandbox) -> None:
    done = send(cli, "--for", "A-1", "--json")
    (arrived,) = sandbox.messages
    assert (arrived.to, arrived.channel) == (ME, Channel.EMAIL)
    assert arrived.subject == "Bestellung A-1 ist spät dran"
    assert "Hallo Ana" in arrived.text
    assert done.json["schema"] == "outreach/send/1"
    assert (done.json["to"], done.json["provider"]) == (ME, "sendgrid")
    assert done.json["id"] == arrived.message_id
    assert done.json["provider_id"]


def test_a_text_goes_to_a_number(cli: Cli, sandbox: Sandbox) -> None:
    words = ("--to-me", "--channel", "sms", "--to", "+49 1555 0199", "--yes")
    done = cli("send", "apology", *words)
    assert done.code == 0
    (arrived,) = sandbox.messages
    assert (arrived.to, arrived.channel) == (MY_NUMBER, Channel.SMS)
    assert arrived.text.startswith("Nordlicht: ")
    assert "1 segment" in done.out


def test_without_an_address_it_goes_where_the_team_reads(cli: Cli, sandbox: Sandbox) -> None:
    done = cli("send", "apology", "--to-me", "--yes", "--locale", "de")
    assert "sent to care@nordlicht.example by sendgrid" in done.out
    assert [each.to for each in sandbox.messages] == ["care@nordlicht.example"]
    assert sandbox.messages[0].subject.startswith("Bestellung")


def test_the_ledger_knows_nothing_and_the_log_who_did_it(
    cli: Cli, sandbox: Sandbox, shop: Path
) -> None:
    assert send(cli, "--for", "A-1").code == 0
    for model in (Message, Attempt, LastSent):
        count = select(func.count()).select_from(table_of(model))
        assert _read(shop, lambda c, query=count: c.execute(query).scalar()) == 0
    (deed,) = _read(shop, deeds)
    assert deed.action == "send to me"
    assert (deed.detail["template"], deed.detail["outcome"]) == ("apology", "accepted")
    assert ME not in str(deed.detail)


def test_nothing_leaves_before_it_is_confirmed(cli: Cli, sandbox: Sandbox, shop: Path) -> None:
    done = cli("send", "apology", "--to-me", "--to", ME)
    assert done.code == 4
    assert f"Send this e-mail to {ME}, by sendgrid?" in done.err
    assert not sandbox.messages
    assert not _read(shop, deeds)


@pytest.mark.parametrize(
    ("fault", "said", "outcome"),
    [
        (
            refusal(400, "the from address is not verified"),
            "not sent, sendgrid did not take it",
            "rejected",
        ),
        (reset_after(), "it may have been sent, or not", "in_doubt"),
    ],
)
def test_what_the_provider_says_is_told_in_words(
    fault: Fault, said: str, outcome: str, cli: Cli, sandbox: Sandbox, shop: Path
) -> None:
    sandbox.script(fault)
    done = send(cli)
    assert done.code == 3
    assert said in done.err
    (deed,) = _read(shop, deeds)
    assert deed.detail["outcome"] == outcome


def test_a_key_that_is_not_set_is_named(
    cli: Cli, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENDGRID_API_KEY")
    done = send(cli)
    assert done.code == 3
    assert "SENDGRID_API_KEY" in done.err
    assert "outreach doctor" in done.err


def test_the_other_channel_may_be_unready(
    cli: Cli, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    assert send(cli).code == 0


def test_a_customers_address_is_refused(cli: Cli, sandbox: Sandbox) -> None:
    done = cli("send", "apology", "--to-me", "--to", "Ben@EXAMPLE.com", "--yes")
    assert done.code == 4
    assert "is the address of customer C-2" in done.err
    assert not sandbox.messages


@pytest.mark.parametrize("entry", [ME, "@nordlicht.example"])
def test_who_must_not_be_written_to_is_not(
    entry: str, cli: Cli, sandbox: Sandbox, shop: Path
) -> None:
    store = open_store(f"sqlite:///{shop / 'outreach.db'}")
    since = datetime(2026, 11, 1, tzinfo=UTC)
    with store.write() as connection:
        suppress(connection, Channel.EMAIL, entry, reason="left us", source="me", now=since)
    store.close()
    done = send(cli)
    assert done.code == 4
    assert "left us" in done.err
    assert not sandbox.messages


def test_a_test_server_writes_to_its_own_people_only(
    cli: Cli, sandbox: Sandbox, shop: Path
) -> None:
    settings = shop / "outreach.yaml"
    text = settings.read_text("utf-8")
    settings.write_text(text + 'safety: {send_only_to: ["*@nordlicht.example"]}\n', "utf-8")
    assert send(cli).code == 0
    done = cli("send", "apology", "--to-me", "--to", "me@home.example", "--yes")
    assert done.code == 4
    assert "send_only_to" in done.err
    assert len(sandbox.messages) == 1


def test_people_see_what_goes_out(cli: Cli, sandbox: Sandbox) -> None:
    out = send(cli, "--for", "A-1").out
    for line in (f"To         {ME}", "By         sendgrid", "Subject    Bestellung A-1"):
        assert line in out
    assert f"✓ sent to {ME} by sendgrid" in out


def test_the_outbox_needs_no_account(cli: Cli, shop: Path) -> None:
    assert send(cli).code == 0
    assert len(list((shop / "outbox").glob("test-*.eml"))) == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("send", "apology"), 2),  # not said that it goes to oneself
        (("send", "apolgy", "--to-me"), 2),  # no such template
        (("send", "reply", "--to-me", "--channel", "sms", "--to", MY_NUMBER), 3),  # no such words
        (("send", "apology", "--to-me", "--channel", "sms"), 2),  # no number
        (("send", "apology", "--to-me", "--channel", "sms", "--to", "0155"), 2),  # none either
        (("send", "apology", "--to-me", "--to", "me"), 2),  # no address
        (("send", "apology", "--to-me", "--for", "A-99"), 3),  # no such order
    ],
)
def test_what_cannot_be_sent_is_said(words, code, cli: Cli, shop: Path) -> None:
    done = cli(*words, "--yes")
    assert done.code == code
    assert "Traceback" not in done.err
    assert done.err
