"""Reading an operator's YAML: version 1.2, every part with its place, every mistake a problem.

Of YAML only what an operator needs is taken: lists, keys, values and comments. Anchors, tags and
merges are refused, so that what a line says does not depend on another line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml
from ruamel.yaml.error import YAMLError

from outreach.errors import Problem, Problems
from outreach.rules.yaml_events import (
    ALIAS,
    DOCUMENT,
    END,
    MAPPING,
    NODE,
    SCALAR,
    SEQUENCE,
    events,
    quick_events,
)
from outreach.rules.yaml_mistakes import syntax_problem
from outreach.rules.yaml_nodes import Mapping, Node, Scalar, Sequence, Source

DEEPEST = 16
MOST_BRACKETS = 64  # opened in one line
_TOO_DEEP = "this is nested too deep to be meant"
_QUOTE = "write it out, or put it in quotes if it is meant as text"
_INVISIBLE = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)

_BARE_DASH = re.compile(r"[\s-]*-(?=\s*(#|$))")


class _TooDeep(Exception):
    """Carries the event that goes one level too far."""

    def __init__(self, event: Any) -> None:
        super().__init__()
        self.event = event


def read(text: str, file: str, problems: list[Problem], *, first_line: int = 1) -> Mapping | None:
    """Return the keys and values of a file, adding everything wrong with its YAML to `problems`.

    None when it cannot be read at all. `first_line` is where the text starts in its file.
    """
    root, found = _read(text, file, first_line)
    problems.extend(found)
    return root


@lru_cache(maxsize=128)  # a command asks for its settings several times, and nothing here changes
def _read(text: str, file: str, first_line: int) -> tuple[Mapping | None, tuple[Problem, ...]]:
    problems: list[Problem] = []
    root = _parse(text, file, first_line, problems)
    return root, tuple(problems)


def _parse(text: str, file: str, first_line: int, problems: list[Problem]) -> Mapping | None:
    text = text.removeprefix("\ufeff")  # what Windows editors write first
    source = Source(file, tuple(re.split(r"\r\n|\r|\n", text)), first_line)
    if unreadable := [*_invisible(source), *_overdone(source)]:
        problems.extend(unreadable)
        return None
    if root := _faultless(source, text):
        return root
    try:
        found = _Builder(source, problems).build(events(text))
    except _TooDeep as deep:
        place = (deep.event.start_mark.line + first_line, deep.event.start_mark.column + 1)
        problems.append(source.problem(place, "E009", _TOO_DEEP))
        return None
    except (YAMLError, ValueError) as error:
        problems.append(syntax_problem(error, source, text))
        return None
    return _as_mapping(found, source, problems)


def _faultless(source: Source, text: str) -> Mapping | None:
    """Return what a text holds if nothing at all is wrong with it."""
    problems: list[Problem] = []
    try:
        root = _Builder(source, problems).build(quick_events(text))
    except (_TooDeep, yaml.YAMLError, ValueError):
        return None
    root = _as_mapping(root, source, problems)
    return None if problems else root


def decode(content: bytes, file: str) -> str:
    """Return the text of a file, its encoding checked; raises Problems when it is not UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        said = f"the byte 0x{content[error.start]:02x} is not UTF-8"
        hint = "save the file with the encoding UTF-8"
        raise Problems([Problem(file, line, column, "E007", said, hint=hint)]) from None


def _invisible(source: Source) -> Iterator[Problem]:
    for number, line in enumerate(source.lines, start=source.first_line):
        for found in _INVISIBLE.finditer(line):
            said = f"the invisible character U+{ord(found.group()):04X} cannot stand here"
            yield source.problem((number, found.start() + 1), "E007", said, hint="delete it")


def _overdone(source: Source) -> Iterator[Problem]:
    """Yield lines with so many brackets inside each other that the parser would take minutes."""
    for number, line in enumerate(source.lines, start=source.first_line):
        if line.count("[") + line.count("{") > MOST_BRACKETS:
            yield source.problem((number, 1), "E009", _TOO_DEEP, width=len(line))


def _as_mapping(root: Node | None, source: Source, problems: list[Problem]) -> Mapping | None:
    if root is None or (isinstance(root, Scalar) and root.is_empty):
        problems.append(source.problem((source.first_line, 1), "E008", "there is nothing in it"))
        return None
    if not isinstance(root, Mapping):
        said = "expected `key: value` lines at the start of a line"
        problems.append(root.problem("E004", said))
        return None
    return root


