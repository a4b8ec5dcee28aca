"""How conditions are written, whichever way they were said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from outreach.rules.conditions import Condition
from outreach.rules.sentences import canonical
from outreach.rules.sentences.words import SHAPES, _texts

BERLIN = ZoneInfo("Europe/Berlin")
Said = Callable[..., Condition]


def parts(condition: Condition) -> dict[str, Any]:
    """Return what a condition consists of, whatever its spelling and place."""
    inner = getattr(condition, "of", condition)
    return {name: value for name, value in vars(inner).items() if name not in ("text", "position")}


@pytest.mark.parametrize("word", sorted({*_texts().values(), *SHAPES, "days", "EUR", "2026"}))
def test_any_word_can_be_a_value(word: str, said: Said) -> None:
    """Words of the language are values where they must be: in a list, or in quotes."""
    if SHAPES["VALUE"].fullmatch(word):
        assert parts(said(f"carrier in [{word}, x]"))["values"] == (word, "x")
    condition = said(f'carrier is "{word}"')
    assert parts(condition)["values"] == (word,)
    assert parts(said(canonical(condition))) == parts(condition)


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("status = shipped", "status is shipped"),
        ("status is one of [paid, packed]", "status in [paid, packed]"),
        ("status in [paid]", "status is paid"),
        ("status is none of [paid, packed]", "status not in [paid, packed]"),
        ("weight >= 1.50", "weight is at least 1.5"),
        ("total > 1000.00 EUR", "total is more than 1000 EUR"),
        ("tags includes x", "tags include x"),
        ("gift is no", "gift is false"),
        ("carrier is 'missing'", 'carrier is "missing"'),
        ("carrier is 'DHL'", "carrier is DHL"),
        ('tags include "#1"', 'tags include "#1"'),  # bare, it would be a comment
        ("promised_at is more than 2 weeks ago", "promised_at is more than 14 days ago"),
        ("placed_at is after 2026-12-01 00:00", "placed_at is after 2026-12-01"),
    ],
)
def test_one_spelling_for_every_alias(text: str, spelling: str, said: Said) -> None:
    condition = said(text)
    assert canonical(condition, BERLIN) == spelling
    again = said(spelling)
    assert canonical(again, BERLIN) == spelling
    assert parts(again) == parts(condition)
