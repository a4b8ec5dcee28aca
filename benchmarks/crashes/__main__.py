"""Run the harness on each database and print the account; status 1 when a message is wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

from benchmarks.crashes.account import reckon
from benchmarks.crashes.showing import Run, one_by_one, table
from benchmarks.crashes.storm import Storm, rage
from benchmarks.crashes.world import World
from benchmarks.databases import POSTGRES, SQLITE, databases
from benchmarks.measuring import tell
from benchmarks.readme import CRASHES, describe_machine, write_block
from benchmarks.warm import Nursery
from outreach.channels.sandbox import Mischief
from outreach.clock import SystemClock
from outreach.store.database import Store

KINDS = {"sqlite": SQLITE, "postgres": POSTGRES}
MESSAGES = 10_000
#: five in a hundred of each
FAULTS = ", ".join(f"5% {each}" for each in Mischief)
FULL = Storm(between=(2.0, 6.0), freeze_every=6, patience=1800)


def main(words: Sequence[str] | None = None) -> int:
    """Let it storm; return 0, or 1 when a message was sent twice, lost, or is unexplained."""
    asked = _parser().parse_args(words)
    kinds = [KINDS[asked.database]] if asked.database else list(KINDS.values())
    runs: dict[str, Run] = {}
    postgres = ""
    for kind in kinds:
        with databases(kind) as made, made.new() as store:
            postgres = postgres or made.version
            runs[kind] = run(store, asked.messages, asked.seed, FULL)
        print(table({kind: runs[kind]}), flush=True)
    if asked.each:
        asked.each.write_text("\n".join([*one_by_one(runs), ""]), "utf-8")
    if asked.messages == MESSAGES and not asked.database:
        machine = describe_machine(f"{SystemClock().now().date()}", postgres)
        write_block(CRASHES, f"{machine}\n\n{table(runs)}")
    return int(not all(each.account.is_right for each in runs.values()))


def run(store: Store, messages: int, seed: int, storm: Storm) -> Run:
    """Send so many messages through the storm, and count them."""
    names = ["first"] if store.is_sqlite else ["first", "second"]
    with tempfile.TemporaryDirectory(prefix="outreach-crashes-") as folder, Nursery() as nursery:
        world = World(store, Path(folder), nursery)
        tell(f"{messages:,} messages are being planned")
        world.fill(messages)
        world.start_sandbox(faults=FAULTS, seed=seed, latency_ms=5)
        weather = rage(world, storm, names, Random(seed))
        tell(f"{messages:,} messages in {weather.seconds:.0f} s", last=True)
        return Run(reckon(store, world.journal), weather, len(names))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crashes", description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES, help="how many are sent")
    parser.add_argument("--database", choices=KINDS, help="one database only")
    parser.add_argument("--seed", type=int, default=1, help="of the faults and of the moments")
    parser.add_argument("--each", type=Path, help="a file: every message in doubt, and why")
    return parser


if __name__ == "__main__":
    sys.exit(main())
