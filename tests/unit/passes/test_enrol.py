"""Enrolling: whatever the rhythm of the passes, the same subjects match since the same instants."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update

from outreach.model import Kind, Position, Purpose, SubjectRef
from outreach.passes.enrol import enrol
from outreach.passes.intake import import_rows
from outreach.rules.catalogue import Catalogue
from outreach.rules.conditions import AnyOf, Condition, NoneOf
from outreach.rules.conditions.branch import all_spans
from outreach.rules.document import Age, OncePer, Rule, Ruleset
from outreach.rules.facts import Facts
from outreach.rules.sentences import parse
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.store.enrolling import Enroller
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment
from outreach.store.subjects import Change, Customer, Order
from outreach.timing.calendars import Calendar
from outreach.timing.durations import parse_duration
from outreach.timing.hours import Hours
from outreach.timing.instants import to_micros
from outreach.timing.spans import Spans
from outreach.timing.windows import ANY_TIME

BERLIN = ZoneInfo("Europe/Berlin")
CATALOGUE = Catalogue()
DE = Calendar("de", BERLIN, frozenset(range(5)), Hours(540, 1020), "DE")
START = datetime(2026, 11, 19, 6, tzinfo=UTC)  # a Thursday
END = START + timedelta(days=6)


def say(text: str) -> Condition:
    return parse(text, CATALOGUE, Kind.ORDER, calendar=DE, zone=BERLIN)


def rule(name: str, *when: str | Condition, **more: Any) -> Rule:
    return Rule(
        name=name,
        about=Kind.ORDER,
        purpose=Purpose.SERVICE,
        when=tuple(say(w) if isinstance(w, str) else w for w in when),
        steps=(),
        window=ANY_TIME,
        expires_after=parse_duration("2 days"),
        position=Position("rules.yaml", 1),
        **more,
    )


FIELD = {path: CATALOGUE.field(Kind.ORDER, path) for path in ("promised_at", "status")}
RULES = (
    rule("late", "promised_at is more than 1 day ago", "status not in [delivered, cancelled]"),
    rule("just-shipped", "status is shipped", "status_changed_at is within the last 2 hours"),
    rule(
        "either",
        AnyOf(
            parts=(
                say("promised_at is in the past"),
                say("delivered_at is within the last 6 hours"),
            )
        ),
        "status is not cancelled",
    ),
    rule("far-off", NoneOf(parts=(say("promised_at is within the next 1 day"),)), "tags include x"),
    rule("stuck", "status is packed for more than 4 business hours"),
    rule("gold", "customer.tier is gold", "promised_at is more than 2 hours away"),
    rule("moved", "promised_at is in the future", once_per=OncePer(fields=(FIELD["promised_at"],))),
    rule(
        "young",
        "promised_at is more than 1 hour ago",
        "tags is present",
        age=Age(FIELD["promised_at"], parse_duration("5 hours")),
    ),
)


@dataclass
class History:
    """One order and its customer through time: the row after each change, oldest first."""

    id: str
    versions: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)


def random_history(rng: random.Random, number: int) -> History:
    history = History(f"A-{number}")
    at = START + timedelta(minutes=rng.randint(1, 3000))
    row = {
        "status": "placed",
        "status_changed_at": at,
        "promised_at": _around(rng, at),
        "delivered_at": None,
        "tags": None,
        "customer.tier": None,
    }
    history.versions.append((at, row))
    for _ in range(rng.randint(0, 5)):
        at += timedelta(minutes=rng.choice([1, 7, 45, 200, 1500]), seconds=rng.randint(0, 59))
        row = dict(row)
        match rng.randint(0, 4):
            case 0 | 1:
                row["status"] = rng.choice(["packed", "shipped", "delivered", "cancelled"])
                row["status_changed_at"] = at
                row["delivered_at"] = at if row["status"] == "delivered" else None
            case 2:
                row["promised_at"] = _around(rng, at)
            case 3:
                row["tags"] = rng.choice([["x"], ["x", "y"], None])
            case 4:
                row["customer.tier"] = rng.choice(["gold", None])
        if row != history.versions[-1][1] and at < END:
            history.versions.append((at, row))
    return history


def _around(rng: random.Random, at: datetime) -> datetime:
    return at + timedelta(minutes=rng.randint(-2000, 3000))


def expected(history: History, asked: Rule) -> set[tuple[str, datetime]]:
    """Work out from the history alone which occurrences match, and since when."""
    found: dict[str, datetime] = {}
    ends = [at for at, _ in history.versions[1:]] + [END + timedelta(microseconds=1)]
    for (begins, row), ends_at in zip(history.versions, ends, strict=True):
        facts = Facts(SubjectRef(Kind.ORDER, history.id), {"id": history.id, **row})
        spans = all_spans(asked.when, facts) & Spans.between(begins, ends_at)
        if asked.age:
            spans = spans & Spans.between(START, row["promised_at"] + asked.age.length.fixed)
        if spans:
            key = f"order:{history.id}"
            for wanted in asked.once_per.fields:
                key += f"|{wanted.path}={to_micros(row[wanted.path])}"
            found.setdefault(key, spans.spans[0].start)
    return set(found.items())


class World:
    """Writes histories into the store as they happen, and lets passes run over them."""

    def __init__(self, store: Store, histories: list[History]) -> None:
        self.store = store
        self.enroller = Enroller(Ruleset(RULES, "digest"), store.engine.dialect)
        self.news = sorted(
            (at, history.id, before, row)
            for history in histories
            for (at, row), before in zip(
                history.versions, [None, *(row for _, row in history.versions)], strict=False
            )
        )

    def run(self, passes: list[datetime]) -> dict[str, set[tuple[str, datetime]]]:
        waiting = list(self.news)
        for now in passes:
            with self.store.write() as connection:
                while waiting and waiting[0][0] <= now:
                    at, order, before, row = waiting.pop(0)
                    self._write(connection, order, at, before, row)
            enrol(self.store, self.enroller, CATALOGUE, zone=BERLIN, now=now)
        again = enrol(
            self.store, self.enroller, CATALOGUE, zone=BERLIN, now=passes[-1] + MOMENT, sweep=True
        )
        assert again.total == 0, "a full pass must find nothing new"
        return self.enrolled()

    def enrolled(self) -> dict[str, set[tuple[str, datetime]]]:
        row = table_of(Enrollment).c
        found: dict[str, set[tuple[str, datetime]]] = {asked.name: set() for asked in RULES}
        with self.store.read() as connection:
            for name, key, at in connection.execute(select(row.rule, row.key, row.matched_at)):
                found[name].add((key, at))
        return found

    def _write(self, connection: Any, order: str, at: datetime, before: Any, row: Any) -> None:
        person = {"id": f"C-{order}", "tier": row["customer.tier"], "open_tickets": 0}
        own = {k: v for k, v in row.items() if k != "customer.tier"} | {"customer_id": person["id"]}
        orders, customers = table_of(Order), table_of(Customer)
        if before is None:
            connection.execute(insert(customers).values(**person))
            connection.execute(insert(orders).values(id=order, **own))
            self._log(connection, "order", order, "", None, None, at)
            return
        connection.execute(update(customers).where(customers.c.id == person["id"]).values(**person))
        connection.execute(update(orders).where(orders.c.id == order).values(**own))
        for name, old in before.items():
            if old != row[name]:
                kind = "customer" if name == "customer.tier" else "order"
                subject = person["id"] if kind == "customer" else order
                self._log(connection, kind, subject, name.split(".")[-1], old, row[name], at)

    def _log(self, connection: Any, *change: Any) -> None:
        kind, subject, name, old, new, at = change
        raw = [to_micros(v) if isinstance(v, datetime) else v for v in (old, new)]
        connection.execute(
            insert(table_of(Change)).values(
                kind=kind,
                subject_id=subject,
                field=name,
                old=raw[0],
                new=raw[1],
                at=at,
                recorded_at=at,
                source="test",
                history=False,
            )
        )


MOMENT = timedelta(microseconds=1)


def minutes(*steps: int) -> list[datetime]:
    """Return passes that many minutes apart, over and over, from the start to the end."""
    passes, place = [START], 0
    while passes[-1] < END:
        passes.append(min(END, passes[-1] + timedelta(minutes=steps[place % len(steps)])))
        place += 1
    return passes


@pytest.mark.parametrize(
    "passes",
    [
        pytest.param(minutes(30), id="every half hour"),
        pytest.param(minutes(600), id="every ten hours"),
        pytest.param(minutes(7, 1, 300, 1440, 2, 33), id="irregularly, with a day out"),
    ],
)
def test_the_rhythm_of_the_passes_does_not_matter(store: Store, passes: list[datetime]) -> None:
    rng = random.Random(11)
    histories = [random_history(rng, number) for number in range(60)]
    found = World(store, histories).run(passes)
    for asked in RULES:
        wanted = {match for history in histories for match in expected(history, asked)}
        assert found[asked.name] == wanted, asked.name
        assert wanted, f"the histories should give {asked.name} something to find"


def test_a_rule_can_be_about_an_answer(store: Store) -> None:
    """First pass, a new answer, one that no longer counts: with what it reaches."""
    low = replace(
        rule("low"),
        about=Kind.RESPONSE,
        when=tuple(
            parse(text, CATALOGUE, Kind.RESPONSE, calendar=None, zone=BERLIN)
            for text in ("score is at most 2", "counts is true", "ticket.status is resolved")
        ),
    )
    enroller = Enroller(Ruleset((low,), "digest"), store.engine.dialect)
    ticket = Record(Kind.TICKET, "T-1", {"status": "resolved"}, START, START)

    def answered(name: str, **values: Any) -> Record:
        given = {"survey": "csat", "received_at": START, "ticket_id": "T-1", **values}
        return Record(Kind.RESPONSE, name, given, START, START)

    first = [ticket, answered("R-1", score=2), answered("R-2", score=4)]
    import_rows(store, first, now=START, source="t")
    assert enrol(store, enroller, CATALOGUE, zone=BERLIN, now=START).total == 1
    later = START + timedelta(minutes=1)
    more = [answered("R-3", score=1), answered("R-4", score=1, counts=False)]
    import_rows(store, more, now=later, source="t")
    assert enrol(store, enroller, CATALOGUE, zone=BERLIN, now=later).enrolled == {"low": 1}


def test_what_a_first_pass_finds_has_not_begun_to_match_in_the_future(store: Store) -> None:
    """Nothing says since when: not the conditions, and not the time that the age counts from."""
    moved = rule(
        "moved",
        "estimated_at is more than 1 day after promised_at",
        "promised_at is in the future",
        age=Age(CATALOGUE.field(Kind.ORDER, "estimated_at"), parse_duration("14 days")),
    )
    enroller = Enroller(Ruleset((moved,), "digest"), store.engine.dialect)
    times = {"promised_at": START + timedelta(days=1), "estimated_at": START + timedelta(days=3)}
    import_rows(store, [Record(Kind.ORDER, "A-1", times, START, START)], now=START, source="t")
    enrol(store, enroller, CATALOGUE, zone=BERLIN, now=START)
    row = table_of(Enrollment).c
    with store.read() as connection:
        ((matched_at, known_from),) = connection.execute(select(row.matched_at, row.known_from))
    assert matched_at == known_from == START
