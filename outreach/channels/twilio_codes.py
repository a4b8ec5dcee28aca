"""What Twilio's error codes mean for us. The HTTP status decides first: codes change, it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from outreach.channels.receipts import Event
from outreach.channels.refusals import from_status
from outreach.errors import Outcome, SendError

_PROVIDER = "Twilio"


@dataclass(frozen=True)
class _Mark:
    """What is true of one code beyond its HTTP status."""

    address_is_bad: bool = False
    opted_out: bool = False
    channel_is_down: bool = False
    is_for_now: bool = False


_BAD_ADDRESS = _Mark(address_is_bad=True)
_OUR_SETUP = _Mark(channel_is_down=True)

_MARKS: dict[int, _Mark] = {
    21610: _Mark(opted_out=True),
    # the number
    21211: _BAD_ADDRESS,  # not a valid number
    21265: _BAD_ADDRESS,  # a short code
    21614: _BAD_ADDRESS,  # takes no SMS
    21635: _BAD_ADDRESS,  # a landline
    # the account, the sender or the service: every message would be answered the same
    20003: _OUR_SETUP,  # wrong credentials
    20005: _OUR_SETUP,  # account not active
    10001: _OUR_SETUP,  # account not active
    90010: _OUR_SETUP,  # account not active
    21401: _OUR_SETUP,  # sender is not a number of ours
    21601: _OUR_SETUP,  # sender takes no SMS
    21603: _OUR_SETUP,  # no sender
    21660: _OUR_SETUP,  # sender belongs to another account
    21661: _OUR_SETUP,  # sender takes no SMS
    21701: _OUR_SETUP,  # no such messaging service
    21703: _OUR_SETUP,  # messaging service without senders
    21705: _OUR_SETUP,  # no such messaging service
    # it will pass
    20429: _Mark(is_for_now=True),  # too many at once
    21611: _Mark(is_for_now=True),  # the sender's queue is full
}

#: what is told of a message only after it was taken
_LATE: dict[int, Event] = {
    30036: Event.LAPSED,  # its validity period ended in the queue
    30004: Event.DECLINED,  # they block us
    30005: Event.BOUNCED,  # no such number, or not in use any more
    30006: Event.BOUNCED,  # a landline, or out of every carrier's reach
}


def late_verdict(code: str) -> Event:
    """Say what the error code of a message means that was taken and then failed."""
    number = _number(code)
    mark = _MARKS.get(number, _Mark())
    if mark.opted_out:
        return Event.OPTED_OUT
    return Event.BOUNCED if mark.address_is_bad else _LATE.get(number, Event.UNDELIVERED)


def judge(error: Any, retry_after: float | None) -> SendError:
    """Turn the SDK's exception, of either kind, into a SendError."""
    status, code = _status(error), _number(getattr(error, "code", None))
    verdict = from_status(
        _PROVIDER, status, _text(error, code), code=str(code or status), retry_after=retry_after
    )
    mark = _MARKS.get(code)
    # a 5xx stays in doubt, and a 429 stays for now, whatever the body says
    return (
        verdict if mark is None or verdict.outcome is Outcome.IN_DOUBT else _marked(verdict, mark)
    )


def _marked(verdict: SendError, mark: _Mark) -> SendError:
    will_pass = mark.channel_is_down or mark.is_for_now
    return SendError(
        Outcome.NOT_SENT if will_pass else Outcome.REJECTED,
        str(verdict),
        code=verdict.code,
        retry_after=verdict.retry_after,
        address_is_bad=mark.address_is_bad,
        opted_out=mark.opted_out,
        channel_is_down=mark.channel_is_down,
    )


def _status(error: Any) -> int:
    """Return the HTTP status; of a list that was refused the SDK keeps the whole answer."""
    answer = next((each for each in error.args if hasattr(each, "status_code")), None)
    return int(getattr(error, "status", 0) or getattr(answer, "status_code", 0) or 0)


def _text(error: Any, code: int) -> str:
    text = str(getattr(error, "msg", None) or getattr(error, "title", None) or "")
    text = text.removeprefix("Unable to create record").removeprefix(": ")
    return f"{text} (https://www.twilio.com/docs/errors/{code})" if code >= 10_000 else text


def _number(code: Any) -> int:
    return int(code) if str(code).isdecimal() else 0
