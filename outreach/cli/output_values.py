"""Values of fields as people read them, and addresses as listings show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from outreach.cli.session import Session

PERSONAL = ("email", "phone", "name", "first_name", "postal_code", "city")
LONGEST = 48


def told(session: Session, values: Sequence[tuple[str, Any]], *, personal: bool = False) -> str:
    """Return what a sentence found: the value it names first, others with their names."""
    parts = [
        f"{f'{path} is ' if place else ''}{_shown(session, path, value, personal=personal)}"
        for place, (path, value) in enumerate(values)
    ]
    return ", ".join(parts)


def _shown(session: Session, path: str, value: Any, *, personal: bool) -> str:
    if value is None or value == ():
        return "missing"
    if path.rpartition(".")[2] in PERSONAL and not personal:
        return mask(str(value))
    return plain(session, value)


def plain(session: Session, value: Any) -> str:
    """Return one value in words."""
    if isinstance(value, datetime):
        return session.when(value).partition(" (")[0]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def mask(text: str) -> str:
    """Return an address or a name with its middle left out: `a…z@example.com`, `+49…23`."""
    local, at, domain = text.partition("@")
    if at:
        return f"{local[:1]}…{local[-1:] if len(local) > 1 else ''}@{domain}"
    return text if len(text) < 4 else f"{text[:3] if text[0] == '+' else text[0]}…{text[-2:]}"


def quoted(text: str, *, personal: bool) -> str:
    """Return what somebody wrote in one line; addresses in it are blanked out unless asked for."""
    from outreach.channels.addresses import redact

    line = " ".join(text.split())
    return line if personal else redact(line, limit=len(line) + 1)
