"""Rows of JSON: one object a line, or one list of objects; parts of parts become `part.name`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn, TextIO

from outreach.errors import DataError
from outreach.sources.records import RawRow

_DECODER = json.JSONDecoder(parse_float=Decimal)
_SPACE = " \t\r\n"
CHUNK = 65_536
#: one item longer than this is not a row
LONGEST = 4 * 1024 * 1024


def read_json(stream: TextIO, name: str) -> Iterator[RawRow]:
    """Yield the objects of a text: line by line, or the items of the list it holds.

    An object over several lines is one row, or the list of rows inside it: `{"orders": […]}`.
    Raises DataError when it is neither.
    """
    head = stream.read(CHUNK)
    start = head.lstrip(_SPACE)
    if not start:
        raise DataError(f"{name} is empty")
    if start.startswith("["):
        return _Items(stream, name, head[: len(head) - len(start)].count("\n") + 1, start[1:])
    return _by_line(enumerate(_lines(head, stream), start=1), name)


def _lines(head: str, stream: TextIO) -> Iterator[str]:
    *lines, last = head.split("\n")
    yield from lines
    yield last + stream.readline()
    yield from stream


def _by_line(lines: Iterator[tuple[int, str]], name: str) -> Iterator[RawRow]:
    number, first = next((number, line) for number, line in lines if line.strip())
    value = _parsed(first)
    if value is None and first.lstrip().startswith("{"):
        yield from _over_lines(number, first, lines, name)
        return
    filled = ((number, line) for number, line in lines if line.strip())
    second = next(filled, None)
    if second is None and value is not None:
        yield from _whole(number, value, first)
        return
    yield _row(number, first)
    if second is not None:
        yield _row(*second)
    for number, line in filled:
        yield _row(number, line)


def _over_lines(
    number: int, first: str, lines: Iterator[tuple[int, str]], name: str
) -> Iterator[RawRow]:
    """Yield what is in an object that does not end in its first line, or is no JSON there."""
    rest = [line.rstrip("\n") for _, line in lines]
    text = "\n".join([first, *rest])
    value = _parsed(text)
    if value is not None:
        yield from _whole(number, value, text)
    elif any(line.startswith("{") for line in rest):  # one object a line, and the first is broken
        yield from (_row(n, line) for n, line in enumerate([first, *rest], number) if line.strip())
    else:
        raise DataError(f"{name}, line {number}: this is neither JSON nor one object a line")


def _whole(number: int, value: dict[str, Any], text: str) -> Iterator[RawRow]:
    lists = [part for part in value.values() if _is_rows(part)]
    if len(lists) == 1 and "id" not in value:
        for item in lists[0]:
            yield _object(number, item, "")
    else:
        yield _object(number, value, text)


def _row(number: int, line: str) -> RawRow:
    text = line.strip()
    try:
        return _object(number, _DECODER.decode(text), text)
    except (ValueError, RecursionError) as error:
        return RawRow(number, {}, f"is not JSON: {error}", text)


def _object(number: int, value: Any, text: str) -> RawRow:
    if not isinstance(value, dict):
        return RawRow(number, {}, 'is not an object: `{"name": value}` is expected', text)
    try:
        return RawRow(number, dict(_flat(value)))
    except RecursionError:
        return RawRow(number, {}, "is nested too deep", text)


def _flat(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, part in value.items():
        if isinstance(part, dict) and part:
            yield from _flat(part, f"{prefix}{key}.")
        else:
            yield prefix + key, part


def _is_rows(part: Any) -> bool:
    return isinstance(part, list) and bool(part) and all(isinstance(item, dict) for item in part)


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        value = _DECODER.decode(text.strip())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


@dataclass
class _Items:
    """The items of one list as they come; holds little more than one of them."""

    stream: TextIO
    name: str
    line: int
    buffer: str
    at: int = 0

    def __iter__(self) -> _Items:
        return self

    def __next__(self) -> RawRow:
        while True:
            self._pass_over_space()
            if self.buffer.startswith("]", self.at):
                raise StopIteration
            found = self._item()
            if found is not None:
                value, end = found
                text, line = self.buffer[self.at : end], self.line
                self.line += text.count("\n")
                self.at = end
                return _object(line, value, text)

    def _pass_over_space(self) -> None:
        end = self.at
        while end < len(self.buffer) and self.buffer[end] in " \t\r\n,":
            end += 1
        self.line += self.buffer.count("\n", self.at, end)
        self.at = end

    def _item(self) -> tuple[Any, int] | None:
        """Return the item that comes next and where it ends; None when more had to be read."""
        broken = "it ends before the list does"
        try:
            value, end = _DECODER.raw_decode(self.buffer, self.at)
            if end < len(self.buffer):  # a number might go on
                return value, end
        except json.JSONDecodeError as error:
            broken = str(error.msg)
            is_cut = error.msg.startswith("Unterminated") or error.pos > len(self.buffer) - 16
            if not is_cut:
                self._fail(error.msg, self.buffer.count("\n", self.at, error.pos))
        except (ValueError, RecursionError) as error:
            self._fail(str(error))
        more = self.stream.read(CHUNK)
        if not more or len(self.buffer) - self.at > LONGEST:
            self._fail(broken)
        self.buffer, self.at = self.buffer[self.at :] + more, 0
        return None

    def _fail(self, why: str, lines: int = 0) -> NoReturn:
        raise DataError(f"{self.name}, line {self.line + lines}: the list is no JSON: {why}")
