"""T6: a full sweep, which asks every rule about every row, beside the same enrolled by hand."""

from __future__ import annotations

from sqlalchemy import delete

from benchmarks.clockwork import Clockwork
from benchmarks.figures import Figure, Target
from benchmarks.measuring import Timings, must_agree, rounds, tell, timed
from benchmarks.sizes import Sizes
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment
from outreach.timing.instants import MICROSECOND

SWEEP, BY_HAND = "sweep", "by hand"


def sweeps(kind: str, store: Store, sizes: Sizes) -> Figure:
    """Measure sweeps that find what came due since the last pass, among all that stands."""
    rules = sizes.many_rules
    title = f"{kind}: sweep, {rules} rules, {sizes.orders:,} orders"
    tell(f"{title} … first pass")
    clockwork = Clockwork(store, sizes.orders, rules, sizes.due)

    def by_hand() -> int:
        start = clockwork.before + MICROSECOND
        with store.write() as connection:
            return clockwork.by_hand.enrol_standing(connection, start, clockwork.now)

    timings = Timings()
    for number in rounds(title, sizes.few_repeats):
        clockwork.tick(news=False)
        expected = clockwork.count_new()
        taken, added = timed(by_hand)
        timings.add(number, BY_HAND, taken)
        _forget_newest(clockwork)
        taken, enrolled = timed(lambda: clockwork.enrol(sweep=True))
        timings.add(number, SWEEP, taken)
        must_agree(title, {"counted": expected, "by hand": added, "by the sweep": enrolled})
    tell(f"{title}: {timings}", last=True)
    what = f"a full sweep with {rules} rules over {sizes.orders:,} orders ÷ INSERT … SELECTs"
    return Figure(Target.T6, what, kind, timings.ratio(SWEEP, BY_HAND))


def _forget_newest(clockwork: Clockwork) -> None:
    table = table_of(Enrollment)
    with clockwork.store.write() as connection:
        connection.execute(delete(table).where(table.c.enrolled_at == clockwork.now))
