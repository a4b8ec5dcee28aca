"""Recipients: what a person allows, on which channel, and at what hours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from outreach.deciding.recipients import ConsentWord, Recipient, Suppressed, choose_channel
from outreach.deciding.verdicts import GO, Decision
from outreach.model import Channel, Purpose, Reason
from outreach.timing.hours import EVERY_DAY, WEEKDAYS, Hours
from outreach.timing.windows import ANY_TIME, SendWindow
from tests.unit.berlin import BERLIN, berlin
from tests.unit.deciding.conftest import DAY, DAYTIME, EMAIL, NOON, SMS, ana

TRANSACTIONAL, SERVICE = Purpose.TRANSACTIONAL, Purpose.SERVICE
SURVEY, MARKETING = Purpose.SURVEY, Purpose.MARKETING


def word(
    purpose: Purpose, granted: bool, channel: Channel | None = None, days: int = 1
) -> ConsentWord:
    """Return what was said that many days ago."""
    return ConsentWord(purpose, channel, granted, NOON - days * DAY)


@pytest.mark.parametrize(
    ("purpose", "words", "reason"),
    [
        # nothing was ever said: only marketing needs a yes
        (TRANSACTIONAL, [], None),
        (SERVICE, [], None),
        (SURVEY, [], None),
        (MARKETING, [], Reason.NO_CONSENT),
        (MARKETING, [word(MARKETING, True)], None),
        # a no to this purpose
        (SERVICE, [word(SERVICE, False)], Reason.OPTED_OUT),
        (SURVEY, [word(SURVEY, False)], Reason.OPTED_OUT),
        (MARKETING, [word(MARKETING, False)], Reason.OPTED_OUT),
        # what a customer must know is not asked for
        (TRANSACTIONAL, [word(TRANSACTIONAL, False)], None),
        # a no to another purpose is no no to this one, a yes no yes
        (SERVICE, [word(MARKETING, False)], None),
        (MARKETING, [word(SERVICE, True)], Reason.NO_CONSENT),
        # the latest word counts, in whatever order they are read
        (SERVICE, [word(SERVICE, False, days=9), word(SERVICE, True, days=1)], None),
        (SERVICE, [word(SERVICE, True, days=1), word(SERVICE, False, days=9)], None),
        (SERVICE, [word(SERVICE, True, days=9), word(SERVICE, False, days=1)], Reason.OPTED_OUT),
        # a word on one channel counts there only, a word without a channel on all
        (SERVICE, [word(SERVICE, False, SMS)], None),
        (SERVICE, [word(SERVICE, False, EMAIL)], Reason.OPTED_OUT),
        (MARKETING, [word(MARKETING, True, SMS)], Reason.NO_CONSENT),
        (SERVICE, [word(SERVICE, False, EMAIL, 9), word(SERVICE, True, None, 1)], None),
        (SERVICE, [word(SERVICE, True, EMAIL, 9), word(SERVICE, False, None, 1)], Reason.OPTED_OUT),
        # of two words of one moment, the one written down last
        (SERVICE, [word(SERVICE, True), word(SERVICE, False)], Reason.OPTED_OUT),
        (SERVICE, [word(SERVICE, False), word(SERVICE, True)], None),
    ],
)
def test_consent_is_asked_by_purpose_and_channel(
    purpose: Purpose, words: list[ConsentWord], reason: Reason | None
) -> None:
    verdict = ana(consents=words).allows(EMAIL, purpose, NOON)
    assert verdict.reason is (reason or GO.reason)
    assert verdict.decision is (Decision.STOP if reason else Decision.GO)


@pytest.mark.parametrize(
    ("entry", "purpose", "goes"),
    [
        (Suppressed(EMAIL, None, "bounced"), TRANSACTIONAL, False),  # no purpose: all of them
        (Suppressed(EMAIL, MARKETING, "asked"), MARKETING, False),
        (Suppressed(EMAIL, MARKETING, "asked"), SERVICE, True),  # another purpose
        (Suppressed(SMS, None, "STOP"), SERVICE, True),  # another channel
        (Suppressed(EMAIL, None, "on holiday", NOON + DAY), SERVICE, False),  # until tomorrow
        (Suppressed(EMAIL, None, "on holiday", NOON), SERVICE, True),  # until now
    ],
)
def test_a_suppressed_address_is_not_written_to(
    entry: Suppressed, purpose: Purpose, goes: bool
) -> None:
    agreed = [word(MARKETING, True)]
    verdict = ana(suppressed=[entry], consents=agreed).allows(EMAIL, purpose, NOON)
    assert (verdict == GO) is goes
    assert goes or (verdict.reason, verdict.note) == (Reason.SUPPRESSED, entry.reason)


@pytest.mark.parametrize(
    ("patterns", "email", "goes"),
    [
        ([], "ana@example.com", True),  # no list: everybody
        (["*@nordlicht.example"], "mara@nordlicht.example", True),
        (["*@nordlicht.example"], "Mara@Nordlicht.Example", True),  # addresses know no case
        (["*@nordlicht.example"], "ana@example.com", False),
        (["*@nordlicht.example"], "mara@nordlicht.example.evil.com", False),  # the whole address
        (["*@nordlicht.example", "ana@*"], "ana@example.com", True),  # any of them
    ],
)
def test_a_staging_server_holds_what_is_not_on_send_only_to(
    patterns: list[str], email: str, goes: bool
) -> None:
    verdict = ana(send_only_to=patterns, email=email).allows(EMAIL, SERVICE, NOON)
    assert (verdict == GO) is goes
    assert goes or (verdict.decision, verdict.reason) == (Decision.HOLD, Reason.NOT_ALLOWED_HERE)


@pytest.mark.parametrize(
    ("customer", "via", "channel", "reason"),
    [
        ({}, [EMAIL, SMS], EMAIL, None),  # the first that is allowed
        ({}, [SMS, EMAIL], SMS, None),
        ({"email": None}, [EMAIL, SMS], SMS, None),  # no address: the next
        ({"email": ""}, [EMAIL, SMS], SMS, None),  # an empty one is none
        ({"suppressed": [Suppressed(EMAIL, None, "bounced")]}, [EMAIL, SMS], SMS, None),
        ({"consents": [word(SERVICE, False, EMAIL)]}, [EMAIL, SMS], SMS, None),
        ({"email": None, "phone": None}, [EMAIL, SMS], None, Reason.NO_ADDRESS),
        ({"phone": None}, [SMS], None, Reason.NO_ADDRESS),
        # an opt-out says more than the lack of a phone
        ({"consents": [word(SERVICE, False)], "phone": None}, [SMS, EMAIL], None, Reason.OPTED_OUT),
        # and the first says it when there are several
        (
            {"consents": [word(SERVICE, False, SMS)], "suppressed": [Suppressed(EMAIL, None, "x")]},
            [EMAIL, SMS],
            None,
            Reason.SUPPRESSED,
        ),
        # on staging the first channel that is allowed there
        ({"send_only_to": ["+49*"]}, [EMAIL, SMS], SMS, None),
        ({"send_only_to": ["*@nordlicht.example"]}, [EMAIL, SMS], None, Reason.NOT_ALLOWED_HERE),
    ],
)
def test_the_first_channel_that_is_allowed_is_taken_or_the_reason_said(
    customer: dict[str, Any], via: list[Channel], channel: Channel | None, reason: Reason | None
) -> None:
    found, verdict = choose_channel(ana(**customer), via, SERVICE, NOON)
    assert found is channel
    assert verdict.reason is (reason or GO.reason)


# whose clock


@pytest.mark.parametrize(
    ("customer", "window", "at", "opens"),
    [
        # the customer's own clock
        ({"zone": "America/New_York"}, DAYTIME, "2026-11-20 10:00", "2026-11-20 15:00"),
        ({"zone": "Europe/Berlin"}, DAYTIME, "2026-11-20 10:00", "2026-11-20 10:00"),
        # the clocks go forward this night
        ({"zone": "Europe/Berlin"}, DAYTIME, "2026-03-28 21:00", "2026-03-29 09:00"),
        # a place with two clocks: open on both (Lisbon and the Azores, an hour apart)
        (
            {"zone": None, "country": "PT", "phone": None},
            DAYTIME,
            "2026-11-20 06:00",
            "2026-11-20 11:00",
        ),
        # Russia has eleven: a guess, and then only the hours that are decent beside it
        ({"zone": None, "country": "RU", "phone": None}, DAYTIME, "2026-11-20 00:00", None),
        # nothing is known: the workspace's clock, and all of the window
        ({"zone": None, "phone": None}, DAYTIME, "2026-11-20 08:00", "2026-11-20 09:00"),
        # nobody minds the clock of `any time`
        (
            {"zone": None, "country": "RU", "phone": None},
            ANY_TIME,
            "2026-11-20 03:00",
            "2026-11-20 03:00",
        ),
    ],
)
def test_a_window_is_open_on_the_recipient_s_clock(
    customer: dict[str, Any], window: SendWindow, at: str, opens: str | None
) -> None:
    recipient = ana(**customer)
    found = recipient.next_open(window, berlin(at))
    assert found is not None
    if opens is not None:
        assert found == berlin(opens)
        return
    [zone] = recipient.zones.zones
    assert not recipient.zones.is_certain
    assert found.astimezone(zone).hour == 11  # nine o'clock is not decent enough for a guess
    closed = found + timedelta(hours=7)
    assert recipient.next_open(window, closed) == found + DAY


def test_a_window_that_has_no_decent_hours_never_opens_for_somebody_whose_zone_is_a_guess() -> None:
    early = SendWindow("early birds", EVERY_DAY, Hours(6 * 60, 9 * 60))
    guess = ana(zone=None, country="RU", phone=None)
    assert guess.next_open(early, NOON) is None
    assert ana().next_open(early, NOON) is not None


def test_a_window_closes_on_the_recipient_s_clock() -> None:
    evening = berlin("2026-11-20 19:00")
    assert ana().closes_at(DAYTIME, evening) == berlin("2026-11-20 20:00")
    assert ana(zone="Europe/Athens").closes_at(DAYTIME, evening) == evening  # it is eight there
    assert ana().closes_at(ANY_TIME, evening) is None
    # the hours of a guess end earlier
    guess = ana(zone=None, country="RU", phone=None)
    opens = guess.next_open(DAYTIME, evening)
    assert opens is not None
    assert guess.closes_at(DAYTIME, opens) == opens + timedelta(hours=7)


def test_clocks_that_are_never_open_together_have_no_opening() -> None:
    lunch = SendWindow("lunch", WEEKDAYS, Hours(12 * 60, 12 * 60 + 30))
    assert ana(zone=None, country="PT", phone=None).next_open(lunch, NOON) is None


@pytest.mark.parametrize(
    ("row", "erased"), [({}, False), ({"erased_at": None}, False), ({"erased_at": NOON}, True)]
)
def test_an_erased_customer_is_known_as_such(row: dict[str, Any], erased: bool) -> None:
    assert Recipient({"id": "ana", **row}, BERLIN).is_erased is erased
