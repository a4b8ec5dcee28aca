"""One file for each mistake in tests/data/bad, and beside it what `check` says about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.errors import Level, Problem, Problems
from outreach.rules.codes import CODES
from outreach.rules.loader import check_rules, load_rules
from outreach.rules.names import Names

BAD = Path(__file__).resolve().parents[2] / "data/bad"
FILES = sorted(BAD.glob("*.yaml"))
#: the codes of rule files; those of the workspace's settings are tested there
OURS = {code for code in CODES if code[1] in "0123"}


def lines(problems: list[Problem]) -> Iterator[str]:
    for problem in problems:
        yield f"{problem.line}:{problem.column} {problem.level} {problem.code} {problem.message}"
        if problem.hint:
            yield f"    = {problem.hint}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_mistake_is_said_as_beside_it(path: Path, names: Names) -> None:
    ruleset, problems = check_rules({path.name: path.read_text("utf-8")}, names)
    expected = path.with_suffix(".txt").read_text("utf-8").splitlines()
    assert list(lines(problems)) == expected
    assert (ruleset is None) == any(problem.level is Level.ERROR for problem in problems)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_mistake_points_at_something_in_its_file(path: Path, names: Names) -> None:
    text = path.read_text("utf-8").split("\n")
    for problem in check_rules({path.name: "\n".join(text)}, names)[1]:
        assert problem.file == path.name
        assert problem.source == text[problem.line - 1]
        # one past the end is where something is missing
        assert 1 <= problem.column <= len(problem.source) + 1
        assert problem.width == 1 or problem.column + problem.width - 1 <= len(problem.source)


def test_every_code_has_a_file_that_shows_it() -> None:
    shown = {c for path in FILES for c in re.findall(r"\b[EW]\d{3}\b", _beside(path))}
    assert shown == OURS


def _beside(path: Path) -> str:
    return path.with_suffix(".txt").read_text("utf-8")


def test_mistakes_of_all_files_are_found_in_one_pass(names: Names) -> None:
    texts = {path.name: path.read_text("utf-8") for path in FILES}
    with pytest.raises(Problems) as caught:
        load_rules(texts, names)
    found = {problem.file for problem in caught.value.problems}
    assert found == {p.name for p in FILES}


def test_names_of_rules_in_an_unreadable_file_are_not_doubted(names: Names) -> None:
    good = (BAD / "unknown-rule-in-a-sentence.yaml").read_text("utf-8")
    _, problems = check_rules({"a.yaml": good, "b.yaml": "rules: ["}, names)
    assert [(problem.file, problem.code) for problem in problems] == [("b.yaml", "E001")]
