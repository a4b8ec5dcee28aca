"""What goes where, and how it looks: streams, colour, tables, masks, JSON."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from outreach.cli.options import Color, Manners
from outreach.cli.output import Output
from outreach.cli.output_problems import excerpt
from outreach.cli.output_tables import Cell, Column, cells, cut, table
from outreach.cli.output_values import mask
from outreach.errors import Problem
from outreach.model import Kind, Money


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def a_screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Let somebody look at stdout, from the test itself: it has another one than its fixtures."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    shown = Screen()
    monkeypatch.setattr(sys, "stdout", shown)
    return shown


def test_data_and_notes_go_to_their_own_streams(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(Manners())
    out.line("a result")
    out.note("a note")
    out.suggest(("outreach check", "finds mistakes"))
    said = capsys.readouterr()
    assert said.out == "a result\n"
    assert said.err == "a note\n→ outreach check   finds mistakes\n"


def test_quiet_hides_notes_but_not_errors(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(Manners(quiet=True))
    out.note("a note")
    out.error("it broke")
    assert capsys.readouterr().err == "error: it broke\n"


def test_json_is_one_document_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    @dataclass(frozen=True)
    class Record:
        kind: Kind
        seen: frozenset[str]

    out = Output(Manners(json=True))
    out.line("for people")
    out.document(
        "test/1",
        {
            "at": datetime(2026, 11, 23, 10, tzinfo=UTC),
            "total": Money(Decimal("9.90"), "EUR"),
            "record": Record(Kind.ORDER, frozenset({"b", "a"})),
        },
    )
    assert json.loads(capsys.readouterr().out) == {
        "schema": "outreach/test/1",
        "at": "2026-11-23T10:00:00+00:00",
        "total": "9.90 EUR",
        "record": {"kind": "order", "seen": ["a", "b"]},
    }


@pytest.mark.parametrize(
    ("color", "env", "expected"),
    [
        (None, {}, True),  # a screen
        (None, {"NO_COLOR": "1"}, False),  # the reader's wish
        (None, {"NO_COLOR": ""}, True),  # empty counts as not set (no-color.org)
        (None, {"TERM": "dumb"}, False),
        (Color.NEVER, {}, False),
        (Color.ALWAYS, {"NO_COLOR": "1"}, True),  # what is said now is meant
    ],
)
def test_colour_on_a_screen(color, env, expected, monkeypatch: pytest.MonkeyPatch) -> None:
    a_screen(monkeypatch)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in Output(Manners(color=color)).style("red", "red")) is expected


def test_a_pipe_gets_no_colour(capsys: pytest.CaptureFixture[str]) -> None:
    Output(Manners()).line(Output(Manners()).style("red", "red"))
    assert capsys.readouterr().out == "red\n"


COLUMNS = (Column("Rule", shrinks=True), Column("Sent", right=True))


def test_a_table_is_aligned_and_totalled(capsys: pytest.CaptureFixture[str]) -> None:
    table(Output(Manners()), COLUMNS, [["late", "12"], [Cell("注文", "red"), "3"]], ["", "15"])
    assert capsys.readouterr().out.splitlines() == [
        "Rule  Sent",
        "late    12",
        "注文     3",  # wide signs take two places
        "      ────",
        "        15",
    ]


def test_a_table_is_cut_on_a_screen_and_never_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = a_screen(monkeypatch)
    long = "a-rule-with-a-very-long-name-that-does-not-fit"
    table(Output(Manners(color=Color.NEVER)), COLUMNS, [[long, "1"]])
    assert screen.getvalue().splitlines()[1] == "a-rule-with-a-very-long-name-that…     1"
    monkeypatch.undo()
    table(Output(Manners()), COLUMNS, [[long, "1"]])
    assert long in capsys.readouterr().out


def test_a_column_that_wraps_goes_on_below(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = a_screen(monkeypatch)
    columns = (Column("Field"), Column("Values", wraps=True))
    table(
        Output(Manners(color=Color.NEVER)),
        columns,
        [["status", "placed paid packed shipped delivered"]],
    )
    assert screen.getvalue().splitlines()[1:] == [
        "status  placed paid packed shipped",
        "        delivered",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ana.ruiz@example.com", "a…z@example.com"),
        ("a@example.com", "a…@example.com"),  # one letter is not shown twice
        ("+4915550123", "+49…23"),
        ("Ana Ruiz", "A…iz"),
        ("Bo", "Bo"),  # nothing left to hide
    ],
)
def test_addresses_and_names_are_masked(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("short", 10, "short"), ("much too long", 8, "much to…"), ("注文注文", 5, "注文…")],
)
def test_cut_keeps_to_the_width(text: str, width: int, expected: str) -> None:
    assert cut(text, width) == expected
    assert cells(cut(text, width)) <= width


def test_carets_stand_under_what_is_wrong_whatever_is_before_it() -> None:
    problem = Problem("f.yaml", 3, 6, "E1", "wrong", source="\t注文: wrong", width=5)
    source, carets = excerpt(problem, Output(Manners()))
    assert source == "   3 | \t注文: wrong"
    assert carets == "     | \t      ^^^^^"
