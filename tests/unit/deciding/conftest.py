"""What decisions are made from, by hand: a rule in sentences, a recipient, a subject with facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from outreach.deciding.circumstances import Circumstances, Subject
from outreach.deciding.recipients import Recipient
from outreach.model import Channel, Kind, Mode, Position, Purpose, SubjectRef
from outreach.rules.catalogue import Catalogue
from outreach.rules.conditions import Condition
from outreach.rules.document import Rule, Step
from outreach.rules.facts import Facts
from outreach.rules.sentences import parse
from outreach.timing.calendars import Calendar
from outreach.timing.durations import Duration
from outreach.timing.hours import EVERY_DAY, WEEKDAYS, Hours
from outreach.timing.windows import SendWindow
from tests.unit.berlin import BERLIN

CATALOGUE = Catalogue()
#: a Friday, 13:00 in Berlin
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: 23:00 in Berlin
NIGHT = NOON + 10 * HOUR
EMAIL, SMS = Channel.EMAIL, Channel.SMS
OFFICE = Calendar("de", BERLIN, WEEKDAYS, Hours(9 * 60, 17 * 60), "DE")
DAYTIME = SendWindow("daytime", EVERY_DAY, Hours(9 * 60, 20 * 60))
PLACE = Position("rules.yaml", 1)


def say(text: str, kind: Kind = Kind.ORDER, *steps: str) -> Condition:
    """Read a sentence; `steps` are those it may speak of."""
    return parse(text, CATALOGUE, kind, calendar=OFFICE, zone=BERLIN, steps=steps)


def a_step(name: str = "apology", **more: Any) -> Step:
    return Step(**{"id": name, "position": PLACE, "template": "note", **more})


def a_rule(*when: str | Condition, **more: Any) -> Rule:
    usual: dict[str, Any] = {
        "name": "late",
        "about": Kind.ORDER,
        "purpose": Purpose.SERVICE,
        "steps": (a_step(),),
        "window": DAYTIME,
        "expires_after": Duration(days=2),
        "position": PLACE,
        "calendar": OFFICE,
    }
    said = tuple(say(w) if isinstance(w, str) else w for w in when)
    return Rule(**{**usual, "when": said, **more})


SHIPPED = a_rule("status is shipped")


def facts_of(order: str = "A-1", **values: Any) -> Facts:
    """Return what is known of an order; `customer__tier` stands for `customer.tier`."""
    paths = {name.replace("__", "."): value for name, value in values.items()}
    return Facts(SubjectRef(Kind.ORDER, order), {"id": order, **paths})


def a_subject(facts: Facts | None = None, **more: Any) -> Subject:
    facts = facts or facts_of()
    usual = {"enrollment_id": 1, "matched_at": NOON, "base_at": NOON, "facts": facts}
    return Subject(**{"ref": facts.subject, **usual, **more})


def ana(**more: Any) -> Recipient:
    """Return a customer in Berlin with an address and a phone."""
    known = {"id": "ana", "email": "ana@example.com", "phone": "+4915112345678"}
    settings = {
        name: more.pop(name)
        for name in ("consents", "suppressed", "send_only_to", "has_open_reply")
        if name in more
    }
    return Recipient({**known, "zone": "Europe/Berlin", **more}, BERLIN, **settings)


def circumstances(rule: Rule | None = None, **more: Any) -> Circumstances:
    """Return what is known about the first message of a rule; nothing speaks against it."""
    rule = rule or a_rule()
    usual: dict[str, Any] = {
        "rule": rule,
        "step": rule.steps[0],
        "repetition": 1,
        "purpose": rule.purpose,
        "expires_at": NOON + 2 * DAY,
        "subjects": (a_subject(),),
        "recipient": ana(),
        "mode": Mode.LIVE,
        "via": (EMAIL, SMS),
    }
    return Circumstances(**{**usual, **more})
