"""`outreach incident`: orders are named, counted and asked about before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

Cli = Any
NOW = ("--at", "2026-11-23T11:00+01:00")
STORM = ("incident", "open", "Hub Leipzig closed", "--message", "A storm", "--message", "de: Sturm")


def test_an_incident_from_its_opening_to_its_end(shop: Path, cli: Cli) -> None:
    where = ("--where", "status is shipped", "--where", "tags does not include pre-order")
    opened = cli(*STORM, *where, "--expect", "3", *NOW)
    assert opened.code == 0
    assert "INC-1 is open: 3 orders" in opened.out
    (listed,) = cli("incident", "list", "--json", *NOW).json["incidents"]
    assert (listed["id"], listed["orders"], listed["status"]) == ("INC-1", 3, "confirmed")
    assert (listed["message"], listed["messages"]) == ("A storm", {"de": "Sturm"})
    assert cli("incident", "link", "1", "A-4", "--yes", *NOW).code == 0
    assert cli("incident", "unlink", "INC-1", "A-1", "--yes", *NOW).code == 0
    shown = cli("incident", "show", "inc-1", *NOW).out
    assert "3 orders: A-2, A-3, A-4" in shown
    assert "told in de: Sturm" in shown
    assert "INC-1" in cli("incident", "list", *NOW).out
    assert cli("incident", "resolve", "INC-1", "--expect", "3", *NOW).code == 0
    assert "no incident is open" in cli("incident", "list", *NOW).out
    assert cli("incident", "list", "--all", "--json", *NOW).json["incidents"]
    again = cli("incident", "resolve", "INC-1", "--yes", *NOW)
    assert (again.code, "is resolved" in again.err) == (4, True)
    done = [line["action"] for line in cli("log", "--json").json["entries"]]
    assert done[:4] == [f"incident {deed}" for deed in ("resolve", "unlink", "link", "open")]


@pytest.mark.parametrize("text", ["A-1\nA-2\n", "number,note\nA-1,x\n,\nA-2,y\n"])
def test_orders_come_from_a_file(shop: Path, cli: Cli, text: str) -> None:
    (shop / "hit.csv").write_text(text, "utf-8")
    opened = cli(*STORM, "--orders", "hit.csv", "--yes", "--json", *NOW).json
    assert (opened["incident"], opened["orders"]) == ("INC-1", 2)


def test_orders_that_nobody_knows_are_told_with_their_line(shop: Path, cli: Cli) -> None:
    (shop / "hit.csv").write_text("order\nA-1\nA-99\nA-98\n", "utf-8")
    failed = cli(*STORM, "--orders", "hit.csv", "--yes", *NOW)
    assert failed.code != 0
    assert "hit.csv:3: there is no order 'A-99'" in failed.err
    assert "hit.csv:4" in failed.err
    assert "no incident is open" in cli("incident", "list", *NOW).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--where", "status is shiped", "--yes"), "shipped"),
        (("--where", "status is shipped", "--expect", "7"), "expected 7, and now it is 4"),
        (("--where", "status is shipped"), "for 4 orders? Not confirmed"),
    ],
)
def test_nothing_is_opened_that_was_not_meant(
    shop: Path, cli: Cli, words: tuple[str, ...], said: str
) -> None:
    failed = cli(*STORM, *words, *NOW)
    assert failed.code != 0
    assert said in failed.err
    assert cli("incident", "list", "--json", *NOW).json["incidents"] == []


def test_an_incident_that_is_not_there(shop: Path, cli: Cli) -> None:
    for words in (("show", "7"), ("resolve", "7", "--yes"), ("link", "7", "A-1", "--yes")):
        failed = cli("incident", *words, *NOW)
        assert failed.code == 4
        assert "there is no incident INC-7" in failed.err
