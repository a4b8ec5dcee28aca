"""A test server: `send_only_to` names the only addresses that may be written to from here."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

EVERYBODY = "*"


def is_allowed_here(address: str, patterns: Sequence[str]) -> bool:
    """Ask whether an address may be written to; without patterns all may."""
    if not patterns:
        return True
    return any(fnmatchcase(address.lower(), pattern.lower()) for pattern in patterns)
