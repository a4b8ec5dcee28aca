"""Standing: what a customer is told about one order or ticket of theirs, as things are now.

Only what the shop's own data says: where it stands, the dates and how they moved, what happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from outreach.model import Kind, Promised

#: steps of an order that went well, for a picture of how far it is
STAGES = ("placed", "packed", "on_its_way", "delivered")
#: where an order is on that way
_STAGE = {
    "placed": 0,
    "packed": 1,
    "on_its_way": 2,
    "at_the_door": 2,
    "to_be_picked_up": 2,
    "held_up": 2,
    "delivered": 3,
}
_BY_STATUS = {
    "placed": "placed",
    "paid": "placed",
    "packed": "packed",
    "shipped": "on_its_way",
    "out_for_delivery": "at_the_door",
    "delivered": "delivered",
    "cancelled": "cancelled",
    "refunded": "refunded",
    "returned": "returned",
}
#: what the carrier knows better than the shop, while it has the parcel
_BY_CARRIER = {
    "out_for_delivery": "at_the_door",
    "available_for_pickup": "to_be_picked_up",
    "delivered": "delivered",
    "returning": "coming_back",
    "exception": "held_up",
}
_BY_TICKET_STATUS = {
    "new": "received",
    "open": "worked_on",
    "waiting_on_us": "our_turn",
    "waiting_on_customer": "your_turn",
    "resolved": "settled",
    "closed": "settled",
}
#: since when it stands so, where the data says
_SINCE = {
    "delivered": "delivered_at",
    "cancelled": "cancelled_at",
    "refunded": "refunded_at",
    "settled": "resolved_at",
}
#: nothing more is to come
_OVER = frozenset({"delivered", "cancelled", "refunded", "returned", "settled"})
_MILESTONES = {
    Kind.ORDER: (
        *("placed_at", "shipped_at", "delivered_at"),
        *("return_requested_at", "cancelled_at", "refunded_at"),
    ),
    Kind.TICKET: ("opened_at", "first_replied_at", "resolved_at", "closed_at"),
}
#: dates that we named to the customer, and may have moved
NAMED_DATES = {Kind.ORDER: ("promised_at", "estimated_at"), Kind.TICKET: ("next_update_at",)}


@dataclass(frozen=True)
class Moved:
    """A date that became another one, `at` an instant."""

    field: str
    at: datetime
    was: datetime
    now: datetime


@dataclass(frozen=True)
class DateTold:
    """A date that a message of ours stated, `at` an instant; `broken_at` when we broke it."""

    what: Promised
    at: datetime
    date: datetime
    is_open: bool
    broken_at: datetime | None = None


@dataclass(frozen=True)
class Happened:
    """Something that happened; a date that moved has both its days, one we told has `now`."""

    what: str
    at: datetime
    was: datetime | None = None
    now: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """One order or ticket: where it stands, its dates, what happened, the latest last."""

    kind: Kind
    number: str
    title: str
    state: str
    since: datetime | None = None
    stage: int | None = None
    #: the day we promised, when it still matters, and whether it has passed
    promised_at: datetime | None = None
    is_late: bool = False
    #: when it will come, or when we said we would write, if that is still ahead
    expected_at: datetime | None = None
    carrier: str = ""
    tracking_url: str = ""
    happened: tuple[Happened, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come of it."""
        return self.state in _OVER


def standing_of(
    kind: Kind,
    row: Mapping[str, Any],
    moved: Sequence[Moved],
    told: Sequence[DateTold],
    now: datetime,
    zone: ZoneInfo,
) -> Standing:
    """Return what is told of an order or a ticket; days count by the customer's clock."""
    found = [*_milestones(kind, row), *_moves(moved, zone), *_tellings(told)]
    past = (each for each in found if each.at <= now)
    happened = tuple(sorted(past, key=lambda each: each.at))
    if kind is Kind.ORDER:
        return _order(row, told, happened, now, zone)
    return _ticket(row, happened, now, zone)


