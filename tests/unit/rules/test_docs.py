"""docs/rules.md says what is so: every key, every sentence, every code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from outreach.errors import Problem
from outreach.model import Kind, Purpose
from outreach.rules.codes import CODES
from outreach.rules.loader import check_rules
from outreach.rules.loading import keys
from outreach.rules.phrases import EXPIRES_AFTER
from outreach.rules.respelling import respell_sentence
from outreach.rules.sentences import parse
from outreach.rules.sentences.meanings import MEANINGS
from outreach.rules.sentences.words import parse_words
from outreach.workspace import Workspace
from outreach.workspace.jobs import KEYS as JOB_KEYS
from outreach.workspace.jobs import read_jobs
from outreach.workspace.policy import DEFAULT_POLICY, Safety
from outreach.workspace.settings import KEYS

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "rules.md").read_text("utf-8")


def section(title: str) -> str:
    """Return what stands under a heading, up to the next one."""
    _, _, rest = TEXT.partition(f"# {title}\n")
    assert rest, title
    return re.split(r"^#+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize(
    ("title", "known"),
    [
        ("Keys of a file", keys.FILE_KEYS),
        ("Keys of a rule", keys.RULE_KEYS),
        ("Keys of a step", keys.STEP_KEYS),
        ("Limits", keys.LIMIT_KEYS),
        ("Offers", keys.OFFER_KEYS),
        ("Purposes", tuple(Purpose)),
        ("outreach.yaml", KEYS),
        ("Jobs", JOB_KEYS),
    ],
)
def test_the_tables_have_every_key_and_no_other(title: str, known: tuple[str, ...]) -> None:
    assert {key for first, *_ in rows(title) for key in quoted(first)} == set(known)


def test_what_can_have_a_default_is_listed() -> None:
    said = next(row[1] for row in rows("Keys of a file") if "defaults" in row[0])
    assert tuple(quoted(said)) == keys.DEFAULT_KEYS


def sentences() -> list[tuple[str, list[str]]]:
    """Return each sentence of the table with its other spellings."""
    found = []
    for _, said, also in rows("Sentences"):
        found += [(s, quoted(also)) for s in quoted(said) if " " in s]
    return found


@pytest.mark.parametrize(("said", "also"), sentences())
def test_every_sentence_can_be_said(said: str, also: list[str]) -> None:
    catalogue = Workspace.open(ROOT).names().catalogue
    calendar = Workspace.open(ROOT).settings.calendars["care-team"]
    for text in (said, *also):
        parse(text, catalogue, Kind.ORDER, calendar=calendar, steps=["update"])
        yes_no = frozenset({"gift"})
        assert respell_sentence(text, yes_no=yes_no) == said


def test_every_form_of_a_sentence_is_in_the_table() -> None:
    forms = {parse_words(said, "sentence").children[1].data for said, _ in sentences()}  # type: ignore[union-attr]
    assert forms == {*MEANINGS, "had", "had_not"}


def test_the_examples_load() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    names = Workspace.open(ROOT).names()
    rule = next(block for block in blocks if "rules:" in block)
    ruleset, problems = check_rules({"first.yaml": rule}, names)
    assert problems == []
    assert ruleset is not None
    found: list[Problem] = []
    jobs = read_jobs({"a.yaml": next(block for block in blocks if "job:" in block)}, found)
    assert (len(jobs), found) == (1, [])


def test_the_defaults_are_said() -> None:
    rule_keys = {quoted(row[0])[0]: row[2] for row in rows("Keys of a rule")}
    for purpose, length in EXPIRES_AFTER.items():
        assert purpose in rule_keys["expires_after"]
        assert str(length) in rule_keys["expires_after"]
    settings = {key: row for row in rows("outreach.yaml") for key in quoted(row[0])}
    assert str(Safety().hold_above) in settings["safety"][1]
    for line in DEFAULT_POLICY:
        said = str(line.at_most) if line.at_most else f"{line.gap} apart"
        assert said in settings["contact_policy"][2]


def test_links_inside_lead_somewhere() -> None:
    titles = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors
    for path in re.findall(r"\]\((\.\./[^)#]+)\)", TEXT):
        assert (ROOT / "docs" / path).exists(), path


def test_every_code_is_explained() -> None:
    """When this fails, put the table it prints into docs/rules.md."""
    lines = [f"| {code} | {meaning} |" for code, meaning in sorted(CODES.items())]
    table = "\n".join(["| code | it stands for |", "|---|---|", *lines])
    assert table in TEXT, table
