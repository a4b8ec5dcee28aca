"""Operating: applying, running, looking, deciding, pausing, as a person does it at a prompt."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

Cli = Any
NOW = ("--at", "2026-11-23T11:00+01:00")
WIDEST = 100


def edit(folder: Path, old: str, new: str, file: str = "rules/orders.yaml") -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")


def letters(folder: Path) -> int:
    return len(list((folder / "outbox").glob("*.eml")))


# apply


def test_apply_says_what_differs_and_asks(shop: Path, cli: Cli) -> None:
    assert cli("apply", "--yes").code == 0
    edit(shop, "more than 1 day ago", "more than 2 days ago")
    asked = cli("apply")
    assert asked.code == 4
    assert "- promised_at is more than 1 day ago" in asked.out
    assert "+ promised_at is more than 2 days ago" in asked.out
    assert "Apply this as version 2?" in asked.err
    assert cli("version", "--json").json["ruleset_version"] == 1
    assert "version 2 is applied" in cli("apply", "--yes").out


def test_apply_does_nothing_when_nothing_changed(shop: Path, cli: Cli) -> None:
    cli("apply", "--yes")
    again = cli("apply")
    assert (again.code, again.err) == (0, "")
    assert "version 1 says the same" in again.out


def test_apply_says_how_many_messages_of_removed_rules_are_dropped(shop: Path, cli: Cli) -> None:
    cli("run", "--once", "--at", "2026-11-23T04:00+01:00")  # at night they wait for the morning
    text = (shop / "rules/orders.yaml").read_text("utf-8")
    start, end = text.index("  - rule: late"), text.index("  - rule: still-late")
    rest = text[:start] + text[end:].replace("last_sent.late is more", "placed_at is more")
    (shop / "rules/orders.yaml").write_text(rest, "utf-8")
    asked = cli("apply")
    assert "rule removed (2 planned)" in asked.out
    assert "2 planned messages will not be sent" in asked.err


def test_apply_refuses_what_is_wrong_with_its_place(shop: Path, cli: Cli) -> None:
    edit(shop, "status is shipped", "status is shiped")
    refused = cli("apply", "--yes")
    assert refused.code == 1
    assert "rules/orders.yaml:20:19: error[E203]" in refused.err
    assert "shipped" in refused.err


def test_an_old_version_comes_back(shop: Path, cli: Cli) -> None:
    cli("apply", "--yes")
    edit(shop, "more than 1 day ago", "more than 2 days ago")
    cli("apply", "--yes")
    done = cli("apply", "--version", "1", "--yes", "--json").json
    assert (done["schema"], done["version"], done["is_new"]) == ("outreach/apply/1", 3, True)
    assert cli("apply", "--version", "9", "--yes").code == 4


def test_version_tells_all_three(shop: Path, cli: Cli) -> None:
    cli("apply", "--yes")
    told = cli("version", "--json").json
    assert told["schema"] == "outreach/version/1"
    assert (told["database"], told["ruleset_version"]) == ("SQLite", 1)
    assert told["schema_version"]


def test_version_works_without_a_workspace(folder: Path, cli: Cli) -> None:
    told = cli("version")
    assert told.code == 0
    assert told.out.startswith("outreach  ")


# diff


def test_diff_says_what_apply_would_do_and_writes_nothing(shop: Path, cli: Cli) -> None:
    cli("run", "--once", "--at", "2026-11-23T04:00+01:00")  # at night they wait for the morning
    assert cli("diff").out == "✓ nothing differs\n"
    assert cli("diff", "--exit-code").code == 0
    edit(shop, "      - status is cancelled", "      - status is shipped")
    told = cli("diff", "--messages", "--at", "2026-11-23T05:00+01:00")
    assert told.code == 0
    assert "Rules on disk compared with version 1 (applied " in told.out
    assert "      + status is shipped" in told.out
    assert "  - 2 cancelled          late\n    0 unchanged\n" in told.out
    assert "the edited rule no longer applies" in told.out
    assert cli("diff", "--exit-code").code == 1
    assert cli("version", "--json").json["ruleset_version"] == 1
    applied = cli("apply", "--yes", "--json", "--at", "2026-11-23T05:00+01:00").json
    assert (applied["cancels"], applied["effect"]["unchanged"]) == ({"late": 2}, 0)


def test_diff_as_json_and_of_an_old_version(shop: Path, cli: Cli) -> None:
    first = cli("diff", "--json").json
    assert (first["schema"], first["against"], first["differs"]) == ("outreach/diff/1", None, True)
    cli("apply", "--yes")
    edit(shop, "more than 1 day ago", "more than 2 days ago")
    cli("apply", "--yes")
    assert cli("diff", "--json").json["differs"] is False
    back = cli("diff", "--version", "1")
    assert "Version 1 compared with version 2" in back.out
    assert "+ promised_at is more than 1 day ago" in back.out
    assert "- promised_at is more than 1 day ago" in cli("diff", "--against", "1").out
    assert cli("diff", "--version", "9").code == 4


# run --once


def test_one_round_sends_and_says_what_it_did(shop: Path, cli: Cli) -> None:
    ran = cli("run", "--once", *NOW)
    assert ran.code == 0
    assert "✓ enrolled   2   late 2" in ran.out
    assert "✓ sent       1" in ran.out
    assert letters(shop) == 1
    assert "Applied version 1" in ran.err


def test_one_round_as_json(shop: Path, cli: Cli) -> None:
    told = cli("run", "--once", "--json", *NOW).json
    assert told["schema"] == "outreach/run/1"
    assert told["version"] == 1
    assert told["sent"]["sent"] == letters(shop)


def test_nothing_is_sent_with_no_send(shop: Path, cli: Cli) -> None:
    ran = cli("run", "--once", "--no-send", *NOW)
    assert "nothing: --no-send" in ran.out
    assert letters(shop) == 0


def test_a_pretended_time_never_reaches_a_real_provider(shop: Path, cli: Cli) -> None:
    channels = 'channels: {email: {provider: smtp, host: localhost, from: "a@b.example"}}\n'
    settings = (shop / "outreach.yaml").read_text("utf-8")
    (shop / "outreach.yaml").write_text(settings + channels, "utf-8")
    refused = cli("run", "--once", *NOW)
    assert refused.code == 4
    assert "--at only pretends a time, and smtp would really send" in refused.err
    assert cli("run", "--once", "--no-send", *NOW).code == 0


def test_the_daemon_has_no_pretended_time(shop: Path, cli: Cli) -> None:
    refused = cli("run", *NOW)
    assert refused.code == 4
    assert "the daemon goes by the real time" in refused.err


# status


def test_status_before_anything_ran(workspace: Path, cli: Cli) -> None:
    told = cli("status")
    assert told.code == 0
    assert "nothing has run here yet" in told.out
    assert not (workspace / "outreach.db").exists()


def test_status_tells_the_queue_and_that_no_daemon_runs(held: Path, cli: Cli) -> None:
    told = cli("status", *NOW)
    assert told.code == 1
    assert "no daemon has run yet" in told.out
    assert "‖ held" in told.out
    assert "2 in 1 batch" in told.out
    assert "outreach approve" in told.err
    content = cli("status", "--json", *NOW).json
    assert content["schema"] == "outreach/status/1"
    assert (content["running"], content["queue"], content["batches"]) == (False, {"held": 2}, 1)
    assert content["troubles"] == ["no daemon is running"]


def test_status_tells_pauses_and_how_late_it_is(held: Path, cli: Cli) -> None:
    cli("approve", "B-1", "--expect", "2", *NOW)
    cli("pause", "--rule", "late", "--reason", "wrong feed", *NOW)
    told = cli("status", "--at", "2026-11-23T11:30+01:00")
    assert "rule late: wrong feed" in told.out
    assert "2 messages due, the first 30 min ago" in told.out


def test_a_rule_that_paused_itself_is_a_trouble_and_resumed_by_its_name(
    held: Path, cli: Cli
) -> None:
    cli("pause", "--rule", "late", "--reason", "6 of 100 bounced", *NOW)
    with sqlite3.connect(held / "outreach.db") as database:
        database.execute("UPDATE pauses SET who = 'outreach'")
    told = cli("status", "--json", *NOW)
    assert "rule late paused itself" in told.json["troubles"]
    assert told.code == 1
    assert cli("resume", "late", "--rule", "late", *NOW).code == 2
    resumed = cli("resume", "late", "--expect", "0", *NOW)
    assert "resumed rule late" in resumed.out
    assert "rule late paused itself" not in cli("status", "--json", *NOW).json["troubles"]


def test_status_tells_what_is_used_of_a_cap(shop: Path, cli: Cli) -> None:
    settings = (shop / "outreach.yaml").read_text("utf-8")
    capped = "channels:\n  email: {provider: outbox, daily_cap: 1}\n"
    (shop / "outreach.yaml").write_text(settings.partition("channels:")[0] + capped, "utf-8")
    cli("run", "--once", *NOW)
    told = cli("status", *NOW)
    assert "‖ cap       channel email: 1 of 1 today" in told.out
    assert cli("status", "--json", *NOW).json["channels"][0]["daily_cap"] == 1


# suppress


def test_what_is_suppressed_is_not_written_to(shop: Path, cli: Cli) -> None:
    assert cli("suppress", "add", "Ana.Ruiz@example.com", "--reason", "by phone", *NOW).code == 0
    assert cli("suppress", "add", "@example.com", "--purpose", "survey", *NOW).code == 0
    cli("run", "--once", *NOW)
    reasons = {m["customer"]: m["reason"] for m in all_messages(cli)}
    assert reasons["C-1"] == "suppressed"


def all_messages(cli: Cli) -> list[dict[str, Any]]:
    states = ("planned", "held", "sent", "cancelled", "suppressed", "expired", "failed")
    words = [word for state in states for word in ("--state", state)]
    found: list[dict[str, Any]] = cli("queue", "--json", *words, *NOW).json["messages"]
    return found


def test_the_list_masks_addresses_unless_it_is_asked_not_to(shop: Path, cli: Cli) -> None:
    cli("suppress", "add", "ana.ruiz@example.com", "--until", "2026-12-24", *NOW)
    listed = cli("suppress", "list", *NOW)
    assert "a…z@example.com" in listed.out
    assert "ana.ruiz" not in listed.out + json.dumps(cli("suppress", "list", "--json", *NOW).json)
    assert "ana.ruiz@example.com" in cli("suppress", "list", "--show-personal", *NOW).out


def test_taking_an_address_off_the_list_asks(shop: Path, cli: Cli) -> None:
    cli("suppress", "add", "+49 1555 0123", "--reason", "by phone")
    asked = cli("suppress", "remove", "+4915550123")
    assert asked.code == 4
    assert "1 entry would end (by hand: by phone)" in asked.err
    assert cli("suppress", "remove", "+4915550123", "--yes").code == 0
    assert cli("suppress", "remove", "+4915550123", "--yes").code == 4


def test_the_list_leaves_and_comes_back_as_it_was(shop: Path, cli: Cli) -> None:
    cli("suppress", "add", "+49 1555 0123", "--reason", "by phone, twice", *NOW)
    cli("suppress", "add", "@example.com", "--purpose", "survey", "--until", "2027-01-01", *NOW)
    assert cli("suppress", "export", "all.csv", *NOW).code == 0
    assert cli("suppress", "export", "all.csv", *NOW).code == 4  # it is there already
    written = (shop / "all.csv").read_text("utf-8")
    assert cli("suppress", "export", "-", *NOW).out == written
    before = cli("suppress", "list", "--json", "--show-personal", *NOW).json["entries"]
    for address in ("+4915550123", "@example.com"):
        cli("suppress", "remove", address, "--yes", *NOW)
    assert cli("suppress", "import", "all.csv", *NOW).code == 0
    after = cli("suppress", "list", "--json", "--show-personal", *NOW).json["entries"]
    told = ("address", "channel", "purpose", "until", "note")
    assert sorted([[e[k] for k in told] for e in after], key=str) == sorted(
        [[e[k] for k in told] for e in before], key=str
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("nonsense,,", "list.csv:2: 'nonsense' is no address"),
        ("a@b.example,sales,", "list.csv:2: 'sales' is no purpose"),
        ("a@b.example,,tomorrow", "list.csv:2: 'tomorrow' is no time"),
        ("a@b.example,,2027-01-01", "says no zone"),
        ("a@b.example,,2020-01-01T00:00Z", "it ended already"),
    ],
)
def test_a_wrong_line_of_a_list_is_told_with_its_place(
    shop: Path, cli: Cli, row: str, said: str
) -> None:
    (shop / "list.csv").write_text(f"address,purpose,until\n{row}\nb@b.example,all,\n", "utf-8")
    done = cli("suppress", "import", "list.csv", *NOW)
    assert done.code == 1
    assert said in done.out
    assert "1 address suppressed" in done.out


@pytest.mark.parametrize("text", ["ana", "ana@", "+49", "0155 50123"])
def test_what_is_no_address_is_said(shop: Path, cli: Cli, text: str) -> None:
    assert cli("suppress", "add", text).code == 2


@pytest.mark.parametrize(
    "text",
    [
        "a@b.example\nb@b.example\nnonsense\n",  # one a line
        "name,email,phone\nA,a@b.example,\nB,nonsense,\nC,,+4915550199\n",  # columns by heading
    ],
)
def test_a_list_from_elsewhere_goes_in_and_bad_lines_are_told(
    shop: Path, cli: Cli, text: str
) -> None:
    (shop / "list.csv").write_text(text, "utf-8")
    done = cli("suppress", "import", "list.csv", "--json")
    assert done.code == 1
    assert (done.json["new"], done.json["known"]) == (2, 0)
    assert [fault["line"] for fault in done.json["faults"]] == [3]
    assert cli("suppress", "import", "list.csv", "--json").json["known"] == 2


# manners


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("queue",),
        ("queue", "--state", "held", "--state", "cancelled"),
        ("approve",),
        ("suppress", "list"),
        ("log",),
        ("version",),
    ],
)
def test_listings_fit_a_hundred_columns_and_use_no_boxes(
    held: Path, cli: Cli, words: tuple[str, ...]
) -> None:
    cli("pause", "--rule", "late", "--reason", "a reason that goes on for quite a while, too", *NOW)
    cli("suppress", "add", "somebody.with.a.long.name@a-rather-long-domain.example", *NOW)
    told = cli(*words, *NOW)
    assert told.out
    assert max(map(len, told.out.splitlines())) <= WIDEST
    assert not set("│┃╭╮─┏") & set(told.out)
    assert "\x1b" not in told.out + told.err


@pytest.mark.parametrize(
    "words", [("status",), ("queue",), ("approve",), ("suppress", "list"), ("log",), ("version",)]
)
def test_every_listing_is_one_json_document_too(
    held: Path, cli: Cli, words: tuple[str, ...]
) -> None:
    told = cli(*words, "--json", *NOW)
    name = "-".join(words)
    assert told.json["schema"] == f"outreach/{name}/1"
    assert told.err == ""
