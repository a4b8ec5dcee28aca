"""Stale sources as people see them: status, doctor, explain and preview all say what waits."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from tests.unit.cli.conftest import NOW as MONDAY
from tests.unit.cli.conftest import ORDERS, SETTINGS, Cli, write

NOW = ("--at", MONDAY)


def stale(shop: Path, cli: Cli) -> None:
    """Let a feed of orders be three days old that may be half an hour old."""
    safety = "safety: {source_max_age: 30 minutes}\n"
    settings = SETTINGS + safety + "sources: {feed: {folder: inbox, kind: order}}\n"
    write(shop, {"outreach.yaml": settings, "inbox/orders.csv": ORDERS})
    written = datetime.fromisoformat("2026-11-20T09:00+01:00").timestamp()
    os.utime(shop / "inbox" / "orders.csv", (written, written))
    assert cli("run", "--once", *NOW).code == 0


def test_a_stale_source_is_told_by_all_who_are_asked(shop: Path, cli: Cli) -> None:
    stale(shop, cli)
    told = cli("status", *NOW)
    assert told.code == 1
    assert "✗ stale     feed has brought nothing new since Fri 20 Nov 09:00" in told.out
    assert "what is due about orders waits, 1 message" in told.out
    content = cli("status", "--json", *NOW).json
    assert "source feed is stale" in content["troubles"]
    [source] = content["sources"]
    assert (source["name"], source["stale"], source["max_age"]) == ("feed", True, 1800)
    examined = cli("doctor", "--json", *NOW)
    assert examined.code == 1
    [found] = [each for each in examined.json["findings"] if each["about"] == "stale"]
    assert "messages about orders wait" in found["said"]
    assert "its source has brought nothing new for too long" in cli("explain", "A-1", *NOW).out
    assert "1 message waits for a stale source" in cli("preview", *NOW).out
    ahead = cli("preview", "--json", *NOW).json["messages"]
    assert {message["reason"] for message in ahead} == {"source_stale"}


def test_a_source_that_cannot_be_read_is_told(shop: Path, cli: Cli) -> None:
    settings = SETTINGS + "sources: {feed: {folder: gone, kind: order}}\n"
    write(shop, {"outreach.yaml": settings})
    cli("run", "--once", *NOW)
    told = cli("status", *NOW)
    assert "✗ source    feed cannot be read" in told.out
    assert "there is no folder gone" in told.out
    assert "source feed cannot be read" in cli("status", "--json", *NOW).json["troubles"]
