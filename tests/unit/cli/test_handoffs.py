"""`outreach handoffs`: cases are listed, taken and closed by their names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

Cli = Any
LATER = ("--at", "2026-11-23T18:30+01:00")
NOW = ("--at", "2026-11-23T11:00+01:00")
TEAMS = """\
teams:
  vip-desk: {on_call: care@nordlicht.example, calendar: desk,
    case_url: "https://desk.example/?order={order.number}"}
"""
RULES = """\
format: 1
rules:
  - rule: call-them
    about: order
    purpose: service
    calendar: desk
    mode: live
    when:
      - promised_at is more than 1 hour ago
      - status is shipped
    steps:
      - id: human
        handoff: vip-desk
        title: "Call {{ customer.first_name }}: {{ order.number }} is late"
        due: 4 business hours
        stop_outreach: 2 days
      - id: again
        wait: 2 days
        handoff: vip-desk
        title: "Call {{ customer.first_name }} once more"
        skip_if: [human was done]
"""


@pytest.fixture
def called(shop: Path, cli: Cli) -> Path:
    """The shop with a rule that asks people to call; it has run once."""
    settings = shop / "outreach.yaml"
    settings.write_text(settings.read_text("utf-8") + TEAMS, "utf-8")
    (shop / "rules" / "calls.yaml").write_text(RULES, "utf-8")
    assert cli("check", "rules/calls.yaml").code == 0
    assert cli("run", "--once", *NOW).code == 0
    return shop


def test_cases_are_listed_those_due_first_on_top(called: Path, cli: Cli) -> None:
    told = cli("handoffs", "--json", *NOW).json
    assert told["total"] == 4
    first = told["handoffs"][0]
    assert (first["id"], first["state"], first["team"]) == ("H-1", "open", "vip-desk")
    assert first["title"] == "Call Ana: A-1 is late"
    assert first["case_url"] == "https://desk.example/?order=A-1"
    assert first["due_at"].startswith("2026-11-23T14:00:00+00:00")
    listed = cli("handoffs", *NOW).out
    assert "Call Ana: A-1 is late · order A-1" in listed
    assert "Mon 23 Nov 15:00 (in 4 h)" in listed
    assert max(map(len, listed.splitlines())) <= 100
    assert cli("handoffs", "--csv", "--customer", "C-2", *NOW).out.count("H-") == 2
    assert cli("handoffs", "--team", "nobody", "--json", *NOW).json["total"] == 0


def test_a_pretended_time_tells_no_team(called: Path, cli: Cli) -> None:
    settings = called / "outreach.yaml"
    text = settings.read_text("utf-8").replace("vip-desk: {", "vip-desk: {slack: env:CHAT, ")
    settings.write_text(text, "utf-8")
    refused = cli("run", "--once", *LATER)
    assert (refused.code, "a team's slack would really send" in refused.err) == (4, True)
    assert cli("run", "--once", "--no-send", *LATER).code == 0


def test_a_case_is_taken_and_closed(called: Path, cli: Cli) -> None:
    taken = cli("handoffs", "take", "H-1", "--who", "care@nordlicht.example", *NOW)
    assert "H-1 is with care@nordlicht.example: Call Ana" in taken.out
    again = cli("handoffs", "take", "1", *NOW)
    assert again.code == 4
    assert "H-1 is with care@nordlicht.example already" in again.err
    done = cli("handoffs", "done", "h-1", "--note", "called", *NOW, "--json").json
    assert (done["state"], done["who"], done["outcome"]) == (
        *("done", "care@nordlicht.example"),
        "called",
    )
    assert cli("handoffs", "done", "H-1", *NOW).code == 4
    assert cli("handoffs", "--json", *NOW).json["total"] == 3
    assert cli("handoffs", "--all", "--json", *NOW).json["total"] == 4
    told = cli("handoffs", "show", "H-1", *NOW).out
    assert "done, care@nordlicht.example" in told
    assert "of other rules until Wed 25 Nov 11:00" in told
    assert "handoff-take" in cli("log", *NOW).out
    timeline = cli("customer", "show", "C-1", *NOW).out
    assert "H-1 · taken by care@nordlicht.example" in timeline


@pytest.mark.parametrize(("case", "code"), [("H-99", 4), ("twelve", 2)])
def test_a_case_that_does_not_exist_is_refused(
    called: Path, cli: Cli, case: str, code: int
) -> None:
    assert cli("handoffs", "show", case, *NOW).code == code


def test_an_overdue_case_is_a_trouble(called: Path, cli: Cli) -> None:
    assert "4 cases with people" in cli("status", *NOW).out
    late = cli("status", *LATER)
    assert (late.code, "4 cases with people, 4 overdue" in late.out) == (1, True)
    assert "4 cases overdue" in cli("status", "--json", *LATER).json["troubles"]
    assert cli("handoffs", *LATER).out.count("overdue") == 4


def test_what_is_planned_is_told_beforehand(called: Path, cli: Cli) -> None:
    told = cli("handoffs", "--planned", *NOW).out
    assert told.count("call-them, again") == 4
    planned = cli("handoffs", "--planned", "--customer", "C-1", "--json", *NOW).json["planned"]
    assert [each["subject"] for each in planned] == ["order A-1"]
    ahead = cli("preview", "--until", "+3 days", "--rule", "call-them", "--messages", *NOW).out
    assert ahead.count("→ person") == 4
    assert "4 cases would be given to people" in ahead
    explained = cli("explain", "A-1", "call-them", *NOW).out
    assert "call-them, human · vip-desk · open · H-1" in explained
    assert "'again' asks vip-desk Wed 25 Nov 11:00" in explained
    assert "“Call Ana once more”" in explained


def test_a_title_is_checked_where_it_stands(called: Path, cli: Cli) -> None:
    rules = called / "rules" / "calls.yaml"
    rules.write_text(RULES.replace("order.number }} is", "order.numbr }} is"), "utf-8")
    checked = cli("check", "rules/calls.yaml")
    assert checked.code == 1
    assert "14:58 " in checked.out
    assert "order has no value 'numbr'. Did you mean 'number'?" in checked.out
    rules.write_text(RULES.replace("customer.first_name }}: {{ order", "ticket"), "utf-8")
    assert "there is no value 'ticket'" in cli("check", "rules/calls.yaml").out
