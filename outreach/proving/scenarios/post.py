"""The post office of rule tests: it takes every message and keeps it, nothing leaves."""

from __future__ import annotations

import html
from datetime import datetime

from outreach.channels.outgoing import Outgoing, Receipted


class PostOffice:
    """A sender that accepts everything; `letters` are what it was given, by our message id."""

    name = "test"

    def __init__(self) -> None:
        self.letters: dict[str, Outgoing] = {}

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        """Keep one message."""
        self.letters[outgoing.message_id] = outgoing
        return Receipted(outgoing.message_id, "kept by the test")

    def check(self) -> str:
        """There is nothing that could fail."""
        return "messages of rule tests stay in memory"

    def close(self) -> None:
        """Nothing is kept open."""


def words_of(outgoing: Outgoing) -> str:
    """Return all that the reader of a message sees, in each of its parts, as one line."""
    parts = (outgoing.subject, outgoing.body_text, html.unescape(outgoing.body_html))
    return " ".join(" ".join(parts).split())


def text_of(outgoing: Outgoing) -> str:
    """Return the subject and the text of a message as one line."""
    return " ".join(f"{outgoing.subject} {outgoing.body_text}".split())
