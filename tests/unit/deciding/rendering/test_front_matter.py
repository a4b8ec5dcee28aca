"""The head of a template is strict, and every mistake has its place."""

from __future__ import annotations

import pytest

from outreach.deciding.rendering.front_matter import (
    LintIgnore,
    Placed,
    parse_front_matter,
)
from outreach.model import Channel

FULL = """---
subject: "Order {{ order.number }} is late"
preheader: New date inside
needs: [order.number, order.estimated_at]
from_name: "{{ owner.first_name }}"
lint:
  - ignore M107 our own phrase
---
Hello

you
"""


def test_everything_is_read_with_its_line() -> None:
    head = parse_front_matter(FULL, "x/en.email.md", Channel.EMAIL)
    assert head.problems == ()
    assert head.subject == Placed("Order {{ order.number }} is late", 2)
    assert head.preheader == Placed("New date inside", 3)
    assert head.needs == (Placed("order.number", 4), Placed("order.estimated_at", 4))
    assert head.from_name == Placed("{{ owner.first_name }}", 5)
    assert head.lint == (LintIgnore("M107", "our own phrase"),)
    assert head.body == Placed("Hello\n\nyou\n", 9)


@pytest.mark.parametrize(
    ("text", "body", "line"),
    [
        ("Just words", "Just words", 1),
        ("---\n---\nWords", "Words", 3),
        ("---\nneeds: [order.number]\n---\nWords\n---\nmore", "Words\n---\nmore", 4),  # first end
        ("\ufeff---\r\nneeds: [order.number]\r\n---\r\nWords", "Words", 4),  # from Windows
        ("Words\n---\nmore\n---", "Words\n---\nmore\n---", 1),  # no head, but rules
    ],
)
def test_where_the_body_begins(text: str, body: str, line: int) -> None:
    head = parse_front_matter(text, "x/en.sms.txt", Channel.SMS)
    assert head.problems == ()
    assert head.body == Placed(body, line)


def test_yaml_is_1_2_so_no_is_a_word() -> None:
    head = parse_front_matter("---\nsubject: no\n---\nx", "x/en.email.md", Channel.EMAIL)
    assert head.subject == Placed("no", 2)


@pytest.mark.parametrize(
    ("head", "place", "message", "hint"),
    [
        ("subjct: Hi", (2, 1), "no key 'subjct' here. Did you mean 'subject'?", "known keys"),
        ("subject: Hi\nto: x", (3, 1), "there is no key 'to' here.", "known keys"),
        ("subject: {{ order.number }} is late", (2, 10), "must be in quotes", "put the"),
        ("subject: Order: late: yes", (2, 15), "not YAML", "put the text in quotes"),
        ("subject:", (2, 1), "`subject` is empty", ""),
        ("subject: {a: b}", (2, 10), "`subject` must be a text", "in quotes"),
        ("subject: Hi\nsubject: Ho", (3, 1), "not YAML", ""),
        ("- subject", (2, 1), "keys and values", ""),
        ("needs: [Order Number]", (2, 9), "names such as order.number, not 'Order Number'", ""),
        ("needs: {a: b}", (2, 8), "`needs` must be a list", ""),
        ("lint: [M107]", (2, 8), "what to ignore and why, not 'M107'", "ignore M107"),
        ("lint: ignore M107", (2, 7), "what to ignore and why", "ignore M107"),
    ],
)
def test_mistakes_have_their_place_and_a_way_out(
    head: str, place: tuple[int, int], message: str, hint: str
) -> None:
    found = parse_front_matter(f"---\n{head}\n---\nHi\n", "x/en.email.md", Channel.EMAIL)
    (problem,) = found.problems
    assert (problem.file, problem.line, problem.column) == ("x/en.email.md", *place)
    assert message in problem.message
    assert hint in problem.hint
    assert problem.source == head.splitlines()[place[0] - 2]
    assert found.body == Placed("Hi\n", head.count("\n") + 4)


def test_all_mistakes_are_found_at_once() -> None:
    text = "---\nsubjct: Hi\nneeds: [A B]\nlint: [x]\n---\nHi\n"
    found = parse_front_matter(text, "x/en.email.md", Channel.EMAIL)
    assert [problem.line for problem in sorted(found.problems)] == [2, 3, 4]


def test_an_sms_has_no_subject() -> None:
    found = parse_front_matter("---\nsubject: Hi\n---\nHi", "x/en.sms.txt", Channel.SMS)
    assert "no key 'subject'" in found.problems[0].message


def test_a_head_that_is_not_closed_is_said_so() -> None:
    found = parse_front_matter("---\nsubject: Hi\nHello", "x/en.email.md", Channel.EMAIL)
    assert "not closed" in found.problems[0].message
