"""What readers would get: every template in every trial, and what is wrong with what comes out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from outreach.deciding.lint.passages import VALUE, Source
from outreach.deciding.lint.readability import unwrapped
from outreach.deciding.lint.trials import USUAL, Sending, Shop, Trial, trials
from outreach.deciding.lint.vocabulary import Vocabulary, vocabulary
from outreach.deciding.rendering.templates import Rendered, Templates
from outreach.errors import Problem, RenderError
from outreach.model import Kind

_MISSING = re.compile(r":(?P<line>\d+): (?P<path>[\w.\[\]-]+) is missing$")
_NEEDED = re.compile(r": needs \S+: missing$")
#: shown as the name of a value, whatever its place in a list
_PLACE = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Reading:
    """One message as somebody would get it. `said` is what it says, without footer and links.

    `own` is the same without what is told in the words of others: articles, titles, names.
    """

    source: Source
    trial: Trial
    rendered: Rendered
    said: str
    own: str
    known: Vocabulary | None

    @property
    def is_usual(self) -> bool:
        """Whether nothing about it is special."""
        return self.trial.title == USUAL

    @property
    def when(self) -> str:
        """In which trial, for a message; nothing when it is the usual one."""
        return "" if self.is_usual else f" ({self.trial.title})"


@dataclass(frozen=True)
class Tried:
    """A template in all its trials: what came out, and what kept it from coming out."""

    readings: tuple[Reading, ...]
    problems: tuple[Problem, ...]


def try_out(
    templates: Templates, source: Source, kind: Kind, sending: Sending, shop: Shop, now: datetime
) -> Tried:
    """Render a template for every trial."""
    readings, problems = [], list[Problem]()
    for trial in trials(kind, source.file.locale, sending, shop, now):
        try:
            readings.append(read_as(templates, source, trial, sending, now))
        except RenderError as error:
            problems += _unsaid(source, str(error), trial)
    return Tried(tuple(readings), tuple(problems))


def read_as(
    templates: Templates, source: Source, trial: Trial, sending: Sending, now: datetime
) -> Reading:
    """Return a message as somebody would get it; raises RenderError."""
    file = source.file
    rendered = templates.render(
        file.name,
        file.channel,
        trial.context,
        now=now,
        locale=file.locale,
        zone=trial.zone,
        purpose=sending.purpose,
    )
    said = unwrapped(rendered.text)
    return Reading(source, trial, rendered, said, _own(said, trial), vocabulary(file.locale))


def _unsaid(source: Source, error: str, trial: Trial) -> Iterator[Problem]:
    """Yield why a message would be held, unless its template says that it needs the value."""
    if _NEEDED.search(error):
        return
    missing = _MISSING.search(error)
    if missing is None:
        said = error.removeprefix(f"{source.file.path}: ")
        yield source.problem_with("M204", "", f"cannot be written ({trial.title}): {said}")
        return
    path = _PLACE.sub("", missing["path"])
    hint = f'ask `{{% if {path} %}}`, give it a `default("…")`, or list it under `needs`'
    place = re.search(
        rf"\b{re.escape(path.rpartition('.')[2])}\b", _line(source, int(missing["line"]))
    )
    column = place.start() if place else 0
    start = _offset(source, int(missing["line"])) + column
    said = f"held back whenever {path} is missing"
    yield source.problem("M210", start, start + (len(place[0]) if place else 1), said, hint)


def _own(said: str, trial: Trial) -> str:
    """Return what is said with the words of customers and catalogues left out."""
    told = {
        one.get(name) for one in trial.context["subjects"] for name in ("item_summary", "subject")
    }
    told.add(trial.context["customer"].get("name"))
    for words in filter(None, told):
        said = said.replace(words, VALUE)
    return said


def _line(source: Source, number: int) -> str:
    return source.text.split("\n")[number - 1]


def _offset(source: Source, number: int) -> int:
    return sum(len(line) + 1 for line in source.text.split("\n")[: number - 1])
