"""Mistakes printed as compilers do: place, level, code, the line itself, and what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from enum import StrEnum
from itertools import groupby
from pathlib import Path

from outreach.cli.output import Output
from outreach.cli.output_tables import cells
from outreach.errors import Level, OutreachError, Problem, Problems

COLORS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.HINT: "cyan"}

#: GitHub calls a hint otherwise
_GITHUB = {Level.HINT: "notice"}
#: no line of findings is longer, however wide the screen is
WIDEST = 100


class Format(StrEnum):
    """How problems are printed: for people, or as GitHub shows them beside the lines."""

    TEXT = "text"
    GITHUB = "github"


def show_error(out: Output, error: OutreachError) -> None:
    """Say on stderr why a command failed; with --json also as a document on stdout."""
    problems = error.problems if isinstance(error, Problems) else []
    if out.as_json:
        content = {
            "error": type(error).__name__,
            "message": str(error),
            "problems": [as_json(problem) for problem in problems],
        }
        out.document("error/1", content)
    if not problems:
        out.error(str(error))
    for problem in problems:
        for line in lines_of(problem, out, err=True):
            out.complain(line)


def as_json(problem: Problem) -> dict[str, object]:
    """Return a problem with the keys that `check --json` promises."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "width": problem.width,
        "level": problem.level,
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
        "source": problem.source,
    }


def print_grouped(out: Output, problems: Iterable[Problem], folder: Path) -> None:
    """Print problems under the names of their files, each with its line and what to do."""
    for file, found in groupby(problems, key=lambda problem: problem.file):
        out.line(out.style((folder / file).as_posix(), bold=True))
        for problem in found:
            _print_problem(out, problem)


def _print_problem(out: Output, problem: Problem) -> None:
    place = f"{problem.line}:{problem.column}"
    level = out.style(f"{problem.level:<8}", COLORS[problem.level], bold=True)
    first, *more = _wrapped(out, problem.message, indent=25)
    out.line(f"  {place:<7} {level} {problem.code}  {first}")
    for line in more:
        out.line(f"{'':25}{line}")
    for line in excerpt(problem, out):
        out.line(f"    {line}")
    for number, line in enumerate(_wrapped(out, problem.hint, indent=11)):
        out.line(f"         {' ' if number else out.style('=', 'cyan')} {line}")


def _wrapped(out: Output, text: str, *, indent: int) -> list[str]:
    width = max(20, min(out.width, WIDEST) - indent)
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def annotation(problem: Problem, folder: Path) -> str:
    """Return a problem as GitHub takes it; a line break in a text would end the annotation."""
    message = f"{problem.message} {problem.hint}".strip()
    for sign, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        message = message.replace(sign, code)
    place = f"file={(folder / problem.file).as_posix()},line={problem.line},col={problem.column}"
    level = _GITHUB.get(problem.level, problem.level.value)
    return f"::{level} {place},title={problem.code}::{message}"


def lines_of(problem: Problem, out: Output, *, err: bool = False) -> Iterable[str]:
    """Yield the lines that tell of one problem."""
    color = COLORS[problem.level]
    place = out.style(f"{problem.file}:{problem.line}:{problem.column}:", bold=True, err=err)
    level = out.style(f"{problem.level}[{problem.code}]", color, bold=True, err=err)
    yield f"{place} {level} {problem.message}"
    yield from excerpt(problem, out, err=err)
    if problem.hint:
        yield f"     {out.style('=', 'cyan', err=err)} {problem.hint}"


def excerpt(problem: Problem, out: Output, *, err: bool = False) -> Iterable[str]:
    """Yield the source line of a problem and the carets under what is wrong in it."""
    if not problem.source.strip():
        return
    number = f"{problem.line:>4} "
    bar = out.style("|", "cyan", err=err)
    source, start = _around(problem, min(out.width, WIDEST) - 20)
    yield f"{out.style(number, 'cyan', err=err)}{bar} {source}"
    pad = "".join("\t" if sign == "\t" else " " * cells(sign) for sign in source[:start])
    wrong = source[start : start + problem.width]
    carets = "^" * max(1, cells(wrong))
    yield f"     {bar} {pad}{out.style(carets, COLORS[problem.level], bold=True, err=err)}"


def _around(problem: Problem, width: int) -> tuple[str, int]:
    """Return as much of the source line as fits around its mistake, and where that begins."""
    source, start = problem.source.rstrip(), problem.column - 1
    if cells(source) <= width or start < 0:
        return source, start
    first = max(0, min(start - width // 3, len(source) - width))
    before, after = "…" if first else "", "…" if first + width < len(source) else ""
    return before + source[first : first + width] + after, start - first + len(before)
