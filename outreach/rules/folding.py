"""Case folding that SQLite, PostgreSQL and Python do alike, letter for letter.

`lower()` differs: SQLite knows ASCII only, PostgreSQL follows the database's collation. This
table has the one-to-one pairs of the Latin, Greek and Cyrillic blocks; all three use it.
"""

from __future__ import annotations

_LETTERS = [chr(code) for code in range(0x41, 0x530)]
UPPER = "".join(c for c in _LETTERS if c != c.lower() and len(c.lower()) == 1)
LOWER = UPPER.lower()
_TABLE = str.maketrans(UPPER, LOWER)


def fold_case(text: str) -> str:
    """Return the text with every letter of the table in lower case."""
    return text.translate(_TABLE)
