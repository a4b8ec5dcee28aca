"""Ten rules as an operator writes them, and the same by hand: in SQL and for rule engines.

Each comes in variants with other constants, so that a hundred rules are a hundred statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from outreach.rules.catalogue import Catalogue
from outreach.rules.document import Ruleset
from outreach.rules.loader import load_rules
from outreach.rules.names import Names
from outreach.timing.instants import to_micros
from outreach.timing.windows import ANY_TIME

HOUR = 3_600_000_000
UTC = ZoneInfo("UTC")
#: how old a match may be where the rule's own sentence does not bound it, in hours
AGE = 72


@dataclass(frozen=True)
class Shape:
    """A rule with gaps for constants, its time sentence first.

    It matches `since` hours after its anchor and no longer than `until` hours after it; where the
    hours of a variant count, it says so: 1 for after, -1 for ahead. `{p}` is where a hand writes
    SQLite's hint, a unary plus; PostgreSQL needs none.
    """

    name: str
    about: str
    anchor: str
    since: int
    until: int
    when: tuple[str, ...]
    sql: str
    expression: str


@dataclass(frozen=True)
class HandWritten:
    """A rule as somebody would write it who had only the database, or only a rule engine."""

    name: str
    about: str
    anchor: str
    since: int  # from the anchor, in microseconds
    until: int
    source: str
    where: str
    expression: str

    def due(self, after: datetime, upto: datetime) -> tuple[int, int]:
        """Return the range of the anchor, open and closed, that comes due in (after, upto]."""
        return to_micros(after) - self.since, to_micros(upto) - self.since

    def standing(self, start: datetime, upto: datetime) -> tuple[int, int]:
        """Return the range of the anchor that matches at some instant of [start, upto]."""
        return to_micros(start) - self.until, to_micros(upto) - self.since

    def expression_at(self, now: datetime) -> str:
        """Return the whole rule for an engine, its times worked out: the least there is to do."""
        low, high = self.standing(now, now)
        anchor = self.anchor
        in_time = f"{anchor} != null and {anchor} > {low} and {anchor} <= {high}"
        return f"{in_time} and ({self.expression})"


AFTER, AT_ONCE, AHEAD = 1, 0, -1
OF_AGE, OF_HOURS, AT_ANCHOR = AGE, -1, 0
SHAPES = (
    Shape(
        "late",
        "order",
        "promised_at",
        AFTER,
        OF_AGE,
        (
            "promised_at is more than {hours} hours ago",
            "status not in [delivered, cancelled, refunded]",
            "delivered_at is missing",
        ),
        "({p}s.status IS NULL OR {p}s.status NOT IN ('delivered', 'cancelled', 'refunded')) "
        "AND {p}s.delivered_at IS NULL",
        "(status == null or not (status in ['delivered', 'cancelled', 'refunded'])) "
        "and delivered_at == null",
    ),
    Shape(
        "late-and-dear",
        "order",
        "promised_at",
        AFTER,
        OF_AGE,
        (
            "promised_at is more than {hours} hours ago",
            "status in [paid, packed, shipped]",
            "customer.tier in [{tier}, platinum]",
        ),
        "{p}s.status IN ('paid', 'packed', 'shipped') AND {p}c.tier IN ('{tier}', 'platinum')",
        "status in ['paid', 'packed', 'shipped'] and tier in ['{tier}', 'platinum']",
    ),
    Shape(
        "stuck",
        "order",
        "status_changed_at",
        AFTER,
        OF_AGE,
        (
            "status is packed for more than {hours} hours",
            "shipped_at is missing",
            "total is at least {amount} EUR",
        ),
        "{p}s.status = 'packed' AND {p}s.shipped_at IS NULL "
        "AND {p}s.total >= {amount}0000 AND {p}s.total_currency = 'EUR'",
        "status == 'packed' and shipped_at == null and total != null and total >= {amount}0000",
    ),
    Shape(
        "shipped",
        "order",
        "shipped_at",
        AT_ONCE,
        OF_HOURS,
        (
            "shipped_at is within the last {hours} hours",
            "status is shipped",
            "carrier in [{carrier}, dpd]",
        ),
        "{p}s.status = 'shipped' AND {p}s.carrier IN ('{carrier}', 'dpd')",
        "status == 'shipped' and carrier in ['{carrier}', 'dpd']",
    ),
    Shape(
        "check-in",
        "order",
        "delivered_at",
        AFTER,
        OF_AGE,
        (
            "delivered_at is more than {hours} hours ago",
            "status is delivered",
            "return_requested_at is missing",
            "customer.tier is present",
        ),
        "{p}s.status = 'delivered' AND {p}s.return_requested_at IS NULL AND {p}c.tier IS NOT NULL",
        "status == 'delivered' and return_requested_at == null and tier != null",
    ),
    Shape(
        "at-risk",
        "order",
        "promised_at",
        AHEAD,
        AT_ANCHOR,
        (
            "promised_at is within the next {hours} hours",
            "status in [placed, paid]",
            "shipped_at is missing",
        ),
        "{p}s.status IN ('placed', 'paid') AND {p}s.shipped_at IS NULL",
        "status in ['placed', 'paid'] and shipped_at == null",
    ),
    Shape(
        "forgotten",
        "order",
        "placed_at",
        AFTER,
        OF_AGE,
        (
            "placed_at is more than {hours} hours ago",
            "status is placed",
            "customer.country is {country}",
        ),
        "{p}s.status = 'placed' AND {p}c.country = '{country}'",
        "status == 'placed' and country == '{country}'",
    ),
    Shape(
        "waiting",
        "ticket",
        "status_changed_at",
        AFTER,
        OF_AGE,
        ("status is waiting_on_us for more than {hours} hours", "priority in [high, urgent]"),
        "{p}s.status = 'waiting_on_us' AND {p}s.priority IN ('high', 'urgent')",
        "status == 'waiting_on_us' and priority in ['high', 'urgent']",
    ),
    Shape(
        "settled",
        "ticket",
        "resolved_at",
        AFTER,
        OF_AGE,
        (
            "resolved_at is more than {hours} hours ago",
            "status in [resolved, closed]",
            "customer.tier in [{tier}, basic]",
        ),
        "{p}s.status IN ('resolved', 'closed') AND {p}c.tier IN ('{tier}', 'basic')",
        "status in ['resolved', 'closed'] and tier in ['{tier}', 'basic']",
    ),
    Shape(
        "unanswered",
        "ticket",
        "opened_at",
        AFTER,
        OF_AGE,
        (
            "opened_at is more than {hours} hours ago",
            "status in [new, open]",
            "first_replied_at is missing",
        ),
        "{p}s.status IN ('new', 'open') AND {p}s.first_replied_at IS NULL",
        "status in ['new', 'open'] and first_replied_at == null",
    ),
)


def rules(count: int) -> tuple[Ruleset, list[HandWritten]]:
    """Return so many rules, ten of each variant, read as a file of rules is, and by hand."""
    by_hand = [_hand_written(shape, number) for shape, number in _variants(count)]
    return read(*_yaml(count)), by_hand


def read(*lines: str) -> Ruleset:
    """Read rules, given as the lines of a file below `rules:`."""
    files = {"rules/bench.yaml": "\n".join(["format: 1", "rules:", *lines])}
    return load_rules(files, Names(catalogue=Catalogue(), zone=UTC, default_window=ANY_TIME))


def _variants(count: int) -> Iterator[tuple[Shape, int]]:
    return islice(((s, n) for n in range(count) for s in SHAPES), count)


def _constants(number: int) -> dict[str, object]:
    return {
        "hours": 12 + number,
        "amount": 20 + 10 * number,
        "tier": ("gold", "silver")[number % 2],
        "country": ("DE", "AT", "CH", "FR")[number % 4],
        "carrier": ("dhl", "ups")[number % 2],
    }


def _yaml(count: int) -> Iterator[str]:
    for shape, number in _variants(count):
        yield f"  - rule: {shape.name}-{number}"
        yield f"    about: {shape.about}"
        yield "    purpose: transactional"
        yield "    when:"
        for sentence in shape.when:
            yield f"      - {sentence.format(**_constants(number))}"
        if shape.until == OF_AGE:
            yield f"    ignore_older_than: {AGE} hours"
        yield "    steps: [{send: note}]"


def _hand_written(shape: Shape, number: int) -> HandWritten:
    constants = _constants(number)
    hours = 12 + number
    source = f"{shape.about}s s"
    if "c." in shape.sql:
        source += " LEFT JOIN customers c ON c.id = {p}s.customer_id"
    return HandWritten(
        name=f"{shape.name}-{number}",
        about=shape.about,
        anchor=shape.anchor,
        since=shape.since * hours * HOUR,
        until=(hours if shape.until == OF_HOURS else shape.until) * HOUR,
        source=source,
        where=shape.sql.format(p="{p}", **constants),
        expression=shape.expression.format(**constants),
    )
