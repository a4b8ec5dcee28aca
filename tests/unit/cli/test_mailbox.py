"""A mailbox at a prompt: `doctor` tries it, `run --once` reads it, whatever else there is to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import SETTINGS
from tests.unit.imap_server import PASSWORD, USER, Folder, imap_server

Cli = Any


@pytest.fixture
def folder(shop: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    """A mailbox that the shop's settings name."""
    opened = Folder()
    monkeypatch.setenv("MAIL", PASSWORD)
    with imap_server(opened) as port:
        where = f"host: 127.0.0.1, port: {port}, security: none"
        login = f"user: {USER}, password: env:MAIL"
        (shop / "outreach.yaml").write_text(f"{SETTINGS}mailbox: {{{where}, {login}}}\n", "utf-8")
        yield opened


def test_what_lies_in_the_mailbox_is_heard(folder: Folder, cli: Cli) -> None:
    folder.arrive("please take me off your list", From="ana.ruiz@example.com")
    folder.arrive("not interested", From="ben@example.com")
    done = cli("run", "--once")
    assert done.code == 0
    assert "heard" in done.out
    assert "1 stop, 1 to be read" in done.out
    listed = cli("suppress", "list", "--json").json
    assert {entry["purpose"] for entry in listed["entries"]} == {"service", "survey", "marketing"}
    assert cli("replies", "--json").json["replies"][0]["customer_id"] == "C-2"
    again = cli("run", "--once", "--json").json
    assert (again["inbox"]["read"], again["inbox_failure"]) == (0, "")


def test_a_mailbox_that_is_away_keeps_nothing_else_back(folder: Folder, cli: Cli) -> None:
    folder.hangs_up_on = "LOGIN"
    done = cli("run", "--once")
    assert done.code == 1
    assert "the mailbox on 127.0.0.1 cannot be read" in done.out
    assert "sent" in done.out


def test_without_sending_or_at_a_pretended_time_it_is_left_alone(folder: Folder, cli: Cli) -> None:
    assert cli("run", "--once", "--at", "2026-11-23T11:00+01:00").code == 4
    assert cli("run", "--once", "--no-send").code == 0
    assert folder.asked == []


@pytest.mark.parametrize(
    ("change", "health", "said"),
    [
        (lambda _: None, "ok", "INBOX on 127.0.0.1 can be read"),
        (lambda folder: setattr(folder, "hangs_up_on", "EXAMINE"), "error", "cannot be read"),
    ],
)
def test_doctor_tries_it(
    folder: Folder, cli: Cli, change: Callable[[Folder], None], health: str, said: str
) -> None:
    change(folder)
    findings = {each["about"]: each for each in cli("doctor", "--json").json["findings"]}
    assert findings["mailbox"]["health"] == health
    assert said in findings["mailbox"]["said"]
