"""`outreach fmt`: files get their one spelling; with --diff none is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import RULES, Cli

AS_WRITTEN = "promised_at is   more than 1 day ago   # so late"
IN_ORDER = "promised_at is more than 1 day ago"


@pytest.fixture
def untidy(workspace: Path) -> Path:
    path = workspace / "rules" / "orders.yaml"
    path.write_text(RULES.replace(IN_ORDER, AS_WRITTEN), "utf-8")
    return path


def test_it_writes_the_one_spelling_and_keeps_comments(cli: Cli, untidy: Path) -> None:
    done = cli("fmt")
    assert (done.code, done.out) == (0, "✓ rules/orders.yaml written anew\n")
    text = untidy.read_text("utf-8")
    assert f"- {IN_ORDER}" in text
    assert "# so late" in text


def test_a_second_time_there_is_nothing_to_do(cli: Cli, untidy: Path) -> None:
    cli("fmt")
    again = cli("fmt")
    assert (again.code, again.out) == (0, "")
    assert "1 file is in order" in again.err


def test_diff_shows_and_touches_nothing(cli: Cli, untidy: Path) -> None:
    before = untidy.read_text("utf-8")
    done = cli("fmt", "--diff")
    assert done.code == 1
    assert f"-      - {AS_WRITTEN}" in done.out
    assert untidy.read_text("utf-8") == before


def test_diff_without_a_difference_ends_well(cli: Cli, untidy: Path) -> None:
    cli("fmt")
    assert cli("fmt", "--diff").code == 0


def test_what_is_no_yaml_is_left_alone_and_the_rest_done(cli: Cli, untidy: Path) -> None:
    broken = untidy.with_name("broken.yaml")
    broken.write_text("rules: [", "utf-8")
    done = cli("fmt")
    assert done.code == 1
    assert "rules/broken.yaml:1" in done.err
    assert broken.read_text("utf-8") == "rules: ["
    assert IN_ORDER in untidy.read_text("utf-8")


def test_a_file_by_itself_needs_no_workspace(cli: Cli, folder: Path) -> None:
    (folder / "rules.yaml").write_text(RULES.replace(IN_ORDER, AS_WRITTEN), "utf-8")
    assert cli("fmt", "rules.yaml").code == 0
    assert f"- {IN_ORDER}" in (folder / "rules.yaml").read_text("utf-8")


def test_programs_are_told_what_changed(cli: Cli, untidy: Path) -> None:
    told = cli("fmt", "--diff", "--json").json
    assert told["schema"] == "outreach/fmt/1"
    assert (told["written"], told["changed"]) == (False, ["rules/orders.yaml"])
