"""Verdicts: what a gate answers. A value that explains itself, never a bare yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from outreach.model import REASON_TEXT, MessageState, Reason


class Decision(StrEnum):
    """What happens to a message now."""

    GO = "go"
    WAIT = "wait"
    HOLD = "hold"
    STOP = "stop"


#: reasons whose state says more than "cancelled"
STATE_OF: dict[Reason, MessageState] = {
    Reason.EXPIRED: MessageState.EXPIRED,
    Reason.SUPPRESSED: MessageState.SUPPRESSED,
    Reason.OPTED_OUT: MessageState.SUPPRESSED,
    Reason.NO_CONSENT: MessageState.SUPPRESSED,
    Reason.ERASED: MessageState.SUPPRESSED,
    Reason.NO_ADDRESS: MessageState.SUPPRESSED,
}


@dataclass(frozen=True)
class Verdict:
    """A decision with its reason; `until` when it waits, `note` says what exactly was met."""

    decision: Decision
    reason: Reason
    until: datetime | None = None
    note: str = ""

    @property
    def state(self) -> MessageState:
        """The state a message comes into by this verdict."""
        match self.decision:
            case Decision.GO:
                return MessageState.SENDING
            case Decision.WAIT:
                return MessageState.PLANNED
            case Decision.HOLD:
                return MessageState.HELD
            case Decision.STOP:
                return STATE_OF.get(self.reason, MessageState.CANCELLED)

    def __str__(self) -> str:
        text = REASON_TEXT[self.reason]
        return f"{text}: {self.note}" if self.note else text


GO = Verdict(Decision.GO, Reason.MATCHED)


def wait(reason: Reason, until: datetime, note: str = "") -> Verdict:
    """Not now: ask again at `until`."""
    return Verdict(Decision.WAIT, reason, until, note)


def hold(reason: Reason, note: str = "") -> Verdict:
    """Not without a person's word."""
    return Verdict(Decision.HOLD, reason, note=note)


def stop(reason: Reason, note: str = "") -> Verdict:
    """Not at all."""
    return Verdict(Decision.STOP, reason, note=note)
