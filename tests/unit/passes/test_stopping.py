"""Stopping: a channel that fails is left alone by all processes, and goes on by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.channels.outgoing import Outgoing, Receipted
from outreach.errors import Outcome, SendError
from outreach.model import Channel
from outreach.passes.claim import claim
from outreach.passes.housekeeping import settle_lapsed
from outreach.passes.lease import LEASE, Lease
from outreach.passes.pausing import Scope, pause, resume
from outreach.passes.send import send_due
from outreach.store.operations import AuditEntry
from outreach.store.permissions import Pause

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LOCKED_OUT = SendError(Outcome.NOT_SENT, "SendGrid answered 401", channel_is_down=True)
BROKEN = SendError(Outcome.IN_DOUBT, "SendGrid answered 503", code="503")
REFUSED = SendError(Outcome.REJECTED, "SendGrid answered 400", code="400")
BUSY = SendError(Outcome.NOT_SENT, "SendGrid answered 429", code="429")
NOBODY = SendError(Outcome.REJECTED, "no such mailbox", code="550", address_is_bad=True)


@dataclass
class Provider:
    """A provider that answers calls with an error, by their number, and takes the rest."""

    error: Exception | None = None
    fails: Callable[[int], bool] = lambda _: True
    name: str = "told"
    calls: int = 0
    checks: int = 0
    is_well: bool = True
    taken: list[str] = field(default_factory=list)

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        self.calls += 1
        if self.error and self.fails(self.calls):
            raise self.error
        self.taken.append(outgoing.to)
        return Receipted(f"id-{outgoing.message_id}")

    def check(self) -> str:
        self.checks += 1
        if not self.is_well:
            raise LOCKED_OUT
        return "ready"

    def close(self) -> None:
        pass


def with_provider(shop: Any, provider: Provider) -> Provider:
    # one call at a time, so that which calls go wrong is certain
    alone = dict.fromkeys(Channel, 1)
    shop._setup = replace(shop.setup, senders=dict.fromkeys(Channel, provider), concurrency=alone)
    return provider


def pauses(shop: Any) -> list[tuple[Any, ...]]:
    return [(p.name, p.reason, p.ended_at) for p in shop.rows(Pause)]


def states(shop: Any) -> set[str]:
    return {state for (state,) in shop.messages("state")}


def test_a_channel_that_refuses_everything_is_stopped_for_all_and_asked_again(
    shop: Any, noon: datetime
) -> None:
    shop.late_orders(3).plan()
    provider = with_provider(shop, Provider(LOCKED_OUT, is_well=False))
    report = shop.send()
    assert report.down == {Channel.EMAIL: "SendGrid answered 401"}
    assert pauses(shop) == [("email", "SendGrid answered 401", None)]
    assert states(shop) == {"planned"}
    calls = provider.calls
    # another process, too, lets them wait; its own provider is not called
    shop.send(noon + 5 * MINUTE)
    assert (provider.calls, provider.checks) == (calls, 1)
    assert shop.messages("state", "reason") == [("planned", "paused")] * 3
    shop.send(noon + 9 * MINUTE)
    assert provider.checks == 1  # not at every pass
    provider.is_well, provider.error = True, None
    shop.send(noon + 10 * MINUTE)
    assert states(shop) == {"sent"}
    assert [ended_at for _, _, ended_at in pauses(shop)] == [noon + 10 * MINUTE]
    assert [(row.who, row.action) for row in shop.rows(AuditEntry)][-2:] == [
        ("outreach", "pause"),
        ("outreach", "resume"),
    ]


@pytest.mark.parametrize(
    ("error", "fails", "stops"),
    [
        (BROKEN, lambda call: call % 3, True),
        (REFUSED, lambda call: call % 3, True),
        (BROKEN, lambda call: call % 2 == 0, False),  # not more than half
        (BUSY, lambda _: True, False),  # it comes back by itself
        (NOBODY, lambda _: True, False),  # the addresses' fault
    ],
)
def test_a_channel_of_which_more_than_half_fails_is_stopped(
    shop: Any, error: SendError, fails: Callable[[int], bool], stops: bool
) -> None:
    shop.late_orders(30).plan()
    with_provider(shop, Provider(error, fails))
    shop.send()
    assert bool(pauses(shop)) is stops


def test_a_crash_of_ours_is_no_fault_of_the_providers(shop: Any, noon: datetime) -> None:
    """What a killed process had in hand is in doubt, and the channel is none the worse for it."""
    shop.late_orders(60).plan()
    with_provider(shop, Provider(BROKEN, lambda call: call == 1))
    with shop.store.write() as connection:
        claim(connection, shop.setup, owner="killed", now=noon, limit=50)
    later = noon + LEASE + MINUTE
    assert settle_lapsed(shop.setup, now=later) == 50
    assert shop.send(later).unknown == 1
    assert pauses(shop) == []


def test_what_was_not_called_in_time_is_no_fault_of_the_providers(
    shop: Any, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.late_orders(30).plan()
    monkeypatch.setattr(Lease, "holds", lambda *_: False)  # it was frozen meanwhile
    with_provider(shop, Provider())
    assert shop.send().again == 30
    assert pauses(shop) == []


def test_few_calls_say_nothing(shop: Any) -> None:
    shop.late_orders(19).plan()
    with_provider(shop, Provider(BROKEN))
    shop.send()
    assert pauses(shop) == []


def test_after_it_was_resumed_a_channel_begins_anew(shop: Any, noon: datetime) -> None:
    shop.late_orders(60).plan()
    provider = with_provider(shop, Provider(REFUSED))
    shop.send()
    [(_, reason, ended_at)] = pauses(shop)
    assert ended_at is None
    assert "of the last" in reason
    shop.send(noon + MINUTE)  # what is left waits, and has not failed
    left = 60 - provider.calls
    assert shop.messages("state").count(("planned",)) == left > 0
    later = noon + 2 * MINUTE
    held = resume(shop.store, Scope.CHANNEL, "email", who="anna", now=later)
    assert held.waiting == left
    provider.error = None
    shop.send(later)
    assert shop.messages("state").count(("sent",)) == left
    assert len(pauses(shop)) == 1


def test_a_channel_that_keeps_failing_is_asked_less_and_less_often(
    shop: Any, noon: datetime
) -> None:
    shop.late_orders(1).plan()
    with_provider(shop, Provider(LOCKED_OUT))  # its account is well, and every message is refused
    at, gaps = noon, []
    for _ in range(5):
        shop.send(at)
        [stop] = [row for row in shop.rows(Pause) if row.ended_at is None]
        gaps.append(stop.probe_at - at)
        at = stop.probe_at
    assert gaps == [5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE, HOUR]


def test_what_a_person_paused_no_probe_resumes(shop: Any, noon: datetime) -> None:
    shop.late_orders(1).plan()
    with_provider(shop, Provider(LOCKED_OUT))
    shop.send()
    pause(shop.store, Scope.CHANNEL, "email", reason="wait", who="anna", now=noon + MINUTE)
    shop.send(noon + HOUR)
    assert [(p.who, p.ended_at) for p in shop.rows(Pause)] == [
        ("outreach", noon + MINUTE),
        ("anna", None),
    ]
    assert shop.messages("state", "reason") == [("planned", "paused")]


def test_a_pause_by_a_person_stands_when_the_channel_fails(shop: Any, noon: datetime) -> None:
    """It was called before the pause, and answers after it."""
    shop.late_orders(1).plan()
    provider = with_provider(shop, Provider(LOCKED_OUT))

    def send(outgoing: Outgoing, *, now: datetime) -> Receipted:
        pause(shop.store, Scope.CHANNEL, "email", reason="wait", who="anna", now=now)
        raise LOCKED_OUT

    provider.send = send  # type: ignore[method-assign]
    shop.send()
    assert [(p.who, p.ended_at) for p in shop.rows(Pause)] == [("anna", None)]


def test_the_other_channel_goes_on(shop: Any, noon: datetime) -> None:
    shop.late_orders(2).plan()
    provider = Provider()
    with_provider(shop, provider)
    senders = {Channel.EMAIL: Provider(LOCKED_OUT, is_well=False), Channel.SMS: provider}
    shop._setup = replace(shop.setup, senders=senders)
    shop.send()
    shop.customer("bo", email=None, phone="+4915112345678")
    shop.edit(
        "rules/shop.yaml", "        send: note", "        send: note\n        via: [email, sms]"
    )
    shop.order("A-9", "bo", promised_at=noon - timedelta(days=2))
    shop.apply()
    shop._setup = replace(shop.setup, senders=senders)
    shop.plan(noon + MINUTE)
    send_due(shop.setup, now=noon + MINUTE)
    assert provider.taken == ["+4915112345678"]
