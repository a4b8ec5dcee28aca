"""Asking before many messages go out or are dropped: a yes is not enough, the number is."""

from __future__ import annotations

import sys

from outreach.cli.output import is_terminal
from outreach.cli.session import Session
from outreach.errors import Refused


def confirm_number(session: Session, question: str, *, number: int, expect: int | None) -> None:
    """Ask with a number in the question; where nobody can answer, `--expect` has to say it.

    `--yes` alone is refused: it says nothing of what the person believes to release.
    """
    nobody_there = session.manners.no_input or not is_terminal(sys.stdin)
    if expect is None and (session.manners.yes or nobody_there):
        raise Refused(
            f"{question} Not confirmed, so nothing was changed: say the number, --expect {number}"
        )
    session.confirm(question, number=number, expect=expect)
