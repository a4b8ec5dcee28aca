"""A backtest as a page needs nothing else and says what the terminal says."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from outreach.model import Channel, Kind, Reason, SubjectRef
from outreach.proving.backtest.figures import Figures, Held, Volume, Written
from outreach.proving.backtest.page import backtest_page
from outreach.proving.backtest.settled import After
from tests.unit.berlin import BERLIN

BEGIN = datetime(2026, 8, 30, 22, tzinfo=UTC)  # Monday, midnight in Berlin
LATE = After("m1", "late", SubjectRef(Kind.ORDER, "A-7"), BEGIN + timedelta(hours=9), BEGIN)


def figures(scale: int = 1) -> Figures:
    """Return nine weeks of two rules, a hundred mails of one and a few texts of the other."""
    days = [date(2026, 8, 31) + timedelta(days=n) for n in range(60)]
    sent = Counter(
        {Volume("late", Channel.EMAIL, day): scale * (1 + n % 5) for n, day in enumerate(days)}
    )
    sent[Volume("out-for-delivery", Channel.SMS, days[3])] = 40 * scale
    hours = Counter({BEGIN.astimezone(BERLIN) + timedelta(hours=9 + n): n + 1 for n in range(10)})
    return Figures(
        BEGIN,
        BEGIN + timedelta(days=60),
        BERLIN,
        {Kind.CUSTOMER: 310, Kind.ORDER: 1400},
        900,
        ["late", "out-for-delivery", "quiet"],
        sent=sent,
        segments=Counter({"out-for-delivery": 44 * scale}),
        hours=hours,
        silent=Counter({("late", Reason.COOLDOWN): 12, ("quiet", Reason.NO_CONSENT): 3}),
        held=[Held("late", Reason.OVER_HOLD_LIMIT, BEGIN, 61)],
        most_written=[Written("C-9", 7, 2)],
    )


def page(**found: Figures) -> str:
    return backtest_page(found, "Nordlicht", BEGIN + timedelta(days=61))


def test_it_is_one_file_that_asks_for_nothing_and_runs_nothing() -> None:
    html = page(files=figures())
    assert "<script" not in html
    assert not re.search(r"(src|href|url)\s*[=(]", html)
    assert "prefers-color-scheme: dark" in html
    assert len(html) < 60_000


@pytest.mark.parametrize(
    "said",
    [
        "Backtest of files",
        "31 Aug 2026 to 29 Oct 2026 · 310 customers, 1,400 orders",
        "None would have gone out",
        "Busiest day: Thu 3 Sep 2026, 44 messages.",
        "Busiest hour: 31 Aug 2026 18:00, 10 messages.",
        "<td>61</td>",  # held
        "more than hold_above",
        "cooldown",
        "C-9",
    ],
)
def test_it_says_what_the_terminal_says(said: str) -> None:
    assert said in page(files=figures())


def test_what_came_too_late_is_named() -> None:
    html = page(files=replace(figures(), after_settled=[LATE]))
    assert "1 would have gone out too late" in html
    assert "order A-7" in html


def test_two_sets_of_rules_stand_side_by_side() -> None:
    html = backtest_page({"version 4": figures(), "files on disk": figures(2)}, "", BEGIN)
    assert "Backtest of version 4 beside files on disk" in html
    assert "<td>+180</td>" in html
    assert html.count("By week</h2>") == 2


def test_nothing_sent_is_said_without_charts_of_nothing() -> None:
    nothing = replace(figures(), sent=Counter(), hours=Counter(), silent=Counter(), held=[])
    html = page(files=nothing)
    assert "<svg" not in html
    assert "By week" not in html


def test_a_name_is_data() -> None:
    evil = figures()
    evil.rules = ["<b>late"]
    evil.most_written = [Written("<b>C-9", 7, 2)]
    assert "<b>" not in page(files=evil)
