"""Values of each type, as sources write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from outreach.rules.catalogue import ORDER_STATUSES
from outreach.sources import values
from outreach.sources.values import BadValue


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  Ana ", "Ana"),
        (7, "7"),  # JSON and databases have numbers where files have text
        (Decimal("1E+2"), "100"),
        (True, "true"),
        (date(2026, 11, 22), "2026-11-22"),
        ("não", "não"),
        ("🙂", "🙂"),
    ],
)
def test_every_single_value_is_a_text(value: Any, expected: str) -> None:
    assert values.text_of(value) == expected


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (["a"], "is a list"),
        ({"amount": 1}, "name one of them, such as `….amount`"),
        ("a\x00b", "no text"),  # PostgreSQL keeps no NUL
        ("\ud800", "no text"),  # half a character, as broken JSON has them
    ],
)
def test_what_is_no_text_is_refused(value: Any, said: str) -> None:
    with pytest.raises(BadValue, match=said):
        values.text_of(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("shipped", "shipped"),
        ("Out for delivery", "out_for_delivery"),
        ("OUT-FOR-DELIVERY", "out_for_delivery"),
        ("canceled", "cancelled"),  # the American spelling is no other word
    ],
)
def test_a_choice_is_known_in_other_clothes(text: str, expected: str) -> None:
    assert values.choice_parser(ORDER_STATUSES)(text) == expected


def test_an_unknown_choice_says_what_it_may_have_meant() -> None:
    with pytest.raises(BadValue, match="`deliverd` is not one of our words; did you mean `deliv"):
        values.choice_parser(ORDER_STATUSES)("deliverd")
    with pytest.raises(BadValue, match=r"known: placed, paid.*translate with `values:`"):
        values.choice_parser(ORDER_STATUSES)("xyz")


@pytest.mark.parametrize("text", ["-1", "1.5", "2147483648", "many", "", "1e99", "½"])
def test_a_count_is_a_whole_number_that_a_column_can_hold(text: str) -> None:
    with pytest.raises(BadValue):
        values.parse_whole(text)


@pytest.mark.parametrize(
    ("value", "expected"), [("3", 3), (3.0, 3), ("2.50", 2.5), ("1e3", 1000), ("-4", -4)]
)
def test_a_number_is_as_json_keeps_it(value: Any, expected: float) -> None:
    found = values.parse_number(value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("yes", True), ("TRUE", True), (1, True), (False, False), ("n", False), ("0", False)],
)
def test_yes_and_no_in_many_words(value: Any, expected: bool) -> None:
    assert values.parse_yes_no(value) is expected


def test_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(BadValue, match="`maybe` is neither"):
        values.parse_yes_no("maybe")


@pytest.mark.parametrize(
    ("value", "separator", "expected"),
    [
        ("a, b,,a ", ",", ["a", "b"]),  # once each, without empty ones
        ("a|b", "|", ["a", "b"]),
        (["a", 7], ",", ["a", "7"]),  # a JSON list
        (" , ", ",", None),  # nothing is left
    ],
)
def test_a_list_is_cut_at_its_separator(
    value: Any, separator: str, expected: list[str] | None
) -> None:
    assert values.list_parser(separator)(value) == expected


def test_an_id_has_an_end() -> None:
    assert values.parse_id("A" * 255)
    with pytest.raises(BadValue, match="256 characters"):
        values.parse_id("A" * 256)
