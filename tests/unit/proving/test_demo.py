"""The demo: what its report counts is what arrived, and a seed gives the same shop again."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from outreach.cli.starter import copy_starter
from outreach.model import Channel
from outreach.proving.demo import FAULTY, DemoReport, play
from outreach.proving.scratch import make_hasty
from outreach.store.database import open_store
from outreach.workspace import Workspace

END = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS = 8


def demo(folder: Path, seed: int) -> tuple[DemoReport, list[str]]:
    copy_starter(folder)
    for path in (folder / "rules").glob("*.yaml"):
        path.write_text(re.sub(r"mode: shadow", "mode: live", path.read_text("utf-8")), "utf-8")
    store = open_store(f"sqlite:///{folder / 'demo.db'}")
    make_hasty(store)
    days: list[str] = []
    try:
        workspace = Workspace.open(folder)
        report = play(
            workspace,
            store,
            end=END,
            days=DAYS,
            seed=seed,
            progress=lambda _, day: days.append(day),
        )
    finally:
        store.close()
    return report, days


def test_it_sends_what_it_tells_of_and_the_same_seed_comes_to_the_same(tmp_path: Path) -> None:
    """One test, as a play takes seconds: other processes would each have one of their own."""
    report, days = demo(tmp_path / "one", seed=1)
    assert report.arrived == report.sent.total() > 20
    assert report.held["delayed-order-apology"] > FAULTY / 2  # the faulty feed
    assert {message.channel for message in report.examples} == {Channel.EMAIL, Channel.SMS}
    assert not any("{{" in message.text for message in report.examples)
    assert len(days) == DAYS
    assert days[-1] == "20 Nov"
    again, _ = demo(tmp_path / "two", seed=1)
    for counts in ("records", "sent", "held", "waiting", "skipped"):
        assert getattr(again, counts) == getattr(report, counts)
