"""The send pass: intent, act, outcome.

A short transaction claims messages and writes the attempts; providers are called outside any
transaction; short transactions record what came of it. What is in doubt is never sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from outreach.channels.outgoing import Receipted
from outreach.clock import elapsed
from outreach.errors import Outcome, SendError
from outreach.faultpoints import FaultPoint, reach
from outreach.model import Channel, Reason
from outreach.passes.backing_off import back_off, is_busy, left_alone, patience
from outreach.passes.claim import Claimed, claim
from outreach.passes.holding_back import hold_back
from outreach.passes.lease import OURS, Lease
from outreach.passes.record import record
from outreach.passes.setup import Setup
from outreach.passes.stopping import probe_stopped, stop_failing
from outreach.store.claiming import is_any_due
from outreach.store.pending import ANYTHING, Pending

#: messages in one claim: two commits are shared by all of them
BATCH = 50
#: seconds to wait for more answers once there is one: those that come together share a commit
TOGETHER = 0.05

Result = Receipted | SendError


@dataclass
class SendReport:
    """What one send pass did, in messages."""

    sent: int = 0
    unknown: int = 0
    failed: int = 0
    again: int = 0
    put_off: dict[Reason, int] = field(default_factory=dict)
    down: dict[Channel, str] = field(default_factory=dict)
    #: channels whose provider asked to be left alone, and until when
    busy: dict[Channel, datetime] = field(default_factory=dict)
    #: rules that paused themselves, and why
    held_back: dict[str, str] = field(default_factory=dict)
    more: bool = False


def send_due(
    setup: Setup,
    *,
    now: datetime,
    limit: int = 1000,
    is_over: Callable[[], bool] = lambda: False,
    read_at: float | None = None,
    pending: Pending = ANYTHING,
) -> SendReport:
    """Send what is due, at most about `limit` messages; `more` says that some may be left.

    A channel whose provider refuses everything, or most of it, is stopped, and left alone from
    then on. Before each claim `is_over` is asked whether to stop: what is claimed by then is still
    sent. A pass that has taken a minute stops too, and is run again with a new `now`. `read_at` is
    what `elapsed` said before `now` was read: nobody knows how long the process stood still since.
    Rules that do harm, and channels that stand still, are looked at when they are `pending`.
    """
    lease = Lease(setup.store, setup.lease, since=elapsed() if read_at is None else read_at)
    report = SendReport()
    if pending.harm:
        report.held_back = hold_back(setup, now=now)
    if pending.stops:
        probe_stopped(setup, now=now)
    if not _is_any_due(setup, now):
        return report
    claimed_in_all = 0
    with ExitStack() as stack:
        pools = {
            channel: stack.enter_context(
                ThreadPoolExecutor(setup.concurrency.get(channel, 8), f"send-{channel.value}")
            )
            for channel in setup.senders
        }
        while claimed_in_all < limit and lease.is_fresh() and not is_over():
            with setup.store.write() as connection:
                messages, put_off = claim(
                    connection,
                    setup,
                    owner=lease.owner,
                    now=now,
                    limit=BATCH,
                    but_not=[channel.value for channel in report.down],
                )
            for reason, count in put_off.items():
                report.put_off[reason] = report.put_off.get(reason, 0) + count
            if not messages and not put_off:
                return report
            lease.claimed(frozenset(each.message.id for each in messages))
            reach(FaultPoint.CLAIM_COMMITTED)
            claimed_in_all += len(messages) + sum(put_off.values())
            _deliver(setup, pools, messages, report, lease=lease, now=now)
    report.more = True
    return report


def _is_any_due(setup: Setup, now: datetime) -> bool:
    with setup.store.read() as connection:
        return is_any_due(connection, now)


def _deliver(
    setup: Setup,
    pools: Mapping[Channel, ThreadPoolExecutor],
    messages: Iterable[Claimed],
    report: SendReport,
    *,
    lease: Lease,
    now: datetime,
) -> None:
    """Call the providers, and record each result almost as soon as it is there."""
    calls: dict[Future[Result], Claimed] = {
        pools[message.channel].submit(_call, setup, message, report, lease, now): message
        for message in messages
    }
    while calls:
        wait(calls, return_when=FIRST_COMPLETED)
        done, _ = wait(calls, timeout=TOGETHER)
        results = [(calls.pop(call), call.result()) for call in done]
        with setup.store.write() as connection:
            record(connection, setup, results, now=now)
            reach(FaultPoint.RESULTS_WRITTEN)
        reach(FaultPoint.RESULTS_COMMITTED)
        for message, result in results:
            _count(report, message, result)
        errors = [(m.channel, result) for m, result in results if isinstance(result, SendError)]
        report.busy |= back_off(setup, errors, now=now)
        report.down |= stop_failing(setup, errors, now=now)


def _call(
    setup: Setup, message: Claimed, report: SendReport, lease: Lease, now: datetime
) -> Result:
    """Hand one message to its provider, unless that is busy, or it is not ours for long enough."""
    if asked := report.busy.get(message.channel):
        return left_alone(asked, now)
    try:
        if not lease.holds(message.message.id):
            why = "the claim ran out before it was this message's turn"
            return SendError(Outcome.NOT_SENT, why, code=OURS)
    except SQLAlchemyError:
        why = "the database did not say whether it is still ours"
        return SendError(Outcome.NOT_SENT, why, code=OURS)
    reach(FaultPoint.CALL_BEGUN)
    try:
        result = setup.senders[message.channel].send(message.outgoing, now=now)
    except SendError as error:
        if is_busy(error):  # the calls that stand in line here must not press on
            report.busy[message.channel] = now + patience(error)
        return error
    except Exception as error:  # noqa: BLE001 - one message; it may have gone out, so it is in doubt
        return SendError(Outcome.IN_DOUBT, f"{type(error).__name__} while sending")
    reach(FaultPoint.ANSWER_READ)
    return result


def _count(report: SendReport, message: Claimed, result: Result) -> None:
    if isinstance(result, Receipted):
        report.sent += 1
        return
    match result.outcome:
        case Outcome.NOT_SENT:
            report.again += 1
        case Outcome.IN_DOUBT:
            report.unknown += 1
        case Outcome.REJECTED:
            report.failed += 1
