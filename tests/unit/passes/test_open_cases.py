"""Customers say how many cases of theirs are open, whoever opened or closed them."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from outreach.model import HandoffState
from outreach.passes.open_cases import count_cases
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.handoffs import change_handoff
from outreach.store.ledger import Handoff
from outreach.store.subjects import Change, Customer

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def customers(store: Store, *names: str) -> None:
    with store.write() as connection:
        rows = [{"id": name, "open_tickets": 0} for name in names]
        connection.execute(insert(table_of(Customer)), rows)


def case(store: Store, number: int, customer: str | None, state: HandoffState) -> None:
    told: dict[str, Any] = dict.fromkeys(("rule", "step", "team", "title", "mode", "reason"), "x")
    about = {"kind": "customer", "subject_id": customer or "A-1", "customer_id": customer}
    row = told | about | {"key": f"k-{number}", "enrollment_id": 0, "state": state.value}
    with store.write() as connection:
        connection.execute(insert(table_of(Handoff)), {"id": number, "opened_at": NOW, **row})


def said(store: Store) -> dict[str, int]:
    row = table_of(Customer).c
    with store.read() as connection:
        return dict(connection.execute(select(row.id, row.open_handoffs)).all())


def changes(store: Store) -> list[tuple[Any, ...]]:
    row = table_of(Change).c
    query = select(row.subject_id, row.field, row.old, row.new, row.at).order_by(row.id)
    with store.read() as connection:
        return [tuple(one) for one in connection.execute(query)]


def test_a_case_counts_until_it_is_done(store: Store) -> None:
    customers(store, "ana", "ben")
    case(store, 1, "ana", HandoffState.OPEN)
    assert count_cases(store, now=NOW) == 1
    assert said(store) == {"ana": 1, "ben": 0}
    with store.write() as connection:
        change_handoff(connection, 1, state=HandoffState.TAKEN.value)
    assert count_cases(store, now=NOW + HOUR) == 0
    with store.write() as connection:
        change_handoff(connection, 1, state=HandoffState.DONE.value)
    assert count_cases(store, now=NOW + 2 * HOUR) == 1
    assert changes(store) == [
        ("ana", "open_handoffs", 0, 1, NOW),
        ("ana", "open_handoffs", 1, 0, NOW + 2 * HOUR),
    ]


def test_what_was_never_given_or_belongs_to_nobody_we_know_does_not_count(store: Store) -> None:
    customers(store, "ana")
    case(store, 1, "ana", HandoffState.CANCELLED)
    case(store, 2, None, HandoffState.OPEN)
    case(store, 3, "nobody", HandoffState.OPEN)
    assert count_cases(store, now=NOW) == 0
    assert said(store) == {"ana": 0}
    customers(store, "nobody")  # known by now
    assert count_cases(store, now=NOW) == 1


def test_the_count_and_the_log_agree_with_the_cases_whatever_happens(store: Store) -> None:
    rng = random.Random(7)
    names = ["C-1", "C-2", "C-3"]
    customers(store, *names)
    cases: dict[int, tuple[str, HandoffState]] = {}
    for round_ in range(12):
        for _ in range(rng.randrange(4)):
            number, name = len(cases) + 1, rng.choice(names)
            cases[number] = (name, rng.choice([HandoffState.OPEN, HandoffState.CANCELLED]))
            case(store, number, *cases[number])
        for number in rng.sample(sorted(cases), len(cases) // 3):
            name, state = cases[number]
            if state is not HandoffState.CANCELLED:
                cases[number] = name, rng.choice([HandoffState.TAKEN, HandoffState.DONE])
                with store.write() as connection:
                    change_handoff(connection, number, state=cases[number][1].value)
        count_cases(store, now=NOW + round_ * HOUR)
        open_ = Counter(name for name, state in cases.values() if state.value in ("open", "taken"))
        assert said(store) == {name: open_[name] for name in names}
        told = dict.fromkeys(names, 0)
        for name, _, old, new, _ in changes(store):
            assert told[name] == old  # each goes on from the one before
            told[name] = new
        assert told == said(store)
