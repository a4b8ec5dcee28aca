"""The words of the status page: what is told about orders and tickets, as lines for a reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from outreach.deciding.rendering.formats import Formats
from outreach.deciding.standing import STAGES, Happened, Standing
from outreach.model import Kind
from outreach.passes.telling import Told
from outreach.web.page_words import Words

#: a weekday says more than a year, as long as everybody knows which year
NEAR = timedelta(days=180)
#: lines of what happened; who wants more asks
MOST_HAPPENED = 12


@dataclass(frozen=True)
class Stage:
    """One step of an order that goes well."""

    label: str
    is_reached: bool
    is_current: bool


@dataclass(frozen=True)
class CaseShown:
    """One order or ticket as it stands on the page, all of it in words."""

    title: str
    about: str
    state: str
    dates: tuple[str, ...]
    stages: tuple[Stage, ...]
    track: str
    tracking_url: str
    next: tuple[str, ...]
    happened: tuple[tuple[str, str], ...]


def show_case(told: Told, words: Words, formats: Formats, now: datetime) -> CaseShown:
    """Return one order or ticket in a reader's words."""
    return _Teller(told, words, formats, now).show()


class _Teller:
    """Finds the words for one order or ticket."""

    def __init__(self, told: Told, words: Words, formats: Formats, now: datetime) -> None:
        self._told = told
        self._standing = told.standing
        self._words: Any = words["status"]
        self._formats = formats
        self._now = now

    def show(self) -> CaseShown:
        standing, words = self._standing, self._words
        track = words["track_with"] if standing.carrier else words["track"]
        return CaseShown(
            title=words[standing.kind.value]["title"].format(number=standing.number),
            about=standing.title,
            state=self._state(),
            dates=tuple(self._dates()),
            stages=tuple(self._stages()),
            track=track.format(carrier=standing.carrier),
            tracking_url=standing.tracking_url,
            next=tuple(self._next()),
            happened=tuple(map(self._line, standing.happened[-MOST_HAPPENED:])),
        )

    def _state(self) -> str:
        standing = self._standing
        said = self._words[standing.kind.value]
        if standing.since is not None and f"{standing.state}_on" in said:
            day = self._day(standing.since)
            return str(said[f"{standing.state}_on"].format(day=day))
        if standing.carrier and f"{standing.state}_with" in said:
            return str(said[f"{standing.state}_with"].format(carrier=standing.carrier))
        return str(said[standing.state])

    def _dates(self) -> Iterator[str]:
        """Yield what we promised and what we expect; what was not kept is said plainly."""
        standing = self._standing
        promised, expected = standing.promised_at, standing.expected_at
        given = {
            "promised": self._day(promised) if promised else "",
            "expected": self._day(expected) if expected else "",
        }
        for key in _date_keys(standing, given):
            yield self._words["date"][key].format(**given)

    def _stages(self) -> Iterator[Stage]:
        reached = self._standing.stage
        if reached is None:
            return
        for number, name in enumerate(STAGES):
            yield Stage(self._words["stage"][name], number <= reached, number == reached)

    def _next(self) -> Iterator[str]:
        standing, words = self._standing, self._words["next"]
        if standing.state in words:
            yield words[standing.state]
        elif not standing.is_over:
            yield words["nothing_to_do"]
        if self._told.next_at is not None:
            key = "once_more" if standing.is_over else "again"
            yield words[key].format(day=self._day(self._told.next_at))

    def _line(self, happened: Happened) -> tuple[str, str]:
        said = self._words["happened"][happened.what]
        days = {"was": happened.was, "now": happened.now}
        given = {name: self._day(day) for name, day in days.items() if day is not None}
        return self._formats.date(happened.at), said.format(**given)

    def _day(self, instant: datetime) -> str:
        is_near = abs(instant - self._now) < NEAR
        return self._formats.day(instant) if is_near else self._formats.date(instant)


def _date_keys(standing: Standing, given: dict[str, str]) -> Iterator[str]:
    """Yield which sentences about dates fit."""
    promised, expected = standing.promised_at, standing.expected_at
    if standing.kind is Kind.TICKET:
        if promised is not None:
            yield "answer_late" if standing.is_late else "answer"
    elif standing.is_late:
        yield "late"
        yield "expected_now" if expected else "not_known"
    elif promised and expected and given["promised"] != given["expected"]:
        yield "later" if expected > promised else "sooner"
    elif expected:
        yield "expected"
    elif promised:
        yield "promised"
