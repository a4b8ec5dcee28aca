"""Answers in rule tests: a person answers as on the page, and what asks for it hears of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from outreach.proving.scenarios.gathering import gather
from outreach.proving.scenarios.running import run_scenario
from outreach.proving.scenarios.stage import Stage
from outreach.releases import Release, read_release
from outreach.workspace import Workspace
from tests.unit.proving.scenarios.conftest import FILES, HEAD

RULES = """\
format: 1
defaults: {mode: shadow, via: [email]}
rules:
- rule: ask
  about: order
  purpose: survey
  when: [delivered_at is within the last 2 days]
  steps:
    - {id: csat, send: ask, survey: csat}
    - {id: remind, wait: 3 days, send: ask, survey: csat, stop_if: [csat was answered]}
- rule: low
  about: response
  purpose: service
  when: [score is at most 2, counts is true, received_at is within the last 2 days]
  steps:
    - {id: human, handoff: desk, title: "{{ response.score }} {{ response.comment }}", due: 1 day}
"""
ASK = '---\nsubject: "Well?"\n---\n[1]({{ links.survey }}?score=1)\n'
GIVEN = """\
  - name: it
    given:
      order A-1: {customer: ana, status: delivered, delivered_at: now}
      order A-2: {customer: bo, status: delivered, delivered_at: now}
    timeline:
      - {at: +6 hours, expect: [{rule: ask, to: ana}, {rule: ask, to: bo}]}
"""
CASE = "{handoff: desk, rule: low, to: ana, title_says: 2 Too late}"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("asking")
    files = {
        "outreach.yaml": FILES["outreach.yaml"],
        "rules/shop.yaml": RULES,
        "templates/ask/en.email.md": ASK,
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    made = Stage(read_release(Workspace.open(folder)))
    yield made
    made.close()


def played(release: Release, stage: Stage, lines: str) -> str:
    """Play a test that goes on with some lines; return what was wrong, empty when nothing was."""
    found = gather(release, {"rules/shop.test.yaml": HEAD + GIVEN + lines})
    assert not found.problems, found.problems
    failure = run_scenario(stage, found.scenarios[0]).failure
    return str(failure or "")


@pytest.mark.parametrize(
    ("answers", "then"),
    [
        (f"{{ana: 2 Too late, bo: 5}}, expect: [{CASE}]", "nothing"),
        ("{A-2: 3}", "[{rule: ask, step: remind, to: ana}]"),
        ("{csat: 4}", "[{rule: ask, step: remind}]"),
    ],
    ids=["by name, with a comment", "by what it is about", "by the survey"],
)
def test_an_answer_is_heard(stage: Stage, answers: str, then: str) -> None:
    line = f"      - {{at: +1 day, answer: {answers}}}\n"
    assert played(stage.release, stage, f"{line}      - {{at: +9 days, expect: {then}}}\n") == ""


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("      - {at: +40 days, answer: {A-1: 3}}\n", "takes no answer now"),
        ("      - {at: +1 day, answer: {ana: 9}}\n", "`9` is no score of csat: its scale is 1-5"),
    ],
)
def test_what_the_page_does_not_take_fails_the_test(stage: Stage, lines: str, said: str) -> None:
    assert said in played(stage.release, stage, lines)


def test_nobody_answers_what_nobody_asked(stage: Stage) -> None:
    text = HEAD + GIVEN.replace("delivered_at: now", "delivered_at: -3 days")
    text = text.partition("      - {at: +6 hours")[0] + "      - {at: start, answer: {ana: 2}}\n"
    found = gather(stage.release, {"rules/shop.test.yaml": text})
    failure = run_scenario(stage, found.scenarios[0]).failure
    assert "no survey has left that could be answered: ana" in str(failure)
