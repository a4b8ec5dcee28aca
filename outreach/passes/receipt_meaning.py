"""What a receipt means: the state it brings a message to, and who is not written to any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from outreach.channels.receipts import Event
from outreach.model import NON_ESSENTIAL, MessageState, Purpose, Reason


class Scope(StrEnum):
    """Which messages an address gets no more after a receipt."""

    NOTHING = "nothing"
    ALL = "all"
    NON_ESSENTIAL = "non_essential"
    THIS_PURPOSE = "this_purpose"


@dataclass(frozen=True)
class Meaning:
    """What one event says of its message, and of the address it went to.

    `why` is the reason on the suppression list.
    """

    state: MessageState
    reason: Reason
    suppresses: Scope = Scope.NOTHING
    why: str = ""


_FAILED = MessageState.UNDELIVERED
_SENT = Meaning(MessageState.SENT, Reason.SENT)

MEANINGS: dict[str, Meaning] = {
    Event.ACCEPTED: _SENT,
    Event.SENT: _SENT,
    Event.DEFERRED: _SENT,
    Event.CLICKED: _SENT,  # scanners click too: it is no proof that a person has it
    Event.DELIVERED: Meaning(MessageState.DELIVERED, Reason.DELIVERED),
    Event.UNDELIVERED: Meaning(_FAILED, Reason.NOT_DELIVERED),
    Event.LAPSED: Meaning(_FAILED, Reason.LAPSED),
    Event.BOUNCED: Meaning(_FAILED, Reason.BOUNCED, Scope.ALL, "bounced"),
    Event.OPTED_OUT: Meaning(_FAILED, Reason.OPTED_OUT, Scope.ALL, "opted_out"),
    Event.DECLINED: Meaning(_FAILED, Reason.OPTED_OUT, Scope.NON_ESSENTIAL, "opted_out"),
    Event.COMPLAINED: Meaning(MessageState.SENT, Reason.SENT, Scope.NON_ESSENTIAL, "complained"),
    Event.UNSUBSCRIBED: Meaning(MessageState.SENT, Reason.SENT, Scope.NON_ESSENTIAL, "opted_out"),
    Event.UNSUBSCRIBED_HERE: Meaning(
        MessageState.SENT, Reason.SENT, Scope.THIS_PURPOSE, "opted_out"
    ),
}

#: what is known of a message goes up and never down, in whatever order it is told
RANK = {
    MessageState.UNKNOWN: 0,
    MessageState.SENT: 1,
    MessageState.UNDELIVERED: 2,
    MessageState.DELIVERED: 3,
}
#: of a message that was to go out once more, or was said not to have, when the last call
#: may have been taken
_MAY_BE_OUT = frozenset({MessageState.PLANNED, MessageState.HELD, MessageState.FAILED})


def state_after(state: MessageState, events: Iterable[str], *, in_doubt: bool) -> Meaning | None:
    """Return what events bring a message to, None when they say nothing new.

    `in_doubt` says that of its last call nobody knew how it ended: then a receipt also stops
    a message that was going to be sent again. Other words than `Event` say nothing.
    """
    if state in RANK:
        least = RANK[state]
    elif state in _MAY_BE_OUT and in_doubt:
        least = RANK[MessageState.UNKNOWN]
    else:
        return None
    known = (MEANINGS[event] for event in events if event in MEANINGS)
    best = max(known, key=_rank, default=None)
    return best if best is not None and RANK[best.state] > least else None


def purposes(scope: Scope, purpose: Purpose) -> tuple[Purpose | None, ...]:
    """Return what is suppressed, a purpose each; None stands for all of them."""
    match scope:
        case Scope.NOTHING:
            return ()
        case Scope.ALL:
            return (None,)
        case Scope.NON_ESSENTIAL:
            return tuple(each for each in Purpose if each in NON_ESSENTIAL)
        case Scope.THIS_PURPOSE:
            return (purpose,)


def _rank(meaning: Meaning) -> tuple[int, bool]:
    # of several failures the one that says something of the address
    return RANK[meaning.state], meaning.suppresses is not Scope.NOTHING
