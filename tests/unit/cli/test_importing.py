"""`outreach import`: good rows go in, bad ones are told with their line and kept."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import ORDERS, Cli, write

BAD = """\
id,number,customer_id,status,promised_at
A-8,A-8,C-1,shiped,2026-11-21 15:00
A-9,A-9,C-1,shipped,2026-11-21 15:00
"""
MAP = """\
order:
  fields:
    id: Bestellung
    number: Bestellung
    status: {column: Stand, values: {versandt: shipped}}
"""


def test_what_went_in_is_counted_by_kind(cli: Cli, workspace: Path) -> None:
    write(workspace, {"orders.csv": ORDERS})
    done = cli("import", "orders", "orders.csv")
    assert done.code == 0
    assert "orders.csv: 5 rows, 5 taken" in done.out
    assert "orders     5 new" in done.out
    assert "5 as known" in cli("import", "orders", "orders.csv").out


def test_a_bad_row_is_told_kept_and_the_rest_goes_in(cli: Cli, workspace: Path) -> None:
    write(workspace, {"orders.csv": BAD})
    done = cli("import", "orders", "orders.csv")
    assert done.code == 1
    assert "2 rows, 1 taken" in done.out
    assert "line 2, status" in done.out
    (kept,) = (workspace / "rejects").iterdir()
    assert "shiped" in kept.read_text("utf-8")
    assert cli("explain", "A-9", "--json").code == 0


def test_dry_run_keeps_nothing(cli: Cli, workspace: Path) -> None:
    write(workspace, {"orders.csv": BAD})
    done = cli("import", "orders", "orders.csv", "--dry-run", "--json")
    assert (done.json["taken"], done.json["rejected"], done.json["dry_run"]) == (1, 1, True)
    assert not (workspace / "rejects").exists()
    assert cli("explain", "A-9").code == 3  # there is no such order


def test_a_mapping_says_which_column_means_what(cli: Cli, workspace: Path) -> None:
    write(workspace, {"o.csv": "Bestellung,Stand\nA-7,versandt\n", "o.map.yaml": MAP})
    assert cli("import", "orders", "o.csv", "--map", "o.map.yaml").code == 0
    assert cli("explain", "A-7", "late", "--json").code == 0


def test_a_mistake_in_a_mapping_is_shown_with_its_line(cli: Cli, workspace: Path) -> None:
    write(
        workspace, {"o.csv": "Bestellung\nA-7\n", "o.map.yaml": MAP.replace("status:", "statsu:")}
    )
    done = cli("import", "orders", "o.csv", "--map", "o.map.yaml")
    assert done.code == 1
    assert "o.map.yaml:5:5: error[E201]" in done.err


def test_a_mapping_about_something_else_is_wrong_usage(cli: Cli, workspace: Path) -> None:
    write(workspace, {"o.csv": "Bestellung\nA-7\n", "o.map.yaml": MAP})
    assert cli("import", "tickets", "o.csv", "--map", "o.map.yaml").code == 2


def test_a_file_that_cannot_be_read_ends_with_3(cli: Cli, workspace: Path) -> None:
    done = cli("import", "orders", "nowhere.csv")
    assert done.code == 3
    assert "nowhere.csv" in done.err


def test_answers_come_from_a_file_too(cli: Cli, workspace: Path) -> None:
    answers = (
        "review_id,order_id,survey,review_score,answered_at\nR-1,A-7,csat,2,2026-11-20 09:00\n"
    )
    write(workspace, {"reviews.csv": answers})
    assert "responses  1 new" in cli("import", "responses", "reviews.csv").out
