"""From a provider's answer, or none, to a SendError: how sure are we that nothing left?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from outreach.channels.addresses import redact
from outreach.channels.wire import NeverSent, NoAnswer
from outreach.errors import Outcome, SendError

TOO_MANY = 429
#: a provider that asks for more patience than this is asked again sooner
LONGEST_WAIT = 3600.0


def from_wire(provider: str, error: NeverSent | NoAnswer) -> SendError:
    """Translate trouble on the way: no connection is certain, no answer is not."""
    if isinstance(error, NeverSent):
        return SendError(Outcome.NOT_SENT, f"{provider}: {error}", code="no_connection")
    return SendError(Outcome.IN_DOUBT, f"{provider}: {error}", code="no_answer")


def from_status(
    provider: str, status: int, text: str, *, code: str = "", retry_after: float | None = None
) -> SendError:
    """Translate an HTTP status that is no acceptance; `text` may quote addresses, they are cut."""
    message = f"{provider} answered {status}" + (f": {redact(text)}" if text else "")
    code = code or str(status)
    if status == TOO_MANY:
        return SendError(Outcome.NOT_SENT, message, code=code, retry_after=retry_after)
    if status in {401, 403}:
        return SendError(Outcome.NOT_SENT, message, code=code, channel_is_down=True)
    if 300 <= status < 400:
        message = f"{provider} is not at this address: it redirects (check `url` of the channel)"
        return SendError(Outcome.NOT_SENT, message, code=code, channel_is_down=True)
    # 408 comes from the machines in front of a provider, which cannot know what it has taken
    if 400 <= status < 500 and status != 408:
        return SendError(Outcome.REJECTED, message, code=code)
    return SendError(Outcome.IN_DOUBT, message, code=code)


def unreadable(provider: str, status: int) -> SendError:
    """Say that a success cannot be read: the message may well have been taken."""
    message = f"{provider} answered {status} in a form we cannot read"
    return SendError(Outcome.IN_DOUBT, message, code=str(status))


def bad_address(provider: str, why: str) -> SendError:
    """Say that an address cannot be written to; found here, before any call."""
    message = f"{provider}: the address cannot be used: {redact(why)}"
    return SendError(Outcome.REJECTED, message, code="bad_address", address_is_bad=True)


def seconds_to_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read how long a provider wants to be left alone: Retry-After, else X-RateLimit-Reset."""
    wait = _retry_after(headers.get("Retry-After", ""), now)
    if wait is None:
        reset = _number(headers.get("X-RateLimit-Reset", ""))
        wait = None if reset is None else reset - now.timestamp()
    return None if wait is None else min(max(wait, 0.0), LONGEST_WAIT)


def _retry_after(value: str, now: datetime) -> float | None:
    seconds = _number(value)
    if seconds is not None or not value:
        return seconds
    try:
        return (parsedate_to_datetime(value) - now).total_seconds()
    except (ValueError, TypeError):  # no date, or one without a zone
        return None


def _number(value: str) -> float | None:
    return float(value) if value.strip().isdecimal() else None
