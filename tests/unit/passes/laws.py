"""What is true of the ledger whatever happened: the laws that messages keep."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any, Self

from sqlalchemy import select

from outreach.model import COUNTS_AS_SENT, MessageState, Purpose, Reason
from outreach.store.frames import table_of
from outreach.store.ledger import Attempt, Enrollment, Message, MessageSubject
from outreach.store.ledger import MessageState as StateRow
from tests.unit.passes.life import CUSTOMERS, Life, Taken

S = MessageState
#: what each state may become; the first one is planned or held
BECOMES: dict[MessageState, set[MessageState]] = {
    # a receipt may come of an earlier call that was in doubt
    S.PLANNED: {S.PLANNED, S.HELD, S.SENDING, S.CANCELLED, S.SUPPRESSED, S.EXPIRED}
    | {S.SENT, S.DELIVERED, S.UNDELIVERED},
    S.HELD: {S.PLANNED, S.HELD, S.CANCELLED, S.SUPPRESSED, S.EXPIRED}
    | {S.SENT, S.DELIVERED, S.UNDELIVERED},
    S.SENDING: {S.SENT, S.PLANNED, S.FAILED, S.UNKNOWN},
    S.UNKNOWN: {S.SENT, S.DELIVERED, S.UNDELIVERED, S.PLANNED, S.FAILED},
    S.SENT: {S.DELIVERED, S.UNDELIVERED},
    S.UNDELIVERED: {S.DELIVERED, S.PLANNED},
    S.DELIVERED: set(),
    S.FAILED: {S.PLANNED, S.SENT, S.DELIVERED, S.UNDELIVERED},
    S.CANCELLED: {S.PLANNED},
    S.SUPPRESSED: {S.PLANNED},
    S.EXPIRED: {S.PLANNED},
}
#: why a message that had ended, or may have gone out, is planned again
AGAIN = {Reason.RETRIED_BY_PERSON, Reason.SETTLED_BY_PERSON, Reason.RESENT, Reason.LAPSED}
ENDED = {S.FAILED, S.CANCELLED, S.SUPPRESSED, S.EXPIRED, S.UNDELIVERED, S.UNKNOWN}
MOST, PERIOD = 2, timedelta(days=1)  # the contact policy


@dataclass(frozen=True)
class Ledger:
    """All that stands in the ledger at one moment, and what the providers took."""

    messages: Sequence[Any]
    histories: Mapping[str, Sequence[Any]]
    attempts: Sequence[Any]
    enrollments: Sequence[Any]
    parts: Sequence[Any]
    journal: Sequence[Taken]

    @classmethod
    def of(cls, life: Life) -> Self:
        models = (Message, StateRow, Attempt, Enrollment, MessageSubject)
        with life.store.read() as connection:
            rows = [
                connection.execute(select(table_of(m)).order_by(*table_of(m).primary_key)).all()
                for m in models
            ]
        messages, changes, attempts, enrollments, parts = rows
        histories = {message.id: [] for message in messages}
        for change in changes:
            histories[change.message_id].append(change)
        return cls(messages, histories, attempts, enrollments, parts, life.journal)


def each_change_is_one_that_may_happen(kept: Ledger) -> None:
    for message, changes in kept.histories.items():
        assert changes[0].state in (S.PLANNED, S.HELD), message
        for before, after in pairwise(changes):
            was, became = MessageState(before.state), MessageState(after.state)
            assert became in BECOMES[was], f"{message}: {was} became {became}: {after.reason}"
            if became is S.PLANNED and was in ENDED:
                assert Reason(after.reason) in AGAIN, f"{message}: {was}: {after.reason}"


def the_history_ends_where_the_message_stands(kept: Ledger) -> None:
    for row in kept.messages:
        last = kept.histories[row.id][-1]
        assert (last.state, last.reason) == (row.state, row.reason), row.id
        assert Reason(row.reason)


def nothing_is_taken_twice_unless_somebody_said_so(kept: Ledger) -> None:
    taken = Counter(each.outgoing.message_id for each in kept.journal)
    for message, times in taken.items():
        again = sum(Reason(row.reason) in AGAIN for row in kept.histories[message])
        assert times <= 1 + again, f"{message} was taken {times} times"


def nothing_is_said_on_another_channel_once_it_has_arrived(kept: Ledger) -> None:
    speaks_for: dict[str, set[int]] = defaultdict(set)
    for part in kept.parts:
        speaks_for[part.message_id].add(part.enrollment_id)
    by_id = {row.id: row for row in kept.messages}
    for taken in kept.journal:
        mine = by_id[taken.outgoing.message_id]
        for other in kept.messages:
            is_before = other.channel_number < mine.channel_number
            same = (other.step, other.repetition) == (mine.step, mine.repetition)
            if not is_before or not same or not speaks_for[other.id] & speaks_for[mine.id]:
                continue
            arrived = [row.at for row in kept.histories[other.id] if row.state == S.DELIVERED]
            assert all(at >= taken.at for at in arrived), f"{mine.id} after {other.id} arrived"


def nobody_hears_more_than_the_policy_allows(kept: Ledger) -> None:
    # what did not arrive, or was sent again, made room for others meanwhile
    plain = {
        message
        for message, changes in kept.histories.items()
        if not {row.state for row in changes} & {S.UNDELIVERED, S.FAILED}
        and not {Reason(row.reason) for row in changes} & AGAIN
    }
    for customer in CUSTOMERS:
        times = sorted(
            row.sent_at
            for row in kept.messages
            if row.customer_id == customer and row.id in plain and row.sent_at
            if row.purpose == Purpose.SERVICE and MessageState(row.state) in COUNTS_AS_SENT
        )
        for first, last in zip(times, times[MOST:], strict=False):
            assert last - first >= PERIOD, f"{customer} heard more than {MOST} times: {times}"


def only_what_is_being_sent_has_a_lease_and_an_open_call(kept: Ledger) -> None:
    sending = {row.id for row in kept.messages if row.state == S.SENDING}
    assert {row.id for row in kept.messages if row.lease_until is not None} == sending
    calling = [row.message_id for row in kept.attempts if row.outcome is None]
    assert sorted(calling) == sorted(sending)


def no_enrollment_is_forgotten(kept: Ledger) -> None:
    waiting = {S.PLANNED, S.HELD, S.SENDING}
    alive = {row.id for row in kept.messages if MessageState(row.state) in waiting}
    expected = {part.enrollment_id for part in kept.parts if part.message_id in alive}
    for row in kept.enrollments:
        if row.state == "active" and row.plan_at is None:
            assert row.id in expected, f"{row.rule} about {row.subject_id} waits for nothing"


ALWAYS = (
    each_change_is_one_that_may_happen,
    the_history_ends_where_the_message_stands,
    nothing_is_taken_twice_unless_somebody_said_so,
    nothing_is_said_on_another_channel_once_it_has_arrived,
    nobody_hears_more_than_the_policy_allows,
    only_what_is_being_sent_has_a_lease_and_an_open_call,
    no_enrollment_is_forgotten,
)
