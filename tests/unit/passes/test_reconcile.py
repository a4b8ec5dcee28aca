"""Reconciling: of many messages in doubt none waits for those about which nobody can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from outreach.channels.outgoing import Doubtful, Receipted
from outreach.errors import Outcome, SendError
from outreach.model import Channel, Purpose
from outreach.passes import reconcile as reconciling
from outreach.passes.reconcile import FIRST_LOOK, reconcile

HOUR = timedelta(hours=1)


class Silent:
    """A provider that never answers, and knows afterwards what it took."""

    name = "silent"

    def __init__(self, taken: Sequence[str] = ()) -> None:
        self.taken = taken
        self.asked: list[str] = []

    def send(self, *_: Any, **__: Any) -> Receipted:
        raise SendError(Outcome.IN_DOUBT, "no answer")

    def close(self) -> None:
        """Nothing was opened."""

    def find(self, call: Doubtful) -> Sequence[Receipted]:
        self.asked.append(call.to)
        return [Receipted(f"id of {call.to}")] if call.to in self.taken else []


class Mute:
    """A provider that never answers, and cannot be asked."""

    name = "silent"
    send = Silent.send
    close = Silent.close


def doubted(shop: Any, count: int) -> None:
    shop.late_orders(count).plan()
    shop.setup.senders[Channel.EMAIL] = Silent()
    shop.send()


def test_each_is_found_or_left(shop: Any, noon: datetime) -> None:
    doubted(shop, 3)
    provider = shop.setup.senders[Channel.EMAIL] = Silent(["ana1@example.com", "ana3@example.com"])
    assert reconcile(shop.setup, now=noon + FIRST_LOOK / 2).left == 3
    assert provider.asked == []
    report = reconcile(shop.setup, now=noon + FIRST_LOOK)
    assert (report.found, report.resent, report.failed, report.left) == (2, 0, 0, 1)
    states = {row.customer_id: (row.state, row.provider_id) for row in shop.messages()}
    assert states["ana1"] == ("sent", "id of ana1@example.com")
    assert states["ana2"] == ("unknown", None)


def test_those_that_wait_longest_are_asked_about_first(
    shop: Any, noon: datetime, monkeypatch: Any
) -> None:
    monkeypatch.setattr(reconciling, "AT_MOST", 2)
    doubted(shop, 5)
    provider = shop.setup.senders[Channel.EMAIL] = Silent()
    for minutes in (2, 3, 4):
        reconcile(shop.setup, now=noon + timedelta(minutes=minutes))
    assert sorted(provider.asked) == [f"ana{n}@example.com" for n in range(1, 6)]


def test_who_cannot_be_asked_keeps_nobody_waiting(
    shop: Any, noon: datetime, monkeypatch: Any
) -> None:
    monkeypatch.setattr(reconciling, "AT_MOST", 1)
    doubted(shop, 2)
    setup = replace(shop.setup, senders={Channel.EMAIL: Mute()})
    assert reconcile(setup, now=noon + HOUR).left == 2
    again = replace(setup, resend_after={Purpose.SERVICE: HOUR})
    assert reconcile(again, now=noon + HOUR).resent == 1
    assert reconcile(again, now=noon + HOUR).resent == 1
    assert shop.messages("state", "reason") == [("planned", "resent")] * 2