def _order(
    row: Mapping[str, Any],
    told: Sequence[DateTold],
    happened: tuple[Happened, ...],
    now: datetime,
    zone: ZoneInfo,
) -> Standing:
    state = _order_state(row)
    is_open = state not in _OVER and state != "coming_back"
    promised = row["promised_at"] if is_open else None
    # without an estimate, what we wrote last still holds
    dates = [each.date for each in told if each.is_open and each.what is Promised.DELIVERY]
    expected = (row["estimated_at"] or max(dates, default=None)) if is_open else None
    return Standing(
        Kind.ORDER,
        number=row["number"] or row["id"],
        title=row["item_summary"] or "",
        state=state,
        since=row.get(_SINCE.get(state, "")),
        stage=_STAGE.get(state),
        promised_at=promised,
        is_late=promised is not None and _day(promised, zone) < _day(now, zone),
        expected_at=_upcoming(expected, now, zone),
        carrier=row["carrier"] or "",
        tracking_url=_web_address(row["tracking_url"]) if is_open else "",
        happened=happened,
    )


def _order_state(row: Mapping[str, Any]) -> str:
    state = _BY_STATUS.get(row["status"] or "") or _guessed(row)
    if state in ("on_its_way", "at_the_door"):
        return _BY_CARRIER.get(row["carrier_status"] or "", state)
    return state


def _guessed(row: Mapping[str, Any]) -> str:
    """Return where an order stands of which only the dates are known."""
    for column, state in (
        ("refunded_at", "refunded"),
        ("cancelled_at", "cancelled"),
        ("delivered_at", "delivered"),
        ("shipped_at", "on_its_way"),
    ):
        if row[column] is not None:
            return state
    return "placed"


def _ticket(
    row: Mapping[str, Any], happened: tuple[Happened, ...], now: datetime, zone: ZoneInfo
) -> Standing:
    settled = row["resolved_at"] or row["closed_at"]
    state = _BY_TICKET_STATUS.get(row["status"] or "") or ("settled" if settled else "received")
    promised = row["next_update_at"] if state != "settled" else None
    return Standing(
        Kind.TICKET,
        number=row["number"] or row["id"],
        title=row["subject"] or "",
        state=state,
        since=settled if state == "settled" else None,
        promised_at=promised,
        is_late=promised is not None and _day(promised, zone) < _day(now, zone),
        expected_at=_upcoming(promised, now, zone),
        happened=happened,
    )


def _milestones(kind: Kind, row: Mapping[str, Any]) -> Iterator[Happened]:
    for column in _MILESTONES[kind]:
        # resolved and closed are the same to a customer
        is_same = column == "closed_at" and row["resolved_at"] is not None
        if row[column] is not None and not is_same:
            yield Happened(column.removesuffix("_at"), row[column])


def _moves(moved: Sequence[Moved], zone: ZoneInfo) -> Iterator[Happened]:
    """Yield dates that became another day; one that stays on its day did not move."""
    for each in moved:
        if _day(each.was, zone) != _day(each.now, zone):
            what = f"{each.field.removesuffix('_at')}_moved"
            yield Happened(what, each.at, each.was, each.now)


def _tellings(told: Sequence[DateTold]) -> Iterator[Happened]:
    for each in told:
        yield Happened(f"{each.what.value}_told", each.at, now=each.date)
        if each.broken_at is not None:
            yield Happened(f"{each.what.value}_broken", each.broken_at, now=each.date)


def _upcoming(instant: datetime | None, now: datetime, zone: ZoneInfo) -> datetime | None:
    return instant if instant is not None and _day(instant, zone) >= _day(now, zone) else None


def _day(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def _web_address(text: str | None) -> str:
    """Return an address that a browser opens, never one that runs something."""
    is_web = text is not None and text.lower().startswith(("https://", "http://"))
    return text if text is not None and is_web else ""
