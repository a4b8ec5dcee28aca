"""What sending asks of the database: a few statements a batch, however large, and two commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import event

from outreach.channels.outgoing import Outgoing, Receipted
from outreach.model import Channel
from outreach.passes import send
from outreach.passes.claim import claim
from outreach.passes.send import BATCH, send_due
from tests.unit.ledger import NOON, add_late_orders


class Provider:
    """Takes everything at once."""

    name = "told"

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        return Receipted(f"id-{outgoing.message_id}")

    def check(self) -> str:
        return "ready"

    def close(self) -> None:
        pass


@dataclass
class Cost:
    """What was sent to the database meanwhile."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0

    @property
    def questions(self) -> list[str]:
        return [text for text in self.statements if text.startswith("SELECT")]


@contextmanager
def counted(shop: Any) -> Iterator[Cost]:
    cost, engine = Cost(), shop.store.engine

    def ran(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        cost.statements.append(statement)

    def committed(_connection: Any) -> None:
        cost.commits += 1

    event.listen(engine, "before_cursor_execute", ran)
    event.listen(engine, "commit", committed)
    try:
        yield cost
    finally:
        event.remove(engine, "before_cursor_execute", ran)
        event.remove(engine, "commit", committed)


def due(shop: Any, count: int) -> Any:
    with shop.store.write() as connection:
        add_late_orders(connection, count)
    shop._setup = replace(shop.setup, senders={Channel.EMAIL: Provider()})
    return shop.setup


def test_judging_asks_as_much_about_many_messages_as_about_one(shop: Any) -> None:
    setup = due(shop, BATCH + 1)
    asked = []
    for limit in (1, BATCH):
        with shop.store.write() as connection, counted(shop) as cost:
            claimed, _ = claim(connection, setup, owner="w", now=NOON, limit=limit)
        assert len(claimed) == limit
        asked.append(cost.questions)
    assert len(asked[1]) == len(asked[0])
    assert len(asked[0]) <= 20


def test_two_commits_are_shared_by_a_batch(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # a busy machine may take its time over answers that come at once
    monkeypatch.setattr(send, "TOGETHER", 30.0)
    batches = 4
    setup = due(shop, batches * BATCH)
    with counted(shop) as cost:
        report = send_due(setup, now=NOON, limit=batches * BATCH)
    assert report.sent == batches * BATCH
    assert cost.commits <= 2 * batches
    # intents, states and history, outcomes, contacts, and what rules do next: as many for fifty
    # messages as for one
    assert len(cost.statements) <= 40 * batches


def test_an_answer_is_written_down_though_others_are_not_there_yet(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "TOGETHER", 0.001)
    setup = due(shop, 5)
    provider = setup.senders[Channel.EMAIL] = Slow(shop)
    assert send_due(setup, now=NOON).sent == 5
    assert provider.saw == 4


@dataclass
class Slow(Provider):
    """Answers about one message only when all the others are written down, or never will be."""

    shop: Any
    saw: int = 0

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        if outgoing.to == "ana1@example.com":
            began = monotonic()
            while self.saw < 4 and monotonic() < began + 20:
                self.saw = self.shop.messages("state").count(("sent",))
        return super().send(outgoing, now=now)
