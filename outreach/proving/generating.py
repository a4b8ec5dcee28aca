"""An invented shop through time: customers, orders and tickets, at the rates of real shops.

Of real marketplaces and help desks: 8 % of deliveries come after the promise, half of those by
more than six days; 3 % of orders never arrive; 37 % of tickets miss their target.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from outreach.model import Kind, Money
from outreach.sources.records import Record

LATE, VERY_LATE_OF_LATE, NEVER, CANCELLED = 0.08, 0.5, 0.03, 0.03
PAST_TARGET = 0.37
#: tickets for each hundred orders; of late orders' customers many more write
TICKETS, TICKETS_OF_LATE = 0.10, 0.35

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
#: on the clock of the shop: an order is promised by the evening; vans leave and arrive between
PROMISED_BY = 19 * HOUR
VANS_LEAVE, VANS_ARRIVE = (6, 8.5), (9, 18)

FIRST_NAMES = """
Ana Bo Carla Deniz Emil Femke Greta Hugo Ines Jonas Kim Lea Mats Nora Oskar Paula Quentin Rosa Sami
Tilda Umar Vera Wim Xenia Yusuf Zoe
""".split()  # noqa: SIM905 - a list of names reads best as words
LAST_NAMES = """
Albers Brandt Castell Dahl Ekberg Falk Gruber Hansen Iversen Janssen Kovac Lindner Moreau Nowak
Olsen Petrov Quast Rossi Sanders Thomsen Unger Vogel Weber Xu Yilmaz Zander
""".split()  # noqa: SIM905 - likewise
#: locale, zone, country, a mobile number's beginning, how many of a hundred
PLACES = (
    ("de", "Europe/Berlin", "DE", "+49151", 55),
    ("de-AT", "Europe/Vienna", "AT", "+43664", 15),
    ("en-GB", "Europe/London", "GB", "+4477009", 20),
    ("en-US", "America/New_York", "US", "+1212555", 10),
)
ITEMS = ("Desk lamp", "Wool blanket", "Tea pot", "Oak stool", "Rain jacket", "Chess set", "Globe")
REASONS = ("delivery", "damaged", "wrong item", "invoice", "question")


@dataclass(frozen=True)
class Shop:
    """What happened in `days` days until `end`, the same for the same seed."""

    seed: int
    end: datetime
    days: int = 60
    orders_a_day: int = 12
    #: which shares of orders, and of late ones, somebody opens a ticket about
    tickets: tuple[float, float] = (TICKETS, TICKETS_OF_LATE)

    def records(self) -> list[Record]:
        """Return every change, oldest first."""
        rng = Random(self.seed)  # noqa: S311 - an invented shop, no secret
        people = list(self._people(rng))
        found: list[Record] = list(people)
        for number in range(self.days * self.orders_a_day):
            person = rng.choice(people)
            placed_at = self.end - rng.random() * self.days * DAY
            found += self._order(rng, f"A-{1000 + number}", person, placed_at)
        return [
            record
            for record in sorted(found, key=lambda r: (r.updated_at, r.kind, r.id))
            if record.updated_at is not None and record.updated_at <= self.end
        ]

    def _people(self, rng: Random) -> Iterator[Record]:
        begin = self.end - self.days * DAY
        for number in range(max(self.days * self.orders_a_day * 2 // 3, 10)):
            first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
            (place,) = rng.choices(PLACES, [share for *_, share in PLACES])
            locale, zone, country, phone, _ = place
            values: dict[str, Any] = {
                "name": f"{first} {last}",
                "first_name": first,
                "email": f"{first}.{last}.{number}@example.com".lower(),
                "locale": locale,
                "country": country,
                "zone": zone if rng.random() < 0.5 else None,
                "tier": rng.choices(["standard", "gold"], [9, 1])[0],
            }
            if rng.random() < 0.5:
                values["phone"] = (
                    f"{phone}{rng.randrange(10 ** (12 - len(phone))):0{12 - len(phone)}}"
                )
            yield Record(Kind.CUSTOMER, f"C-{number}", values, updated_at=begin, at=begin)

    def _order(
        self, rng: Random, number: str, person: Record, placed_at: datetime
    ) -> Iterator[Record]:
        story = _OrderStory(rng, number, person.id, placed_at)
        yield from story.tell()
        share = self.tickets[story.is_late]
        if rng.random() < share:
            yield from _ticket(rng, number, person.id, story.trouble_at)


class _OrderStory:
    """One order from the basket to the door, or not."""

    def __init__(self, rng: Random, number: str, customer: str, placed_at: datetime) -> None:
        self.rng = rng
        self.number = number
        self.customer = customer
        self.placed_at = placed_at
        midnight = placed_at.replace(hour=0, minute=0, second=0, microsecond=0)
        self.promised_at = midnight + rng.randint(5, 9) * DAY + PROMISED_BY
        fate = rng.random()
        self.is_cancelled = fate < CANCELLED
        self.is_lost = CANCELLED <= fate < CANCELLED + NEVER
        self.is_late = CANCELLED + NEVER <= fate < CANCELLED + NEVER + LATE
        self.trouble_at = self.promised_at + rng.uniform(0.5, 3) * DAY

    def tell(self) -> Iterator[Record]:
        """Yield the order's versions."""
        rng, at = self.rng, self.placed_at
        item, more = rng.choice(ITEMS), rng.randint(0, 2)
        yield self._version(
            at,
            number=self.number,
            customer_id=self.customer,
            status="placed",
            placed_at=at,
            promised_at=self.promised_at,
            estimated_at=self.promised_at,
            total=Money(Decimal(rng.randint(900, 18_000)) / 100, "EUR"),
            item_summary=item if not more else f"{item} and {more} more",
        )
        if self.is_cancelled:
            at += rng.uniform(0.2, 2) * DAY
            yield self._version(at, status="cancelled", cancelled_at=at)
            return
        van_day = self._van_day()
        out_at = van_day + rng.uniform(*VANS_LEAVE) * HOUR
        delivered_at = van_day + rng.uniform(*VANS_ARRIVE) * HOUR
        packed_at = at + rng.uniform(0.2, 0.9) * DAY
        shipped_at = packed_at + (min(out_at, self.promised_at) - packed_at) * rng.uniform(0.2, 0.7)
        yield self._version(packed_at, status="packed")
        yield self._version(
            shipped_at,
            status="shipped",
            shipped_at=shipped_at,
            carrier="DHL",
            carrier_status="in_transit",
            tracking_url=f"https://track.example/{self.number}",
        )
        if self.is_lost:
            return
        if self.is_late and rng.random() < 0.5:
            heard_at = shipped_at + (self.promised_at - shipped_at) * rng.random()
            yield self._version(heard_at, estimated_at=delivered_at)
        yield self._version(out_at, status="out_for_delivery", carrier_status="out_for_delivery")
        yield self._version(
            delivered_at,
            status="delivered",
            delivered_at=delivered_at,
            carrier_status="delivered",
        )

    def _van_day(self) -> datetime:
        """Return the midnight before the parcel comes: on the promised day or before, or late."""
        if not self.is_late:
            days = -self.rng.randint(0, 3)
        elif self.rng.random() < VERY_LATE_OF_LATE:
            days = self.rng.randint(7, 20)
        else:
            days = self.rng.randint(1, 6)
        return self.promised_at - PROMISED_BY + days * DAY

    def _version(self, at: datetime, **values: Any) -> Record:
        return Record(Kind.ORDER, self.number, values, updated_at=at, at=at)


