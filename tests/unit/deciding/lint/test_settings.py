"""Addresses that nobody reads, and jobs at a time that summer time leaves out."""

from __future__ import annotations

import pytest

from outreach.deciding.lint.settings import lint_job, lint_settings
from tests.unit.berlin import BERLIN
from tests.unit.deciding.lint.conftest import NOW


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("reply_to: no-reply@shop.example", 11),
        ("reply_to: NoReply@shop.example", 11),
        ("email: {from: donotreply@shop.example}", 15),
        ("reply_to: care@shop.example", 0),
        ("reply_to: care@shop.example   # not no-reply@shop.example", 0),
        ("# reply_to: no-reply@shop.example", 0),
        ("reply_to: no-reply@shop.example   # lint: ignore M106 alerts to ourselves", 0),
    ],
)
def test_an_address_that_nobody_reads_is_found(line: str, column: int) -> None:
    found = [(p.code, p.line, p.column) for p in lint_settings("outreach.yaml", f"a: b\n{line}\n")]
    assert found == ([("M106", 2, column)] if column else [])


@pytest.mark.parametrize(
    ("at", "found"), [("02:30", True), ("03:30", False), ("2:00", True), ("26:00", False)]
)
def test_a_job_has_a_time_that_exists(at: str, found: bool) -> None:
    text = f"job: a\npass: housekeeping\nat: {at}\n"
    problems = list(lint_job("jobs/a.yaml", text, BERLIN, NOW))
    assert [(p.code, p.line, p.column) for p in problems] == ([("T504", 3, 1)] if found else [])
