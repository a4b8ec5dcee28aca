"""The lint of messages: all templates of a workspace, their words and what comes out of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.deciding.lint.codes import RULES
from outreach.deciding.lint.ignoring import Ignore, apply_ignores
from outreach.deciding.lint.judging import has_date, judge_all
from outreach.deciding.lint.passages import Source
from outreach.deciding.lint.readability import grade, words_of
from outreach.deciding.lint.renderings import Reading, try_out
from outreach.deciding.lint.trials import Sending, Shop
from outreach.deciding.lint.wording import lint_subject, lint_wording
from outreach.deciding.rendering.templates import Templates
from outreach.errors import Level, Problem
from outreach.model import Channel

_SHOWN = re.compile(r"\{\{-?\s*(?P<path>(?:order|ticket|customer)\.\w+)")


@dataclass(frozen=True)
class Score:
    """A message at a glance; what is None does not count for it, or cannot be told."""

    file: str
    words: int
    grade: float | None = None
    owns_it: bool | None = None
    next_step: bool | None = None
    date: bool | None = None
    person: bool | None = None


@dataclass(frozen=True)
class LintedMessages:
    """What is wrong with the messages, and a score for each that can be written at all."""

    problems: tuple[Problem, ...]
    scores: tuple[Score, ...]


def lint_messages(
    templates: Templates,
    sendings: Mapping[str, Sending],
    shop: Shop,
    now: datetime,
    fields: Mapping[str, Collection[str]] | None = None,
) -> LintedMessages:
    """Return what is wrong with every template, what `check` finds included.

    `sendings` says how a template is sent, by its name; `fields` is what `Templates.check` takes.
    """
    problems = templates.check(fields)
    broken = {problem.file for problem in problems if problem.level is Level.ERROR}
    sources = [Source(file, text) for file, text in templates.files()]
    uneven = list(_uneven(sources))
    about = {name: templates.about(name) for name in templates.names()}
    scores: list[Score] = []
    for source in sources:
        if source.file.path in broken:
            continue  # what is wrong with it is wrong with all that comes out of it
        sending = sendings.get(source.file.name, Sending())
        tried = try_out(templates, source, about[source.file.name], sending, shop, now)
        found = [*lint_wording(source), *lint_subject(source), *tried.problems]
        found += judge_all(tried.readings, sending, shop)
        found += [problem for problem in uneven if problem.file == source.file.path]
        problems += _not_ignored(source, found)
        scores += [_score(reading) for reading in tried.readings if reading.is_usual]
    return LintedMessages(tuple(sorted(set(problems))), tuple(scores))


def _not_ignored(source: Source, found: Iterable[Problem]) -> Iterator[Problem]:
    last = source.text.count("\n") + 1
    ignores = []
    for each in source.head.lint:
        if each.code in RULES:
            ignores.append(Ignore(each.code, each.line, 1, last))
        else:
            line = source.text.splitlines()[each.line - 1]
            said = f"there is no code {each.code}"
            yield Problem(source.file.path, each.line, 1, "L901", said, source=line)
    yield from apply_ignores(source.file.path, source.text, sorted(set(found)), ignores)


def _score(reading: Reading) -> Score:
    known, said = reading.known, reading.said
    path, words = reading.source.file.path, len(words_of(said))
    if known is None or reading.source.file.channel is Channel.SMS:
        return Score(path, words)
    is_sorry, is_late = (known.find(name, reading.own) is not None for name in ("sorry", "late"))
    return Score(
        path,
        words,
        grade=grade(said, known.language),
        owns_it=known.find("ours", said) is not None if is_sorry else None,
        next_step=known.find("next", said) is not None,
        date=has_date(reading) if is_late else None,
        person=known.find("person", said) is not None,
    )


def _uneven(sources: Sequence[Source]) -> Iterator[Problem]:
    """Yield values that a message shows in one language and not in another."""
    alike: dict[tuple[str, Channel], list[Source]] = defaultdict(list)
    for source in sources:
        alike[source.file.name, source.file.channel].append(source)
    for group in alike.values():
        shown = [{found["path"] for found in _SHOWN.finditer(source.text)} for source in group]
        every = set().union(*shown)
        for source, own in zip(group, shown, strict=True):
            for path in sorted(every - own):
                has = next(s.file.locale for s, o in zip(group, shown, strict=True) if path in o)
                said = f"{path} is shown in {has}, and not in {source.file.locale}"
                yield source.problem_with("M212", "", said)