@dataclass
class _Open:
    """A list or a mapping whose end has not come yet."""

    event: Any
    parts: list[Node | None] = field(default_factory=list)


class _Builder:
    """Builds nodes from events, without recursion: depth is bounded, not the stack's business."""

    def __init__(self, source: Source, problems: list[Problem]) -> None:
        self.source = source
        self.problems = problems
        self.open: list[_Open] = []
        self.root: Node | None = None
        self.documents = 0

    def build(self, events: Iterator[Any]) -> Node | None:
        for event in events:
            if isinstance(event, DOCUMENT):
                self._start_document(event)
            elif isinstance(event, NODE):
                self._node(event)
            elif isinstance(event, END):
                opened = self.open.pop()
                self._add(self._closed(opened))
        return self.root

    def _start_document(self, event: Any) -> None:
        self.documents += 1
        if event.version or event.tags:
            self._refuse(event, "a line that starts with `%` is not used here")
        if self.documents == 2:
            self._refuse(event, "`---` starts a second document; a file has one")

    def _node(self, event: Any) -> None:
        if event.anchor is not None and not isinstance(event, ALIAS):
            self._refuse(event, f"the anchor `&{event.anchor}` is not used here", _QUOTE)
        if getattr(event, "tag", None) is not None:
            self._refuse(event, f"the tag `{event.tag}` is not used here", _QUOTE)
        if isinstance(event, ALIAS):
            self._refuse(
                event, f"`*{event.anchor}` refers to an anchor, which is not used here", _QUOTE
            )
            self._add(None)
        elif isinstance(event, SCALAR):
            self._add(self._scalar(event))
        elif isinstance(event, SEQUENCE + MAPPING):
            if len(self.open) == DEEPEST:
                raise _TooDeep(event)
            self.open.append(_Open(event))

    def _refuse(self, event: Any, said: str, hint: str = "delete it") -> None:
        self.problems.append(self.source.problem(self._place(event), "E006", said, hint=hint))

    def _place(self, event: Any) -> tuple[int, int]:
        mark = event.start_mark
        return mark.line + self.source.first_line, mark.column + 1

    def _add(self, node: Node | None) -> None:
        if self.open:
            self.open[-1].parts.append(node)
        elif self.documents == 1:
            self.root = node

    def _scalar(self, event: Any) -> Scalar:
        line, column = self._place(event)
        start, end = event.start_mark, event.end_mark
        one_line = start.line == end.line
        here = len(self.source.line(line)) + 1
        width = (end.column + 1 if one_line else here) - column
        if not event.value and not event.style:
            line, column = self._empty_place(line, column)
            width = 0
        scalar = Scalar(self.source, line, column, width, event.value, event.style or "", one_line)
        if _INVISIBLE.search(event.value):
            self.problems.append(scalar.problem("E007", "an invisible character stands in it"))
        return scalar

    def _empty_place(self, line: int, column: int) -> tuple[int, int]:
        """Return where a value is missing; the parser only knows what comes next."""
        parts = self.open[-1].parts if self.open else []
        if self._in_mapping():
            key = parts[-1] if len(parts) % 2 else None  # else it is the key that is missing
            if isinstance(key, Scalar):
                return key.line, key.column + key.width + 1
            return line, column
        for above in range(line, self.source.first_line - 1, -1):
            if found := _BARE_DASH.match(self.source.line(above)):
                return above, found.end() + 1
        return line, column

    def _in_mapping(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].event, MAPPING)

    def _closed(self, opened: _Open) -> Node:
        line, column = self._place(opened.event)
        if isinstance(opened.event, SEQUENCE):
            items = tuple(part for part in opened.parts if part is not None)
            return Sequence(self.source, line, column, 1, items)
        entries = tuple(self._entries(opened.parts))
        width = entries[0][0].width if entries else 1
        return Mapping(self.source, line, column, width, entries)

    def _entries(self, parts: list[Node | None]) -> Iterator[tuple[Scalar, Node]]:
        seen: dict[str, Scalar] = {}
        for key, value in zip(parts[::2], parts[1::2], strict=True):
            if key is None or value is None:
                continue
            if not isinstance(key, Scalar) or key.is_empty:
                said = "a key must be a word before a `:`"
                self.problems.append(key.problem("E004", said))
            elif key.text == "<<" and not key.style:
                self.problems.append(key.problem("E006", "the merge key `<<` is not used here"))
            elif first := seen.get(key.text):
                said = f"`{key.text}` stands here twice, first in line {first.line}"
                self.problems.append(key.problem("E002", said))
            else:
                seen[key.text] = key
                yield key, value
