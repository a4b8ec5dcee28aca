"""`outreach customer show`: one person's story, with their addresses kept from prying eyes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from outreach.channels.inbound import Inbound
from outreach.model import Channel, Purpose
from outreach.passes.hearing import House, hear
from outreach.store.database import open_store
from outreach.store.frames import table_of
from outreach.store.permissions import Consent
from outreach.store.suppressing import lift, suppress
from tests.unit.cli.conftest import NOW, Cli, write

Write = Callable[[Connection], Any]
#: a Monday noon before NOW's
EARLIER = datetime(2026, 11, 16, 11, tzinfo=UTC)


@pytest.fixture
def told(cli: Cli, shop: Path) -> Path:
    """The shop after one round of the passes: Ana was written to, and asked for no surveys."""
    write(
        shop,
        {"tickets.csv": "id,number,customer_id,status,opened_at\nT-1,88,C-1,open,2026-11-19\n"},
    )
    assert cli("import", "tickets", "tickets.csv", "--at", "2026-11-20T09:00").code == 0
    assert cli("run", "--once", "--at", NOW).code == 0
    _in_database(
        shop,
        lambda connection: connection.execute(
            insert(table_of(Consent)).values(
                customer_id="C-1",
                purpose=Purpose.SURVEY.value,
                granted=False,
                at=EARLIER,
                source="reply to a mail",
            )
        ),
    )
    return shop


def _in_database(shop: Path, work: Write) -> None:
    store = open_store(f"sqlite:///{shop / 'outreach.db'}")
    with store.write() as connection:
        work(connection)
    store.close()


def _entries(cli: Cli, kind: str) -> list[Any]:
    content = cli("customer", "show", "C-1", "--at", NOW, "--json").json
    return [entry for entry in content["timeline"] if entry["kind"] == kind]


def test_programs_get_one_story_newest_first(cli: Cli, told: Path) -> None:
    content = cli("customer", "show", "C-1", "--at", NOW, "--json").json
    assert content["schema"] == "outreach/customer/1"
    assert content["customer"]["name"] == "Ana Ruiz"
    times = [datetime.fromisoformat(entry["at"]) for entry in content["timeline"]]
    assert times == sorted(times, reverse=True)
    kinds = {entry["kind"] for entry in content["timeline"]}
    assert kinds == {"message", "order", "ticket", "consent"}


def test_a_message_says_state_reason_channel_and_when(cli: Cli, told: Path) -> None:
    (message,) = _entries(cli, "message")
    assert (message["rule"], message["channel"], message["state"]) == ("late", "email", "sent")
    assert message["reason_text"] == "accepted by the provider"
    assert message["subjects"] == [{"kind": "order", "id": "A-1"}]
    assert datetime.fromisoformat(message["at"]) == datetime.fromisoformat(NOW)
    assert [row["state"] for row in message["states"]] == ["planned", "sending", "sent"]


def test_people_read_it_line_by_line(cli: Cli, told: Path) -> None:
    out = cli("customer", "show", "C-1", "--at", NOW).out
    assert out.startswith("Customer C-1 · Ana Ruiz · now Mon 23 Nov 2026 11:00 Berlin\n")
    assert "1 order · 1 ticket, 1 open · reads de-AT" in out
    assert "✓  message" in out
    assert "late, apology · e-mail · about order A-1 · sent: accepted by the provider" in out
    assert "said no to survey · reply to a mail" in out
    assert "ticket T-1 (88)" in out


def test_what_an_order_was_before_is_not_forgotten(cli: Cli, shop: Path) -> None:
    write(shop, {"later.csv": "id,status,delivered_at\nA-1,delivered,2026-11-23 09:00\n"})
    cli("import", "orders", "later.csv", "--at", NOW)
    assert [entry["words"] for entry in _entries(cli, "order")] == [["delivered"], ["shipped"]]


@pytest.mark.parametrize(
    "who",
    [
        "customer:C-1",  # with its kind
        "ana.ruiz@example.com",
        "ana.ruiz@EXAMPLE.com",  # mail programs write domains as they like
        "+4915550123",
        "+49 1555 0123",  # as people write numbers
    ],
)
def test_a_customer_is_found_by_what_is_at_hand(who: str, cli: Cli, shop: Path) -> None:
    assert cli("customer", "show", who, "--json").json["customer"]["id"] == "C-1"


def test_addresses_are_masked_unless_asked_for(cli: Cli, told: Path) -> None:
    _in_database(told, _suppress)
    for words in ((), ("--json",)):
        masked = cli("customer", "show", "C-1", *words).out
        assert "a…z@example.com" in masked
        assert "ana.ruiz@" not in masked
        assert "15550123" not in masked
        shown = cli("customer", "show", "C-1", "--show-personal", *words).out
        assert "ana.ruiz@example.com" in shown
        assert "+4915550123" in shown


def _suppress(connection: Connection) -> None:
    suppress(
        connection,
        Channel.EMAIL,
        "ana.ruiz@example.com",
        reason="asked by phone",
        source="mara",
        now=EARLIER,
    )


def test_what_forbids_writing_is_told_and_when_it_ended(cli: Cli, told: Path) -> None:
    _in_database(told, _suppress)
    email = cli("customer", "show", "C-1", "--json").json["channels"]["email"]["purposes"]
    assert email["service"] == {"allowed": False, "reason": "suppressed"}
    assert len(_entries(cli, "suppressed")) == 1
    assert "asked by phone · mara" in _entries(cli, "suppressed")[0]["said"]
    later = datetime(2026, 11, 17, tzinfo=UTC)
    _in_database(told, lambda c: lift(c, Channel.EMAIL, "ana.ruiz@example.com", later))
    assert [entry["at"][:10] for entry in _entries(cli, "lifted")] == ["2026-11-17"]


def test_what_they_wrote_and_what_it_ended_are_told(cli: Cli, told: Path) -> None:
    words = "please stop texting me, I am at ana@work.example now"
    said = Inbound("twilio", "SM1", Channel.SMS, "+4915550123", "+4915550100", words, EARLIER)
    store = open_store(f"sqlite:///{told / 'outreach.db'}")
    hear(store, said, House(), now=EARLIER)
    store.close()
    (reply,) = _entries(cli, "reply")
    assert (reply["meaning"], reply["state"]) == ("stop", "done")
    assert "“please stop texting me" in reply["said"]
    by_text = [e for e in _entries(cli, "consent") if e["source"] == "text message"]
    # to surveys she had said no before
    assert {entry["purpose"] for entry in by_text} == {"transactional", "service", "marketing"}
    assert all("please stop texting me" in entry["said"] for entry in by_text)
    assert "ana@work" not in cli("customer", "show", "C-1", "--json").out
    assert "ana@work" in cli("customer", "show", "C-1", "--json", "--show-personal").out


def test_what_is_planned_stands_before_the_story(cli: Cli, shop: Path) -> None:
    night = "2026-11-22T23:00+01:00"
    assert cli("run", "--once", "--at", night).code == 0
    content = cli("customer", "show", "C-1", "--at", night, "--json").json
    (planned,) = [entry for entry in content["planned"] if entry["kind"] == "message"]
    assert (planned["state"], planned["reason"]) == ("planned", "outside_window")
    assert planned["at"] == "2026-11-23T08:00:00+00:00"  # nine in Vienna
    out = cli("customer", "show", "C-1", "--at", night).out
    assert out.index("Planned") < out.index("Timeline")


def test_a_long_story_is_cut_and_says_so(cli: Cli, told: Path) -> None:
    done = cli("customer", "show", "C-1", "--limit", "1")
    assert "more: --limit" in done.err
    content = cli("customer", "show", "C-1", "--limit", "1", "--json").json
    assert len(content["timeline"]) == 1
    assert content["more"] > 0


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("C-99", "there is no customer 'C-99'"),
        ("nobody@example.com", "there is no customer"),
        ("A-1", "an order of customer C-1: `outreach customer show C-1`"),
    ],
)
def test_who_is_not_known_is_said_with_a_way_on(who, said, cli: Cli, shop: Path) -> None:
    done = cli("customer", "show", who)
    assert done.code == 3
    assert said in done.err


def test_an_address_of_two_customers_names_both(cli: Cli, shop: Path) -> None:
    write(shop, {"more.csv": "id,email\nC-9,ben@example.com\n"})
    cli("import", "customers", "more.csv")
    done = cli("customer", "show", "ben@example.com")
    assert done.code == 3
    assert "customer:C-2 or customer:C-9" in done.err


def test_somebody_of_whom_nothing_is_known_has_an_empty_story(cli: Cli, workspace: Path) -> None:
    write(workspace, {"customers.csv": "id,name\nC-5,New Here\n"})
    cli("import", "customers", "customers.csv")
    done = cli("customer", "show", "C-5")
    assert done.code == 0
    assert "Timeline   nothing yet" in done.out
