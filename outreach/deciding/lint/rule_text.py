"""A rule where it is written: to point at one of its lines, or at one of its file's defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from outreach.deciding.lint.codes import RULES
from outreach.errors import Problem
from outreach.rules.document import Rule, Step


@dataclass(frozen=True)
class RuleText:
    """The lines of one rule, from the one with its name to the one before the next rule."""

    rule: Rule
    lines: tuple[str, ...]
    last: int

    @property
    def file(self) -> str:
        """The file it stands in."""
        return self.rule.position.file

    @cached_property
    def said(self) -> str:
        """The rule as it is written, comments left out."""
        return "\n".join(line.split(" #")[0] for line in self.lines[self._first - 1 : self.last])

    @property
    def _first(self) -> int:
        return self.rule.position.line

    def problem(self, code: str, key: str, message: str, hint: str = "") -> Problem:
        """Return a problem with a key of the rule, else of the defaults, else with the rule."""
        number = self._line_of(key, self._first, self.last)
        if number is None and key and key != "rule":
            number = self._line_of(key, 1, self._defaults_end)
        return self._at(code, number or self._first, key, message, hint)

    def problem_in(self, step: Step, code: str, key: str, message: str, hint: str = "") -> Problem:
        """Return a problem with a key of a step, else with the step."""
        others = [each.position.line for each in self.rule.steps]
        after = [line for line in others if line > step.position.line]
        last = min(after) - 1 if after else self.last
        number = self._line_of(key, step.position.line, last)
        return self._at(code, number or step.position.line, key, message, hint)

    @property
    def _defaults_end(self) -> int:
        found = (n for n, line in enumerate(self.lines, 1) if line.startswith("rules:"))
        return next(found, self._first)

    def _line_of(self, key: str, first: int, last: int) -> int | None:
        pattern = re.compile(rf"^[\s-]*{re.escape(key)}:")
        found = (n for n in range(first, last + 1) if pattern.match(self.lines[n - 1]))
        return next(found, None)

    def _at(self, code: str, number: int, key: str, message: str, hint: str) -> Problem:
        source = self.lines[number - 1]
        start = source.find(f"{key}:")
        if start < 0:
            start = len(source) - len(source.lstrip(" -"))
        said = source[start:].split(" #")[0].rstrip()
        level = RULES[code].level
        return Problem(
            self.file, number, start + 1, code, message, level, source, max(1, len(said)), hint
        )


def rule_texts(rules: Sequence[Rule], files: Mapping[str, str]) -> Iterator[RuleText]:
    """Yield every rule with its lines; `files` are the texts by the path in its position."""
    for rule in rules:
        file, first = rule.position.file, rule.position.line
        lines = tuple(files[file].splitlines())
        after = [
            r.position.line for r in rules if r.position.file == file and r.position.line > first
        ]
        yield RuleText(rule, lines, min(after) - 1 if after else len(lines))
