"""`coupons:` and the files with the codes: what is wrong is told with its line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from outreach.errors import DataError, Problem
from outreach.model import Money
from outreach.rules.offer import Pool
from outreach.timing.durations import Duration
from outreach.workspace.coupons import CodeRow, read_codes
from outreach.workspace.settings import Settings, read_settings

FIVE = Money(Decimal(5), "EUR")
POOL = "{codes: coupons/five.csv, value: 5 EUR, expires: 60 days, approval_above: 20 EUR}"


def read(text: str) -> tuple[Settings | None, list[Problem]]:
    problems: list[Problem] = []
    return read_settings(f"format: 1\ntimezone: Europe/Berlin\n{text}\n", problems), problems


def test_a_pool() -> None:
    settings, problems = read(f"coupons: {{five: {POOL}}}")
    assert not problems
    assert settings
    above = Money(Decimal(20), "EUR")
    assert settings.coupons == {
        "five": Pool("five", "coupons/five.csv", FIVE, Duration(days=60), above)
    }
    assert not settings.coupons["five"].needs_approval


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ("{five: {value: 5 EUR}}", "E005", "needs the key `codes`"),
        ("{five: {codes: five.csv}}", "E005", "needs the key `value`"),
        ("{five: {codes: ../five.csv, value: 5 EUR}}", "E010", "must lie in the workspace"),
        ("{five: {codes: five.csv, value: 5}}", "E010", "write it like 5 EUR"),
        ("{five: {codes: five.csv, value: 0 EUR}}", "E010", "write it like 5 EUR"),
        ("{five: {codes: five.csv, value: 5 EUR, expire: 1 day}}", "E003", "`expires`"),
        ("{five: {codes: f.csv, value: 5 EUR, expires: 2 business days}}", "E010", "business"),
        ("{five: {codes: f.csv, value: 5 EUR, approval_above: 9 USD}}", "E010", "in EUR too"),
        ("{5 EUR: {codes: five.csv, value: 5 EUR}}", "E402", "cannot be a name"),
    ],
)
def test_what_is_wrong(text: str, code: str, part: str) -> None:
    _, problems = read(f"coupons: {text}")
    assert [(problem.code, problem.line) for problem in problems] == [(code, 3)]
    assert part in problems[0].message


def test_a_dear_pool_needs_a_person() -> None:
    settings, _ = read("coupons: {big: {codes: f.csv, value: 50 EUR, approval_above: 20 EUR}}")
    assert settings
    assert settings.coupons["big"].needs_approval


def test_codes_one_a_line(tmp_path: Path) -> None:
    file = tmp_path / "codes.txt"
    file.write_text("ABC-1\n\nABC-2\nno code\nABC-1\n", "utf-8-sig")
    assert read_codes(file) == [
        CodeRow(1, "ABC-1"),
        CodeRow(3, "ABC-2"),
        CodeRow(4, "no code", "this is no code: 3 to 64 letters and digits, no blanks"),
        CodeRow(5, "ABC-1", "the same code stands in line 1"),
    ]


def test_codes_with_headings(tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("Batch,Code\n7,ABC-1\n7,\n", "utf-8")
    assert [(row.line, row.code, bool(row.fault)) for row in read_codes(file)] == [
        (2, "ABC-1", False),
        (3, "", True),
    ]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xfa"])
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "codes.csv"
    if content:
        file.write_bytes(content)
    with pytest.raises(DataError, match=r"cannot be read|not UTF-8"):
        read_codes(file)
