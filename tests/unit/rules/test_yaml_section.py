"""Strict keys: nothing unknown, missing or misshapen passes, and all of it is said at once."""

from __future__ import annotations

from enum import StrEnum

import pytest

from outreach.errors import Problem
from outreach.rules.yaml_section import Section
from outreach.rules.yaml_source import read


class Mode(StrEnum):
    LIVE = "live"
    SHADOW = "shadow"


def section(text: str, *keys: str) -> Section:
    problems: list[Problem] = []
    root = read(text, "a.yaml", problems)
    assert root is not None
    return Section(root, "a rule", keys or ("a", "b"), problems)


def said(part: Section) -> list[tuple[int, int, str]]:
    return [(p.line, p.column, p.code) for p in part.problems]


def test_an_unknown_key_is_named_with_the_one_meant() -> None:
    part = section("audence: 1\n", "audience", "steps")
    assert said(part) == [(1, 1, "E003")]
    assert part.problems[0].message == "a rule has no key `audence`. Did you mean `audience`?"


def test_an_unknown_key_like_no_other_lists_the_known() -> None:
    part = section("xyz: 1\n", "audience", "steps")
    assert part.problems[0].hint == "known: audience · steps"


def test_missing_keys_are_named() -> None:
    part = section("a: 1")
    part.need("a", "b")
    assert [p.message for p in part.problems] == ["a rule needs the key `b`"]


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("a: [1]", "scalar"),
        ("a: {b: 1}", "scalar"),
        ("a: 1", "items"),
        ("a: 1", "section"),
        ("a: {b: 1}", "scalars"),
        ("a: [[1]]", "scalars"),
    ],
)
def test_a_wrong_shape_is_a_problem_and_reads_as_absent(text: str, read_as: str) -> None:
    part = section(text)
    reader = getattr(part, read_as)
    assert not (reader("a", ["b"]) if read_as == "section" else reader("a"))
    assert [p.code for p in part.problems] == ["E004"]


@pytest.mark.parametrize("text", ["a:", "a: ~", "a: null", "a: # nothing"])
def test_a_key_without_a_value_is_a_problem(text: str) -> None:
    part = section(text)
    assert part.scalar("a") is None
    assert said(part) == [(1, 1, "E005")]


def test_a_value_that_is_only_a_comment_is_explained() -> None:
    part = section("a: #urgent")
    part.scalar("a")
    assert part.problems[0].hint == "`#urgent` is a comment; put it in quotes if it is the value"


def test_one_value_may_stand_for_a_list_of_one() -> None:
    part = section("a: x\nb: [x, y]")
    assert [s.text for s in part.scalars("a")] == ["x"]
    assert [s.text for s in part.scalars("b")] == ["x", "y"]
    assert part.problems == []


def test_an_enum_is_read_by_value_and_its_others_are_named() -> None:
    part = section("a: shadow\nb: lve")
    assert part.choice("a", Mode) is Mode.SHADOW
    assert part.choice("b", Mode) is None
    assert part.problems[0].message == "`lve` is not known here. Did you mean `live`?"


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "٣", "1" * 16])
def test_only_plain_whole_numbers_are_numbers(text: str) -> None:
    part = section(f"a: '{text}'")
    assert part.whole("a") is None
    assert said(part) == [(1, 4, "E010")]


def test_yes_no_is_true_or_false_only() -> None:
    part = section("a: true\nb: yes")
    assert part.yes_no("a") is True
    assert part.yes_no("b") is None
    assert part.problems[0].message == "write `true` or `false`, not `yes`"


def test_sections_read_on_after_a_bad_item() -> None:
    part = section("a:\n  - x\n  - b: 1\n  - c: 2\n")
    found = part.sections("a", ["b"], "a step")
    assert [s.text("b") for s in found] == ["1", ""]
    assert said(part) == [(2, 5, "E004"), (4, 5, "E003")]
