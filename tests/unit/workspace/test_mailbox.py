"""`mailbox:` in outreach.yaml: strict, and no password in it or in the clear."""

from __future__ import annotations

import pytest

from outreach.errors import Problem, Problems
from outreach.workspace.mailbox import MailboxSettings, Security
from outreach.workspace.settings import read_settings

SHORT = "format: 1\ntimezone: Europe/Berlin\n"
LOGIN = "user: replies@shop.example, password: env:PASSWORD"


def read(text: str) -> tuple[MailboxSettings | None, list[Problem]]:
    problems: list[Problem] = []
    settings = read_settings(SHORT + text, problems)
    assert settings is not None
    return settings.mailbox, problems


def test_without_it_no_mailbox_is_read() -> None:
    assert read("") == (None, [])


@pytest.mark.parametrize(
    ("more", "port", "security"),
    [
        ("", 993, Security.TLS),
        (", security: starttls", 143, Security.STARTTLS),
        (", port: 1993", 1993, Security.TLS),
    ],
)
def test_it_is_read_over_tls(more: str, port: int, security: Security) -> None:
    mailbox, problems = read(f"mailbox: {{host: imap.shop.example, {LOGIN}{more}}}\n")
    assert problems == []
    assert mailbox is not None
    assert (mailbox.port, mailbox.security, mailbox.folder) == (port, security, "INBOX")
    assert mailbox.credentials({"PASSWORD": "x y\n"}) == ("replies@shop.example", "x y")
    with pytest.raises(Problems, match="PASSWORD is not set"):
        mailbox.credentials({})


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        (f"mailbox: {{{LOGIN}}}", "E005", "host"),
        ("mailbox: {host: a.example, password: env:P}", "E005", "user"),
        ("mailbox: {host: a.example, user: a}", "E005", "password"),
        ("mailbox: {host: a.example, user: a, password: secret}", "E401", "env:"),
        (f"mailbox: {{host: a.example, {LOGIN}, security: none}}", "E010", "in the clear"),
        (f"mailbox: {{host: a.example, {LOGIN}, security: ssl}}", "E010", "starttls"),
        (f"mailbox: {{host: a.example, {LOGIN}, port: imap}}", "E010", "no port"),
        (f"mailbox: {{host: a.example, {LOGIN}, folder: 'a\"b'}}", "E010", "no folder"),
        (f"mailbox: {{host: a.example, {LOGIN}, folders: a}}", "E003", "folder"),
    ],
)
def test_mistakes(text: str, code: str, part: str) -> None:
    _, (problem,) = read(text + "\n")
    assert problem.code == code
    assert part in problem.message + problem.hint


def test_on_ones_own_machine_it_may_be_plain() -> None:
    assert read(f"mailbox: {{host: 127.0.0.1, {LOGIN}, security: none}}\n")[1] == []
