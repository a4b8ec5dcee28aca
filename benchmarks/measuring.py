"""Measuring things side by side: round after round, the first one thrown away, medians."""

from __future__ import annotations

import gc
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter


class Disagreement(Exception):
    """Two ways that should do the same did not: what they took is worth nothing."""


@dataclass
class Timings:
    """Seconds of several things, measured in turn in each round."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, number: int, name: str, seconds: float) -> None:
        """Keep what a thing took in a round, but for the first round: it warms up."""
        if number:
            self.seconds[name].append(seconds)

    def ratio(self, name: str, yardstick: str) -> float:
        """Return how many times as long as the yardstick it took."""
        return median(self.seconds[name]) / median(self.seconds[yardstick])

    def __str__(self) -> str:
        each = (f"{name} {median(took) * 1000:.3g} ms" for name, took in self.seconds.items())
        return ", ".join(each)


def side_by_side(
    title: str,
    things: Mapping[str, Callable[[], int]],
    repeats: int,
    *,
    before: Callable[[], object] = lambda: None,
    count: Callable[[], int] | None = None,
) -> tuple[Timings, int]:
    """Time things in turn; return how many rows each says, or `count` says, that it did.

    `before` and `count` run untimed. Raises Disagreement when the numbers are not all the same.
    """
    timings = Timings()
    found: dict[str, int] = {}
    for number in rounds(title, repeats):
        for name, thing in things.items():
            before()
            seconds, said = timed(thing)
            found[name] = count() if count else said
            timings.add(number, name, seconds)
        must_agree(title, found)
    tell(f"{title}: {timings}", last=True)
    return timings, max(found.values())


def timed(thing: Callable[[], int]) -> tuple[float, int]:
    """Return the seconds something takes, and what it returns; no garbage is collected within."""
    gc.collect()
    gc.disable()
    try:
        began = perf_counter()
        found = thing()
        return perf_counter() - began, found
    finally:
        gc.enable()


def must_agree(title: str, found: Mapping[str, int]) -> None:
    """Raise Disagreement unless all found the same number of rows."""
    if len(set(found.values())) > 1:
        each = ", ".join(f"{name} {count}" for name, count in found.items())
        raise Disagreement(f"{title}: the counts differ: {each}")


def rounds(title: str, repeats: int) -> Iterator[int]:
    """Count the rounds, the first one being 0, and say on stderr how far they are."""
    for number in range(repeats + 1):
        tell(f"{title} … {number}/{repeats}")
        yield number


def tell(words: str, *, last: bool = False) -> None:
    """Say on stderr what is going on: one line that changes, or in a log a line at the end."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{words}" + "\n" * last)
    elif last:
        sys.stderr.write(f"{words}\n")
    sys.stderr.flush()
