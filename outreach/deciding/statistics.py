"""Statistics: a figure never stands without its interval, and a small one says "too few".

All intervals hold 95 % unless told otherwise; sources stand with each function.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from statistics import NormalDist

#: fewer answers than this are too few to say anything about everybody
FEWEST = 10
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure worked out from `count` answers or people, and the interval it lies in."""

    value: float
    low: float
    high: float
    count: int

    @property
    def is_too_few(self) -> bool:
        return self.count < FEWEST

    @property
    def margin(self) -> float:
        """Half of the interval, which need not lie evenly around the figure."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class Difference:
    """How much more the first group's figure is than the second's, and the interval it lies in."""

    value: float
    low: float
    high: float
    counts: tuple[int, int]

    @property
    def is_too_few(self) -> bool:
        return min(self.counts) < FEWEST

    @property
    def is_conclusive(self) -> bool:
        """Whether the groups are so many and so different that chance does not explain it."""
        return not self.is_too_few and (self.low > 0 or self.high < 0)


@dataclass(frozen=True)
class Sample:
    """Numbers by what a database sums up of them: how many, their sum, the sum of their squares."""

    count: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        return self.total / self.count

    @property
    def variance(self) -> float:
        """The variance of those it was drawn from (n - 1); it takes two numbers to have one."""
        spread = self.squares - self.total * self.total / self.count
        return max(spread, 0.0) / (self.count - 1)


def share(hits: int, count: int, confidence: float = CONFIDENCE) -> Estimate | None:
    """Return a share with Wilson's score interval; None of nobody.

    Wilson 1927; the one without continuity correction that Newcombe 1998, Statistics in Medicine
    17:857, calls method 3. It holds for few people and for shares near 0 and 1.
    """
    if not count:
        return None
    z = _normal(confidence)
    value, square = hits / count, z * z
    middle = (hits + square / 2) / (count + square)
    half = z / (count + square) * sqrt(value * (1 - value) * count + square / 4)
    # none or all of them: the bound is exact, whatever floating point makes of it
    low = 0.0 if hits == 0 else middle - half
    high = 1.0 if hits == count else middle + half
    return Estimate(value, low, high, count)


def net_promoters(
    promoters: int, detractors: int, count: int, confidence: float = CONFIDENCE
) -> Estimate | None:
    """Return the NPS, -100 to 100, with the adjusted Wald interval; None of nobody.

    Three answers are added, ¾ of them promoters and ¾ detractors: Bonett and Price 2012, Journal
    of Educational and Behavioral Statistics 37:479. Plain Wald promises too much for few answers.
    """
    if not count:
        return None
    added = count + 3
    for_us, against = (promoters + 0.75) / added, (detractors + 0.75) / added
    middle = for_us - against
    half = _normal(confidence) * sqrt((for_us + against - middle * middle) / added)
    low, high = max(middle - half, -1.0), min(middle + half, 1.0)
    value = (promoters - detractors) / count
    return Estimate(100 * value, 100 * low, 100 * high, count)


def mean(sample: Sample, confidence: float = CONFIDENCE) -> Estimate | None:
    """Return a mean with Student's t interval, which one number leaves open; None of nobody."""
    if not sample.count:
        return None
    if sample.count == 1:
        return Estimate(sample.mean, -inf, inf, 1)
    half = student(sample.count - 1, confidence) * sqrt(sample.variance / sample.count)
    return Estimate(sample.mean, sample.mean - half, sample.mean + half, sample.count)


def share_difference(
    first: tuple[int, int], second: tuple[int, int], confidence: float = CONFIDENCE
) -> Difference | None:
    """Return the difference of two shares, each given as (hits, count); None if a group is empty.

    The interval joins the two Wilson intervals: Newcombe 1998, Statistics in Medicine 17:873,
    method 10. It stays within -1 and 1, and does not shrink to nothing where nobody was hit.
    """
    one, two = share(*first, confidence), share(*second, confidence)
    if one is None or two is None:
        return None
    value = one.value - two.value
    below = sqrt((one.value - one.low) ** 2 + (two.high - two.value) ** 2)
    above = sqrt((one.high - one.value) ** 2 + (two.value - two.low) ** 2)
    return Difference(value, value - below, value + above, (one.count, two.count))


def mean_difference(
    first: Sample, second: Sample, confidence: float = CONFIDENCE
) -> Difference | None:
    """Return the difference of two means, their spreads unequal; None if a group has under two.

    Welch 1947, Biometrika 34:28, with the degrees of freedom as Satterthwaite has them.
    """
    if min(first.count, second.count) < 2:
        return None
    value = first.mean - second.mean
    one, two = first.variance / first.count, second.variance / second.count
    spread = one + two
    half = 0.0
    if spread:
        parts = one * one / (first.count - 1) + two * two / (second.count - 1)
        half = student(spread * spread / parts, confidence) * sqrt(spread)
    return Difference(value, value - half, value + half, (first.count, second.count))


def quantile(ordered: Sequence[float], part: float) -> float:
    """Return the value below which a part of numbers lies, between two of them if need be.

    `ordered` ascends and is not empty: R's type 7, what spreadsheets call PERCENTILE.INC.
    """
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def student(freedom: float, confidence: float = CONFIDENCE) -> float:
    """Return the two-sided quantile of Student's t.

    Cornish and Fisher's expansion, Abramowitz and Stegun 26.7.5: right to three digits from five
    degrees of freedom on, and nothing under FEWEST answers is shown anyway.
    """
    x = _normal(confidence)
    terms = (
        x,
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    return sum(term / freedom**power for power, term in enumerate(terms))


def _normal(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)
