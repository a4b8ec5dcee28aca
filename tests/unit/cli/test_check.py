"""`outreach check`: every mistake at once, each with its place, for people and for machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Cli

#: a source that takes no notes
MUTE = "sources: {desk: {folder: in, kind: ticket}}\n"


def spoil(workspace: Path, name: str, before: str, after: str) -> None:
    path = workspace / name
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


def test_a_workspace_in_order_says_what_it_holds(cli: Cli, workspace: Path) -> None:
    done = cli("check")
    assert done.code == 0
    assert done.out.startswith("3 rules · 2 templates · 7 conditions")
    assert "no mistakes" in done.out


def test_it_says_how_much_lint_would(cli: Cli, workspace: Path) -> None:
    done, found = cli("check"), cli("lint", "--json", "--level", "hint").json
    assert "outreach lint" in done.err
    assert f"{found['warnings']} warnings" in done.err
    counts = {level: found[f"{level}s"] for level in ("error", "warning", "hint")}
    assert cli("check", "--json").json["lint"] == counts
    assert done.code == 0  # a matter of words stops nothing


@pytest.mark.parametrize(
    ("name", "before", "after", "code"),
    [
        ("outreach.yaml", "timezone: Europe/Berlin", "timezone: Europe/Berln", "E010"),
        ("outreach.yaml", "shop:", "channels: {email: {provider: pigeon}}\nshop:", "E010"),
        ("outreach.yaml", "shop:", "sources: {a: {folder: data}}\nshop:", "E005"),
        ("outreach.yaml", "shop:", "teams: {a: {note: desk}}\nshop:", "E204"),
        ("outreach.yaml", "shop:", f"teams: {{a: {{note: desk}}}}\n{MUTE}shop:", "E310"),
        ("rules/orders.yaml", "[delivered, cancelled]", "[delivered, canceled]", "E203"),
        ("rules/orders.yaml", "send: reply", "send: replay", "E204"),
        ("templates/apology/en.email.md", "order.number }} is", "order.nmber }} is", "M203"),
    ],
)
def test_a_mistake_is_found_where_it_stands(
    name, before, after, code, cli: Cli, workspace: Path
) -> None:
    spoil(workspace, name, before, after)
    done = cli("check", "--json")
    assert done.code == 1
    assert (name, code) in {(p["file"], p["code"]) for p in done.json["problems"]}
    assert done.json["ok"] is False


def test_mistakes_of_all_files_are_told_at_once(cli: Cli, workspace: Path) -> None:
    spoil(workspace, "outreach.yaml", "first_name: Mara}", "nickname: Mara}")
    spoil(workspace, "rules/orders.yaml", "[delivered, cancelled]", "[delivered, canceled]")
    spoil(workspace, "templates/reply/en.email.md", "ticket.number", "ticket.numbr")
    files = {problem["file"] for problem in cli("check", "--json").json["problems"]}
    assert files == {"outreach.yaml", "rules/orders.yaml", "templates/reply/en.email.md"}


def test_a_name_the_settings_could_not_declare_is_no_second_mistake(
    cli: Cli, workspace: Path
) -> None:
    spoil(workspace, "outreach.yaml", "days: mon-fri", "days: mon-fry")
    problems = cli("check", "--json").json["problems"]
    assert [problem["file"] for problem in problems] == ["outreach.yaml"]


def test_people_see_the_line_and_what_is_wrong_in_it(cli: Cli, workspace: Path) -> None:
    spoil(workspace, "rules/orders.yaml", "[delivered, cancelled]", "[delivered, canceled]")
    lines = cli("check").out.splitlines()
    assert lines[0] == "rules/orders.yaml"
    assert lines[1].split()[:3] == ["8:35", "error", "E203"]
    assert lines[2].index("canceled") == lines[3].index("^^^^^^^^")
    assert lines[-1].endswith("1 error")


def test_github_gets_an_annotation_a_line(cli: Cli, workspace: Path) -> None:
    spoil(workspace, "rules/orders.yaml", "[delivered, cancelled]", "[delivered, canceled]")
    done = cli("check", "--format", "github")
    assert done.code == 1
    start = "::error file=rules/orders.yaml,line=8,col=35,title=E203::"
    assert [line.startswith(start) for line in done.out.splitlines()] == [True]


def test_strict_makes_a_warning_an_error(cli: Cli, workspace: Path) -> None:
    # no time in it: the whole table is read at every pass
    spoil(workspace, "rules/orders.yaml", "      - last_sent.late is more than 3 days ago\n", "")
    spoil(
        workspace,
        "rules/orders.yaml",
        "rule: still-late",
        "rule: still-late\n    once_per: quarter",
    )
    relaxed, strict = cli("check", "--json"), cli("check", "--strict")
    assert [p["code"] for p in relaxed.json["problems"]] == ["W310"]
    assert (relaxed.code, strict.code) == (0, 1)


def test_one_file_tells_its_own_mistakes_only(cli: Cli, workspace: Path) -> None:
    spoil(workspace, "rules/orders.yaml", "[delivered, cancelled]", "[delivered, canceled]")
    spoil(workspace, "templates/reply/en.email.md", "ticket.number", "ticket.numbr")
    about = {p["file"] for p in cli("check", "rules", "--json").json["problems"]}
    assert about == {"rules/orders.yaml"}
    assert cli("check", "templates/apology").code == 0


def test_a_file_that_is_not_there_is_wrong_usage(cli: Cli, workspace: Path) -> None:
    assert cli("check", "rules/nothing.yaml").code == 2


def test_a_long_line_is_shown_around_its_mistake(cli: Cli, workspace: Path) -> None:
    long = "Hello {{ customer.frist_name }}, " + "we are sorry " * 40
    (workspace / "templates/reply/en.email.md").write_text(
        '---\nsubject: "s"\n---\n' + "so " * 60 + long + "\n", "utf-8"
    )
    shown, carets = cli("check").out.splitlines()[2:4]
    assert len(shown) < 130
    assert shown.index("frist_name") == carets.index("^")
