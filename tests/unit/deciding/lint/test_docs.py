"""docs/lint.md says what lint does: every code with its level."""

from __future__ import annotations

from pathlib import Path

from outreach.deciding.lint.codes import RULES
from outreach.deciding.lint.vocabulary import LANGUAGES, frequent_words, vocabulary

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs" / "lint.md").read_text("utf-8")


def test_every_code_is_explained() -> None:
    """When this fails, put the table it prints into docs/lint.md."""
    rows = [f"| {code} | {rule.level} | {rule.meaning} |" for code, rule in RULES.items()]
    table = "\n".join(["| code | level | what it finds |", "|---|---|---|", *rows])
    assert table in PAGE, table


def test_codes_are_named_in_order() -> None:
    for kind in "MSWTL":
        codes = [code for code in RULES if code[0] == kind]
        assert codes == sorted(codes)


def test_every_language_has_the_same_lists() -> None:
    lists = []
    for language in LANGUAGES:
        known = vocabulary(language)
        assert known is not None
        assert {phrase.code for phrase in known.phrases} <= RULES.keys()
        assert all(phrase.instead for phrase in known.phrases)
        assert len(frequent_words()[language]) > 20
        lists.append((set(known.lists), {phrase.code for phrase in known.phrases}))
    assert lists[0] == lists[1]
