"""How much is measured: enough to tell something, or just enough to see that it works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Rows and rounds, `few_repeats` of what takes long.

    `due` matches come due in a pass, all rules together. `rows` orders are enrolled in one set,
    and a fifth as many messages written; `sample` orders are what rule engines get. `letters`
    messages are due at once, of `queued` that are planned in all.
    """

    few_rules: int
    many_rules: int
    orders: int
    few_orders: int
    due: int
    repeats: int
    few_repeats: int
    rows: int
    sample: int
    letters: int
    queued: int


FULL = Sizes(
    few_rules=10,
    many_rules=100,
    orders=1_000_000,
    few_orders=10_000,
    due=100,
    repeats=15,
    few_repeats=7,
    rows=100_000,
    sample=20_000,
    letters=1_000,
    queued=100_000,
)
QUICK = Sizes(
    few_rules=10,
    many_rules=20,
    orders=2_000,
    few_orders=1_000,
    due=20,
    repeats=1,
    few_repeats=1,
    rows=2_000,
    sample=2_000,
    letters=60,
    queued=200,
)
