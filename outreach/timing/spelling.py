"""A guess at the word that was meant, for error messages."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return `: did you mean 'days'?` for the nearest choice, or an empty string."""
    near = get_close_matches(word.lower(), list(choices), n=1, cutoff=0.6)
    return f": did you mean '{near[0]}'?" if near else ""
