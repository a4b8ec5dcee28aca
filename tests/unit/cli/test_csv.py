"""Listings as CSV: the same rows as --json tells, under a line of their keys."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

Cli = Any
NOW = ("--at", "2026-11-23T11:00+01:00")


def rows(cli: Cli, *words: str) -> list[dict[str, str]]:
    ran = cli(*words, "--csv", *NOW)
    assert ran.code == 0, ran.err
    return list(csv.DictReader(ran.out.splitlines()))


def test_the_queue_as_csv(held: Path, cli: Cli) -> None:
    told = cli("queue", "--json", *NOW).json["messages"]
    found = rows(cli, "queue")
    assert [row["id"] for row in found] == [message["id"] for message in told]
    assert list(found[0]) == list(told[0])
    assert found[0]["subjects"] == told[0]["subjects"][0]["id"]
    assert found[0]["due_at"] == told[0]["due_at"]
    assert (found[0]["state"], found[0]["sent_at"], found[0]["attempts"]) == ("held", "", "0")


def test_what_is_held_as_csv(held: Path, cli: Cli) -> None:
    [batch] = rows(cli, "approve")
    assert (batch["id"], batch["messages"], batch["by_channel"]) == ("B-1", "2", '{"email": 2}')


def test_a_preview_as_csv_by_rule_or_message(shop: Path, cli: Cli) -> None:
    counts = {row["rule"]: row["will_send"] for row in rows(cli, "preview")}
    assert counts["late"] == "1"
    by_message = rows(cli, "preview", "--messages")
    assert {(m["subjects"], m["outcome"]) for m in by_message} >= {
        ("A-1", "will_send"),
        ("A-3", "skipped"),
    }
    assert {m["outcome"] for m in rows(cli, "preview", "--skipped")} == {"skipped"}
    assert len(rows(cli, "preview", "--messages", "--limit", "1")) == 1


def test_the_do_not_contact_list_as_csv_masks_addresses(shop: Path, cli: Cli) -> None:
    cli("suppress", "add", "ben@example.com", "--reason", "asked, twice", *NOW)
    [entry] = rows(cli, "suppress", "list")
    assert (entry["address"], entry["note"]) == ("b…n@example.com", "asked, twice")
    [entry] = rows(cli, "suppress", "list", "--show-personal")
    assert entry["address"] == "ben@example.com"


def test_the_log_as_csv(shop: Path, cli: Cli) -> None:
    cli("apply", "--yes", *NOW)
    entry = rows(cli, "log")[0]
    assert (entry["action"], entry["detail"]) == ("apply", '{"version": 1, "note": ""}')


def test_the_fields_of_a_subject_as_csv(workspace: Path, cli: Cli) -> None:
    found = {row["name"]: row for row in rows(cli, "schema", "fields", "ticket")}
    assert found["priority"]["choices"] == '["low", "normal", "high", "urgent"]'
    assert (found["resolved_at"]["type"], found["resolved_at"]["is_indexed"]) == ("time", "yes")


@pytest.mark.parametrize("words", [("queue",), ("approve",), ("log",), ("suppress", "list")])
def test_nothing_is_a_line_of_keys(workspace: Path, cli: Cli, words: tuple[str, ...]) -> None:
    assert rows(cli, *words) == []
    assert "," in cli(*words, "--csv", *NOW).out


def test_it_is_one_or_the_other(workspace: Path, cli: Cli) -> None:
    assert cli("queue", "--csv", "--json").code == 2
