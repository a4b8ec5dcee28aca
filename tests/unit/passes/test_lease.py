"""The lease: nothing is sent of a claim that ran out, or that somebody else has given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.channels.outgoing import Outgoing, Receipted
from outreach.clock import elapsed
from outreach.errors import Refused
from outreach.model import Channel
from outreach.passes.housekeeping import settle_lapsed
from outreach.passes.lease import LEASE, SURE_FOR, Lease
from outreach.passes.send import SendReport, send_due
from outreach.releases import open_setup
from outreach.store.ledger import Attempt
from tests.unit.ledger import NOON, add_late_orders

MINUTE = timedelta(minutes=1)
#: of the five minutes
FRESH, ENDS = 60.0, 270.0


@pytest.mark.parametrize(
    ("passed", "is_fresh", "holds"),
    [
        (0.0, True, True),
        (FRESH - 1, True, True),
        (FRESH, False, True),  # what is claimed is sent, and nothing more is claimed
        (ENDS, False, True),
        (ENDS + 1, False, False),  # a call takes its time
        (86_400.0, False, False),
    ],
)
def test_a_lease_ends_by_the_clock(shop: Any, passed: float, is_fresh: bool, holds: bool) -> None:
    times = [1000.0]
    lease = Lease(shop.store, LEASE, since=times[0], clock=lambda: times[0])
    times[0] += passed
    lease.claimed(frozenset({"m1"}))
    assert (lease.is_fresh(), lease.holds("m1"), lease.holds("m2")) == (is_fresh, holds, False)


@dataclass
class Slow:
    """A provider that takes everything; at the first message something else happens."""

    meanwhile: Callable[[], object]
    name: str = "slow"
    taken: list[str] = field(default_factory=list)

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        self.taken.append(outgoing.message_id)
        if len(self.taken) == 1:
            self.meanwhile()
        return Receipted(f"id-{outgoing.message_id}")

    def check(self) -> str:
        return "ready"

    def close(self) -> None:
        pass


def with_slow(shop: Any, meanwhile: Callable[[], object]) -> Slow:
    with shop.store.write() as connection:
        add_late_orders(connection, 5)
    provider = Slow(meanwhile)
    senders, one = {Channel.EMAIL: provider}, {Channel.EMAIL: 1}
    shop._setup = replace(shop.setup, senders=senders, concurrency=one)
    return provider


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the leases of the send pass go by."""
    times = [1000.0]
    monkeypatch.setattr(Lease.__init__, "__kwdefaults__", {"clock": lambda: times[0]})
    return times


def test_who_wakes_up_too_late_sends_nothing_more_of_the_claim(
    shop: Any, clock: list[float]
) -> None:
    provider = with_slow(shop, lambda: clock.__setitem__(0, 1000.0 + ENDS + 1))
    assert send_due(shop.setup, now=NOON, read_at=1000.0) == SendReport(sent=1, again=4, more=True)
    assert len(provider.taken) == 1
    # and what nobody gave up meanwhile goes out in the next claim
    assert send_due(shop.setup, now=NOON + 2 * MINUTE, read_at=clock[0]).sent == 4
    assert len(set(provider.taken)) == len(provider.taken) == 5
    assert {state for (state,) in shop.messages("state")} == {"sent"}


def test_what_others_gave_up_is_not_sent_though_no_clock_says_so(
    shop: Any, clock: list[float]
) -> None:
    """A virtual machine that was halted: its clocks stood still, the world's did not."""

    def give_up() -> None:
        settle_lapsed(shop.setup, now=NOON + LEASE + MINUTE)
        clock[0] += SURE_FOR + 0.1

    provider = with_slow(shop, give_up)
    send_due(shop.setup, now=NOON, read_at=1000.0)
    assert len(provider.taken) == 1
    # nor is anything written over it, not even what the provider said
    assert {state for (state,) in shop.messages("state")} == {"unknown"}
    assert {row.outcome for row in shop.rows(Attempt)} == {"in_doubt"}


def test_a_time_that_was_read_long_ago_claims_nothing(shop: Any) -> None:
    provider = with_slow(shop, lambda: None)
    report = send_due(shop.setup, now=NOON, read_at=elapsed() - FRESH)
    assert (report, provider.taken) == (SendReport(more=True), [])


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_tests_may_make_it_short(shop: Any) -> None:
    shop.apply()
    short = open_setup(shop.workspace, shop.store, env={"OUTREACH_LEASE": "2.5"})
    assert short.lease == timedelta(seconds=2.5)
    assert shop.setup.lease == LEASE
    with pytest.raises(Refused, match="OUTREACH_LEASE"):
        open_setup(shop.workspace, shop.store, env={"OUTREACH_LEASE": "soon"})
