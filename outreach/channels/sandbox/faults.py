"""How a request to the sandbox can go wrong, on demand or by a magic recipient."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """One way to go wrong. `arrives` says whether the message counts as taken all the same."""

    name: str
    #: what is answered instead of the acceptance; 0 answers as always
    status: int = 0
    #: the provider's own error code and words, or what stands in a garbled body
    code: int = 0
    message: str = ""
    #: the field SendGrid blames
    blamed_field: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    #: seconds before anything is answered
    delay: float = 0.0
    #: nothing is answered before this is set
    until: threading.Event | None = None
    arrives: bool = False
    #: the connection is cut: "before" the body is read, or "after" the message was taken
    cut: str = ""
    is_garbled: bool = False


def slow(seconds: float) -> Fault:
    """Take the message and answer late."""
    return Fault("answers late", delay=seconds, arrives=True)


def held(until: threading.Event) -> Fault:
    """Take the message and answer when told to."""
    return Fault("answers when told", until=until, arrives=True)


def too_many(headers: Mapping[str, str] | None = None) -> Fault:
    """Refuse for now, with the headers that say for how long."""
    return Fault(
        "too many requests",
        status=429,
        code=20429,
        message="Too many requests",
        headers=headers or {},
    )


def server_error(status: int = 503, *, arrives: bool = False) -> Fault:
    """Answer 5xx; the message may have been taken or not."""
    return Fault("server error", status=status, code=20500, message="Error", arrives=arrives)


def reset_before() -> Fault:
    """Cut the connection without reading the message."""
    return Fault("connection cut before the message was read", cut="before")


def reset_after() -> Fault:
    """Take the message, then cut the connection instead of answering."""
    return Fault("message taken, then the connection cut", cut="after", arrives=True)


def garbled() -> Fault:
    """Take the message and answer success in a form that is not the provider's."""
    return Fault("success that cannot be read", is_garbled=True, arrives=True)


def wrong_credentials() -> Fault:
    """Refuse the credentials."""
    return Fault("wrong credentials", status=401, code=20003, message="Authenticate")


def refusal(code: int, message: str, *, status: int = 400, blamed_field: str = "") -> Fault:
    """Refuse for good, with a Twilio code or the field that SendGrid blames."""
    return Fault("refused", status=status, code=code, message=message, blamed_field=blamed_field)


#: the first five are Twilio's own magic numbers
MAGIC: dict[str, Fault] = {
    "+15005550001": refusal(21211, "Invalid 'To' Phone Number"),
    "+15005550002": refusal(21612, "The number cannot be reached from this sender"),
    "+15005550003": refusal(21408, "Permission to send to this region is off"),
    "+15005550004": refusal(21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": refusal(21614, "'To' number is not a mobile number"),
    "+15005550429": too_many({"Retry-After": "2"}),
    "+15005550503": server_error(),
    "+15005550599": reset_after(),
    "+15005550598": garbled(),
    "+15005550597": slow(30),
    "fault-429": too_many({"Retry-After": "2"}),
    "fault-503": server_error(),
    "fault-reset": reset_after(),
    "fault-garbled": garbled(),
    "fault-slow": slow(30),
    "fault-address": refusal(
        400, "Does not contain a valid address.", blamed_field="personalizations.0.to.0.email"
    ),
}


class Script:
    """What goes wrong next, and for whom always. Safe to write from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: deque[Fault | None] = deque()
        self._always: dict[str, Fault] = {}

    def add(self, fault: Fault | None, *, times: int, to: str | None) -> None:
        with self._lock:
            if to is None:
                self._next.extend([fault] * times)
            elif fault is None:
                self._always.pop(to, None)
            else:
                self._always[to] = fault

    def next(self) -> Fault | None:
        """Take what the next request meets, before anything is known of it."""
        with self._lock:
            return self._next.popleft() if self._next else None

    def for_recipient(self, to: str) -> Fault | None:
        """Return what this recipient always meets: scripted, or magic (`fault-429@any.example`)."""
        with self._lock:
            scripted = self._always.get(to)
        return scripted or MAGIC.get(to.partition("@")[0])

    def clear(self) -> None:
        with self._lock:
            self._next.clear()
            self._always.clear()
