"""The starter rules come with tests that pass, and that show every sentence both ways."""

from __future__ import annotations

from pathlib import Path

from outreach.releases import load
from outreach.workspace import Workspace
from tests.unit.cli.conftest import Cli


def test_a_new_workspace_tests_its_rules_and_leaves_nothing_out(folder: Path, cli: Cli) -> None:
    assert cli("init", "shop").code == 0
    ran = cli("test", "--project", "shop", "--coverage", "--json", "--processes", "1")
    failed = [test for test in ran.json["tests"] if not test["passed"]]
    assert (failed, ran.json["problems"], ran.code) == ([], [], 0)
    shown = ran.json["coverage"]
    assert shown["gaps"] == []
    rules, _ = load(Workspace.open(folder / "shop"))
    assert shown["steps"] == sum(len(rule.steps) for rule in rules)
    assert shown["sentences"] > 60
