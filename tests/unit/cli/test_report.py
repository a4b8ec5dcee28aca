"""`outreach report`: the sample of the docs is what it prints, and every form tells the same."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from outreach.cli.options import Color, Manners
from outreach.cli.output_blocks import bar, sparkline
from outreach.cli.output_report import print_report
from outreach.cli.output_tables import cells
from outreach.cli.report_json import report_json, report_rows
from outreach.cli.session import Session
from outreach.deciding.reporting.figures import By
from tests.unit.reports import a_report

Cli = Any
DOCS = Path(__file__).resolve().parents[3] / "docs" / "report.md"
WIDEST = 100
NOW = ("--at", "2026-11-23T11:00+01:00")


def printed(capsys: pytest.CaptureFixture[str], by: By = By.RULE, **manners: Any) -> str:
    manners = {"at": "2026-11-23T11:00+01:00", **manners}
    print_report(Session(Manners(**manners)), a_report(), by)
    return capsys.readouterr().out


def test_the_docs_show_what_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """When this fails, put what it prints into docs/report.md."""
    sample = DOCS.read_text("utf-8").split("```\n")[1]
    assert printed(capsys) == sample


@pytest.mark.parametrize("by", By)
def test_no_line_is_wider_than_a_screen(capsys: pytest.CaptureFixture[str], by: By) -> None:
    assert max(map(cells, printed(capsys, by).splitlines())) <= WIDEST


def test_colour_says_nothing_that_is_not_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    plain = printed(capsys, color=Color.NEVER)
    assert "\x1b" not in plain
    assert "not conclusive yet" in plain
    assert "too few to say" in plain
    assert "fewer do" in plain


@pytest.mark.parametrize(
    ("values", "least", "expected"),
    [
        ((1, 2, 3, 4, 5, 6, 7, 8), None, "▁▂▃▄▅▆▇█"),
        ((10, None, 20), None, "▁·█"),  # a week of which nothing is known
        ((5, 5), None, "▅▅"),  # all the same: neither high nor low
        ((5, 10), 0, "▅█"),  # counts begin at nothing
        ((0, 0), 0, "▅▅"),
        ((None,), None, "·"),
    ],
)
def test_a_row_of_weeks_in_signs(
    values: tuple[float | None, ...], least: float | None, expected: str
) -> None:
    assert sparkline(values, least) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, ""), (1, "█"), (50, "█████"), (100, "██████████")],  # something is never nothing
)
def test_a_bar_in_blocks(value: float, expected: str) -> None:
    assert bar(value, 100, 10) == expected


def test_programs_are_told_all_of_it() -> None:
    told = report_json(a_report(), By.WEEK)
    assert told["total"]["sent"] == sum(each["sent"] for each in told["messages"]) == 4864
    first, *_ = told["effects"]
    assert first["wrote"]["conclusive"] is True
    assert first["ordered"]["conclusive"] is False
    assert told["effects"][2]["wrote"]["too_few"] is True
    replies, resolutions = told["tickets"]
    assert replies["median"] == 3 * 3600
    assert resolutions["weeks"][-1] == {
        "week": "2026-11-16",
        "count": 0,
        "median": None,
        "p90": None,
    }
    csat, _, effort = told["surveys"]
    assert (csat["measure"], csat["score"]["count"], csat["rate"]["count"]) == ("csat", 411, 1204)
    assert csat["scores"] == {5: 262, 4: 91, 3: 24, 2: 14, 1: 20}
    assert effort["score"]["too_few"] is True
    rows = list(report_rows(a_report(), By.RULE))
    assert [r["value"] for r in rows if r["figure"] == "low_in_time"] == [31, 0, 0]
    by_rule = [r for r in rows if (r["part"], r["figure"]) == ("messages", "sent")]
    assert {r["name"]: r["value"] for r in by_rule} == {
        "delayed-order-apology": 1216,
        "delivery-check-in": 3648,
    }
    (apart,) = (r for r in rows if r["figure"] == "wrote_difference" and r["count"] == 1280)
    assert apart["low"] < apart["value"] < apart["high"] < 0


def test_it_is_about_whole_weeks_unless_told_otherwise(shop: Path, cli: Cli) -> None:
    assert cli("run", "--once", *NOW).code == 0
    last = cli("report", *NOW)
    assert "28 Sep – 22 Nov 2026, 8 weeks" in last.out
    assert "nothing was sent in this time" in last.out
    later = cli("report", "--weeks", "1", "--at", "2026-11-30T08:00", "--json").json
    assert later["schema"] == "outreach/report/1"
    assert [each["rule"] for each in later["messages"]] == ["late"]
    assert later["total"]["sent"] == 1
    today = cli("report", "--since", "2026-11-23", "--at", "2026-11-23T18:00", "--csv")
    rows = list(csv.DictReader(io.StringIO(today.out)))
    assert {r["figure"]: r["value"] for r in rows if r["name"] == "late"}["emails"] == "1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--weeks", "2", "--since", "monday"), "one of the two"),
        (("--until", "now"), "--until goes with --since"),
        (("--since", "tomorrow"), "end after it begins"),
        (("--since", "someday"), "someday"),
        (("--csv", "--json"), "one of the two"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    shop: Path, cli: Cli, words: tuple[str, ...], said: str
) -> None:
    ran = cli("report", *words, *NOW)
    assert ran.code == 2
    assert said in " ".join(ran.err.replace("│", " ").split())


def test_a_rule_alone(shop: Path, cli: Cli) -> None:
    assert cli("run", "--once", *NOW).code == 0
    ran = cli("report", "--rule", "late", "--since", "2026-11-23", "--at", "2026-11-23T18:00")
    assert "Report of late, 23 Nov – 23 Nov 2026, 1 week" in ran.out
    none = cli("report", "--rule", "other", "--since", "2026-11-23", "--at", "2026-11-23T18:00")
    assert "nothing was sent" in none.out
    assert json.dumps(none.err) == '""'


def test_it_is_written_as_a_page(shop: Path, cli: Cli) -> None:
    ran = cli("report", "--html", "report.html", *NOW)
    assert (ran.code, ran.out) == (0, "")
    assert "wrote report.html" in ran.err
    assert "Nordlicht" in (shop / "report.html").read_text("utf-8")
    nowhere = cli("report", "--html", "no/such/folder.html", *NOW)
    assert nowhere.code == 2
    assert "cannot be written" in nowhere.err
