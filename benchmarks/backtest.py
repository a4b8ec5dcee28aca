"""What a backtest takes: a month of a large shop, played through the starter rules."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from benchmarks.measuring import tell
from benchmarks.readme import BACKTEST, describe_machine, write_block
from outreach.cli.starter import copy_starter
from outreach.clock import SystemClock
from outreach.model import Kind
from outreach.passes.intake import import_rows
from outreach.proving.backtest import EVERY_OF_LONG, Figures, Span, Tape, backtest
from outreach.proving.generating import Shop
from outreach.proving.scratch import make_hasty
from outreach.releases import read_release
from outreach.rules.catalogue import Catalogue
from outreach.store.database import open_store
from outreach.workspace import Workspace

#: 100,000 orders and half as many tickets a year
ORDERS_A_DAY, TICKETS = 274, (0.5, 0.9)
END = datetime(2026, 11, 20, tzinfo=UTC)
DAY, MINUTE, YEAR = timedelta(days=1), timedelta(minutes=1), 365
#: two weeks are set beside two others; before the first of them there is little to do yet
WEEKS = 14


@dataclass
class Run:
    """What playing took: for each day when it was done, in seconds, and the memory by then."""

    figures: Figures
    intake: float
    reading: float
    done: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    @property
    def early(self) -> float:
        """Seconds for one of the first days of which there is all to do."""
        return (self.done[2 * WEEKS] - self.done[WEEKS]) / WEEKS

    @property
    def late(self) -> float:
        """Seconds for one of the last days."""
        return (self.done[-1] - self.done[-1 - WEEKS]) / WEEKS


def main(words: Sequence[str] | None = None) -> int:
    """Play; print what it took, and write it into the README when nothing else was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backtest", description=__doc__)
    parser.add_argument("--days", type=int, default=31, help="how long a time, at least 30 days")
    hour = EVERY_OF_LONG // MINUTE
    parser.add_argument("--every", type=int, default=hour, help="minutes between passes")
    parser.add_argument("--fill", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args(words)
    if asked.fill:
        print(fill(asked.fill, asked.days))
        return 0
    with tempfile.TemporaryDirectory(prefix="outreach-backtest-") as name:
        folder = Path(name)
        copy_starter(folder, empty=False)
        # elsewhere: what it needs of memory is not ours
        command = [sys.executable, "-m", __spec__.name if __spec__ else __name__]
        given = ["--fill", str(folder / "shop.db"), "--days", str(asked.days)]
        took = subprocess.run([*command, *given], check=True, capture_output=True, text=True)
        run = play(folder, asked.days, asked.every, float(took.stdout))
    found = table(run, asked.days)
    print(found)
    if all(getattr(asked, name) == parser.get_default(name) for name in ("days", "every")):
        machine = describe_machine(f"{SystemClock().now().date()}", "")
        write_block(BACKTEST, f"{machine}\n\n{found}")
    return 0


def fill(file: Path, days: int) -> float:
    """Take a shop in, as an import does; return how many seconds that took."""
    records = Shop(7, END, days, ORDERS_A_DAY, TICKETS).records()
    store = open_store(f"sqlite:///{file}")
    make_hasty(store)
    began = perf_counter()
    import_rows(store, records, now=END, source="shop")
    taken = perf_counter() - began
    store.close()
    return taken


def play(folder: Path, days: int, every: int, intake: float) -> Run:
    """Play the days of a shop that is taken in."""
    workspace = Workspace.open(folder)
    store = open_store(f"sqlite:///{folder / 'shop.db'}")
    span = Span(END - days * DAY, END)
    with Tape() as tape:
        began = perf_counter()
        tape.record(store, Catalogue(workspace.settings.fields), lambda _read, _share: None)
        reading = perf_counter() - began
        done, memory = [0.0], [0]
        began = perf_counter()

        def told(share: float) -> None:
            done.append(perf_counter() - began)
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
            tell(f"a backtest of {days} days: {share:.0%}, {done[-1]:,.0f} s")

        release = read_release(workspace)
        figures = backtest(release, workspace, tape, (), span, every=every * MINUTE, told=told)
    store.close()
    tell("", last=True)
    return Run(figures, intake, reading, done, memory)


def table(run: Run, days: int) -> str:
    """Return what was played and what it took as a table."""
    figures, seconds = run.figures, run.done[-1]
    year = (run.late * YEAR + (run.reading + run.intake) * YEAR / days) / 60
    rows: Mapping[str, str] = {
        "days": f"{days}",
        "orders": f"{figures.subjects[Kind.ORDER]:,}",
        "tickets": f"{figures.subjects[Kind.TICKET]:,}",
        "passes": f"{figures.passes:,}",
        "messages that would have gone out": f"{sum(figures.sent.values()):,}",
        "… after their matter was settled": f"{len(figures.after_settled):,}",
        "**playing ÷ only taking in the same rows**": f"{seconds / run.intake:.1f} ×",
        "**one of the last days ÷ one of the first**": f"{run.late / run.early:.2f} ×",
        "**memory at the end ÷ after four weeks**": f"{run.memory[-1] / run.memory[28]:.2f} ×",
        "seconds to read what happened": f"{run.reading:,.0f}",
        "seconds to play it": f"{seconds:,.0f}",
        "minutes for a year of 100,000 orders, at the pace of the last days": f"{year:,.0f}",
    }
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(["| | |", "|---|--:|", *lines])


if __name__ == "__main__":
    sys.exit(main())
