"""A whole workspace is linted as its rules send it, and what ships is in order."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from outreach.model import Channel, Purpose
from outreach.proving.linting import lint_workspace, sendings_of, shop_of
from outreach.releases import load
from outreach.rules.loader import load_rules
from outreach.workspace import Workspace

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def test_what_ships_has_nothing_to_mend() -> None:
    workspace = Workspace.open(ROOT)
    linted = lint_workspace(workspace, NOW)
    assert [str(problem) for problem in linted.problems] == []
    assert linted.messages == len(workspace.template_files()) > 30
    assert linted.rules == len(load(workspace)[0]) > 12
    assert all(score.next_step and score.person for score in linted.scores if "email" in score.file)


def test_a_message_is_tried_as_its_rules_send_it() -> None:
    workspace = Workspace.open(ROOT)
    ruleset = load_rules(workspace.rule_files(), workspace.names())
    sendings = sendings_of(workspace, ruleset, {})
    assert sendings["out-for-delivery"].purpose is Purpose.TRANSACTIONAL
    assert sendings["delay-apology"].rules == ("delayed-order-apology",)
    assert sendings["delay-apology"].owner["first_name"] == "Mara"
    shop = shop_of(workspace)
    assert (shop.shop["name"], shop.max_segments) == ("Nordlicht", {Channel.SMS: 2})


def test_settings_and_jobs_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "night.yaml").write_text(
        "format: 1\njob: night\npass: housekeeping\nat: 02:30\n", "utf-8"
    )
    (tmp_path / "outreach.yaml").write_text(
        "format: 1\ntimezone: Europe/Berlin\nshop: {name: N, email: no-reply@shop.example}\n",
        "utf-8",
    )
    linted = lint_workspace(Workspace.open(tmp_path), NOW)
    places = [(problem.file, problem.line, problem.code) for problem in linted.problems]
    assert places == [("jobs/night.yaml", 4, "T504"), ("outreach.yaml", 3, "M106")]
