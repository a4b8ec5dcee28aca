"""Ten thousand damaged rule files: never a traceback, and every refusal says where."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest

from outreach.errors import Problem
from outreach.rules.loader import check_rules
from outreach.rules.names import Names

FILES = 2_000
PARTS = 4  # for machines that can do several at once
#: characters that mean something to YAML, to sentences, or to nobody
SIGNS = "\t\n\r \"'#&*!|>%@`{}[],:?-=<.~\\$/0123456789aZé€\u00a0\u2028\ufeff\x00\x07\U0001f600"
NEEDED = ("  about:", "  purpose:", "  when:", "  steps:")
WORDS = re.compile(r"[\w.-]+")


def broken_by_signs(text: str, dice: random.Random) -> str:
    """Put in, take out or replace single characters."""
    for _ in range(dice.randint(1, 3)):
        place = dice.randrange(len(text) + 1)
        taken = dice.choice((0, 0, 1, 1, dice.randint(1, 20)))
        put = dice.choice(("", dice.choice(SIGNS), dice.choice(SIGNS) * dice.randint(1, 4)))
        text = text[:place] + put + text[place + taken :]
    return text


def broken_by_words(text: str, dice: random.Random) -> str:
    """Put words where other words were."""
    words = list(WORDS.finditer(text))
    for _ in range(dice.randint(1, 3)):
        here, there = dice.choice(words), dice.choice(words)
        text = text[: here.start()] + there.group() + text[here.end() :]
    return text


def broken_by_lines(text: str, dice: random.Random) -> str:
    """Move, repeat, drop, shift or join lines."""
    lines = text.split("\n")
    here, there = dice.randrange(len(lines)), dice.randrange(len(lines))
    change = dice.randrange(5)
    if change == 0:
        lines[here], lines[there] = lines[there], lines[here]
    elif change == 1:
        lines.insert(here, lines[there])
    elif change == 2:
        del lines[min(here, there) : max(here, there)]
    elif change == 3:
        lines[here] = " " * dice.randint(0, 12) + lines[here].lstrip()
    else:
        lines[here : here + 2] = [" ".join(lines[here : here + 2])]
    return "\n".join(lines)


def cut_off(text: str, dice: random.Random) -> str:
    """Stop somewhere."""
    return text[: dice.randrange(len(text))]


BREAK: tuple[Callable[[str, random.Random], str], ...] = (
    broken_by_signs,
    broken_by_signs,
    broken_by_words,
    broken_by_words,
    broken_by_lines,
    cut_off,
)


def single_rules(text: str) -> list[str]:
    """Take a file apart into its rules, without comments."""
    plain = re.sub(r"(?m)^#.*\n|^\n| +#.*", "", text)
    return re.split(r"(?m)^(?=- rule:)", plain)[1:]


def small_file(rule: str, dice: random.Random) -> str:
    """Make a file of one rule that leaves out some of what it may leave out."""
    first, *others = re.split(r"(?m)^(?=  \w)", rule)
    kept = (part for part in others if part.startswith(NEEDED) or dice.random() < 0.3)
    return "format: 1\ndefaults: {calendar: de}\nrules:\n" + first + "".join(kept)


def complaint(problem: Problem, text: str) -> str:
    """Return what is wrong with a problem itself."""
    lines = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))
    if problem.file != "a.yaml" or not problem.message or not problem.code:
        return "no file, code or message"
    if not 1 <= problem.line <= len(lines):
        return "no such line"
    if not 1 <= problem.column <= len(lines[problem.line - 1]) + 1:
        return "no such column"
    return "" if problem.source == lines[problem.line - 1] else "not the line it names"


@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_rule_files_are_refused_with_line_and_column(
    part: int, names: Names, rule_files: dict[str, str]
) -> None:
    rules = [rule for text in rule_files.values() for rule in single_rules(text)]
    refused = 0
    for seed in range(part, FILES, PARTS):
        dice = random.Random(seed)
        text = dice.choice(BREAK)(small_file(dice.choice(rules), dice), dice)
        try:
            ruleset, problems = check_rules({"a.yaml": text}, names)
        except Exception as error:  # noqa: BLE001 - whatever it is, the file that did it is shown
            pytest.fail(f"seed {seed}: {error!r} for\n{text}")
        assert ruleset is not None or problems, f"seed {seed}: refused without a word\n{text}"
        for problem in problems:
            assert not complaint(problem, text), f"seed {seed}: {problem}\n{text}"
        refused += ruleset is None
    assert refused > FILES / PARTS / 2  # the damage is worth the name
