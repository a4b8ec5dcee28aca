"""Tables as people read them: aligned columns without lines, cut to fit on a terminal only."""

from __future__ import annotations

import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from outreach.cli.output import Output, is_terminal

GAP = "  "
#: what columns are never narrower than: one that is cut, one that wraps
NARROWEST, READABLE = 8, 28


@dataclass(frozen=True)
class Cell:
    """A text in a table and how it looks."""

    text: str
    color: str | None = None
    bold: bool = False
    dim: bool = False


@dataclass(frozen=True)
class Column:
    """A column: numbers stand `right`.

    On a narrow screen one that `shrinks` is cut, and one that `wraps` goes on in the next line.
    """

    title: str
    right: bool = False
    shrinks: bool = False
    wraps: bool = False


Row = Sequence[str | Cell]


def table(out: Output, columns: Sequence[Column], rows: Iterable[Row], total: Row = ()) -> None:
    """Print rows under their titles, and a total under a line."""
    for line in lines_of(out, columns, list(rows), total):
        out.line(line)


def lines_of(
    out: Output, columns: Sequence[Column], rows: Sequence[Row], total: Row = ()
) -> Iterator[str]:
    """Yield the lines of a table."""
    titles = [Cell(column.title, bold=True) for column in columns]
    every = [[*map(_cell, row)] for row in (titles, *rows, *([total] if total else []))]
    widths = [max(cells(row[i].text) for row in every) for i in range(len(columns))]
    _fit(widths, columns, out)
    for row in every[: len(rows) + 1]:
        for part in _wrapped(columns, widths, row):
            yield _line(out, columns, widths, part)
    if total:
        rule = [
            Cell("─" * w if c.right else "", dim=True) for w, c in zip(widths, columns, strict=True)
        ]
        yield _line(out, columns, widths, rule)
        yield _line(out, columns, widths, every[-1])


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def cut(text: str, width: int) -> str:
    """Return a text that takes at most `width` columns, with … where it was cut."""
    if cells(text) <= width:
        return text
    while text and cells(text) > width - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def _cell(value: str | Cell) -> Cell:
    return value if isinstance(value, Cell) else Cell(value)


def _fit(widths: list[int], columns: Sequence[Column], out: Output) -> None:
    """Make columns narrower until a line fits on the screen: those that wrap, then the others."""
    if not is_terminal(sys.stdout):
        return
    over = sum(widths) + len(GAP) * (len(widths) - 1) - out.width
    for wraps, least in ((True, READABLE), (False, NARROWEST), (True, NARROWEST)):
        able = [i for i, c in enumerate(columns) if (c.wraps if wraps else c.shrinks)]
        while over > 0 and able:
            widest = max(able, key=lambda place: widths[place])
            if widths[widest] <= least:
                break
            widths[widest] -= 1
            over -= 1


def _wrapped(
    columns: Sequence[Column], widths: list[int], row: Sequence[Cell]
) -> Iterator[list[Cell]]:
    """Yield the lines of a row: one, unless a cell that wraps is too long."""
    parts = [
        [replace(cell, text=text) for text in textwrap.wrap(cell.text, width)] or [cell]
        if column.wraps and cells(cell.text) > width
        else [cell]
        for column, width, cell in zip(columns, widths, row, strict=True)
    ]
    for line in zip_longest(*parts, fillvalue=Cell("")):
        yield list(line)


def _line(out: Output, columns: Sequence[Column], widths: list[int], row: Sequence[Cell]) -> str:
    parts = []
    for column, width, cell in zip(columns, widths, row, strict=True):
        text = cut(cell.text, width)
        pad = " " * (width - cells(text))
        styled = out.style(text, cell.color, bold=cell.bold, dim=cell.dim)
        parts.append(pad + styled if column.right else styled + pad)
    return GAP.join(parts).rstrip()
