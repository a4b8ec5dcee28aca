"""What is wrong with a text that is not YAML, said so that an operator can mend it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ruamel.yaml.error import MarkedYAMLError

from outreach.errors import Problem
from outreach.rules.yaml_nodes import Source


class _Mistake(NamedTuple):
    """How the parser says it, how we do; `at_start` points at where the part began."""

    pattern: str
    message: str
    hint: str = ""
    at_start: bool = False


_INDENT = "lines that belong together start in the same column"
_QUOTE = "put the whole value in quotes"
_IN_BRACKETS = _Mistake(r"expected ',' or '(.)'", "expected `,` or {0} here", _QUOTE)
_OPEN_BRACKET = _Mistake(_IN_BRACKETS.pattern, "the bracket is never closed by {0}", at_start=True)
_MISTAKES = (
    _Mistake(r"character '\\t'", "a tab stands here; YAML wants spaces", "indent with spaces"),
    _Mistake(
        r"unknown escape character '(.*)'",
        'after a backslash in "…", {0} means nothing',
        "use '…' instead",
    ),
    _Mistake(r"character '(.)'", "a value cannot start with {0}", _QUOTE),
    _Mistake(r"quoted scalar.*end of stream", "this quote is never closed", at_start=True),
    _Mistake(r"escape sequence", 'in "…", this escape is not complete', "use '…' instead"),
    _Mistake(
        r"mapping values are not allowed",
        "a `:` stands where no key can be",
        f"{_INDENT}; {_QUOTE} if it is text with a `: ` in it",
    ),
    _Mistake(r"simple key.*expected ':'", "expected `key: value` here", _INDENT, at_start=True),
    _Mistake(r"sequence entries are not allowed", "a list cannot start here", _INDENT),
    _IN_BRACKETS,
    _Mistake(r"expected the node content", "a value is missing here"),
    _Mistake(r"expected <block end>.*'<scalar>'", "this text does not belong here", _QUOTE),
    _Mistake(r"expected <block end>", "this line does not belong here", _INDENT),
)


def syntax_problem(error: Exception, source: Source, text: str) -> Problem:
    """Return the problem that stopped the parser, in words."""
    said, mark, start = _parts(error)
    mistake = _mistake(said, is_elsewhere=bool(start and mark and start.line < mark.line))
    if mistake.at_start and start is not None:
        mark = start
    if mark is None:
        line, column = _bad_escape(text)
        said = "this escape names no character"
    else:
        line, column = mark.line, mark.column
    place = _inside(source, line, column)
    return source.problem(
        place, "E001", _message(mistake, said), hint=_hint(mistake, source, place[0])
    )


def _mistake(said: str, *, is_elsewhere: bool) -> _Mistake:
    """Return how to say it; `is_elsewhere` tells that the parser gave up lines after the start."""
    found = next((m for m in _MISTAKES if re.search(m.pattern, said)), _Mistake("", ""))
    ended = is_elsewhere or "stream end" in said
    return _OPEN_BRACKET if found is _IN_BRACKETS and ended else found


def _parts(error: Exception) -> tuple[str, Any, Any]:
    if isinstance(error, MarkedYAMLError):
        said = " ".join(filter(None, (error.context, error.problem)))
        return said, error.problem_mark or error.context_mark, error.context_mark
    return str(error), None, None


def _message(mistake: _Mistake, said: str) -> str:
    if not mistake.message:
        return f"this is not YAML: {said}"
    found = re.search(mistake.pattern, said)
    return mistake.message.format(*(f"`{group}`" for group in found.groups())) if found else said


def _hint(mistake: _Mistake, source: Source, line: int) -> str:
    if "${" in source.line(line):
        return "secrets are written env:NAME, without ${…}"
    if ":" in mistake.message and re.match(r"\s*(- )?\w+:\S", source.line(line - 1)):
        return "write a space after the `:` in the line above"
    return mistake.hint


def _inside(source: Source, line: int, column: int) -> tuple[int, int]:
    """Return the place, or the end of the last line with something in it when it lies past it."""
    while line > 0 and not source.line(line + source.first_line).strip():
        line -= 1
        column = len(source.line(line + source.first_line))
    return line + source.first_line, column + 1


def _bad_escape(text: str) -> tuple[int, int]:
    for found in re.finditer(r"\\U([0-9A-Fa-f]{8})", text):
        if int(found.group(1), 16) > 0x10FFFF:
            before = text[: found.start()]
            return before.count("\n"), len(before) - before.rfind("\n") - 1
    return 0, 0
