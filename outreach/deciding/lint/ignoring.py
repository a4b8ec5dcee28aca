"""`lint: ignore CODE reason`: what is meant to be as it is, and ignores of no more use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from outreach.deciding.lint.codes import RULES
from outreach.errors import Problem

_COMMENT = re.compile(r"(?:^|\s)#\s*lint:\s*(?P<said>.*?)\s*$")
_IGNORE = re.compile(r"ignore\s+(?P<code>[A-Z]\d{3})\s+(?P<reason>\S.*)")
_HOW = "write: # lint: ignore T503 because …"


@dataclass(frozen=True)
class Ignore:
    """A code that is not reported in some lines of a file (1-based, both included)."""

    code: str
    line: int
    first: int
    last: int

    def hides(self, problem: Problem) -> bool:
        """Whether it is about this problem."""
        return problem.code == self.code and self.first <= problem.line <= self.last


def comments_in(file: str, text: str, starts: Sequence[int]) -> tuple[list[Ignore], list[Problem]]:
    """Return what the comments of a YAML file ignore, and those that cannot be read.

    `starts` are the lines on which rules begin: a comment in a rule, or right above it, is about
    that rule, one above all rules about the whole file.
    """
    lines = text.splitlines()
    bounds = _bounds(lines, starts)
    ignores, problems = [], list[Problem]()
    for number, line in enumerate(lines, start=1):
        comment = _COMMENT.search(line)
        if comment is None:
            continue
        found = _IGNORE.fullmatch(comment["said"])
        if found and found["code"] in RULES:
            first, last = next(b for b in bounds if b[0] <= number <= b[1])
            whole = first == 1  # above all rules
            ignores.append(Ignore(found["code"], number, first, len(lines) if whole else last))
            continue
        said = _why_not(found["code"] if found else "")
        place = comment.start("said")
        problems.append(
            Problem(
                file,
                number,
                place + 1,
                "L901",
                said,
                source=line,
                width=len(line) - place,
                hint=_HOW,
            )
        )
    return ignores, problems


def apply_ignores(
    file: str, text: str, problems: Iterable[Problem], ignores: Sequence[Ignore]
) -> Iterator[Problem]:
    """Yield the problems of one file that are not ignored, and the ignores that ignore nothing."""
    used: set[Ignore] = set()
    for problem in problems:
        hiding = [ignore for ignore in ignores if ignore.hides(problem)]
        used.update(hiding)
        if not hiding:
            yield problem
    lines = text.splitlines()
    for ignore in ignores:
        if ignore not in used:
            source = lines[ignore.line - 1]
            at = source.find(ignore.code) if ignore.code in source else 0
            said = f"{ignore.code} is not found here any more"
            yield Problem(
                file, ignore.line, at + 1, "L902", said, RULES["L902"].level, source, 4, "delete it"
            )


def _why_not(code: str) -> str:
    return f"lint has no code {code} to ignore" if code else "an ignore needs its code and a reason"


def _bounds(lines: Sequence[str], starts: Sequence[int]) -> list[tuple[int, int]]:
    """Return the stretches of a file, each with the comment lines right above its first line."""
    begins = [1]
    for start in sorted(starts):
        begin = start
        while begin > 2 and lines[begin - 2].lstrip().startswith("#"):
            begin -= 1
        if begin > begins[-1]:
            begins.append(begin)
    ends = [begin - 1 for begin in begins[1:]] + [len(lines)]
    return list(zip(begins, ends, strict=True))
