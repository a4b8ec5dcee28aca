"""The head of a template: YAML between two `---` lines, strict, with the place of every mistake."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from outreach.deciding.rendering.suggestions import did_you_mean
from outreach.errors import Problem
from outreach.model import Channel

_HEAD = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_KEYS = {
    Channel.EMAIL: ("subject", "preheader", "needs", "from_name", "lint"),
    Channel.SMS: ("needs", "lint"),
}
_PATH = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_-]+)*")
#: `subject: {{ … }}`, which YAML takes for something else
_BARE_TAG = re.compile(r":\s+(\{[{%])")
_IN_QUOTES = 'put the text in quotes: subject: "…"'
_IGNORE = re.compile(r"ignore ([A-Z]\d{3}) (\S.*)")


@dataclass(frozen=True)
class LintIgnore:
    """A lint rule that this template breaks on purpose, and why."""

    code: str
    reason: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Placed:
    """A text and the line of the file it stands on (or begins on)."""

    text: str
    line: int


@dataclass(frozen=True)
class FrontMatter:
    """What the head says, where the body begins, and everything that is wrong with the head."""

    body: Placed
    subject: Placed | None = None
    preheader: Placed | None = None
    from_name: Placed | None = None
    needs: tuple[Placed, ...] = ()
    lint: tuple[LintIgnore, ...] = ()
    problems: tuple[Problem, ...] = field(default=(), compare=False)


@lru_cache(maxsize=1024)  # checks, lint and sending read the same files
def parse_front_matter(text: str, file: str, channel: Channel) -> FrontMatter:
    """Split a template into head and body. Mistakes are returned: the body may have more."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    head = _HEAD.match(text)
    if head is None:
        problems: tuple[Problem, ...] = ()
        if text.startswith("---"):
            problems = (Problem(file, 1, 1, "M202", "the head is not closed: add a line `---`"),)
        return FrontMatter(Placed(text, 1), problems=problems)
    body = Placed(text[head.end() :], text.count("\n", 0, head.end()) + 1)
    reader = _Reader(file, text, channel)
    return reader.read(head[1], body)


class _Reader:
    """Reads one head and keeps what is wrong with it."""

    def __init__(self, file: str, text: str, channel: Channel) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.keys = _KEYS[channel]
        self.problems: list[Problem] = []

    def read(self, head: str, body: Placed) -> FrontMatter:
        values = self._load(head)
        for key in values:
            if key not in self.keys:
                self._unknown_key(values, str(key))
        return FrontMatter(
            body=body,
            subject=self._text(values, "subject"),
            preheader=self._text(values, "preheader"),
            from_name=self._text(values, "from_name"),
            needs=self._needs(values),
            lint=self._lint(values),
            problems=tuple(self.problems),
        )

    def _load(self, head: str) -> Mapping[str, Any]:
        try:
            values = YAML(typ="rt", pure=True).load(head)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 2, mark.column + 1) if mark else (1, 1)
            what = (error.problem or "this is not YAML").split("\n", maxsplit=1)[0]
            source = self.lines[line - 1] if line <= len(self.lines) else ""
            if bare := _BARE_TAG.search(source):
                message, width = (
                    f"a text that begins with {bare[1]} must be in quotes",
                    len(bare[1]),
                )
                self._add(line, bare.start(1) + 1, message, hint=_IN_QUOTES, width=width)
                return {}
            hint = _IN_QUOTES if source.count(": ") > 1 else ""
            self._add(line, column, f"the head is not YAML: {what}", hint=hint)
            return {}
        except YAMLError as error:
            self._add(1, 1, f"the head is not YAML: {str(error).splitlines()[0]}")
            return {}
        if values is None:
            return {}
        if not isinstance(values, CommentedMap):
            self._add(2, 1, "the head must be keys and values, such as `subject: …`")
            return {}
        return values

    def _unknown_key(self, values: Mapping[str, Any], key: str) -> None:
        line, column = self._place(values, key)
        known = ", ".join(self.keys)
        message = f"there is no key {key!r} here.{did_you_mean(key, self.keys)}"
        self._add(line, column, message, hint=f"known keys: {known}", width=len(key))

    def _text(self, values: Mapping[str, Any], key: str) -> Placed | None:
        if key not in values or key not in self.keys:
            return None
        value = values[key]
        line, column = self._place(values, key, of_value=True)
        if isinstance(value, CommentedMap):
            self._add(line, column, f"`{key}` must be a text", hint=f'in quotes: {key}: "…"')
            return None
        if value is None or not str(value).strip():
            self._add(line, column, f"`{key}` is empty: write a text or leave the key out")
            return None
        return Placed(str(value), line)

    def _needs(self, values: Mapping[str, Any]) -> tuple[Placed, ...]:
        found = []
        for text, line, column in self._items(values, "needs"):
            if _PATH.fullmatch(text):
                found.append(Placed(text, line))
            else:
                message = f"`needs` lists names such as order.number, not {text!r}"
                self._add(line, column, message, width=len(text))
        return tuple(found)

    def _lint(self, values: Mapping[str, Any]) -> tuple[LintIgnore, ...]:
        found = []
        for text, line, column in self._items(values, "lint"):
            ignore = _IGNORE.fullmatch(text)
            if ignore:
                found.append(LintIgnore(ignore[1], ignore[2], line))
            else:
                message = f"`lint` lists what to ignore and why, not {text!r}"
                self._add(line, column, message, hint="such as: ignore M107 our own phrase")
        return tuple(found)

    def _items(self, values: Mapping[str, Any], key: str) -> list[tuple[str, int, int]]:
        """The texts of a list (one text counts as a list of one), each with line and column."""
        if key not in values:
            return []
        value = values[key]
        line, column = self._place(values, key, of_value=True)
        if isinstance(value, str):
            return [(str(value), line, column)]
        if not isinstance(value, CommentedSeq):
            self._add(line, column, f"`{key}` must be a list")
            return []
        places = [value.lc.item(n) for n in range(len(value))]
        return [(str(v), p[0] + 2, p[1] + 1) for v, p in zip(value, places, strict=True)]

    def _place(
        self, values: Mapping[str, Any], key: str, *, of_value: bool = False
    ) -> tuple[int, int]:
        assert isinstance(values, CommentedMap)
        # an empty value has no place of its own
        of_value = of_value and values[key] is not None
        line, column = values.lc.value(key) if of_value else values.lc.key(key)
        return line + 2, column + 1

    def _add(self, line: int, column: int, message: str, *, hint: str = "", width: int = 1) -> None:
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        self.problems.append(
            Problem(self.file, line, column, "M202", message, source=source, width=width, hint=hint)
        )
