"""A template as its writer sees it: the words alone, each where it stands in the file."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from outreach.deciding.lint.codes import RULES
from outreach.deciding.rendering.front_matter import FrontMatter, parse_front_matter
from outreach.deciding.rendering.library import TemplateFile
from outreach.errors import Level, Problem

#: what stands in `words` for a tag and for a value that is shown; no letter and no blank
TAG, VALUE = "\x00", "\x01"
_VALUE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_HIDDEN = re.compile(
    r"\{%.*?%\}|\{#.*?#\}"  # what the template does
    r"|(?<=\])\([^)\s]*\)|<?https?://[^\s)>]+>?|(?:mailto|tel):[^\s)>]+"  # where links lead
    r"|(?<![\w.+-])[\w.+-]+@[\w.-]+|\[(?=[^\]]*\]\()",
    re.DOTALL,
)
_EMPHASIS = re.compile(r"\*\*|__|^#+(?= )", re.MULTILINE)
_SAID = re.compile(r"(subject|preheader):[ \t]*(.*)")


@dataclass(frozen=True)
class Source:
    """A template file and its text; columns and lines count from 1."""

    file: TemplateFile
    text: str

    @cached_property
    def head(self) -> FrontMatter:
        """What stands above the message."""
        return parse_front_matter(self.text, self.file.path, self.file.channel)

    @cached_property
    def words(self) -> str:
        """The text with all that is not words blanked out: every letter keeps its place."""
        above = self.text[: self.body_starts]
        kept = "\n".join(_kept(line) for line in above.split("\n"))
        return _blanked(kept + self.text[self.body_starts :])

    @property
    def body(self) -> str:
        """The words below the head."""
        return self.words[self.body_starts :]

    @property
    def subject(self) -> str:
        """The words of the subject line, "" without one."""
        found = _SAID.search(self.words[: self.body_starts])
        return found[2].strip(" '\"") if found and found[1] == "subject" else ""

    @cached_property
    def body_starts(self) -> int:
        """Where the message begins."""
        lines = self.text.split("\n")[: self.head.body.line - 1]
        return sum(len(line) + 1 for line in lines)

    def problem(
        self,
        code: str,
        start: int,
        end: int,
        message: str,
        hint: str = "",
        level: Level | None = None,
    ) -> Problem:
        """Return a problem with the text between two places."""
        line = bisect_right(self._line_starts, start) - 1
        column = start - self._line_starts[line]
        shown = self.text.split("\n")[line].rstrip("\r")
        width = max(1, min(end - start, len(shown) - column))
        return Problem(
            self.file.path,
            line + 1,
            column + 1,
            code,
            message,
            level or RULES[code].level,
            shown,
            width,
            hint,
        )

    def problem_at(
        self, code: str, words: str, message: str, hint: str = "", level: Level | None = None
    ) -> Problem:
        """Return a problem with some words of a rendering, where they most likely come from."""
        start, end = self._find(words)
        return self.problem(code, start, end, message, hint, level)

    def problem_with(
        self, code: str, key: str, message: str, hint: str = "", level: Level | None = None
    ) -> Problem:
        """Return a problem with a line of the head, or with the message as a whole."""
        found = re.search(rf"^{key}:", self.text[: self.body_starts], re.MULTILINE) if key else None
        start, end = found.span() if found else self._first_word()
        return self.problem(code, start, end, message, hint, level)

    def _find(self, words: str) -> tuple[int, int]:
        """Return where the longest beginning of some words stands in the file."""
        parts = words.split()[:6]
        for count in range(len(parts), 0, -1):
            pattern = r"\s+".join(map(re.escape, parts[:count]))
            if found := re.search(rf"(?<!\w){pattern}", self.words[self.body_starts :]):
                return found.start() + self.body_starts, found.end() + self.body_starts
        return self._first_word()

    def _first_word(self) -> tuple[int, int]:
        """Return where the first line of the message stands."""
        found = re.search(r"\S.*", self.text[self.body_starts :])
        if not found:
            return 0, 1
        return found.start() + self.body_starts, found.end() + self.body_starts

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        for line in self.text.split("\n")[:-1]:
            starts.append(starts[-1] + len(line) + 1)
        return starts


def _kept(line: str) -> str:
    """Return a line of the head with only what readers will see of it."""
    said = _SAID.match(line)
    if said is None:
        return TAG * len(line)
    return line[: said.start(2)] + said[2]


def _blanked(text: str) -> str:
    text = _VALUE.sub(lambda found: _masked(found[0], VALUE), text)
    text = _HIDDEN.sub(lambda found: _masked(found[0], TAG), text)
    return _EMPHASIS.sub(lambda found: " " * len(found[0]), text)


def _masked(text: str, sign: str) -> str:
    return re.sub(r"[^\n]", sign, text)
