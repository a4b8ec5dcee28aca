"""Intervals agree with published ones, and hold as often as they promise."""

from __future__ import annotations

import random
from math import inf, sqrt
from typing import TypeVar

import pytest

from outreach.deciding.statistics import (
    Difference,
    Sample,
    mean,
    mean_difference,
    net_promoters,
    share,
    share_difference,
    student,
)

T = TypeVar("T")


def given(found: T | None) -> T:
    assert found is not None
    return found


def sample(*numbers: float) -> Sample:
    return Sample(len(numbers), sum(numbers), sum(number * number for number in numbers))


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [
        # Newcombe 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # reference of the product: 59.6-98.2 % and 72.2-100 %
        (9, 10, 0.596, 0.982),
        (10, 10, 0.722, 1.0),
    ],
)
def test_a_share_has_the_interval_that_wilson_gives(
    hits: int, count: int, low: float, high: float
) -> None:
    found = given(share(hits, count))
    assert found.value == hits / count
    digits = 5e-5 if count > 10 else 5e-4
    assert found.low == pytest.approx(low, abs=digits)
    assert found.high == pytest.approx(high, abs=digits)


@pytest.mark.parametrize(
    ("first", "second", "value", "low", "high"),
    [
        # Newcombe 1998 (differences), table II, method 10, without continuity correction
        ((56, 70), (48, 80), 0.2, 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.6, 0.1705, 0.8090),
        ((10, 10), (0, 20), 1.0, 0.6791, 1.0),
        ((10, 10), (0, 10), 1.0, 0.6075, 1.0),
        ((5, 56), (0, 29), 0.0893, -0.0381, 0.1926),
        ((0, 10), (0, 20), 0.0, -0.1611, 0.2775),
    ],
)
def test_two_shares_differ_as_newcombe_says(
    first: tuple[int, int], second: tuple[int, int], value: float, low: float, high: float
) -> None:
    found = given(share_difference(first, second))
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("freedom", "confidence", "quantile"),
    [
        # any printed table of Student's t
        (9, 0.95, 2.262),
        (9, 0.99, 3.250),
        (14, 0.95, 2.145),
        (19, 0.90, 1.729),
        (29, 0.95, 2.045),
        (120, 0.95, 1.980),
        (1e9, 0.95, 1.960),
    ],
)
def test_the_quantile_of_student(freedom: float, confidence: float, quantile: float) -> None:
    assert student(freedom, confidence) == pytest.approx(quantile, abs=6e-4)


def test_a_mean_has_the_interval_of_student() -> None:
    # R: t.test(sleep$extra[1:10]) gives 0.75 (-0.5297804, 2.0297804)
    found = given(mean(sample(0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)))
    assert (found.value, found.low, found.high) == pytest.approx((0.75, -0.5298, 2.0298), abs=1e-3)


def test_two_means_differ_as_welch_says() -> None:
    # R: t.test(extra ~ group, data = sleep) gives -3.3654832 to 0.2054832, 17.776 degrees
    first = sample(0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
    second = sample(1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)
    found = given(mean_difference(first, second))
    assert (found.value, found.low, found.high) == pytest.approx((-1.58, -3.3655, 0.2055), abs=1e-3)
    assert not found.is_conclusive


def test_the_score_of_promoters_is_that_of_everybody_and_its_interval_is_adjusted() -> None:
    found = given(net_promoters(60, 10, 100))
    assert found.value == 50
    # by hand: (60.75 - 10.75) / 103 = 0.4854, spread (71.5 / 103 - 0.4854 ** 2) / 103
    half = 1.959964 * sqrt((71.5 / 103 - (50 / 103) ** 2) / 103)
    assert found.low == pytest.approx(100 * (50 / 103 - half), abs=1e-4)
    assert found.high == pytest.approx(100 * (50 / 103 + half), abs=1e-4)


def test_no_interval_leaves_the_scale() -> None:
    for hits in range(13):
        found = given(share(hits, 12))
        assert 0 <= found.low <= found.value <= found.high <= 1
    assert given(net_promoters(0, 4, 4)).low >= -100
    assert given(net_promoters(4, 0, 4)).high <= 100


def test_of_nobody_there_is_no_figure() -> None:
    nobody = Sample(0, 0.0, 0.0)
    assert share(0, 0) is None
    assert net_promoters(0, 0, 0) is None
    assert mean(nobody) is None
    assert share_difference((0, 0), (1, 10)) is None
    assert share_difference((1, 10), (0, 0)) is None
    assert mean_difference(sample(5.0), sample(4.0, 5.0)) is None


def test_one_answer_has_no_bound_and_equal_answers_no_spread() -> None:
    one, same = given(mean(sample(7.0))), given(mean(sample(6.0, 6.0, 6.0)))
    assert (one.low, one.high) == (-inf, inf)
    assert (same.low, same.high) == (6.0, 6.0)
    apart = given(mean_difference(sample(6.0, 6.0), sample(5.0, 5.0)))
    assert (apart.low, apart.high) == (1.0, 1.0)


def test_under_ten_is_too_few() -> None:
    assert given(share(9, 9)).is_too_few
    assert not given(share(10, 10)).is_too_few


@pytest.mark.parametrize(
    ("difference", "conclusive"),
    [
        (Difference(0.2, 0.05, 0.33, (70, 80)), True),
        (Difference(-0.2, -0.33, -0.05, (70, 80)), True),
        (Difference(0.0893, -0.0381, 0.1926, (56, 29)), False),  # may be nothing
        (Difference(0.9, 0.3, 1.0, (500, 9)), False),  # so few say nothing, however different
    ],
)
def test_a_difference_that_chance_may_explain_is_not_conclusive(
    difference: Difference, conclusive: bool
) -> None:
    assert difference.is_conclusive is conclusive


def _held(draw: random.Random, count: int) -> tuple[bool, bool, bool]:
    """Say whether the intervals of one drawn group hold the truth: 60 % for us, 10 % against."""
    scores = [draw.random() for _ in range(count)]
    for_us, against = sum(s < 0.6 for s in scores), sum(s > 0.9 for s in scores)
    nps, csat = given(net_promoters(for_us, against, count)), given(share(for_us, count))
    others = sum(draw.random() < 0.3 for _ in scores)
    apart = given(share_difference((for_us, count), (others, count)))
    return (nps.low <= 50 <= nps.high, csat.low <= 0.6 <= csat.high, apart.low <= 0.3 <= apart.high)


@pytest.mark.parametrize("count", [10, 30, 100])
def test_intervals_hold_as_often_as_they_promise(count: int) -> None:
    draw = random.Random(20260928 + count)
    rounds = 3000
    held = [_held(draw, count) for _ in range(rounds)]
    for kind in zip(*held, strict=True):
        # 95 %, give or take what is left of chance and of the steps between whole people
        assert 0.93 <= sum(kind) / rounds <= 0.99
