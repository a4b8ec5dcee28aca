"""Run the storm on each database and print the account; status 1 when a code went wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic

from benchmarks.coupons.account import Account
from benchmarks.coupons.storm import Storm, rage
from benchmarks.coupons.world import Size
from benchmarks.databases import POSTGRES, SQLITE, databases
from benchmarks.measuring import tell
from benchmarks.readme import COUPONS, describe_machine, write_block
from outreach.clock import SystemClock

KINDS = {"sqlite": SQLITE, "postgres": POSTGRES}
#: a thousand codes, money for eight hundred, and twelve hundred customers who would get one
FULL = Size(codes=1000, messages=1200, budget=800)
#: fifty workers: ten processes of five threads each
FIFTY = Storm(processes=10, threads=5, lives=8.0, patience=1800)
ROWS = (
    ("workers that died", lambda run: run.deaths),
    ("codes given", lambda run: run.account.given),
    ("… of them in doubt", lambda run: run.account.in_doubt),
    ("codes left", lambda run: run.account.free),
    ("codes given twice", lambda run: len(run.account.twice)),
    ("codes lost or wrong", lambda run: len(run.account.wrong) + len(run.account.unseen)),
    ("most money taken at once, in coupons", lambda run: run.account.most),
    ("seconds", lambda run: round(run.seconds)),
)


class Run:
    """One storm and its account."""

    def __init__(self, account: Account, deaths: int, seconds: float) -> None:
        self.account, self.deaths, self.seconds = account, deaths, seconds


def main(words: Sequence[str] | None = None) -> int:
    """Let it storm; return 0, or 1 when a code was given twice, lost, or beyond the budget."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coupons", description=__doc__)
    parser.add_argument("--database", choices=KINDS, help="one database only")
    parser.add_argument("--seed", type=int, default=1, help="of what goes wrong and when")
    asked = parser.parse_args(words)
    kinds = [KINDS[asked.database]] if asked.database else list(KINDS.values())
    runs: dict[str, Run] = {}
    postgres = ""
    for kind in kinds:
        with databases(kind) as made, made.new() as store:
            postgres = postgres or made.version
            with tempfile.TemporaryDirectory(prefix="outreach-coupons-") as folder:
                began = monotonic()
                account, deaths = rage(store, Path(folder), FULL, FIFTY, asked.seed)
            runs[kind] = Run(account, deaths, monotonic() - began)
            tell(f"{kind}: {deaths} deaths", last=True)
            for line in (*account.twice, *account.wrong, *account.unseen):
                print(line, file=sys.stderr)
    print(table(runs))
    if not asked.database:
        machine = describe_machine(f"{SystemClock().now().date()}", postgres)
        write_block(COUPONS, f"{machine}\n\n{table(runs)}")
    return int(not all(run.account.is_right for run in runs.values()))


def table(runs: Mapping[str, Run]) -> str:
    """Return what happened on each database as a table."""
    head = ["| |" + "".join(f" {kind} |" for kind in runs), "|---|" + "---:|" * len(runs)]
    rows = [
        f"| {name} |" + "".join(f" {of(run):,} |" for run in runs.values()) for name, of in ROWS
    ]
    return "\n".join([*head, *rows])


if __name__ == "__main__":
    sys.exit(main())
