"""`outreach replies`: what may be a stop is read and settled, and `status` asks for it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from outreach.channels.inbound import Inbound
from outreach.model import Channel
from outreach.passes.hearing import House, hear
from outreach.store.database import open_store

Cli = Any
NOW = ("--at", "2026-11-23T11:00+01:00")
AT = datetime.fromisoformat("2026-11-23T10:30+01:00")
ANA = "ana.ruiz@example.com"


@pytest.fixture
def asked(shop: Path, cli: Cli) -> Path:
    """The shop with a message that waits for Ana, who may have said stop."""
    assert cli("run", "--once", "--at", "2026-11-23T04:00+01:00").code == 0
    store = open_store(f"sqlite:///{shop / 'outreach.db'}")
    words = "I am sick\n of these emails, really"
    said = Inbound("mailbox", "1", Channel.EMAIL, ANA, "care@x.example", words, AT)
    hear(store, said, House(), now=AT)
    store.close()
    return shop


def states(cli: Cli) -> dict[str, str]:
    words = ("queue", "--json", "--state", "planned", "--state", "sent", "--state", "suppressed")
    return {m["customer"]: m["state"] for m in cli(*words, *NOW).json["messages"]}


def test_what_may_be_a_stop_is_listed_and_told(asked: Path, cli: Cli) -> None:
    listed = cli("replies", *NOW).out
    assert "I am sick of these emails, really" in listed
    assert "a…z@example.com" in listed
    assert "C-1" in listed
    assert ANA in cli("replies", "--show-personal", *NOW).out
    told = cli("replies", "--json", *NOW).json
    (reply,) = told["replies"]
    assert (told["total"], reply["id"], reply["meaning"]) == (1, 1, "uncertain_stop")
    assert ANA not in str(told)
    assert cli("replies", "--csv", *NOW).out.count("sick") == 1
    status = cli("status", *NOW)
    assert "1 reply may be a stop" in status.out
    assert "1 reply may be a stop" in cli("status", "--json", *NOW).json["troubles"]


@pytest.mark.parametrize(("word", "state"), [("stop", "suppressed"), ("not-stop", "sent")])
def test_a_person_settles_it(asked: Path, cli: Cli, word: str, state: str) -> None:
    cli("run", "--once", *NOW)
    assert states(cli)["C-1"] == "planned"
    done = cli("replies", "settle", "1", word, *NOW)
    assert done.code == 0
    assert ("1 message dropped" in done.out) == (word == "stop")
    cli("run", "--once", "--at", "2026-11-23T11:01+01:00")
    assert states(cli)["C-1"] == state
    assert "no reply waits" in cli("replies", *NOW).out
    assert cli("replies", "settle", "1", word, *NOW).code == 4
    assert "settle reply" in cli("log", "--json", *NOW).out


def test_an_angry_one_is_listed_first_and_read(asked: Path, cli: Cli) -> None:
    store = open_store(f"sqlite:///{asked / 'outreach.db'}")
    words = "You thieves, where is my refund? My lawyer will call you."
    hear(
        store,
        Inbound("mailbox", "2", Channel.EMAIL, ANA, "care@x.example", words, AT),
        House(),
        now=AT,
    )
    store.close()
    shown = cli("replies", *NOW)
    listed = shown.out
    assert listed.index("You thieves") < listed.index("I am sick")
    assert "urgent, angry" in listed
    assert "settle 2 read" in shown.err
    assert "settle 1 not-stop" in shown.err
    first = cli("replies", "--json", *NOW).json["replies"][0]
    assert (first["sentiment"], first["urgent"], first["topic"]) == ("angry", True, "refund")
    assert "1 angry or urgent reply not read" in cli("status", *NOW).out
    assert "1 angry or urgent reply not read" in cli("status", "--json", *NOW).json["troubles"]
    assert cli("replies", "settle", "1", "read", *NOW).code == 4
    done = cli("replies", "settle", "2", "read", *NOW)
    assert (done.code, "reply 2: read" in done.out) == (0, True)
    assert "angry" not in cli("status", *NOW).out
    assert cli("replies", "settle", "2", "read", "--json", *NOW).code == 4


def test_what_is_no_reply_is_said_so(shop: Path, cli: Cli) -> None:
    assert cli("replies", "settle", "9", "stop").code == 4
    assert cli("replies", "settle", "1", "perhaps").code == 2
    assert cli("replies", "--json").json["replies"] == []
