"""What arrived at the sandbox, kept in order for whoever looks."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from outreach.model import Channel


@dataclass(frozen=True)
class Arrived:
    """One message that a provider would have taken.

    `message_id` is our own id as the provider was told it, empty where it was not told.
    """

    at: datetime
    channel: Channel
    provider_id: str
    message_id: str
    to: str
    from_: str
    text: str
    subject: str = ""
    html: str = ""
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    #: the request as the provider read it: JSON of the mail, form of the text
    request: Mapping[str, Any] = field(default_factory=dict)
    #: its place among the arrivals, from 1
    number: int = 0


class Arrivals:
    """The last `keep` messages, and how many there were. Safe to read from any thread."""

    def __init__(self, keep: int, on_message: Callable[[Arrived], None] | None) -> None:
        self._lock = threading.Lock()
        self._kept: deque[Arrived] = deque(maxlen=keep)
        self._on_message = on_message
        self.count = 0

    def add(self, message: Arrived) -> None:
        with self._lock:
            self.count += 1
            message = replace(message, number=self.count)
            self._kept.append(message)
        if self._on_message is not None:
            self._on_message(message)

    def all(self) -> tuple[Arrived, ...]:
        """Return what is kept, oldest first."""
        with self._lock:
            return tuple(self._kept)

    def find(self, number: int) -> Arrived | None:
        return next((message for message in self.all() if message.number == number), None)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.count = 0
