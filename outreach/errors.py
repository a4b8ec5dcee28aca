"""What can go wrong, as classes a door can answer: a message says what happened, where, what to do.

OutreachError
├── Problems          one or more located mistakes in files an operator wrote
├── DataError         a row or file from outside that cannot be taken
├── RenderError       a template that cannot become a message
├── SendError         a provider call that did not end in an acceptance
├── StoreError        the database cannot be reached or is not ready
└── Refused           a guard said no: paused, a limit, an unconfirmed number
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class OutreachError(Exception):
    """Something the person at the keyboard can act on; the command ends with `exit_code`."""

    exit_code = 3


class Level(StrEnum):
    """How bad a problem is: an error stops `apply`, a warning is shown, a hint may be let be."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a file: where (1-based line and column), which rule was broken, what to do."""

    file: str
    line: int
    column: int
    code: str
    message: str
    level: Level = Level.ERROR
    #: the source line itself, and how many characters of it are wrong
    source: str = ""
    width: int = 1
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.level}[{self.code}] {self.message}"


class Problems(OutreachError):
    """Everything that is wrong with the files, found in one pass."""

    exit_code = 1

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(map(str, self.problems)))


class DataError(OutreachError):
    """A row or file from outside that cannot be taken; names the row and the reason."""


class RenderError(OutreachError):
    """A template that cannot become a message: the message is held, never sent with a hole."""


class PromisePassed(RenderError):
    """A message that would promise a date which lies in the past: it is held."""


class StoreError(OutreachError):
    """The database cannot be reached, is too old, or is used by another daemon."""


class Refused(OutreachError):
    """A guard said no: nothing was changed."""

    exit_code = 4


class Outcome(StrEnum):
    """How sure we are about a provider call that was not accepted."""

    NOT_SENT = "not_sent"  # certainly did not go out; may be tried again
    REJECTED = "rejected"  # certainly did not go out; trying again would be answered the same
    IN_DOUBT = "in_doubt"  # may have gone out; never sent again blindly


class SendError(OutreachError):
    """A provider call that did not end in an acceptance.

    `code` is the provider's own error code or the HTTP status, `retry_after` is in seconds,
    `address_is_bad` says that the address, not this message, was refused,
    `opted_out` that the recipient told the provider to stop, and
    `channel_is_down` that every message on this channel would be refused (credentials, account).
    """

    def __init__(
        self,
        outcome: Outcome,
        message: str,
        *,
        code: str = "",
        retry_after: float | None = None,
        address_is_bad: bool = False,
        opted_out: bool = False,
        channel_is_down: bool = False,
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.code = code
        self.retry_after = retry_after
        self.address_is_bad = address_is_bad
        self.opted_out = opted_out
        self.channel_is_down = channel_is_down
