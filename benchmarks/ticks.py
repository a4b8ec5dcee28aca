"""T1 to T4: a pass of enrolling over what happened since the one before, beside raw SELECTs."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks.clockwork import Clockwork
from benchmarks.databases import SQLITE
from benchmarks.figures import Figure, Target
from benchmarks.measuring import Timings, must_agree, rounds, tell, timed
from benchmarks.sizes import Sizes
from outreach.store.database import Store

PASS, BY_HAND = "pass", "raw SELECTs"


def against_selects(kind: str, few: Timings, many: Timings, sizes: Sizes) -> Iterator[Figure]:
    """Compare passes with few and with many rules over a large shop with raw SELECTs."""
    targets = (Target.T2, Target.T1) if kind == SQLITE else (Target.T3, Target.T3)
    counts = (sizes.few_rules, sizes.many_rules)
    for count, timings, target in zip(counts, (few, many), targets, strict=True):
        what = f"a pass with {count} rules over {sizes.orders:,} orders ÷ raw SELECTs"
        yield Figure(target, what, kind, timings.ratio(PASS, BY_HAND))


def growth(kind: str, large: Timings, small: Timings, sizes: Sizes) -> Figure:
    """Compare passes with many rules over a large shop and a small one."""
    target = Target.T4_SQLITE if kind == SQLITE else Target.T4_POSTGRES
    rules = f"{sizes.many_rules} rules"
    what = f"a pass with {rules} over {sizes.orders:,} orders ÷ over {sizes.few_orders:,}"
    return Figure(target, what, kind, median(large.seconds[PASS]) / median(small.seconds[PASS]))


def ticks(kind: str, store: Store, orders: int, count: int, sizes: Sizes) -> Timings:
    """Measure passes with so many rules, each beside raw SELECTs over the same time."""
    title = f"{kind}: {count} rules, {orders:,} orders"
    tell(f"{title} … first pass")
    clockwork = Clockwork(store, orders, count, sizes.due)
    timings = Timings()
    counts = []
    for number in rounds(title, sizes.repeats):
        clockwork.tick()
        expected = clockwork.count_new()
        clockwork.find_due()  # once untimed: both shall find the same pages in memory
        with store.read() as connection:
            taken, due = timed(
                lambda: clockwork.by_hand.find_due(connection, clockwork.before, clockwork.now)
            )
        timings.add(number, BY_HAND, taken)
        taken, enrolled = timed(clockwork.enrol)
        timings.add(number, PASS, taken)
        must_agree(title, {"enrolled by the pass": enrolled, "counted by hand": expected})
        counts.append((due, enrolled))
        clockwork.adjust(due)
    due, enrolled = (int(median(column)) for column in zip(*counts, strict=True))
    tell(f"{title}: {timings}; {due} due, {enrolled} enrolled", last=True)
    return timings
