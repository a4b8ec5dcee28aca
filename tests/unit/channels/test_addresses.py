"""Addresses: what providers take, and what is kept of them in errors."""

from __future__ import annotations

import pytest

from outreach.channels.addresses import (
    Mailbox,
    is_phone_number,
    one_line,
    parse_mailbox,
    redact,
    sender_mailbox,
)


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        ("care@nordlicht.example", Mailbox("", "care@nordlicht.example")),
        (" Mara <care@nordlicht.example> ", Mailbox("Mara", "care@nordlicht.example")),
        ('"Nord, Mara" <care@nordlicht.example>', Mailbox("Nord, Mara", "care@nordlicht.example")),
        ("Mära <care@nördlicht.example>", Mailbox("Mära", "care@xn--nrdlicht-n4a.example")),
    ],
)
def test_a_mailbox_is_a_name_and_an_ascii_address(text: str, mailbox: Mailbox) -> None:
    assert parse_mailbox(text) == mailbox


@pytest.mark.parametrize(
    "text", ["", "Mara", "Mara <>", "Mara <a@b.example> <c@d.example>", "a@b.example, c@d.example"]
)
def test_what_is_no_single_mailbox_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"@-sign|address|invalid"):
        parse_mailbox(text)


def test_a_mere_name_stands_before_the_channels_address() -> None:
    default = Mailbox("Nordlicht", "care@nordlicht.example")
    assert sender_mailbox("Mara", default) == Mailbox("Mara", "care@nordlicht.example")
    assert sender_mailbox(" ", default) == default


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("+4915550100", True),
        ("+123456789012345", True),  # 15 digits are the most there are
        ("+1234567890123456", False),
        ("004915550100", False),
        ("+0155501000", False),  # no country begins with 0
        ("+49 1555 0100", False),
        ("+４９１５５５０１００", False),  # digits, but not ASCII ones
        ("+4915550100\n", False),
    ],
)
def test_a_phone_number_is_international_and_bare(text: str, is_one: bool) -> None:
    assert is_phone_number(text) is is_one


@pytest.mark.parametrize("text", ["a\r\nb", "a\x00b", "a\u2028b", "a\x85b", "a\tb"])
def test_no_control_character_survives_in_one_line(text: str) -> None:
    assert one_line(text) == "a b"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("550 5.1.1 <ada@customer.example>: no such user", "550 5.1.1 <…@…>: no such user"),
        ("The number +49 (155) 501-00 is not valid", "The number … is not valid"),
        ("'+4915550100' is not valid", "'…' is not valid"),
        ("Authenticate (code 20003)", "Authenticate (code 20003)"),
    ],
)
def test_errors_keep_their_words_and_lose_their_addresses(text: str, kept: str) -> None:
    assert redact(text) == kept


def test_an_error_is_kept_short() -> None:
    assert len(redact("word " * 400)) == 240
