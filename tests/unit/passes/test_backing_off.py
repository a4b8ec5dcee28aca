"""Backing off: a provider that is busy is not asked again by those who stand in line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.channels.outgoing import Outgoing, Receipted
from outreach.errors import Outcome, SendError
from outreach.model import Channel
from outreach.passes.backing_off import UNSAID, back_off
from outreach.store.permissions import Pause
from tests.unit.ledger import HOUR, NOON

MINUTE = timedelta(minutes=1)


def busy(code: str = "429", wait: float | None = None, *, is_down: bool = False) -> SendError:
    return SendError(Outcome.NOT_SENT, "busy", code=code, retry_after=wait, channel_is_down=is_down)


@pytest.mark.parametrize(
    ("errors", "until"),
    [
        ([busy()], NOON + UNSAID),
        ([busy(wait=90), busy("20429", 30)], NOON + timedelta(seconds=90)),
        ([busy(wait=0)], NOON + timedelta(seconds=1)),
        ([busy("503")], None),
        ([busy("20003", is_down=True)], None),  # that is a matter for a stop
        ([], None),
    ],
)
def test_how_long_a_channel_waits(
    shop: Any, errors: list[SendError], until: datetime | None
) -> None:
    found = back_off(shop.setup, [(Channel.SMS, error) for error in errors], now=NOON)
    assert found == ({Channel.SMS: until} if until else {})
    # told again, it is no news
    assert back_off(shop.setup, [(Channel.SMS, error) for error in errors], now=NOON) == {}


@dataclass
class Busy:
    """A provider that wants a minute's peace after the first call."""

    name: str = "busy"
    calls: int = 0

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        self.calls += 1
        if self.calls == 1:
            raise busy(wait=60)
        return Receipted("p")

    def check(self) -> str:
        return "ready"

    def close(self) -> None:
        pass


def test_those_in_line_do_not_press_on(shop: Any) -> None:
    provider = Busy()
    shop.late_orders(5).plan()
    # one call at a time, so that there is a line
    shop._setup = replace(
        shop.setup, senders={Channel.EMAIL: provider}, concurrency={Channel.EMAIL: 1}
    )
    report = shop.send()
    assert (provider.calls, report.again) == (1, 5)
    assert report.busy == {Channel.EMAIL: NOON + MINUTE}
    assert set(shop.messages("state", "due_at")) == {("planned", NOON + MINUTE)}
    # it is no failure of the channel
    assert shop.rows(Pause) == []
    assert shop.send(NOON + MINUTE).sent == 5
    assert shop.send(NOON + HOUR).busy == {}
