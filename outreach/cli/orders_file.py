"""Orders that somebody names: as arguments, in a file, or by sentences that are true of them."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from outreach.cli.session import Session
from outreach.errors import DataError

#: headings of a column that holds orders
HEADINGS = ("order", "order_id", "order_number", "id", "number")
#: mistakes of a file that are told; nobody reads more
MOST = 20


def named_orders(
    session: Session, names: Sequence[str], file: Path | None, where: Sequence[str]
) -> list[str]:
    """Return the ids of all orders that are named; raises DataError for those nobody knows."""
    written = [(name, f"`{name}`") for name in names]
    if file is not None:
        written += list(_read(file))
    return sorted({*_known(session, written), *_matching(session, where)})


def _known(session: Session, written: Sequence[tuple[str, str]]) -> Iterator[str]:
    from outreach.store.incidents import known_orders

    with session.store.read() as connection:
        found = known_orders(connection, [name for name, _ in written])
    faults = []
    for name, place in written:
        match found.get(name, []):
            case [order]:
                yield order
            case []:
                faults.append(f"{place}: there is no order '{name}'")
            case several:
                called = ", ".join(several)
                faults.append(f"{place}: several orders are called '{name}': {called}")
    if faults:
        more = f"\n… and {len(faults) - MOST:,} more" if len(faults) > MOST else ""
        raise DataError("\n".join(faults[:MOST]) + more + "\nnothing was changed")


def _matching(session: Session, where: Sequence[str]) -> list[str]:
    if not where:
        return []
    from outreach.passes.incidents import read_where
    from outreach.store.incidents import orders_where

    conditions = read_where(where, session.workspace.names().catalogue)
    with session.store.read() as connection:
        return orders_where(connection, conditions, session.now)


def _read(file: Path) -> Iterator[tuple[str, str]]:
    """Yield what a file names, each with its place: CSV with a heading, or one order a line."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8-sig")
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError(f"{file} is not UTF-8: save it as that") from None
    reader = csv.reader(io.StringIO(text))
    column = 0
    for number, row in enumerate(reader):
        heads = [head.strip().lower() for head in row]
        if number == 0 and (known := [h for h in HEADINGS if h in heads]):
            column = heads.index(known[0])
        elif column < len(row) and row[column].strip():
            yield row[column].strip(), f"{file}:{reader.line_num}"
