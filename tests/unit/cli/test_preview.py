"""`outreach preview`: what would be sent and why not, for people and for programs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.unit.cli.conftest import NOW, Cli

PLANNED = """\
format: 1
defaults: {owner: care@nordlicht.example, purpose: service, via: [email], mode: live}
rules:
  - rule: late
    about: order
    when:
      - promised_at is more than 1 day ago
      - status is shipped
      - customer.email is present
    steps:
      - send: apology
        wait: 2 days
"""
MESSAGE_KEYS = {
    "rule",
    "step",
    "subjects",
    "customer",
    "channel",
    "purpose",
    "template",
    "locale",
    "due_at",
    "state",
    "reason",
}


def test_programs_get_the_keys_they_were_promised(cli: Cli, shop: Path) -> None:
    told = cli("preview", "--at", NOW, "--json").json
    assert told["schema"] == "outreach/preview/1"
    assert told["now"] == "2026-11-23T10:00:00+00:00"
    for rule in told["rules"]:
        assert {"rule", "will_send", "held", "waiting", "skipped"} <= rule.keys()
    assert told["messages"]
    for message in told["messages"]:
        assert message.keys() >= MESSAGE_KEYS
        assert [subject.keys() for subject in message["subjects"]] == [{"kind", "id"}]


def test_who_gets_what_and_who_does_not(cli: Cli, shop: Path) -> None:
    messages = cli("preview", "--at", NOW, "--json").json["messages"]
    fates = {m["subjects"][0]["id"]: (m["outcome"], m["reason"], m["locale"]) for m in messages}
    assert fates == {
        "A-1": ("will_send", "matched", "de"),
        "A-3": ("skipped", "no_address", ""),
    }


def test_looking_ahead_finds_what_comes_due(cli: Cli, shop: Path) -> None:
    now = cli("preview", "--at", NOW, "--json").json
    later = cli("preview", "--at", NOW, "--until", "tomorrow 20:00", "--json").json
    assert (_count(now, "late"), _count(later, "late")) == (1, 2)  # A-2 is late at 15:00


def _count(told, rule: str) -> int:
    return next(r["will_send"] for r in told["rules"] if r["rule"] == rule)


def test_people_get_a_table_the_reasons_and_the_next_command(cli: Cli, shop: Path) -> None:
    done = cli("preview", "--at", NOW)
    assert "Dry run, nothing is sent" in done.out
    (row,) = [line for line in done.out.splitlines() if line.startswith("late ")]
    assert row.split()[:5] == ["late", "1", "–", "–", "1"]
    assert "no address for any allowed channel 1" in done.out
    assert "→ outreach preview --show A-1" in done.err


def test_messages_are_listed_on_request(cli: Cli, shop: Path) -> None:
    lines = cli("preview", "--at", NOW, "--messages").out.splitlines()
    assert [line for line in lines if "✓ will send" in line and "order A-1" in line]
    skipped = cli("preview", "--at", NOW, "--skipped").out.splitlines()
    assert [line for line in skipped if "order A-3" in line]
    assert not [line for line in skipped if "order A-1" in line]


def test_show_prints_the_words(cli: Cli, shop: Path) -> None:
    shown = cli("preview", "--at", NOW, "--show", "A-1").out
    assert "Bestellung A-1 ist spät dran" in shown
    assert "Hallo Ana" in shown
    assert "Nothing would be sent about A-4" in cli("preview", "--at", NOW, "--show", "A-4").out


def test_a_rule_or_a_customer_narrows_it_down(cli: Cli, shop: Path) -> None:
    told = cli("preview", "--at", NOW, "--rule", "still-late", "--json").json
    assert [rule["rule"] for rule in told["rules"]] == ["still-late"]
    told = cli("preview", "--at", NOW, "--customer", "C-3", "--json").json
    assert {message["customer"] for message in told["messages"]} == {"C-3"}


def test_it_goes_by_the_files_as_they_are_now(cli: Cli, shop: Path) -> None:
    rules = shop / "rules" / "orders.yaml"
    rules.write_text(
        rules.read_text("utf-8").replace("more than 1 day ago", "more than 9 days ago"), "utf-8"
    )
    assert cli("preview", "--at", NOW, "--json").json["messages"] == []


def test_nothing_is_written(cli: Cli, shop: Path) -> None:
    before = _rows(shop)
    cli("preview", "--at", NOW, "--until", "+5 days")
    assert _rows(shop) == before


def _rows(shop: Path) -> list[tuple[str, int]]:
    with sqlite3.connect(shop / "outreach.db") as database:
        tables = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        return [(t, database.execute(f"SELECT count(*) FROM {t}").fetchone()[0]) for t in tables]


@pytest.mark.parametrize(
    "words",
    [
        ("--rule", "lat"),  # no such rule
        ("--until", "yesterday"),  # behind us
        ("--until", "whenever"),  # no time
    ],
)
def test_wrong_usage_is_said(words, cli: Cli, shop: Path) -> None:
    assert cli("preview", "--at", NOW, *words).code == 2


def test_a_new_workspace_has_nothing_to_send(cli: Cli, workspace: Path) -> None:
    done = cli("preview", "--json")
    assert (done.code, done.json["messages"]) == (0, [])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "wait: 2 days",
            "wait: 60 hours",
            "applying them leaves 2 moved: `outreach diff` says which",
        ),
        ("status is shipped", "status is packed", "leaves 2 cancelled: `outreach diff`"),
        # this one is shown as it will be, so nothing more is to be said
        ("rule: late", "rule: tardy\n    renamed_from: late", ""),
    ],
)
def test_what_applying_does_to_what_is_planned_is_said(
    old: str, new: str, said: str, cli: Cli, shop: Path
) -> None:
    file = shop / "rules/orders.yaml"
    file.write_text(PLANNED, "utf-8")
    cli("apply", "--yes", "--at", NOW)
    ran = cli("run", "--once", "--at", NOW)
    assert ran.code == 0, ran.err
    assert cli("queue", "--at", NOW, "--json").json["messages"]
    file.write_text(PLANNED.replace(old, new), "utf-8")
    told = " ".join(cli("preview", "--at", NOW).out.split())
    assert said in told
    assert ("are not applied" in told) == bool(said)
    # a rule with a new name meets nobody anew
    counts = cli("preview", "--at", NOW, "--until", "+3 days", "--json").json["rules"]
    assert sum(count["will_send"] for count in counts) == (0 if "packed" in new else 3)
