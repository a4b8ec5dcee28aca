"""Who is at the keyboard: the name that stands behind a decision in the audit log."""

from __future__ import annotations

import getpass
from collections.abc import Mapping


def who(env: Mapping[str, str]) -> str:
    """Return the person's login: OUTREACH_USER, who called sudo, or whose process this is."""
    named = env.get("OUTREACH_USER") or env.get("SUDO_USER")
    if named:
        return named.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "unknown"
