"""The suppression list as a file: CSV with headings, or one address a line."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from outreach.errors import DataError
from outreach.model import Channel, Purpose

if TYPE_CHECKING:
    from outreach.store.types import Record

#: headings of a column that holds addresses
ADDRESSES = ("address", "email", "e-mail", "phone", "number", "domain")
#: what a file tells of an entry; the reason and the source are told, and not taken over
COLUMNS = ("address", "channel", "purpose", "until", "note", "reason", "source", "since")


@dataclass(frozen=True)
class Entry:
    """One address that a file names, with what it says of it."""

    channel: Channel
    address: str
    purpose: Purpose | None = None
    until: datetime | None = None
    note: str = ""


@dataclass
class Taken:
    """What was read from a file; faults have their line."""

    entries: list[Entry] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def csv_text(entries: Sequence[Record]) -> str:
    """Return entries as a CSV file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in entries:
        writer.writerow([_shown(getattr(row, name)) for name in COLUMNS])
    return out.getvalue()


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)


def read_file(file: Path, now: datetime) -> Taken:
    """Read a file, `-` for standard input; raises DataError when it cannot be read at all."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8-sig")
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError(f"{file} is not UTF-8: save it as that") from None
    taken = Taken()
    for line, address, rest in _cells(text):
        try:
            taken.entries.append(_entry(address, rest, now))
        except ValueError as error:
            taken.faults.append((line, str(error)))
    return taken


def _cells(text: str) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Yield what stands for addresses, with its line and the rest of the row by its headings."""
    reader = csv.reader(io.StringIO(text))
    heads: list[str] = []
    places: list[int] = []
    for number, row in enumerate(reader):
        if number == 0:
            heads = [head.strip().lower() for head in row]
            places = [place for place, head in enumerate(heads) if head in ADDRESSES]
            if places:
                continue
        rest = dict(zip(heads, row, strict=False)) if places else {}
        for place in places or [0]:
            if place < len(row) and row[place].strip():
                yield reader.line_num, row[place], rest


def _entry(text: str, rest: dict[str, str], now: datetime) -> Entry:
    channel, address = parse_address(text)
    purpose, until = rest.get("purpose", "").strip(), rest.get("until", "").strip()
    if purpose in ("", "all"):
        about = None
    elif purpose in list(Purpose):
        about = Purpose(purpose)
    else:
        raise ValueError(f"'{purpose}' is no purpose: write {', '.join(Purpose)}, or nothing")
    return Entry(channel, address, about, _until(until, now), rest.get("note", "").strip())


def _until(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' is no time: write it like 2027-01-31T09:00+01:00") from None
    if until.tzinfo is None:
        raise ValueError(f"'{text}' says no zone: write it like 2027-01-31T09:00+01:00")
    if until <= now:
        raise ValueError(f"it ended already, at {text}")
    return until


def parse_address(text: str) -> tuple[Channel, str]:
    """Return an address as the list keeps it; raises ValueError for what is none."""
    from outreach.channels.addresses import ascii_address, is_phone_number
    from outreach.store.suppressing import normalised

    plain = text.strip()
    if "@" in plain:
        # a whole domain is checked as an address there
        ascii_address(f"someone{plain}" if plain.startswith("@") else plain)
        return Channel.EMAIL, normalised(Channel.EMAIL, plain)
    number = "".join(sign for sign in plain if sign not in " -()/.")
    if is_phone_number(number):
        return Channel.SMS, number
    raise ValueError(
        f"'{plain}' is no address: write ana@shop.example, @shop.example for a whole domain,"
        " or a number with its country, +4915550123"
    )
