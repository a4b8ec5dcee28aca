"""T7: new enrollments and messages, beside the store's own INSERT … SELECT of the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text

from benchmarks.by_hand import ByHand, driver
from benchmarks.figures import Figure, Target
from benchmarks.measuring import side_by_side
from benchmarks.rules import HOUR, HandWritten, read
from benchmarks.shop import NOW
from benchmarks.sizes import Sizes
from outreach.store.database import Store
from outreach.store.enrolling import Asked, Enroller, Window
from outreach.store.planning import attach_subjects, message_id, write_messages

RULE = (
    "  - rule: placed",
    "    about: order",
    "    purpose: transactional",
    "    when: [placed_at is more than 1 hour ago]",
    "    ignore_older_than: 300 days",
    "    steps: [{send: note}]",
)
SAME = HandWritten("placed", "order", "placed_at", HOUR, 300 * 24 * HOUR, "orders s", "true", "")
OURS, BY_HAND = "ours", "INSERT … SELECT"
#: messages that the plan pass writes at once
CHUNK = 500
#: the tables a new message is written to
WRITTEN = ("messages", "message_states", "message_subjects")
#: of a message's row in the table of states, what is not numbered by the database
STATE = "message_id, at, state, reason, note, who"


def planning(kind: str, store: Store, sizes: Sizes) -> Iterator[Figure]:
    """Measure inserting in sets, and of rows made in Python."""
    yield _sets(kind, store, sizes)
    yield _rows(kind, store, sizes)


def _sets(kind: str, store: Store, sizes: Sizes) -> Figure:
    """Enrol many orders by one rule."""
    ruleset = read(*RULE)
    (rule,) = ruleset
    enroller = Enroller(ruleset, store.engine.dialect)
    hand = ByHand([SAME], sqlite=store.is_sqlite)

    def ours() -> int:
        with store.write() as connection:
            return enroller.enrol(connection, [Asked(rule, "standing", Window.at(NOW))]).total()

    def by_hand() -> int:
        with store.write() as connection:
            return hand.enrol_standing(connection, NOW, NOW)

    timings, count = side_by_side(
        f"{kind}: enrolling in one set",
        {BY_HAND: by_hand, OURS: ours},
        sizes.few_repeats,
        before=lambda: _empty(store, "enrollments"),
    )
    what = f"enrolling {count:,} orders: rows/s ÷ those of INSERT … SELECT"
    return Figure(Target.T7_SETS, what, kind, 1 / timings.ratio(OURS, BY_HAND))


def _rows(kind: str, store: Store, sizes: Sizes) -> Figure:
    """Write messages as the plan pass makes them, each with its history and its subject."""
    drafts = [_draft(number) for number in range(sizes.rows // 5)]
    parts = [
        {"message_id": d["id"], "enrollment_id": n, "kind": "order", "subject_id": f"O-{n}"}
        for n, d in enumerate(drafts)
    ]

    def ours() -> int:
        with store.write() as connection:
            for start in range(0, len(drafts), CHUNK):
                write_messages(connection, drafts[start : start + CHUNK], NOW)
                attach_subjects(connection, parts[start : start + CHUNK])
        return len(drafts)

    def by_hand() -> int:
        with store.write() as connection:
            cursor = driver(connection).cursor()
            for statement in _copies():
                cursor.execute(statement)
        return len(drafts)

    ours()
    with store.write() as connection:
        for name in WRITTEN:
            connection.execute(text(f"CREATE TABLE made_{name} AS SELECT * FROM {name}"))
    timings, count = side_by_side(
        f"{kind}: writing messages",
        {BY_HAND: by_hand, OURS: ours},
        sizes.few_repeats,
        before=lambda: _empty(store, *WRITTEN),
        count=lambda: _count(store),
    )
    what = f"writing {count:,} rows of messages from Python: rows/s ÷ those of INSERT … SELECT"
    return Figure(Target.T7_ROWS, what, kind, 1 / timings.ratio(OURS, BY_HAND))


def _copies() -> Iterator[str]:
    for name in WRITTEN:
        columns, into = ("*", name) if name != "message_states" else (STATE, f"{name} ({STATE})")
        select = f"SELECT {columns} FROM made_{name} WHERE true"
        yield f"INSERT INTO {into} {select} ON CONFLICT DO NOTHING"


def _draft(number: int) -> dict[str, Any]:
    due = NOW + timedelta(seconds=number)
    return {
        "id": message_id("placed", f"order:O-{number}", "note", 1),
        "rule": "placed",
        "rule_version": None,
        "step": "note",
        "repetition": 1,
        "customer_id": f"C-{number // 3}",
        "channel": "email",
        "channel_number": 0,
        "purpose": "transactional",
        "template": "note",
        "locale": "",
        "mode": "live",
        "state": "planned",
        "reason": "matched",
        "matched_at": NOW,
        "planned_for": due,
        "due_at": due,
        "expires_at": due + timedelta(days=3),
        "planned_at": NOW,
        "batch": None,
        "approved": False,
        "tries": 0,
        "segments": 0,
    }


def _count(store: Store) -> int:
    with store.read() as connection:
        return sum(
            connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in WRITTEN
        )


def _empty(store: Store, *names: str) -> None:
    how = "DELETE FROM" if store.is_sqlite else "TRUNCATE"
    with store.write() as connection:
        for name in names:
            _run(connection, f"{how} {name}")


def _run(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))
