"""Did you mean: the likely intended word for one that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def closest(word: str, names: Iterable[str]) -> str:
    """The likely intended name, or "" when none is near. Knows abbreviations: `eta`, `tracking`."""
    known = sorted(names)
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return near[0]
    if len(word) < 3:
        return ""
    longer = [name for name in known if word in name] or [
        name for name in known if name[0] == word[0] and _abbreviates(word, name)
    ]
    return min(longer, key=len, default="")


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """` Did you mean 'order'?` with its leading space, or ""."""
    name = closest(word, names)
    return f" Did you mean {name!r}?" if name else ""


def _abbreviates(word: str, name: str) -> bool:
    letters = iter(name)
    return all(letter in letters for letter in word)
