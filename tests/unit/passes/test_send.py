"""Sending: every answer is counted and recorded, a channel that is down is left, a pass ends."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from outreach.channels.outgoing import Outgoing, Receipted
from outreach.errors import Outcome, SendError
from outreach.model import Channel, Reason
from outreach.passes.send import BATCH, SendReport, send_due
from outreach.store.ledger import Attempt
from tests.unit.ledger import DAY, NOON, add_late_orders

REFUSED = SendError(Outcome.REJECTED, "no")
BUSY = SendError(Outcome.NOT_SENT, "later")
LOCKED_OUT = SendError(Outcome.REJECTED, "wrong password", channel_is_down=True)
SILENCE = SendError(Outcome.IN_DOUBT, "the line went dead")


@dataclass
class Provider:
    """A provider that answers as it is told, by the address; all others it takes."""

    answers: Mapping[str, Exception] = field(default_factory=dict)
    name: str = "told"
    taken: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        self.asked.append(outgoing.to)
        if answer := self.answers.get(outgoing.to.partition("@")[0]):
            raise answer
        self.taken.append(outgoing.to)
        return Receipted(f"id-{outgoing.message_id}")

    def check(self) -> str:
        return "ready"

    def close(self) -> None:
        pass


def late_orders(shop: Any, count: int) -> None:
    with shop.store.write() as connection:
        add_late_orders(connection, count)


def with_provider(shop: Any, answers: Mapping[str, Exception], *, at_a_time: int = 8) -> Provider:
    provider = Provider(answers)
    channels = {Channel.EMAIL: at_a_time, Channel.SMS: at_a_time}
    senders = dict.fromkeys(channels, provider)
    shop._setup = replace(shop.setup, senders=senders, concurrency=channels)
    return provider


@pytest.mark.parametrize(
    ("answer", "counted", "state"),
    [
        (REFUSED, {"failed": 1}, "failed"),
        (BUSY, {"again": 1}, "planned"),
        (SILENCE, {"unknown": 1}, "unknown"),
        # whatever it was, it may have gone out
        (RuntimeError("a bug in a library"), {"unknown": 1}, "unknown"),
    ],
)
def test_every_answer_is_counted_and_recorded(
    shop: Any, answer: Exception, counted: dict[str, int], state: str
) -> None:
    late_orders(shop, 3)
    with_provider(shop, {"ana2": answer})
    report = send_due(shop.setup, now=NOON)
    assert report == SendReport(sent=2, **counted)
    assert shop.messages("customer_id", "state") == [
        ("ana1", "sent"),
        ("ana2", state),
        ("ana3", "sent"),
    ]
    assert [row.finished_at for row in shop.rows(Attempt)] == [NOON] * 3


def test_an_error_of_ours_tells_no_secrets(shop: Any) -> None:
    late_orders(shop, 1)
    with_provider(shop, {"ana1": RuntimeError("password hunter2 for ana1@example.com")})
    send_due(shop.setup, now=NOON)
    [attempt] = shop.rows(Attempt)
    assert attempt.error == "RuntimeError while sending"


def test_a_channel_that_is_down_is_left_alone_for_the_rest_of_the_pass(shop: Any) -> None:
    late_orders(shop, BATCH + 5)
    provider = with_provider(shop, {"ana1": LOCKED_OUT})
    report = send_due(shop.setup, now=NOON)
    # the first batch was in the provider's hands, the second was never claimed
    assert len(provider.asked) == BATCH
    assert report.down == {Channel.EMAIL: "wrong password"}
    states = [state for (state,) in shop.messages("state")]
    assert states.count("planned") == 6
    assert not report.more


def test_what_is_put_off_is_counted_by_its_reason(shop: Any) -> None:
    late_orders(shop, 3)
    shop.customer("ana1", email=None).order("A-2", delivered_at=NOON)
    with_provider(shop, {})
    report = send_due(shop.setup, now=NOON)
    assert report == SendReport(sent=1, put_off={Reason.NO_ADDRESS: 1, Reason.CANCELLED_BY_DATA: 1})


def test_a_pass_that_is_limited_says_that_there_is_more(shop: Any) -> None:
    late_orders(shop, BATCH + 10)
    provider = with_provider(shop, {})
    first = send_due(shop.setup, now=NOON, limit=BATCH)
    assert (first.sent, first.more) == (BATCH, True)
    second = send_due(shop.setup, now=NOON, limit=BATCH)
    assert (second.sent, second.more) == (10, False)
    assert len(set(provider.taken)) == BATCH + 10


def test_a_pass_that_is_told_to_stop_sends_what_it_has_claimed(shop: Any) -> None:
    late_orders(shop, BATCH + 10)
    with_provider(shop, {})
    answers = iter([False, True])
    report = send_due(shop.setup, now=NOON, is_over=lambda: next(answers))
    assert (report.sent, report.more) == (BATCH, True)
    assert {state for (state,) in shop.messages("state")} == {"sent", "planned"}


def test_nothing_due_is_nothing_done(shop: Any) -> None:
    provider = with_provider(shop, {})
    assert send_due(shop.setup, now=NOON + DAY) == SendReport()
    assert provider.asked == []


def test_a_channel_is_given_no_more_at_a_time_than_it_may_have(shop: Any) -> None:
    late_orders(shop, 12)
    provider = with_provider(shop, {}, at_a_time=3)
    together = Together(provider.send)
    provider.send = together.send  # type: ignore[method-assign]
    assert send_due(shop.setup, now=NOON).sent == 12
    assert together.most <= 3


@dataclass
class Together:
    """Counts how many calls run at the same time; each waits for a second one, if it comes."""

    inner: Any
    most: int = 0
    now_in: int = 0
    lock: Any = field(default_factory=threading.Lock)
    pair: Any = field(default_factory=lambda: threading.Semaphore(0))

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        with self.lock:
            self.now_in += 1
            self.most = max(self.most, self.now_in)
        self.pair.acquire(timeout=0.02)
        with self.lock:
            self.now_in -= 1
        self.pair.release()
        result: Receipted = self.inner(outgoing, now=now)
        return result
