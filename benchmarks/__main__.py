"""Run what is asked for, print the table, and after a full run write it into the README."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from benchmarks.claiming import claiming
from benchmarks.databases import POSTGRES, SQLITE, Databases, databases
from benchmarks.dispatch import dispatch
from benchmarks.engines import engines
from benchmarks.figures import Figure, table
from benchmarks.measuring import Disagreement, Timings, tell
from benchmarks.mime import mime
from benchmarks.planning import planning
from benchmarks.queueing import queueing
from benchmarks.readme import describe_machine, write_readme
from benchmarks.rendering import rendering
from benchmarks.shop import fill
from benchmarks.sizes import FULL, QUICK, Sizes
from benchmarks.sweeps import sweeps
from benchmarks.ticks import against_selects, growth, ticks
from benchmarks.tls import tls
from outreach.clock import SystemClock

PARTS = (
    *("ticks", "sweep", "planning", "claiming", "dispatch", "queueing"),
    *("rendering", "mime", "tls", "engines"),
)
KINDS = {"sqlite": SQLITE, "postgres": POSTGRES}


def main(words: Sequence[str] | None = None) -> int:
    """Measure; return 0, or 1 when two ways that should agree do not."""
    asked = _parser().parse_args(words)
    parts = asked.parts or PARTS
    kinds = [KINDS[asked.database]] if asked.database else list(KINDS.values())
    figures: list[Figure] = []
    postgres = ""
    try:
        for kind in kinds:
            with databases(kind) as made:
                figures += measure(made, parts, QUICK if asked.quick else FULL)
                postgres = postgres or made.version
        figures += measure_alone(parts, QUICK if asked.quick else FULL)
    except Disagreement as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(table(figures))
    if set(parts) == set(PARTS) and not asked.database and not asked.quick:
        write_readme(figures, describe_machine(f"{SystemClock().now().date()}", postgres))
    return 0


def measure(made: Databases, parts: Sequence[str], sizes: Sizes) -> Iterator[Figure]:
    """Measure the parts that are asked for on one kind of database."""
    kind = made.kind
    if "ticks" in parts or "sweep" in parts:
        with made.new() as store:
            tell(f"{kind}: a shop of {sizes.orders:,} orders")
            fill(store, sizes.orders)
            if "ticks" in parts:
                few = ticks(kind, store, sizes.orders, sizes.few_rules, sizes)
                many = ticks(kind, store, sizes.orders, sizes.many_rules, sizes)
                yield from against_selects(kind, few, many, sizes)
                yield growth(kind, many, _small_ticks(made, sizes), sizes)
            if "sweep" in parts:
                yield sweeps(kind, store, sizes)
    if "planning" in parts:
        with made.new() as store:
            fill(store, sizes.rows)
            yield from planning(kind, store, sizes)
    if "claiming" in parts:
        with made.new() as store:
            yield from claiming(kind, store, sizes)
    if "dispatch" in parts:
        with made.new() as store:
            yield from dispatch(kind, store, sizes)
    if "queueing" in parts:
        yield from queueing(made, sizes)
    if "engines" in parts:
        with made.new() as store:
            fill(store, sizes.sample)
            yield from engines(kind, store, sizes)


def measure_alone(parts: Sequence[str], sizes: Sizes) -> Iterator[Figure]:
    """Measure the parts that are asked for and need no database."""
    if "rendering" in parts:
        yield from rendering(sizes)
    if "mime" in parts:
        yield from mime(sizes)
    if "tls" in parts:
        yield from tls(sizes)


def _small_ticks(made: Databases, sizes: Sizes) -> Timings:
    with made.new() as store:
        fill(store, sizes.few_orders)
        return ticks(made.kind, store, sizes.few_orders, sizes.many_rules, sizes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", type=_part, help=f"of {', '.join(PARTS)}; or all")
    parser.add_argument("--database", choices=KINDS, help="one database only")
    parser.add_argument("--quick", action="store_true", help="few rows: does it work at all?")
    return parser


def _part(word: str) -> str:
    if word not in PARTS:
        raise argparse.ArgumentTypeError(f"unknown part: {word}; there are {', '.join(PARTS)}")
    return word


if __name__ == "__main__":
    sys.exit(main())
