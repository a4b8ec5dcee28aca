"""Restocking: the files of the pools that rules give from are read again when they changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from outreach.errors import DataError
from outreach.model import Mode
from outreach.passes.stocking import Stocked, stock
from outreach.rules.document import Ruleset
from outreach.rules.offer import Pool
from outreach.sources.folder import FileMark
from outreach.store.cursors import read_cursors, write_cursor
from outreach.store.database import Store
from outreach.store.shelves import Shelf, keep_shelves, read_shelves
from outreach.workspace.coupons import read_codes

#: what a file was when it was read last, by its pool
CURSOR = "coupons/"


@dataclass
class RestockReport:
    """What came of the files that were read, and why others could not be."""

    stocked: list[Stocked] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def new(self) -> int:
        """The codes that are new."""
        return sum(each.new for each in self.stocked)


def restock(
    store: Store, pools: Mapping[str, Pool], ruleset: Ruleset, folder: Path, *, now: datetime
) -> RestockReport:
    """Take in the codes of the pools' files below `folder`, and know which pools are needed."""
    report = RestockReport()
    with store.read() as connection:
        known, before = read_cursors(connection, CURSOR), read_shelves(connection)
    for pool in pools.values():
        try:
            _read(store, pool, folder, known.get(pool.name), report, now)
        except DataError as error:
            report.failures[pool.name] = str(error)
    needed = _needed(ruleset)
    shelves = {
        name: Shelf(pool.warn_below if name in needed else None, report.failures.get(name, ""))
        for name, pool in pools.items()
    }
    if shelves != before:
        with store.write() as connection:
            keep_shelves(connection, shelves)
    return report


def _read(
    store: Store, pool: Pool, folder: Path, known: str | None, report: RestockReport, now: datetime
) -> None:
    """Read a pool's file unless it is the one that was read last."""
    path = folder / pool.codes
    if not path.exists():
        raise DataError(f"there is no file {pool.codes}")
    mark = f"{pool.codes} {FileMark.of(path)}"
    if mark == known:
        return
    lines = [(row.line, row.code, row.fault) for row in read_codes(path)]
    report.stocked.append(stock(store, pool, pool.codes, lines, now=now))
    # one that changed while it was read is read again
    if mark == f"{pool.codes} {FileMark.of(path)}":
        with store.write() as connection:
            write_cursor(connection, CURSOR + pool.name, mark, now=now)


def _needed(ruleset: Ruleset) -> set[str]:
    """Return the pools that live rules give from: others take no code."""
    live = (rule for rule in ruleset if rule.mode is Mode.LIVE)
    return {step.offer.coupon for rule in live for step in rule.steps if step.offer}
