"""`format: 1` at the head of a file: so that a later form of it is never read as this one."""

from __future__ import annotations

FORMAT = "1"


def check_format(text: str) -> str:
    """Return the format this version reads; raises ValueError for any other."""
    if text != FORMAT:
        raise ValueError(f"this version reads `format: {FORMAT}`, not `{text}`")
    return text
