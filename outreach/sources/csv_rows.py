"""Rows of a CSV file, each with the line it begins in; a broken line costs that line only."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from outreach.errors import DataError
from outreach.sources.records import RawRow

DELIMITERS = (",", ";", "\t")
#: a value that runs over more lines than this is a quote that nobody closed
LONGEST_VALUE = 500


class _Lines:
    """Hands lines to the CSV reader and can take back those of a row that turned out broken."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._source = iter(lines)
        self._again: list[str] = []
        self.taken: list[str] = []
        self.number = 0  # of the line handed out last

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) > LONGEST_VALUE:
            raise csv.Error("a quote is never closed")
        line = self._again.pop() if self._again else next(self._source)
        self.taken.append(line)
        self.number += 1
        return line

    def start_row(self) -> None:
        """Forget the lines of the row before."""
        self.taken.clear()

    def give_back(self) -> None:
        """Take back all lines of this row but its first: they may be rows themselves."""
        while len(self.taken) > 1:
            self._again.append(self.taken.pop())
            self.number -= 1


def read_csv(lines: Iterable[str], name: str) -> tuple[list[str], Iterator[RawRow]]:
    """Return the columns and the rows of lines with their ends; raises DataError if empty."""
    source = _Lines(lines)
    delimiter = ""
    for first in source:
        if first.strip():
            delimiter = _delimiter(first)
            source.taken.clear()
            source._again.append(first)  # noqa: SLF001  # our own, in this module
            source.number -= 1
            break
    if not delimiter:
        raise DataError(f"{name} is empty: its first line must name the columns")
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    try:
        columns = [column.strip() for column in next(reader)]
    except csv.Error as error:
        raise DataError(f"{name}, line {source.number}: {error}") from None
    twice = {c for c in columns if c and columns.count(c) > 1}
    if twice:
        raise DataError(f"{name} has two columns called {', '.join(sorted(twice))}")
    return columns, _rows(reader, source, columns)


def _delimiter(header: str) -> str:
    return max(DELIMITERS, key=header.count)


def _rows(reader: Iterator[list[str]], source: _Lines, columns: list[str]) -> Iterator[RawRow]:
    width = len(columns)
    while True:
        source.start_row()
        line = source.number + 1
        try:
            cells = next(reader, None)
            broken = ""
        except csv.Error as error:
            cells, broken = [], _in_words(error)
        if cells is None:
            return
        if not cells and not broken:
            continue  # an empty line
        if not broken and len(cells) != width:
            broken = f"has {len(cells)} values where the file has {width} columns"
        if broken:
            text = source.taken[0].rstrip("\r\n") if source.taken else ""
            source.give_back()
            yield RawRow(line, {}, broken, text)
        else:
            yield RawRow(line, dict(zip(columns, cells, strict=True)))


def _in_words(error: csv.Error) -> str:
    said = str(error)
    if "expected after" in said:
        return "a quote ends in the middle of a value"
    if "end of data" in said or "never closed" in said:
        return "a quote is opened and never closed"
    return said
