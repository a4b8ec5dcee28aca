"""`outreach explain`: which line keeps a rule silent, when that changes, what would come of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import NOW, Cli, Ran, write

BARE = "      - send: apology\n"
LINE_KEYS = {"file", "line", "text", "holds", "value", "true_from", "true_until"}


def rule_of(done: Ran, name: str) -> Any:
    return next(rule for rule in done.json["rules"] if rule["rule"] == name)


def test_programs_get_the_keys_they_were_promised(cli: Cli, shop: Path) -> None:
    done = cli("explain", "A-2", "--at", NOW, "--json")
    assert done.json["schema"] == "outreach/explain/1"
    assert [rule["rule"] for rule in done.json["rules"]] == ["late", "still-late"]
    for rule in done.json["rules"]:
        assert {"applies", "lines", "reason"} <= rule.keys()
        for line in rule["lines"]:
            assert line.keys() >= LINE_KEYS


def test_the_line_that_is_missing_says_when_it_becomes_true(cli: Cli, shop: Path) -> None:
    late = rule_of(cli("explain", "A-2", "--at", NOW, "--json"), "late")
    assert (late["applies"], late["reason"]) == (False, "not_matching")
    first = late["lines"][0]
    assert (first["file"], first["line"]) == ("rules/orders.yaml", 7)
    assert first["text"] == "promised_at is more than 1 day ago"
    assert (first["holds"], first["value"]) == (False, "2026-11-22T14:00:00+00:00")
    assert first["true_from"] == "2026-11-23T14:00:00+00:00"


def test_an_offer_says_why_it_brings_no_coupon(cli: Cli, shop: Path) -> None:
    settings, rules = shop / "outreach.yaml", shop / "rules" / "orders.yaml"
    pool = "coupons: {five: {codes: five.csv, value: 5 EUR}}\n"
    write(shop, {"outreach.yaml": settings.read_text("utf-8") + pool})
    offering = "      - {send: apology, offer: {coupon: five}}\n"
    write(shop, {"rules/orders.yaml": rules.read_text("utf-8").replace(BARE, offering, 1)})
    late = rule_of(cli("explain", "A-1", "--at", NOW, "--json"), "late")
    assert (
        late["forecast"]["offer"]
        == "without the coupon of five: no consent for this purpose: marketing"
    )
    told = " ".join(cli("explain", "A-1", "--at", NOW).out.split())
    assert "without the coupon of five: no consent for this purpose: marketing, in" in told


def test_a_rule_that_applies_says_since_and_until_when(cli: Cli, shop: Path) -> None:
    late = rule_of(cli("explain", "A-1", "--at", NOW, "--json"), "late")
    assert (late["applies"], late["reason"]) == (True, "matched")
    assert late["true_from"] == "2026-11-22T14:00:00+00:00"
    assert late["true_until"] == "2026-12-01T14:00:00+00:00"  # ten days after the promise
    assert late["forecast"]["goes_out"]
    assert late["forecast"]["locale"] == "de"


@pytest.mark.parametrize(
    ("order", "text", "wanted"),
    [
        ("A-4", "status not in [delivered, cancelled]", True),  # a line of its own
        ("A-5", "tags include pre-order", False),  # one that should not hold
    ],
)
def test_what_only_data_can_change_has_no_time(order, text, wanted, cli: Cli, shop: Path) -> None:
    late = rule_of(cli("explain", order, "--at", NOW, "--json"), "late")
    assert not late["applies"]
    (line,) = [line for line in late["lines"] if line["text"] == text]
    assert (line["holds"], line["wanted"]) == (not wanted, wanted)
    assert (late["true_from"], late["forecast"]) == (None, None)


def test_who_cannot_be_reached_matches_and_is_not_written_to(cli: Cli, shop: Path) -> None:
    late = rule_of(cli("explain", "A-3", "--at", NOW, "--json"), "late")
    assert (late["applies"], late["reason"]) == (True, "no_address")
    assert not late["forecast"]["goes_out"]


def test_at_night_it_waits_for_the_morning(cli: Cli, shop: Path) -> None:
    late = rule_of(cli("explain", "A-1", "--at", "2026-11-22T23:00+01:00", "--json"), "late")
    assert late["reason"] == "outside_window"
    assert late["forecast"]["at"] == "2026-11-23T08:00:00+00:00"
    assert late["forecast"]["goes_out"]


def test_people_read_marks_values_and_times(cli: Cli, shop: Path) -> None:
    done = cli("explain", "A-2", "--at", NOW)
    out = done.out
    assert out.startswith("Order A-2 · Ben Ode · shipped · now Mon 23 Nov 2026 11:00 Berlin\n")
    assert "late  (live, files on disk)\n✗ does not apply now, but from Mon 23 Nov 15:00" in out
    assert "✗ promised_at is more than 1 day ago" in out
    assert "Sun 22 Nov 15:00 · true from Mon 23 Nov 15:00 (in 4 h) · rules/orders.yaml:7" in out
    assert "✓ tags include pre-order" in out
    assert "not so, as wanted" in out
    assert "✓ younger than 10 days, by promised_at" in out
    assert "If nothing changes: it applies Mon 23 Nov 15:00 (in 4 h) and 'apology' goes out" in out
    assert "It stops if: status is cancelled" in out
    needed = "status not in [delivered, cancelled] · none of: tags include pre-order"
    assert f"It is dropped unless this stays so: {needed}" in out


def test_other_rules_are_told_in_a_line(cli: Cli, shop: Path) -> None:
    out = cli("explain", "A-1", "late", "--at", NOW).out
    (line,) = [line for line in out.splitlines() if "still-late" in line]
    assert "✗ still-late  last_sent.late is more than 3 days ago · missing" in line
    in_full = cli("explain", "A-1", "--all", "--at", NOW).out
    assert "still-late  (live, files on disk)\n✗ does not apply" in in_full


def test_addresses_are_masked_unless_asked_for(cli: Cli, shop: Path) -> None:
    assert "a…z@example.com" in cli("explain", "A-1", "--at", NOW).out
    assert "ana.ruiz@" not in cli("explain", "A-1", "--at", NOW).out
    assert "ana.ruiz@example.com" in cli("explain", "A-1", "--at", NOW, "--show-personal").out


def test_a_customer_is_explained_and_found_by_address(cli: Cli, shop: Path) -> None:
    out = cli("explain", "ana.ruiz@example.com", "--at", NOW).out
    assert out.startswith("Customer C-1 · Ana Ruiz")
    assert "clock Europe/Vienna" in out


def test_an_id_of_two_things_must_be_said_with_its_kind(cli: Cli, shop: Path) -> None:
    write(shop, {"tickets.csv": "id,status\nA-1,open\n"})
    cli("import", "tickets", "tickets.csv")
    done = cli("explain", "A-1")
    assert done.code == 3
    assert "order:A-1 or ticket:A-1" in done.err
    assert cli("explain", "ticket:A-1", "--json").json["subject"] == {"kind": "ticket", "id": "A-1"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("A-99",), 3),  # nothing of that name
        (("customer:A-1",), 3),  # an order, not a customer
        (("A-1", "lat"), 2),  # no such rule
        (("A-1", "waiting"), 2),  # a rule about tickets
    ],
)
def test_what_cannot_be_explained_is_said(words, code, cli: Cli, shop: Path) -> None:
    done = cli("explain", *words)
    assert done.code == code
    assert "Traceback" not in done.err


def test_the_statement_can_be_seen(cli: Cli, shop: Path) -> None:
    out = cli("explain", "A-1", "late", "--sql", "--at", NOW).out
    assert out.startswith(
        "-- late, as sqlite is asked\n-- 1794564000000000 is Fri 13 Nov 2026 11:00"
    )
    assert "\nSELECT" in out
    assert "orders.id = 'A-1'" in out


def test_files_are_explained_while_other_rules_are_applied(cli: Cli, shop: Path) -> None:
    assert cli("apply", "--yes").code == 0
    rules = shop / "rules" / "orders.yaml"
    rules.write_text(
        rules.read_text("utf-8").replace("more than 1 day", "more than 9 days"), "utf-8"
    )
    done = cli("explain", "A-1", "late", "--at", NOW, "--json")
    assert (done.json["version"], done.json["rules"][0]["applies"]) == (1, True)
    assert "say something else than the applied rules" in done.err
    files = cli("explain", "A-1", "late", "--files", "--at", NOW, "--json")
    assert (files.json["version"], files.json["rules"][0]["applies"]) == (None, False)


def test_a_message_is_explained_by_the_start_of_its_id(cli: Cli, shop: Path) -> None:
    assert cli("run", "--once", "--at", NOW).code == 0
    subject = cli("explain", "A-1", "late", "--at", NOW, "--json")
    (message,) = subject.json["rules"][0]["messages"]
    assert (message["state"], subject.json["rules"][0]["reason"]) == ("sent", "sent")
    told = cli("explain", message["id"][:8], "--at", NOW)
    assert f"Message {message['id']} · late, step apology · order A-1 · to C-1" in told.out
    assert "✓ Mon 23 Nov 11:00 (now)  sent: accepted by the provider" in told.out
    assert "attempt 1 by outbox" in told.out
    before = told.out.partition("How it came about")[2].partition("What we did")[0]
    assert "order A-1 came, from orders.csv:2" in before
    assert "order A-1 matched late" in before
    assert "What came back" not in told.out  # nothing has
    refused = cli("explain", message["id"], "--as-test", "--at", NOW)
    assert (refused.code, "needs an order" in refused.err) == (2, True)
    as_json = cli("explain", f"message:{message['id']}", "--json").json
    assert as_json["schema"] == "outreach/explain-message/1"
    assert [state["state"] for state in as_json["states"]] == ["planned", "sending", "sent"]
    assert [one["source"] for one in as_json["arrived"]] == ["orders.csv"]
    assert [one["place"] for one in as_json["arrived"]] == ["orders.csv:2"]
    assert as_json["enrollments"][0]["subject_id"] == "A-1"
    assert (as_json["receipts"], as_json["replies"], as_json["answers"]) == ([], [], [])


def test_what_was_said_before_is_told(cli: Cli, shop: Path) -> None:
    assert "History   no message yet" in cli("explain", "A-1", "--at", NOW).out
    cli("run", "--once", "--at", NOW)
    out = cli("explain", "A-1", "--at", NOW).out
    (line,) = [line for line in out.partition("History")[2].splitlines() if "late" in line]
    assert "late, apology · e-mail · sent: accepted by the provider" in line
    assert "late, apology" in cli("explain", "C-1", "--at", NOW).out  # and to the customer


def test_a_case_is_printed_as_a_test_that_passes(cli: Cli, shop: Path) -> None:
    printed = cli("explain", "A-1", "late", "--as-test", "--at", NOW)
    assert printed.code == 0, printed.err
    assert "outreach test" in printed.err
    assert "Ana Ruiz" in printed.out
    assert "ana.ruiz@example.com" not in printed.out
    write(shop, {"rules/case.test.yaml": printed.out})
    assert cli("test").code == 0


def test_of_the_past_it_is_told_what_was_known_then(cli: Cli, shop: Path) -> None:
    assert cli("run", "--once", "--at", NOW).code == 0
    write(shop, {"news.csv": "id,status\nA-1,delivered\n"})
    assert cli("import", "orders", "news.csv", "--at", "2026-11-24T09:00").code == 0
    today = cli("explain", "A-1", "late", "--at", "2026-11-24T10:00", "--json").json
    assert (today["is_past"], rule_applies(today), len(today["history"])) == (False, False, 1)
    noon = cli("explain", "A-1", "late", "--at", "2026-11-23T12:00", "--json").json
    assert (noon["is_past"], rule_applies(noon), len(noon["history"])) == (True, True, 1)
    before = cli("explain", "A-1", "late", "--at", "2026-11-23T10:00", "--json").json
    assert (rule_applies(before), before["history"]) == (True, [])
    assert before["rules"][0]["messages"] == []
    told = cli("explain", "A-1", "--at", "2026-11-23T10:00")
    assert "shipped · now" in told.out
    assert "What was known then" in told.out
    assert "was not known then" in cli("explain", "A-1", "--at", "2026-11-19T10:00").err


def rule_applies(explained: Any) -> bool:
    return bool(explained["rules"][0]["applies"])


def test_each_gate_is_told_with_its_value_and_when_it_opens(cli: Cli, shop: Path) -> None:
    rules = shop / "rules/orders.yaml"
    text = rules.read_text("utf-8")
    limits = "limits: {cooldown: 14 days}\n    holdout: 1%\n    ignore_older_than"
    rules.write_text(text.replace("ignore_older_than", limits), "utf-8")
    night = "2026-11-23T22:00+01:00"
    told = cli("explain", "A-1", "late", "--files", "--at", night)
    _, _, gates = told.out.partition("Gates at Tue 24 Nov 09:00 (in 11 h)\n")
    lines = [" ".join(line.split()) for line in gates.partition("\nIt stops")[0].splitlines()]
    assert lines == [
        "✓ pauses none",
        "✓ channel email",
        "✓ data fresh",
        "✓ conditions 1 still meant",
        "✓ holdout 1% get nothing",
        "✓ limits cooldown 14 days · service, survey: at most 2 per day · service: 4 hours apart",
        "✓ words templates/apology/de.email.md",
        "✓ approval not needed",
        "✓ window daytime, 09:00-20:00 · opens Tue 24 Nov 09:00 (in 11 h)",
        "✓ mode live",
    ]


def test_a_gate_that_is_shut_says_until_when(cli: Cli, shop: Path) -> None:
    assert cli("pause", "--reason", "x", "--until", "today 12:00", "--at", NOW).code == 0
    forecast = cli("explain", "A-1", "late", "--at", NOW, "--json").json["rules"][0]["forecast"]
    found = {gate["gate"]: gate for gate in forecast["gates"]}
    assert (found["pauses"]["reason"], found["pauses"]["opens"][11:16]) == ("paused", "11:00")
    assert found["mode"]["reason"] == "matched"  # those behind it are asked all the same
