"""Surveys: one question with a scale, as the workspace declares it and steps name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from outreach.timing.durations import Duration

#: a text by locale; under "" stands the one for all others
Said = Mapping[str, str]


class Scale(StrEnum):
    """How a question is answered."""

    FIVE = "1-5"
    SEVEN = "1-7"
    TEN = "0-10"
    THUMBS = "thumbs"

    @property
    def scores(self) -> tuple[int, ...]:
        """The scores that can be given, the worst first; of thumbs the one down is 0."""
        if self is Scale.THUMBS:
            return (0, 1)
        first, _, last = self.value.partition("-")
        return tuple(range(int(first), int(last) + 1))

    @property
    def low(self) -> int:
        """The best score that is a bad one, where nobody says another."""
        return {Scale.FIVE: 2, Scale.SEVEN: 3, Scale.TEN: 6, Scale.THUMBS: 0}[self]


@dataclass(frozen=True)
class Survey:
    """One survey. `low` is the best score that calls for somebody to look after it.

    `ends` are the words for the worst and the best score, `comment` asks for words beside the
    score; a survey without it takes none. `link_expires` is how long an answer counts.
    """

    name: str
    question: Said
    scale: Scale
    low: int
    link_expires: Duration
    comment: Said = field(default_factory=dict)
    ends: tuple[Said, Said] = field(default_factory=lambda: ({}, {}))
    thanks: Said = field(default_factory=dict)

    def __str__(self) -> str:
        said = (self.question, self.comment, *self.ends, self.thanks)
        words = " | ".join(str(dict(sorted(text.items()))) for text in said)
        return f"{self.name}: {self.scale}, low {self.low}, {self.link_expires}: {words}"


def wording(said: Said, locale: str, workspace: str = "en") -> str:
    """Return a text for a reader: theirs, their language's, the one for all, the workspace's."""
    wanted = (locale, locale.partition("-")[0], "", workspace, workspace.partition("-")[0])
    return next((said[name] for name in wanted if name in said), next(iter(said.values()), ""))
