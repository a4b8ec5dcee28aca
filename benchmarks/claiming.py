"""T8: claiming letters and writing down that they were sent, beside bare statements.

Both take fifty at a time, and two commits for each fifty: one before the letters leave, one after.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event

from benchmarks.bare_sending import SameRows, TwoStatements
from benchmarks.figures import Figure, Target
from benchmarks.letters import add_letters, count_sent, count_written, setup_for, take_back
from benchmarks.measuring import must_agree, side_by_side, tell
from benchmarks.shop import NOW
from benchmarks.sizes import Sizes
from outreach.channels.outgoing import Receipted
from outreach.passes.claim import claim
from outreach.passes.record import record
from outreach.passes.send import BATCH, send_due
from outreach.passes.setup import Setup
from outreach.store.database import Store

OURS, TWO, SAME = "ours", "two statements", "the same rows"


def claiming(kind: str, store: Store, sizes: Sizes) -> Iterator[Figure]:
    """Measure claiming and recording without anything that is sent, and count the commits."""
    add_letters(store, sizes.queued, sizes.letters)
    setup = setup_for(store)
    two, same = TwoStatements(store), SameRows(store)
    _write_the_same(kind, store, same, setup)
    timings, count = side_by_side(
        f"{kind}: claiming and recording",
        {TWO: two.send, SAME: same.send, OURS: lambda: _ours(setup)},
        sizes.few_repeats,
        before=lambda: take_back(store),
        count=lambda: count_sent(store),
    )
    must_agree(f"{kind}: sent letters", {"due": sizes.letters, "sent": count})
    letters = f"claiming and recording {count:,} letters: letters/s ÷ those of"
    what = f"{letters} two bare statements for every {BATCH}"
    yield Figure(Target.T8, what, kind, 1 / timings.ratio(OURS, TWO))
    what = f"{letters} bare statements that write the same rows"
    yield Figure(Target.NONE, what, kind, 1 / timings.ratio(OURS, SAME))
    take_back(store)
    yield _commits(kind, setup, sizes)


def _write_the_same(kind: str, store: Store, by_hand: SameRows, setup: Setup) -> None:
    """Make sure that both ways write as many rows to each table."""
    written = []
    for send in (by_hand.send, lambda: _ours(setup)):
        take_back(store)
        send()
        written.append(count_written(store))
    hand, ours = written
    for name, rows in hand.items():
        must_agree(f"{kind}: rows of {name}", {SAME: rows, OURS: ours[name]})


def _ours(setup: Setup) -> int:
    """Claim and record as the send pass does, its calls to the provider left out."""
    done = 0
    while True:
        with setup.store.write() as connection:
            claimed, _ = claim(connection, setup, owner="bench", now=NOW, limit=BATCH)
        if not claimed:
            return done
        results = [(each, Receipted(each.message.id)) for each in claimed]
        with setup.store.write() as connection:
            record(connection, setup, results, now=NOW)
        done += len(claimed)


def _commits(kind: str, setup: Setup, sizes: Sizes) -> Figure:
    """Count what a whole send pass commits."""
    with _counted(setup.store) as commits:
        report = send_due(setup, now=NOW, limit=sizes.letters)
    must_agree(f"{kind}: a send pass", {"due": sizes.letters, "sent": report.sent})
    batches = -(-report.sent // BATCH)
    tell(f"{kind}: {len(commits)} commits for {batches} batches", last=True)
    what = f"commits of a send pass ÷ batches of {BATCH} letters"
    return Figure(Target.T8_COMMITS, what, kind, len(commits) / batches)


@contextmanager
def _counted(store: Store) -> Iterator[list[object]]:
    commits: list[object] = []

    def committed(connection: Connection) -> None:
        commits.append(connection)

    event.listen(store.engine, "commit", committed)
    try:
        yield commits
    finally:
        event.remove(store.engine, "commit", committed)
