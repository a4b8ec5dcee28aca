"""Preview: what it says will go out is exactly what goes out when the clock gets there.

Random small shops are previewed; then the clock is moved hour by hour, nothing else changes, and
the real passes run. What went out, when, and why the rest did not, must be what was foretold.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select

from outreach.channels.outgoing import Receipted
from outreach.deciding.rendering.templates import Templates
from outreach.deciding.throttling import Allowance
from outreach.model import Channel, Kind, MessageState, Money, Purpose, Reason
from outreach.passes.ahead.outlook import Outcome
from outreach.passes.cancelling import cancel_matching
from outreach.passes.enrol import enrol
from outreach.passes.housekeeping import expire_held
from outreach.passes.intake import import_rows
from outreach.passes.plan import plan_due
from outreach.passes.preview import Preview, preview
from outreach.passes.progress import GOES_ON
from outreach.passes.send import send_due
from outreach.passes.setup import Setup
from outreach.proving.scratch import make_hasty
from outreach.rules.catalogue import Catalogue
from outreach.rules.limits import ContactRule, Rate
from outreach.rules.loader import load_rules
from outreach.rules.names import Names
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Message, MessageSubject
from outreach.store.ledger import MessageState as StateRow
from outreach.store.permissions import Consent, Pause
from outreach.store.suppressing import suppress
from outreach.timing.calendars import Calendar
from outreach.timing.durations import Duration
from outreach.timing.hours import ALL_DAY, EVERY_DAY, Hours
from outreach.timing.windows import ANY_TIME, SendWindow

BERLIN = ZoneInfo("Europe/Berlin")
CATALOGUE = Catalogue()
#: a Friday, 13:00 in Berlin
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UNTIL = NOW + 40 * HOUR
DAYTIME = SendWindow("daytime", EVERY_DAY, Hours(9 * 60, 20 * 60))
WIDE = SendWindow("wide", EVERY_DAY, Hours(5 * 60, 23 * 60))
WINDOWS = {window.name: window for window in (ANY_TIME, DAYTIME, WIDE)}
TEMPLATES = {
    "note/en.email.md": '---\nsubject: "{{ rule.name }}"\n---\nHello {{ customer.first_name }}\n',
    "note/en.sms.txt": "Hello {{ customer.first_name }}",
    "hole/en.email.md": '---\nsubject: "x"\nneeds: [order.carrier]\n---\nBy {{ order.carrier }}\n',
}
#: rules to choose from; what stands in braces is chosen too
RULES = {
    "late": """
    when: [promised_at is more than {few} hours ago, "status not in [delivered, cancelled]"]
    steps: [{{id: first, send: note}}, {{id: second, send: note, wait: {few} hours}}]""",
    "repeating": """
    when: [promised_at is in the past, status is shipped]
    steps: [{{id: first, send: note, repeat: "every {few} hours, up to 3 times"}}]""",
    "update": """
    when: [last_sent.late is more than {few} hours ago, status is not delivered]
    steps: [{{send: note}}]""",
    "vip": """
    when: [promised_at is more than {few} hours ago, total is at least 100 EUR]
    takes_over: [late, arriving]
    steps: [{{send: note, wait: {few} hours}}]""",
    "arriving": """
    when: [estimated_at is within the next {many} hours]
    cancel_if: [status is delivered]
    steps: [{{wait: {few} hours}}, {{send: note, wait: until estimated_at}}]""",
    "check-in": """
    when: [delivered_at is within the last {many} hours]
    cancel_if: [customer.last_contact_at is within the last {few} hours]
    steps: [{{send: note, wait: {many} hours after delivered_at}}]""",
    "together": """
    when: [promised_at is within the next {many} hours]
    combine_within: 2 hours
    steps: [{{send: note}}]""",
    "hole": """
    when: [promised_at is more than {few} hours ago]
    steps: [{{send: hole}}]""",
    "daily": """
    when: [status is shipped, promised_at is more than {few} hours away]
    once_per: order and day
    steps: [{{send: note, skip_if: [carrier is present]}}]""",
    "settled": """
    when: [promised_at is more than {few} hours ago]
    cancel_if: [estimated_at is in the past]
    steps: [{{send: note, wait: {many} hours}}]""",
    "waits": """
    when: [status is placed for more than {few} hours]
    steps: [{{send: note, wait: {few} business hours}}]""",
}
EXTRAS = [
    "",
    "",
    "",
    "limits: {cooldown: 8 hours}",
    "limits: {per_customer: 1 per 12 hours}",
    "limits: {total: 2 per 10 hours}",
    "limits: {hold_above: 2 per 3 hours}",
    "holdout: 40%",
    "mode: shadow",
    "expires_after: 3 hours",
    "via: [sms, email]",
]
KNOWN = ("ana", "ben", "cem", "dora")
BUYERS = (*KNOWN, "ana", None, "nobody")
POLICIES = [
    (),
    (ContactRule(frozenset(Purpose), gap=Duration(minutes=180)),),
    (ContactRule(frozenset({Purpose.SERVICE}), at_most=Rate(2, Duration(days=1))),),
]


class Taker:
    """A provider that takes everything at once."""

    name = "taker"

    def send(self, outgoing: Any, *, now: datetime) -> Receipted:
        return Receipted(outgoing.message_id)

    def check(self) -> str:
        return "takes everything"

    def close(self) -> None:
        pass


def rules_of(rng: random.Random) -> str:
    """Return some rules, and those they speak of."""
    names = set(rng.sample(sorted(RULES), 4))
    if names & {"update", "vip"}:
        names |= {"late", "arriving"}
    written = ["format: 1", "defaults: {calendar: always}", "rules:"]
    for name in rng.sample(sorted(names), len(names)):
        body = RULES[name].format(few=rng.choice([1, 3, 5]), many=rng.choice([9, 14, 30]))
        purpose = rng.choice(["service", "service", "survey", "transactional"])
        window = rng.choice(["wide", "daytime"])
        window = "any time" if purpose == "transactional" else window
        extra = rng.choice(EXTRAS)
        if (name == "hole" and "sms" in extra) or (purpose == "transactional" and "hold" in extra):
            extra = ""
        written += [f"  - rule: {name}", "    about: order", f"    purpose: {purpose}"]
        written += [f"    send_window: {window}", f"    {extra}", body]
    return "\n".join(written)


@dataclass
class World:
    """A small shop with a past: what its systems said, and what the passes made of it so far."""

    setup: Setup
    rng: random.Random

    @classmethod
    def random(cls, store: Store, seed: int) -> World:
        rng = random.Random(seed)
        templates = Templates(TEMPLATES, "en", BERLIN)
        channels = {name: templates.channels(name) for name in templates.names()}
        always = Calendar("always", BERLIN, EVERY_DAY, ALL_DAY)
        names = Names(CATALOGUE, BERLIN, DAYTIME, WINDOWS, {"always": always}, channels)
        ruleset = load_rules({"rules/some.yaml": rules_of(rng)}, names)
        hold = rng.choice([None, None, Rate(6, Duration(minutes=120))])
        policy = rng.choice(POLICIES)
        senders = {channel: Taker() for channel in Channel}
        bounds = {c: Allowance(daily_cap=rng.choice([None, None, 3, 8])) for c in Channel}
        setup = Setup(
            *(store, ruleset, templates, CATALOGUE, BERLIN, policy, hold),
            senders=senders,
            allowances=bounds,
        )
        world = cls(setup, rng)
        world._past()
        return world

    def _past(self) -> None:
        """Passes ran six and two hours ago; since then some orders came."""
        for name in KNOWN:
            self._customer(name)
        for number in range(9):
            self._order(f"A-{number}", NOW - 6 * HOUR)
        self.run(NOW - 6 * HOUR)
        for number in self.rng.sample(range(12), 4):
            self._order(f"A-{number}", NOW - 4 * HOUR)
        self.run(NOW - 2 * HOUR)
        lately = {12, 13, 14, *self.rng.sample(range(12), 4)}
        for number in sorted(lately):  # what no pass has seen yet
            self._order(f"A-{number}", NOW - HOUR)
        for number in self.rng.sample(sorted(lately), 4):  # and what changed again before any did
            self._order(f"A-{number}", NOW)
        with self.setup.store.write() as connection:
            if self.rng.random() < 0.3:
                scope, name = self.rng.choice([("all", ""), ("rule", "late"), ("channel", "sms")])
                ends = self.rng.choice([None, NOW + 5 * HOUR])
                pause = {"scope": scope, "name": name, "reason": "x", "who": "anna", "since": NOW}
                connection.execute(insert(table_of(Pause)).values(until=ends, **pause))
            if self.rng.random() < 0.3:
                until = self.rng.choice([None, NOW + 7 * HOUR])
                address = "dora@example.com"
                suppress(
                    connection, Channel.EMAIL, address, reason="x", source="t", now=NOW, until=until
                )
            said = {"customer_id": "cem", "channel": None, "source": "t", "note": ""}
            granted = {"granted": self.rng.random() < 0.5, "at": NOW, "purpose": "survey"}
            connection.execute(insert(table_of(Consent)).values(**said, **granted))

    def _customer(self, name: str) -> None:
        values = {
            "first_name": name.title(),
            "email": self.rng.choice([f"{name}@example.com"] * 4 + [None]),
            "phone": self.rng.choice(["+4915112345678", None]),
            "zone": self.rng.choice(["Europe/Berlin", "Europe/Berlin", "America/New_York", None]),
            "country": self.rng.choice(["DE", "RU"]),
        }
        self._take(Kind.CUSTOMER, name, values, NOW - 6 * HOUR)

    def _order(self, number: str, at: datetime) -> None:
        def around(*choices: Any) -> Any:
            return self.rng.choice([NOW + self.rng.randint(-30, 30) * HOUR, *choices])

        status = self.rng.choice(["placed", "shipped", "shipped", "delivered"])
        values = {
            "customer_id": BUYERS[crc32(number.encode()) % len(BUYERS)],
            "number": number,
            "status": status,
            "status_changed_at": at,
            "promised_at": around(None),
            "estimated_at": around(None, None),
            "delivered_at": NOW - self.rng.randint(0, 9) * HOUR if status == "delivered" else None,
            "carrier": self.rng.choice(["DHL", None]),
            "total": Money(Decimal(self.rng.choice([20, 200])), "EUR"),
            "placed_at": NOW - 40 * HOUR,
        }
        self._take(Kind.ORDER, number, values, at)

    def _take(self, kind: Kind, subject: str, values: dict[str, Any], at: datetime) -> None:
        record = Record(kind, subject, values, updated_at=at, at=at)
        import_rows(self.setup.store, [record], now=at, source="test")

    def run(self, now: datetime) -> None:
        """Run every pass as often as there is something to do at that instant."""
        setup = self.setup
        enrol(setup.store, setup.enroller, CATALOGUE, zone=BERLIN, now=now)
        while True:
            done = expire_held(setup, now=now) + cancel_matching(setup, now=now).total
            planned = plan_due(setup, now=now)
            report = send_due(setup, now=now)
            done += planned.planned + planned.held + sum(planned.ended.values())
            if not done + report.sent + sum(report.put_off.values()):
                return

    def rows(self, model: Any) -> Sequence[Any]:
        with self.setup.store.read() as connection:
            return connection.execute(select(table_of(model))).all()


Told = Counter[tuple[Any, ...]]


@dataclass(frozen=True)
class Fates:
    """What became of everything, in a form to compare."""

    sent: Told
    shadow: Told
    waiting: Told
    held: Told
    passed_by: Told  # messages that ended while their rule went on
    ended: Told  # enrollments that ended, and why

    @classmethod
    def foretold(cls, found: Preview) -> Fates:
        by_outcome: dict[Outcome, Told] = {outcome: Counter() for outcome in Outcome}
        passed_by: Told = Counter()
        ended: Told = Counter()
        for message in found.messages:
            orders = tuple(sorted(subject.id for subject in message.subjects))
            where = (message.rule, message.step, orders, message.customer)
            match message.outcome:
                case Outcome.SKIPPED if message.reason in GOES_ON:
                    passed_by[*where, message.reason.value] += 1
                case Outcome.SKIPPED if message.customer in KNOWN:
                    ended.update((message.rule, order, message.reason.value) for order in orders)
                case Outcome.SKIPPED:
                    assert message.reason in (Reason.NO_CUSTOMER, Reason.CANCELLED_BY_RULE)
                case Outcome.HELD:
                    by_outcome[Outcome.HELD][*where, message.reason.value] += 1
                case outcome:
                    by_outcome[outcome][*where, message.channel, message.due_at] += 1
        return cls(
            by_outcome[Outcome.WILL_SEND],
            by_outcome[Outcome.SHADOW],
            by_outcome[Outcome.WAITING],
            by_outcome[Outcome.HELD],
            passed_by,
            ended,
        )

    @classmethod
    def seen(cls, world: World) -> Fates:
        """Read from the ledger what became of what was there, or came, since NOW."""
        found: dict[str, Told] = {name: Counter() for name in cls.__dataclass_fields__}
        about: dict[str, list[str]] = {}
        for part in world.rows(MessageSubject):
            about.setdefault(part.message_id, []).append(part.subject_id)
        changed = {row.message_id: row.at for row in world.rows(StateRow)}
        held = {row.message_id: row.reason for row in world.rows(StateRow) if row.state == "held"}
        for row in world.rows(Message):
            where = (row.rule, row.step, tuple(sorted(about[row.id])), row.customer_id)
            match MessageState(row.state):
                case MessageState.PLANNED:
                    found["waiting"][*where, Channel(row.channel), row.due_at] += 1
                case MessageState.HELD:
                    found["held"][*where, row.reason] += 1
                case _ if changed[row.id] < NOW:
                    continue
                case MessageState.EXPIRED if row.id in held and row.expires_at > NOW:
                    found["held"][*where, held[row.id]] += 1
                case MessageState.SENT:
                    found["sent"][*where, Channel(row.channel), row.sent_at] += 1
                case _ if row.reason == Reason.SHADOW.value:
                    found["shadow"][*where, Channel(row.channel), row.sent_at] += 1
                case _ if Reason(row.reason) in GOES_ON:
                    found["passed_by"][*where, row.reason] += 1
        for row in world.rows(Enrollment):
            is_lately = row.ended_at is not None and row.ended_at >= NOW
            if is_lately and row.reason != Reason.FINISHED.value and row.customer_id in KNOWN:
                found["ended"][row.rule, row.subject_id, row.reason] += 1
        return cls(**found)


#: a pass on PostgreSQL is the same language at several times the cost
WORLDS = [*(("sqlite", seed) for seed in range(12)), *(("postgres", seed) for seed in range(4))]


@pytest.mark.parametrize(("database_kind", "seed"), WORLDS)
def test_what_is_foretold_is_what_happens(store: Store, seed: int) -> None:
    make_hasty(store)
    world = World.random(store, seed)
    foretold = Fates.foretold(preview(world.setup, now=NOW, until=UNTIL))
    for hour in range(41):
        world.run(NOW + hour * HOUR)
    seen = Fates.seen(world)
    for name in Fates.__dataclass_fields__:
        assert getattr(foretold, name) == getattr(seen, name), name