def _ticket(rng: Random, order: str, customer: str, opened_at: datetime) -> Iterator[Record]:
    """Yield a ticket about an order: opened, worked on, resolved in time or not, closed."""
    number = f"T-{order[2:]}"

    def version(at: datetime, **values: Any) -> Record:
        return Record(Kind.TICKET, number, values, updated_at=at, at=at)

    target = opened_at + 2 * DAY
    is_missed = rng.random() < PAST_TARGET
    took = rng.uniform(2.2, 8) if is_missed else rng.uniform(0.1, 1.9)
    resolved_at = opened_at + took * DAY
    yield version(
        opened_at,
        number=number[2:],
        customer_id=customer,
        order_id=order,
        subject="Where is my order?",
        status="waiting_on_us",
        priority=rng.choices(["low", "normal", "high"], [2, 6, 2])[0],
        reason=rng.choice(REASONS),
        opened_at=opened_at,
        due_at=target,
        last_reply_at=opened_at,
        last_reply_by="customer",
    )
    yield version(resolved_at, status="resolved", resolved_at=resolved_at, last_reply_by="agent")
    closed_at = resolved_at + 5 * DAY
    yield version(closed_at, status="closed", closed_at=closed_at)


def faulty_feed(records: list[Record], at: datetime, count: int) -> list[Record]:
    """Return what somebody imports by mistake: an old export, its orders on their way for ever."""
    people = [record.id for record in records if record.kind is Kind.CUSTOMER]
    return [
        Record(
            Kind.ORDER,
            f"OLD-{number}",
            {
                "customer_id": people[number % len(people)],
                "status": "shipped",
                "placed_at": at - 9 * DAY,
                "promised_at": at - 2 * DAY,
            },
            updated_at=at,
            at=at,
        )
        for number in range(count)
    ]
