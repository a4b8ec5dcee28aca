"""An ignore has a code and a reason, hides that and nothing else, and is reported when idle."""

from __future__ import annotations

import pytest

from outreach.deciding.lint.codes import RULES
from outreach.deciding.lint.ignoring import apply_ignores, comments_in
from outreach.deciding.lint.messages import lint_messages
from outreach.deciding.rendering import Templates
from outreach.errors import Problem
from tests.unit.deciding.lint.conftest import NOW, SHOP, SUBJECT, WELL

RULES_FILE = """\
# all of them
format: 1
rules:

# the first
- rule: a
  send_window: early   # lint: ignore M107 we like it

# the second
- rule: b
  about: order
"""


def found_with(lint: str) -> list[tuple[str, int]]:
    """Lint a message that says “kindly”, with something under `lint`."""
    head = f"---\nsubject: {SUBJECT['en']}\nneeds: [customer.first_name]\n{lint}---\n"
    templates = Templates({"x/en.email.md": f"{head}{WELL['en']}\nPlease kindly wait.\n"})
    return [(p.code, p.line) for p in lint_messages(templates, {}, SHOP, NOW).problems]


@pytest.mark.parametrize(
    ("lint", "expected"),
    [
        ("", [("M107", 11)]),
        ("lint: ignore M107 the founder's word\n", []),
        ("lint: [ignore M107 the founder's word]\n", []),
        ("lint: [ignore M107 his word, ignore M110 his as well]\n", [("L902", 4)]),
        ("lint: ignore M110 no jargon here\n", [("L902", 4), ("M107", 12)]),
        ("lint: ignore M999 what is this\n", [("L901", 4), ("M107", 12)]),
        ("lint: ignore M107\n", [("M202", 4)]),  # without a reason `check` refuses it
    ],
)
def test_a_template_says_what_it_means(lint: str, expected: list[tuple[str, int]]) -> None:
    assert found_with(lint) == expected


def at(line: int, code: str = "M107") -> Problem:
    return Problem("rules.yaml", line, 1, code, "…", RULES[code].level)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (RULES_FILE, {5, 6, 7, 8}),  # in the rule, and the comment above it
        (
            RULES_FILE.replace("# the second", "# lint: ignore M107 so it is"),
            set(range(5, 12)),
        ),
        (RULES_FILE.replace("# all of them", "# lint: ignore M107 everywhere"), set(range(1, 12))),
        (RULES_FILE.replace("lint: ignore", "linted: ignore"), set()),
    ],
)
def test_a_comment_is_about_its_rule(text: str, hidden: set[int]) -> None:
    ignores, wrong = comments_in("rules.yaml", text, [6, 10])
    every = [at(line) for line in range(1, 12)]
    left = {p.line for p in apply_ignores("rules.yaml", text, every, ignores) if p.code == "M107"}
    assert (wrong, set(range(1, 12)) - left) == ([], hidden)


@pytest.mark.parametrize("said", ["ignore M107", "ignore", "M107 since", "ignore M999 what"])
def test_a_comment_that_cannot_be_read_is_an_error(said: str) -> None:
    text = RULES_FILE.replace("ignore M107 we like it", said)
    ignores, (wrong,) = comments_in("rules.yaml", text, [6, 10])
    assert (ignores, wrong.code, wrong.line) == ([], "L901", 7)
    assert wrong.source[wrong.column - 1 :].startswith(said)


def test_an_idle_comment_is_reported() -> None:
    ignores, _ = comments_in("rules.yaml", RULES_FILE, [6, 10])
    left = list(apply_ignores("rules.yaml", RULES_FILE, [at(10)], ignores))
    assert [(p.code, p.line) for p in left] == [("M107", 10), ("L902", 7)]
    assert left[1].source[left[1].column - 1 :].startswith("M107")
