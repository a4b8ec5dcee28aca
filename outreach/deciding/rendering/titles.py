"""Titles and notes of tasks: templates of one line that stand in the rules themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from outreach.deciding.rendering.constructs import Names
from outreach.deciding.rendering.facts import ROOTS
from outreach.deciding.rendering.sandbox import BadTemplate, environment, show
from outreach.errors import Problem
from outreach.model import Kind, Position
from outreach.rules.catalogue import REACH
from outreach.rules.document import Rule


def check_titles(
    rules: Iterable[Rule], files: Mapping[str, str], fields: Mapping[str, Collection[str]]
) -> list[Problem]:
    """Return what is wrong with the titles and notes of tasks; `files` are the texts of rules."""
    found: list[Problem] = []
    for rule in rules:
        roots = _roots(rule)
        for step in rule.steps:
            if step.handoff is None:
                continue
            for text in (step.handoff.title, step.handoff.note):
                place = step.handoff.position
                found += _problems(text, roots, fields, place, files)
    return found


def _roots(rule: Rule) -> tuple[str, ...]:
    """Return the names a title may use: a rule about orders knows no ticket."""
    known = {kind.value for kind in REACH[rule.about].values()}
    out_of_reach = {kind.value for kind in Kind} - known
    return tuple(root for root in ROOTS if root not in out_of_reach)


def _problems(
    text: str,
    roots: Collection[str],
    fields: Mapping[str, Collection[str]],
    place: Position,
    files: Mapping[str, str],
) -> Iterator[Problem]:
    names = Names(roots, fields)
    try:
        ast = environment(show).read(text)
        names.read(ast)
        mistakes = [*environment(show).unsafe(ast), *names.mistakes]
    except BadTemplate as error:
        mistakes = list(error.mistakes)
    lines = files.get(place.file, "").splitlines()
    source = lines[place.line - 1] if place.line <= len(lines) else ""
    for mistake in mistakes:
        found = source.rfind(mistake.word) if mistake.word else -1
        yield Problem(
            place.file,
            place.line,
            found + 1 if found >= 0 else place.column,
            mistake.code,
            mistake.message,
            source=source,
            width=len(mistake.word) if found >= 0 else 1,
            hint=mistake.hint,
        )
