"""Surveys of a report: scores with their intervals, and what became of low ones.

What is kept is the score itself, so a survey's figure follows from its scale: 1-5 is CSAT (the
share of 4 and 5), 0-10 NPS, 1-7 CES (the mean), 0-1 thumbs (the share of those up).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from outreach.deciding.statistics import Estimate, Sample, mean, net_promoters, share
from outreach.model import Reason

Tally = Mapping[int, int]


class Measure(Enum):
    """What a survey's scores come to, by the lowest and the highest that can be given."""

    CSAT = (1, 5)
    CES = (1, 7)
    NPS = (0, 10)
    THUMBS = (0, 1)

    @property
    def scores(self) -> range:
        lowest, highest = self.value
        return range(lowest, highest + 1)

    @property
    def low(self) -> int:
        """The best score that is a bad one, where nobody says another."""
        return {Measure.CSAT: 2, Measure.CES: 3, Measure.NPS: 6, Measure.THUMBS: 0}[self]

    @property
    def is_share(self) -> bool:
        return self in (Measure.CSAT, Measure.THUMBS)


@dataclass(frozen=True)
class Answer:
    """How many gave one score, by what asked them; without a message nobody knows what did."""

    week: int
    rule: str
    locale: str
    score: int
    count: int


@dataclass(frozen=True)
class Lows:
    """What became of low scores: handed to a person, taken in time, and done."""

    count: int = 0
    handed: int = 0
    in_time: int = 0
    done: int = 0


@dataclass(frozen=True)
class SurveyFigures:
    """One survey's answers, each person's last one; what a scanner may have given is left out.

    `asked` is how many were asked in this time, None where nobody knows; `answered` is how many
    of these have answered by now. `before` are the scores of the time before.
    """

    name: str
    measure: Measure
    answers: tuple[Answer, ...]
    before: tuple[tuple[int, int], ...] = ()
    asked: int | None = None
    answered: int = 0
    suspected: int = 0
    #: who was to be asked and was not, by the reason, the most frequent first
    spared: tuple[tuple[Reason, int], ...] = ()
    lows: Lows = Lows()

    @property
    def tally(self) -> Tally:
        return tally(self.answers)

    @property
    def figure(self) -> Estimate | None:
        return figure(self.measure, self.tally)

    @property
    def figure_before(self) -> Estimate | None:
        return figure(self.measure, dict(self.before))

    @property
    def rate(self) -> Estimate | None:
        """The share of those asked who answered."""
        return share(self.answered, self.asked) if self.asked else None

    def grouped(self, key: Callable[[Answer], str | int]) -> dict[str | int, Estimate | None]:
        """Return the figure by week, rule or locale."""
        keys = sorted({key(answer) for answer in self.answers}, key=str)
        return {
            each: figure(self.measure, tally(a for a in self.answers if key(a) == each))
            for each in keys
        }

    def weekly(self, weeks: int) -> tuple[Estimate | None, ...]:
        """Return the figure of each week."""
        return tuple(
            figure(self.measure, tally(a for a in self.answers if a.week == week))
            for week in range(weeks)
        )


def tally(answers: Iterable[Answer]) -> Tally:
    """Return how often each score was given."""
    counts: Counter[int] = Counter()
    for answer in answers:
        counts[answer.score] += answer.count
    return counts


def figure(measure: Measure, scores: Tally) -> Estimate | None:
    """Return what scores come to, with its interval; None without any."""
    count = sum(scores.values())
    match measure:
        case Measure.CSAT:
            return share(scores.get(4, 0) + scores.get(5, 0), count)
        case Measure.THUMBS:
            return share(scores.get(1, 0), count)
        case Measure.NPS:
            promoters = scores.get(9, 0) + scores.get(10, 0)
            return net_promoters(promoters, sum(scores.get(s, 0) for s in range(7)), count)
        case Measure.CES:
            total = sum(score * times for score, times in scores.items())
            squares = sum(score * score * times for score, times in scores.items())
            return mean(Sample(count, total, squares))


def measure_of(scores: Iterable[int]) -> Measure | None:
    """Return what scores of a survey that nobody declared are most likely; None if nothing fits."""
    given = set(scores)
    for measure in (Measure.CSAT, Measure.CES, Measure.NPS):
        if given <= set(measure.scores):
            return measure
    return None
