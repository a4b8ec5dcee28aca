"""What a YAML file holds, each part with its place: values, lists, and keys with values.

Lines and columns count from 1. A value stays the text that was written; who reads it says what
it has to be.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from outreach.errors import Level, Problem
from outreach.model import Position

_ESCAPE_LENGTH = {"x": 4, "u": 6, "U": 10}


@dataclass(frozen=True, eq=False)
class Source:
    """The text being read, to show the line a mistake stands in."""

    file: str
    lines: tuple[str, ...] = field(repr=False)
    first_line: int = 1

    def line(self, number: int) -> str:
        """Return a line by the number it has in the file, empty past the end."""
        index = number - self.first_line
        return self.lines[index] if 0 <= index < len(self.lines) else ""

    def problem(
        self,
        place: tuple[int, int],
        code: str,
        message: str,
        *,
        width: int = 1,
        hint: str = "",
        level: Level = Level.ERROR,
    ) -> Problem:
        """Return a problem at (line, column), with the line it stands in."""
        line, column = place
        return Problem(
            self.file, line, column, code, message, level, self.line(line), max(width, 1), hint
        )


@dataclass(frozen=True, eq=False)
class Node:
    """A part of a file. `width` is how many characters of its first line it takes."""

    source: Source = field(repr=False)
    line: int
    column: int
    width: int

    @property
    def position(self) -> Position:
        """Where it starts."""
        return Position(self.source.file, self.line, self.column)

    def problem(
        self, code: str, message: str, *, hint: str = "", level: Level = Level.ERROR
    ) -> Problem:
        """Return a problem with this part as a whole."""
        place = (self.line, self.column)
        return self.source.problem(place, code, message, width=self.width, hint=hint, level=level)


@dataclass(frozen=True, eq=False)
class Scalar(Node):
    """A single value or a key. `style` is its quote or block sign, empty when it has none."""

    text: str
    style: str = ""
    is_one_line: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written: `key:`, `key: ~` or `key: null`."""
        return not self.style and self.text in ("", "~", "null", "Null", "NULL")

    @property
    def swallowed(self) -> str:
        """The `#…` that follows on the line: a comment to YAML, perhaps meant as a part."""
        if self.style or not self.is_one_line:
            return ""
        rest = self.source.line(self.line)[self.column - 1 + self.width :]
        return rest.strip() if rest.startswith((" ", "\t")) and "#" in rest else ""

    def column_at(self, offset: int) -> int:
        """Return the column in the file of the character at an offset in a one-line text."""
        if self.style not in ("'", '"'):
            return self.column + offset
        raw = self.source.line(self.line)
        index = self.column  # the character after the opening quote, counted from 0
        for _ in range(offset):
            index += _width_in_quotes(raw, index, self.style)
        return index + 1

    def problem_at(
        self, start: int, end: int, code: str, message: str, *, hint: str = ""
    ) -> Problem:
        """Return a problem with text[start:end] of a one-line value."""
        if not self.is_one_line:
            return self.problem(code, message, hint=hint)
        column = self.column_at(start)
        width = self.column_at(end) - column
        return self.source.problem((self.line, column), code, message, width=width, hint=hint)


def _width_in_quotes(raw: str, index: int, quote: str) -> int:
    """Return how many characters of the file make the character at an index."""
    if quote == "'":
        return 2 if raw.startswith("''", index) else 1
    if raw[index : index + 1] == "\\":
        return _ESCAPE_LENGTH.get(raw[index + 1 : index + 2], 2)
    return 1


@dataclass(frozen=True, eq=False)
class Sequence(Node):
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class Mapping(Node):
    """Keys with values, in the order of the file; a key stands once."""

    entries: tuple[tuple[Scalar, Node], ...]

    def get(self, key: str) -> Node | None:
        """Return the value of a key, None when it is not there."""
        return next((value for name, value in self.entries if name.text == key), None)

    def key(self, key: str) -> Scalar | None:
        """Return the key itself, to point at it."""
        return next((name for name, _ in self.entries if name.text == key), None)
