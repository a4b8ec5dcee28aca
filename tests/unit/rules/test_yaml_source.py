"""Reading YAML: what is taken, what is refused, and where a mistake is said to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from outreach.errors import Problem, Problems
from outreach.rules import yaml_source
from outreach.rules.yaml_events import quick_events
from outreach.rules.yaml_nodes import Mapping, Node, Scalar, Sequence
from outreach.rules.yaml_source import decode, read


def problems_of(text: str) -> list[Problem]:
    problems: list[Problem] = []
    read(text, "a.yaml", problems)
    return problems


def taken(text: str) -> Mapping:
    problems: list[Problem] = []
    root = read(text, "a.yaml", problems)
    assert problems == []
    assert root is not None
    return root


def scalar(text: str, key: str) -> Scalar:
    node = taken(text).get(key)
    assert isinstance(node, Scalar)
    return node


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", "no"),  # YAML 1.1 would say false
        ("a: 22:30", "22:30"),  # YAML 1.1 would say 1350
        ("a: 2026-11-22", "2026-11-22"),  # no date, the text
        ("a: 'it''s'", "it's"),
        ("\ufeffa: 1", "1"),  # the mark that Windows editors write first
        ("a: b # a comment", "b"),
        ("a: b\r\nc: d\r\n", "b"),  # Windows line ends
        ("---\na: b", "b"),  # one document may be introduced
    ],
)
def test_values_stay_the_text_that_was_written(text: str, value: str) -> None:
    assert scalar(text, "a").text == value


@pytest.mark.parametrize(
    ("text", "place", "code", "part"),
    [
        ("", (1, 1), "E008", "nothing"),
        ("# only a comment\n", (1, 1), "E008", "nothing"),
        ("\n\n- a\n", (3, 1), "E004", "key: value"),  # a list where keys are expected
        ("some words\n", (1, 1), "E004", "key: value"),
        ("a: b: c", (1, 5), "E001", "`:`"),
        ("a:b\nc: d", (2, 2), "E001", "`:`"),  # no space after the first colon
        ("when:\n\t- a", (2, 1), "E001", "tab"),
        ('x: 1\na: "x', (2, 4), "E001", "never closed"),  # points at the quote, not the end
        ("a: [x, y\n\n\n", (1, 4), "E001", "never closed by `]`"),
        ("a: @x", (1, 4), "E001", "start with `@`"),
        ('a: "\\d"', (1, 6), "E001", "`d` means nothing"),
        ('b: 1\na: "\\U00110000"', (2, 5), "E001", "names no character"),
        ("- a\nb", (2, 1), "E001", "key: value"),
        ("a:\n - b: 1\n  c: 2", (3, 3), "E001", "does not belong"),  # one column too far
        ("a: 'it's'", (1, 8), "E001", "does not belong"),
        ("a: {b: ${X}}", (1, 9), "E001", "expected"),
        ("a: }", (1, 4), "E001", "missing"),
        ("a: 1\na: 2", (2, 1), "E002", "first in line 1"),
        ("a:\n  b: 1\n  b: 2", (3, 3), "E002", "`b`"),
        (": x", (1, 1), "E004", "key"),
        ("long: word\n: x", (2, 1), "E004", "key"),
        ("- a\nb:\n  - c\n", (2, 1), "E001", "does not belong"),
        ("? [a]\n: b", (1, 3), "E004", "key"),  # a list as a key
        ("a: &x 1\nb: *x", (2, 4), "E006", "`*x`"),
        ("a: &x 1", (1, 4), "E006", "`&x`"),
        ("<<: {a: 1}", (1, 1), "E006", "`<<`"),
        ("a: !!python/object:os b", (1, 4), "E006", "tag"),
        ("a: 1\n---\nb: 2", (2, 1), "E006", "second document"),
        ("%YAML 1.1\n---\na: no", (2, 1), "E006", "`%`"),
        ("a: \x00b", (1, 4), "E007", "U+0000"),
        ("a: b\u202ec", (1, 5), "E007", "U+202E"),  # would show the rest backwards
        ("a: b\ufeff", (1, 5), "E007", "U+FEFF"),  # in the middle of a file it hides
        ('a: "\\0"', (1, 4), "E007", "invisible"),
        ('a: "\\uD800"', (1, 4), "E007", "invisible"),  # half a character
        ("a: " + "[" * 40, (1, 19), "E009", "too deep"),
        ("a: " + "[" * 40 + "]" * 40, (1, 19), "E009", "too deep"),
        ("b: 1\na: " + "[" * 1_000_000, (2, 1), "E009", "too deep"),  # and at once
    ],
)
def test_a_mistake_in_yaml_is_said_where_it_is(
    text: str, place: tuple[int, int], code: str, part: str
) -> None:
    found = problems_of(text)
    assert (found[-1].line, found[-1].column, found[-1].code) == (*place, code)
    assert part in found[-1].message


def test_a_problem_shows_the_line_it_stands_in() -> None:
    assert problems_of("a: 1\nb: [")[0].source == "b: ["


def test_secrets_in_braces_are_explained() -> None:
    assert "env:NAME" in problems_of("a: {webhook: ${X}}")[0].hint


def test_several_mistakes_are_found_in_one_pass() -> None:
    found = problems_of("a: 1\na: 2\nb: &x 3\nc: *x")
    assert sorted(p.code for p in found) == ["E002", "E006", "E006"]


def test_lines_count_from_where_the_text_starts_in_its_file() -> None:
    problems: list[Problem] = []
    root = read("a: 1\na: 2", "en.email.md", problems, first_line=2)
    assert (problems[0].line, problems[0].source) == (3, "a: 2")
    assert root is not None
    assert root.get("a").line == 2  # type: ignore[union-attr]


def test_parts_know_their_place() -> None:
    root = taken("a:\n  - bb\n  - [c, dd]\n")
    items = root.get("a")
    assert isinstance(items, Sequence)
    assert [(i.line, i.column, i.width) for i in items.items] == [(2, 5, 2), (3, 5, 1)]


@pytest.mark.parametrize(
    ("written", "start", "end", "column", "width"),
    [
        ("one two", 4, 7, 8, 3),
        ('"one two"', 4, 7, 9, 3),  # the quote counts
        ("'it''s two'", 5, 8, 11, 3),  # a doubled quote is one letter
        (r'"it\"s two"', 5, 8, 11, 3),
        (r'"\u00e9t\x65 two"', 4, 7, 17, 3),  # escapes of every length
        ("one", 3, 3, 7, 1),  # past the end: still something to point at
    ],
)
def test_a_place_inside_a_value_is_exact(
    written: str, start: int, end: int, column: int, width: int
) -> None:
    problem = scalar(f"a: {written}", "a").problem_at(start, end, "E102", "x")
    assert (problem.column, problem.width) == (column, width)


@pytest.mark.parametrize(
    ("text", "swallowed"),
    [
        ("a: tags include #urgent", "#urgent"),
        ("a: tags include  # comment", "# comment"),
        ("a: tags include", ""),
        ('a: "tags include" #x', ""),  # quotes say where the value ends
        ("a: tags include a#b", ""),  # no blank before it: part of the value
        ("a: #b", "#b"),
    ],
)
def test_a_value_knows_the_comment_that_may_have_been_a_part_of_it(
    text: str, swallowed: str
) -> None:
    assert scalar(text, "a").swallowed == swallowed


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a:\n\nb: 1", (1, 3)),  # behind the colon, not where the next key starts
        ("a:  # comment\n\nb: 1", (1, 3)),
    ],
)
def test_a_missing_value_is_where_it_should_have_been(text: str, place: tuple[int, int]) -> None:
    empty = scalar(text, "a")
    assert (empty.line, empty.column) == place
    assert empty.is_empty


def test_a_missing_item_is_behind_its_dash() -> None:
    items = taken("a:\n  - b\n  -   # comment\n\nc: d").get("a")
    assert isinstance(items, Sequence)
    assert (items.items[1].line, items.items[1].column) == (3, 4)


@pytest.mark.parametrize("text", ["a: b\n  c", "a: |\n  b", "a: >\n  b\n  c", 'a: "b\n  c"'])
def test_a_value_knows_that_it_takes_several_lines(text: str) -> None:
    assert not scalar(text, "a").is_one_line


def test_a_file_in_another_encoding_is_refused_with_its_place() -> None:
    with pytest.raises(Problems) as caught:
        decode("a: 1\nb: Grüße".encode("latin-1"), "a.yaml")
    problem = caught.value.problems[0]
    assert (problem.file, problem.line, problem.column) == ("a.yaml", 2, 6)
    assert "UTF-8" in problem.message


RULES = Path(__file__).parents[3] / "rules"
LINES = [line for file in sorted(RULES.glob("*.yaml")) for line in file.read_text().splitlines()]
SIGNS = ["", " ", "  ", "\n", "\t", "a", "ä", "😀", *"-?:,[]{}#'\"|>&*!%@`~\\0"]


def parts(node: Node | None) -> Any:
    """Return a node with everything below it, as values that can be compared."""
    if node is None:
        return None
    place = (node.line, node.column, node.width)
    if isinstance(node, Scalar):
        return (*place, node.text, node.style, node.is_one_line)
    if isinstance(node, Sequence):
        return (*place, [parts(item) for item in node.items])
    assert isinstance(node, Mapping)
    return (*place, [(parts(key), parts(value)) for key, value in node.entries])


@given(st.data())
def test_the_quick_parser_takes_only_what_the_strict_one_takes_and_as_it_does(
    data: st.DataObject,
) -> None:
    """Disfigure a few lines of a rule file, and read them in both ways."""
    first = data.draw(st.integers(0, len(LINES) - 1), label="first line")
    text = "\n".join(LINES[first : first + data.draw(st.integers(1, 12), label="lines")])
    for _ in range(data.draw(st.integers(0, 4), label="changes")):
        at = data.draw(st.integers(0, len(text)), label="at")
        left_out = data.draw(st.integers(0, 2), label="left out")
        text = text[:at] + data.draw(st.sampled_from(SIGNS), label="sign") + text[at + left_out :]
    either: list[Problem] = []
    read_in_either = parts(read(text, "a.yaml", either))
    strict: list[Problem] = []
    with patch.object(yaml_source, "quick_events", side_effect=yaml.YAMLError):
        # the name keeps the two apart: what was read once is remembered
        read_strictly = parts(read(text, "./a.yaml", strict))
    assert read_in_either == read_strictly
    assert [each.message for each in either] == [each.message for each in strict]


def test_what_is_right_is_read_by_the_quick_parser() -> None:
    for file in RULES.glob("*.yaml"):
        assert len(list(quick_events(file.read_text()))) > 50
