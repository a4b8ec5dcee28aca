"""Recording: what came of provider calls, for the message, its enrollments and the customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from outreach.channels.outgoing import Receipted
from outreach.errors import Outcome, SendError
from outreach.model import Channel, MessageState, Purpose, Reason
from outreach.passes.backing_off import patience
from outreach.passes.claim import Claimed
from outreach.passes.next_channel import say_again
from outreach.passes.opting_out import drop_waiting
from outreach.passes.progress import Ending, go_on_after
from outreach.passes.receipts import follow_receipts
from outreach.passes.setup import Setup
from outreach.store import claiming, rates, suppressing
from outreach.store.change_log import lock_change_log
from outreach.store.contacts import note_contacts
from outreach.store.states import StateChange, change_states

#: the first wait before a definite non-send is tried again; it doubles each time
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)
#: a channel whose provider refuses everything is asked again this much later
DOWN_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class Settled:
    """What a result means for its message; `ends` when no further try follows."""

    state: MessageState
    reason: Reason
    note: str = ""
    ends: bool = True
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ended:
    """A call that ended, and what that means for its message."""

    claimed: Claimed
    result: Receipted | SendError
    settled: Settled
    #: what its rule is called now: an edit may have renamed it meanwhile
    rule: str

    @property
    def change(self) -> StateChange:
        settled = self.settled
        values = {"lease_owner": None, "lease_until": None, **settled.values}
        id_ = self.claimed.message.id
        return StateChange(id_, settled.state, settled.reason, settled.note, values=values)

    @property
    def may_be_out(self) -> bool:
        return self.settled.state in (MessageState.SENT, MessageState.UNKNOWN)


def record(
    connection: Connection,
    setup: Setup,
    results: Sequence[tuple[Claimed, Receipted | SendError]],
    *,
    now: datetime,
) -> None:
    """Write down some results."""
    # before any row: whoever takes in data locks in this order too
    lock_change_log(connection)
    # for the others the lease ran out meanwhile, and they were given up as unknown
    ours = claiming.still_ours(connection, [claimed.attempt for claimed, _ in results])
    ended = [
        Ended(claimed, result, settle(claimed, result, now), ours[claimed.attempt])
        for claimed, result in sorted(results, key=lambda each: each[0].message.customer_id)
        if claimed.attempt in ours
    ]
    outcomes = {each.claimed.attempt: _attempt_values(each.result, now) for each in ended}
    claiming.finish_attempts(connection, outcomes)
    change_states(connection, [each.change for each in ended], now)
    _follow(connection, setup, ended, now)
    # a provider may have told more before its answer was written down
    follow_receipts(connection, [each.claimed.message.id for each in ended], now)
    _give_back(connection, setup, ended, now)


def _give_back(connection: Connection, setup: Setup, ended: Iterable[Ended], now: datetime) -> None:
    """Let what certainly did not go out count for no channel's daily cap."""
    unused: dict[Channel, int] = defaultdict(int)
    for each in ended:
        if not each.may_be_out:
            unused[each.claimed.channel] += max(each.claimed.outgoing.segments, 1)
    for channel, count in sorted(unused.items()):
        allowance = setup.allowances.get(channel)
        if allowance and allowance.daily_cap:
            rates.give_back(connection, channel, count, now)


def settle(claimed: Claimed, result: Receipted | SendError, now: datetime) -> Settled:
    """Decide what a result means. Pure; tested by a table."""
    if isinstance(result, Receipted):
        return Settled(MessageState.SENT, Reason.SENT, values={"provider_id": result.provider_id})
    match result.outcome:
        case Outcome.IN_DOUBT:
            return Settled(MessageState.UNKNOWN, Reason.IN_DOUBT, str(result))
        case Outcome.REJECTED if not result.channel_is_down:
            reason = Reason.PROVIDER_REJECTED
            if result.address_is_bad:
                reason = Reason.BAD_ADDRESS
            if result.opted_out:
                reason = Reason.OPTED_OUT
            return Settled(MessageState.FAILED, reason, str(result), values={"sent_at": None})
        case _:
            again = now + retry_after(claimed.message.tries + 1, result)
            return Settled(
                MessageState.PLANNED,
                Reason.PROVIDER_ERROR,
                str(result),
                ends=False,
                values={"due_at": again, "sent_at": None},
            )


def retry_after(tries: int, error: SendError) -> timedelta:
    """Return how long to wait before the next try: doubling, or what the provider asked for.

    Who asks for patience is not asked by other messages either: there is no need for more.
    """
    if error.channel_is_down:
        return max(DOWN_FOR, timedelta(seconds=error.retry_after or 0))
    if error.retry_after is not None:
        return patience(error)
    doubled = FIRST_RETRY * 2 ** min(tries - 1, 10)
    return min(doubled, LONGEST_RETRY)


def _follow(connection: Connection, setup: Setup, ended: Sequence[Ended], now: datetime) -> None:
    """Do what follows: for the customers, for addresses that do not work, and for the rules."""
    out = [(each.claimed.message, each.claimed.subjects) for each in ended if each.may_be_out]
    renamed = {each.claimed.message.rule: each.rule for each in ended}
    note_contacts(connection, out, now, renamed=renamed)
    endings = []
    for each in ended:
        _suppress(connection, setup, each, now)
        claimed, settled = each.claimed, each.settled
        if not settled.ends:
            continue
        if settled.state is MessageState.FAILED and say_again(
            connection, setup, claimed.message, claimed.channel, claimed.subjects, now
        ):
            continue
        # by the rules in hand, which may be those from before it was renamed
        rule = setup.ruleset.get(each.rule) or setup.ruleset.get(claimed.message.rule)
        endings.append(Ending(rule, claimed.message, claimed.subjects, settled.reason))
    go_on_after(connection, endings, now=now)


def _suppress(connection: Connection, setup: Setup, ended: Ended, now: datetime) -> None:
    """Write no more to an address that does not work, or whose owner has opted out.

    What else waits for who opted out is dropped at once; nobody can claim it meanwhile, as a
    customer has one message on its way at most.
    """
    claimed, result = ended.claimed, ended.result
    if not isinstance(result, SendError) or not (result.address_is_bad or result.opted_out):
        return
    suppressing.suppress(
        connection,
        claimed.channel,
        claimed.outgoing.to,
        reason=ended.settled.reason.value,
        source=f"provider, message {claimed.message.id}",
        now=now,
    )
    if result.opted_out:
        drop_waiting(
            connection,
            [claimed.message.customer_id],
            claimed.channel,
            frozenset(Purpose),
            note=f"the provider says they opted out: {result}",
            ruleset=setup.ruleset,
            now=now,
        )


def _attempt_values(result: Receipted | SendError, now: datetime) -> dict[str, Any]:
    if isinstance(result, Receipted):
        return {"finished_at": now, "outcome": "accepted", "provider_id": result.provider_id}
    return {
        "finished_at": now,
        "outcome": result.outcome.value,
        "code": result.code,
        "error": str(result),
    }
