"""Promises: a date that a message stated, and what became of it.

A promise is of a day on the customer's calendar: it is kept until that day is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from outreach.model import Promised, PromiseState

#: of these nobody waits for a parcel any more
CALLED_OFF = frozenset({"cancelled", "refunded", "returned"})


@dataclass(frozen=True)
class Stated:
    """A date as the words of a message state it; `until` is the end of that day."""

    order: str
    what: Promised
    promised_at: datetime
    until: datetime


@dataclass(frozen=True)
class Given:
    """A promise that a customer has; settled promises know since when."""

    id: int
    what: Promised
    promised_at: datetime
    until: datetime
    made_at: datetime
    state: PromiseState
    settled_at: datetime | None = None

    @property
    def since(self) -> datetime:
        """Since when it stands as it does."""
        return self.settled_at or self.made_at


@dataclass(frozen=True)
class Course:
    """How an order went on, as far as promises ask for it."""

    status: str | None
    status_changed_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None
    refunded_at: datetime | None

    def done_at(self, what: Promised) -> datetime | None:
        """Return when what was promised came about; sources may tell it by the status alone."""
        if what is Promised.DELIVERY:
            own, word = self.delivered_at, "delivered"
        else:
            own, word = self.refunded_at, "refunded"
        return own or (self.status_changed_at if self.status == word else None)

    def called_off_at(self, what: Promised) -> datetime | None:
        """Return since when nobody waits for a delivery; a refund stays owed."""
        if what is Promised.REFUND:
            return None
        off = self.status_changed_at if self.status in CALLED_OFF else None
        return self.cancelled_at or self.refunded_at or off


def once_each(stated: Iterable[Stated]) -> tuple[Stated, ...]:
    """Return one promise for each order and thing: of several dates the first binds us."""
    found: dict[tuple[str, Promised], Stated] = {}
    for one in stated:
        known = found.setdefault((one.order, one.what), one)
        if one.until < known.until:
            found[one.order, one.what] = one
    return tuple(found.values())


def settled(given: Sequence[Given], course: Course, now: datetime) -> list[Given]:
    """Return promises of one order, oldest first, as they stand now."""
    in_order = sorted(given, key=lambda one: (one.what, one.made_at, one.id))
    return [
        one
        for _, alike in groupby(in_order, key=lambda one: one.what)
        for one in _settled(list(alike), course, now)
    ]


def _settled(given: Sequence[Given], course: Course, now: datetime) -> Iterator[Given]:
    followers: list[Given | None] = [*given[1:], None]
    for one, after in zip(given, followers, strict=True):
        state, at = _fate(one, after, course, now)
        yield replace(one, state=state, settled_at=at)


def _fate(
    one: Given, after: Given | None, course: Course, now: datetime
) -> tuple[PromiseState, datetime | None]:
    """Return what became of a promise and when: whatever came first."""
    done, off = course.done_at(one.what), course.called_off_at(one.what)
    ends = [
        (done, PromiseState.KEPT),
        (off, PromiseState.VOID),
        (after.made_at if after else None, PromiseState.REPLACED),
        (one.until if one.until <= now else None, PromiseState.BROKEN),
    ]
    # of what comes at the end of the day, the promise is broken first
    known = [(at, state is not PromiseState.BROKEN, state) for at, state in ends if at is not None]
    at, _, state = min(known, default=(None, False, PromiseState.OPEN))
    return state, at
