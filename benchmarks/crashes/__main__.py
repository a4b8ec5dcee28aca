"""Run the harness on each database and print the account; status 1 when a message is wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

from benchmarks.crashes.account import Account, reckon
from benchmarks.crashes.storm import Storm, Weather, rage
from benchmarks.crashes.world import World
from benchmarks.databases import POSTGRES, SQLITE, databases
from benchmarks.measuring import tell
from benchmarks.warm import Nursery
from outreach.channels.sandbox import Mischief
from outreach.store.database import Store

KINDS = {"sqlite": SQLITE, "postgres": POSTGRES}
#: five in a hundred of each
FAULTS = ", ".join(f"5% {each}" for each in Mischief)
FULL = Storm(between=(2.0, 6.0), freeze_every=6, patience=1200)


def main(words: Sequence[str] | None = None) -> int:
    """Let it storm; return 0, or 1 when a message was sent twice, lost, or is unexplained."""
    asked = _parser().parse_args(words)
    kinds = [KINDS[asked.database]] if asked.database else list(KINDS.values())
    accounts = {}
    for kind in kinds:
        with databases(kind) as made, made.new() as store:
            accounts[kind] = run(store, asked.messages, asked.seed, FULL)
            tell(f"{kind}: {accounts[kind]}", last=True)
    return int(not all(account.is_right for account, _ in accounts.values()))


def run(store: Store, messages: int, seed: int, storm: Storm) -> tuple[Account, Weather]:
    """Send so many messages through the storm, and count them."""
    names = ["first"] if store.is_sqlite else ["first", "second"]
    with tempfile.TemporaryDirectory(prefix="outreach-crashes-") as folder, Nursery() as nursery:
        world = World(store, Path(folder), nursery)
        tell(f"{messages:,} messages are being planned")
        world.fill(messages)
        world.start_sandbox(faults=FAULTS, seed=seed, latency_ms=5)
        tell("the storm")
        weather = rage(world, storm, names, Random(seed))
        print(world.log.read_text("utf-8")[-3000:])
        return reckon(store, world.journal), weather


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crashes", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000, help="how many are sent")
    parser.add_argument("--database", choices=KINDS, help="one database only")
    parser.add_argument("--seed", type=int, default=1, help="of the faults and of the moments")
    return parser


if __name__ == "__main__":
    sys.exit(main())
