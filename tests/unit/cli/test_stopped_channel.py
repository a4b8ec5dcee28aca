"""A stopped channel as people see it: status says so, and `resume` lets it go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import NOW as MONDAY
from tests.unit.cli.conftest import Cli

NOW = ("--at", MONDAY)


@pytest.fixture
def stopped(shop: Path, cli: Cli) -> Path:
    """E-mail is stopped, as its folder cannot be written to."""
    (shop / "outbox").write_text("no folder", "utf-8")
    cli("run", "--once", *NOW)
    (shop / "outbox").unlink()
    return shop


def test_status_says_why_and_when_it_is_asked_again(stopped: Path, cli: Cli) -> None:
    told = cli("status", *NOW)
    assert told.code == 1
    assert "✗ stopped   channel email: The outbox cannot be written" in told.out
    assert "its provider is asked again Mon 23 Nov 11:05" in told.out
    content = cli("status", "--json", *NOW).json
    assert "channel email is stopped" in content["troubles"]
    assert content["pauses"][0]["probe_at"]
    assert "outreach resume --channel email" in told.err
    examined = cli("doctor", "--json", *NOW)
    assert examined.code == 1
    [found] = [each for each in examined.json["findings"] if each["about"] == "stopped"]
    assert found["said"].startswith("email sends nothing: The outbox cannot be written")


def test_it_goes_on_by_hand(stopped: Path, cli: Cli) -> None:
    assert cli("run", "--once", "--at", "2026-11-23T11:04+01:00").code == 0
    assert not list((stopped / "outbox").glob("*.eml"))
    resumed = cli("resume", "--channel", "email", "--expect", "1", "--at", "2026-11-23T11:06+01:00")
    assert resumed.code == 0, resumed.err
    cli("run", "--once", "--at", "2026-11-23T11:07+01:00")
    assert list((stopped / "outbox").glob("*.eml"))
    assert "is stopped" not in str(cli("status", "--json", *NOW).json["troubles"])
