"""`outreach backtest`: the past, played through rules on disk, applied ones, or others."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest

from tests.unit.cli.conftest import CUSTOMERS, NOW, RULES, Cli, write

ORDERS = """\
id,number,customer_id,status,placed_at,shipped_at,delivered_at,promised_at
B-1,B-1,C-1,delivered,2026-10-01 10:00,2026-10-03 10:00,2026-10-12 10:00,2026-10-08 12:00
B-2,B-2,C-2,delivered,2026-10-01 10:00,2026-10-02 10:00,2026-10-07 10:00,2026-10-08 12:00
B-3,B-3,C-2,shipped,2026-10-05 10:00,2026-10-06 10:00,,2026-10-10 12:00
B-4,B-4,C-1,placed,2026-11-01 10:00,,,2026-12-10 12:00
"""


@pytest.fixture
def old_shop(cli: Cli, workspace: Path, sqlite_template: Path) -> Path:
    """Orders of last month, imported as they stand today, with their dates."""
    shutil.copy(sqlite_template, workspace / "outreach.db")
    write(workspace, {"customers.csv": CUSTOMERS, "orders.csv": ORDERS})
    assert cli("import", "customers", "customers.csv", "--at", NOW).code == 0
    assert cli("import", "orders", "orders.csv", "--at", NOW).code == 0
    return workspace


def _sent(told: dict[str, object], rule: str) -> int:
    [counts] = [r for r in told["rule_counts"] if r["rule"] == rule]  # type: ignore[attr-defined]
    return int(counts["email"])


def test_programs_get_what_the_rules_would_have_done(cli: Cli, old_shop: Path) -> None:
    told = cli("backtest", "--at", NOW, "--json").json
    assert told["schema"] == "outreach/backtest/1"
    [played] = told["played"]
    assert played["rules"] == "files on disk"
    assert played["subjects"] == {"customer": 3, "order": 4}
    assert _sent(played, "late") == 2  # B-1 arrived four days late, B-3 never
    assert played["after_settled"] == []
    assert list(played["days"].items())[:2] == [("2026-10-09", 1), ("2026-10-11", 1)]


def test_people_get_a_table_and_what_mattered(cli: Cli, old_shop: Path) -> None:
    done = cli("backtest", "--at", NOW)
    assert done.code == 0
    assert "Backtest, nothing is sent · rules: files on disk" in done.out
    assert "Busiest day      Fri 9 Oct 2026: 1" in done.out
    assert "✓ None would have gone out after its matter was settled." in done.out
    assert cli("queue").out == cli("queue").out  # and nothing was planned for real
    assert "late" not in cli("queue").out


def test_other_rules_stand_beside_those_on_disk(cli: Cli, old_shop: Path) -> None:
    (old_shop / "other").mkdir()
    other = RULES.replace("more than 1 day ago", "more than 3 days ago")
    (old_shop / "other" / "rules.yaml").write_text(other, "utf-8")
    done = cli("backtest", "--at", NOW, "--rules", "other", "--compare", "--rule", "late")
    assert "files on disk beside other" in done.out
    told = cli("backtest", "--at", NOW, "--rules", "other", "--compare", "--json").json
    assert [(p["rules"], _sent(p, "late")) for p in told["played"]] == [
        ("files on disk", 2),
        ("other", 2),
    ]
    days = [next(iter(p["days"])) for p in told["played"]]
    assert days == ["2026-10-09", "2026-10-11"]


def test_edited_rules_stand_beside_the_applied_ones(cli: Cli, old_shop: Path) -> None:
    assert cli("apply", "--yes", "--at", NOW).code == 0
    text = (old_shop / "rules/orders.yaml").read_text("utf-8")
    (old_shop / "rules/orders.yaml").write_text(text.replace("1 day ago", "9 days ago"), "utf-8")
    done = cli("backtest", "--at", NOW, "--compare", "--json")
    assert done.code == 0, done.err
    told = done.json
    assert [(p["rules"], _sent(p, "late")) for p in told["played"]] == [
        ("version 1", 2),
        ("files on disk", 1),
    ]


def test_a_part_of_the_time_is_played(cli: Cli, old_shop: Path) -> None:
    told = cli("backtest", "--at", NOW, "--from", "2026-10-10", "--to", "2026-10-20", "--csv").out
    rows = list(csv.DictReader(io.StringIO(told)))
    assert {row["day"] for row in rows if row["rule"] == "late"} >= {"2026-10-11"}
    assert all("2026-10-10" <= row["day"] <= "2026-10-20" for row in rows)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rule", "lat"], "there is no rule 'lat'. Did you mean 'late'?"),
        (["--rules", "nowhere"], "there are no rules in nowhere"),
        (["--from", "2026-10-10", "--to", "2026-10-09"], "it must lie after --from"),
    ],
)
def test_what_cannot_be_played_is_said(
    cli: Cli, old_shop: Path, words: list[str], said: str
) -> None:
    done = cli("backtest", "--at", NOW, *words)
    assert done.code == 2
    assert said in " ".join(done.err.split()).replace("│ ", "")


def test_without_a_past_there_is_nothing_to_play(cli: Cli, workspace: Path) -> None:
    done = cli("backtest", "--at", NOW)
    assert done.code == 4
    assert "nothing has happened here yet" in done.err


def test_there_is_nothing_to_compare_with_before_the_first_apply(cli: Cli, old_shop: Path) -> None:
    done = cli("backtest", "--at", NOW, "--compare")
    assert done.code == 4
    assert "nothing is applied yet to compare with" in done.err


def test_a_page_is_written_and_nothing_else_is_said(cli: Cli, old_shop: Path) -> None:
    done = cli("backtest", "--at", NOW, "--html", "played.html")
    assert (done.code, done.out) == (0, "")
    assert "wrote played.html" in done.err
    assert "None would have gone out" in (old_shop / "played.html").read_text("utf-8")
    refused = cli("backtest", "--at", NOW, "--html", "no/such/folder.html")
    assert refused.code == 2
    assert "cannot be written" in refused.err
