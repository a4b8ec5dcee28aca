"""`outreach lint`: findings for people and for machines, by level, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import NOW, Cli

KIND = """\
---
subject: "Order {{ order.number }} is late"
---
Hello {{ customer.first_name | default("there") }},

We are sorry, and apologise for any inconvenience.

Your order should be with you on Friday. Reply to this e-mail if it is not.
"""


@pytest.fixture
def message(workspace: Path) -> Path:
    """One message with two stock phrases in it; all others are gone."""
    rules = workspace / "rules" / "orders.yaml"
    rules.write_text(rules.read_text("utf-8").split("  - rule: still-late")[0], "utf-8")
    for path in workspace.glob("templates/*/*"):
        path.unlink()
    path = workspace / "templates" / "apology" / "en.email.md"
    path.write_text(KIND, "utf-8")
    return path


def test_people_see_the_line_and_what_to_write_instead(cli: Cli, message: Path) -> None:
    done = cli("lint")
    lines = done.out.splitlines()
    assert done.code == 1
    assert lines[0] == "templates/apology/en.email.md"
    assert lines[1].split()[:3] == ["6:19", "warning", "M103"]
    assert lines[2].index("apologise") == lines[3].index("^^^^^^^^^^^^^^^^^")
    assert lines[4].strip().startswith("= name it")
    assert lines[-1] == "1 message · 1 rule     2 warnings"
    assert max(map(len, lines)) <= 100
    assert "\x1b" not in done.out


@pytest.mark.parametrize("columns", ["60", "200"])
def test_no_line_is_wider_than_the_screen_or_a_hundred(
    columns: str, cli: Cli, message: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    message.write_text(KIND.replace("We are", "word " * 40 + "We are"), "utf-8")
    lines = cli("lint").out.splitlines()
    assert max(map(len, lines)) <= min(int(columns), 100)
    assert len(lines) > 12


def test_nothing_to_mend_ends_well(cli: Cli, message: Path) -> None:
    message.write_text(KIND.replace(", and apologise for any inconvenience", ""), "utf-8")
    done = cli("lint")
    assert (done.code, done.out) == (0, "1 message · 1 rule     ✓ nothing to mend\n")
    assert "words · " in cli("lint", "-v").out


@pytest.mark.parametrize(
    ("level", "codes"),
    [
        ("error", []),
        ("warning", ["M103", "M107"]),
        ("hint", ["M103", "M107", "M108"]),
    ],
)
def test_a_level_says_what_is_shown(level: str, codes: list[str], cli: Cli, message: Path) -> None:
    message.write_text(KIND.replace("sorry", "very very sorry"), "utf-8")
    done = cli("lint", "--level", level, "--format", "json")
    assert done.json["schema"] == "outreach/lint/1"
    assert sorted(p["code"] for p in done.json["problems"]) == codes
    assert (done.json["errors"], done.json["warnings"], done.json["hints"]) == (0, 2, 1)
    assert (done.code, done.json["ok"]) == (int(bool(codes)), not codes)


def test_github_gets_an_annotation_a_line(cli: Cli, message: Path) -> None:
    message.write_text(KIND.replace("sorry", "very very sorry"), "utf-8")
    done = cli("lint", "--format", "github", "--level", "hint")
    starts = [line.split("::")[1].split(",")[0] for line in done.out.splitlines()]
    file = "file=templates/apology/en.email.md"
    assert starts == [f"notice {file}", f"warning {file}", f"warning {file}"]


@pytest.mark.parametrize(
    ("path", "count"),
    [("apology", 2), ("templates/apology", 2), ("templates", 2), ("rules", 0)],
)
def test_only_what_was_asked_for_is_told(path: str, count: int, cli: Cli, message: Path) -> None:
    assert len(cli("lint", path, "--json").json["problems"]) == count


def test_a_file_that_is_not_there_is_wrong_usage(cli: Cli, message: Path) -> None:
    assert cli("lint", "apologies").code == 2


def test_a_mistake_in_the_rules_is_told_and_messages_are_linted(cli: Cli, message: Path) -> None:
    rules = message.parents[2] / "rules" / "orders.yaml"
    rules.write_text(rules.read_text("utf-8").replace("[delivered", "[deliverd"), "utf-8")
    done = cli("lint", "--json")
    assert [p["code"] for p in done.json["problems"]] == ["E203", "M103", "M107"]


def test_a_template_that_cannot_be_read_is_told_as_check_does(cli: Cli, message: Path) -> None:
    message.write_text(KIND.replace("order.number", "order.numbr"), "utf-8")
    assert [p["code"] for p in cli("lint", "--json").json["problems"]] == ["M203"]


def test_real_subjects_are_tried_when_there_are_any(cli: Cli, message: Path) -> None:
    """A subject that only a real order makes too long, told without what the order says."""
    number = "A-" + "1" * 60
    folder = message.parents[2]
    message.write_text(KIND.replace(", and apologise for any inconvenience", ""), "utf-8")
    assert cli("lint").code == 0
    assert not (folder / "outreach.db").exists()
    (folder / "customers.csv").write_text("id,email\nC-1,ana@example.com\n", "utf-8")
    head = "id,number,customer_id,status,promised_at\n"
    order = f"O-1,{number},C-1,shipped,2026-11-21 15:00\n"
    (folder / "orders.csv").write_text(head + order, "utf-8")
    for what in ("customers", "orders"):
        assert cli("import", what, f"{what}.csv", "--at", "2026-11-20T09:00").code == 0
    assert cli("run", "--once", "--at", NOW).code == 0
    done = cli("lint", "--at", NOW)
    assert done.code == 1
    assert "M112" in done.out
    assert "order O-1" in done.out
    assert number not in done.out
    assert cli("lint", "--invented", "--at", NOW).code == 0
