"""The channels block: strict, complete, located, and without a secret in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from outreach.channels import Channels, open_sender, yaml_path
from outreach.channels.settings import resolve
from outreach.errors import Outcome, SendError
from outreach.model import Channel

CARE = "Mara at Nordlicht <care@nordlicht.example>"


def _problems(block: dict[str, Any]) -> dict[tuple[int | str, ...], str]:
    with pytest.raises(ValidationError) as caught:
        Channels.model_validate(block)
    return {yaml_path(error["loc"]): error["msg"] for error in caught.value.errors()}


def test_the_block_of_the_guide_is_taken_with_its_defaults() -> None:
    channels = Channels.model_validate(
        {
            "email": {"provider": "sendgrid", "from": CARE, "reply_to": "care@nordlicht.example"},
            "sms": {"provider": "twilio", "from": "+4915550100", "max_segments": 2},
        }
    )
    email, sms = channels.of(Channel.EMAIL), channels.of(Channel.SMS)
    assert email is not None
    assert sms is not None
    assert (email.concurrency, email.timeout, email.segments_per_second) == (8, 10, None)
    assert (sms.max_segments, sms.segments_per_second) == (2, 1)
    assert email.secrets() == {"api_key": "SENDGRID_API_KEY"}
    assert sms.secrets() == {
        "account_sid": "TWILIO_ACCOUNT_SID",
        "auth_token": "TWILIO_AUTH_TOKEN",
    }


def test_how_much_a_channel_may_send() -> None:
    block = {
        "email": {"provider": "outbox", "messages_per_second": 5, "daily_cap": 1000},
        "sms": {"provider": "outbox", "segments_per_second": 0.5, "daily_cap": 2000},
    }
    channels = Channels.model_validate(block)
    email, sms = channels.of(Channel.EMAIL), channels.of(Channel.SMS)
    assert email is not None
    assert sms is not None
    assert (email.messages_per_second, email.daily_cap) == (5, 1000)
    assert (sms.segments_per_second, sms.daily_cap) == (0.5, 2000)
    # what is counted otherwise on this channel is no setting of it
    problems = _problems({"email": {"provider": "outbox", "segments_per_second": 5}})
    assert ("email", "segments_per_second") in problems
    problems = _problems({"sms": {"provider": "outbox", "daily_cap": 0}})
    assert ("sms", "daily_cap") in problems


def test_a_channel_may_be_missing() -> None:
    assert Channels.model_validate({}).of(Channel.SMS) is None


@pytest.mark.parametrize(
    ("block", "path", "says"),
    [
        ({"fax": {}}, ("fax",), "not permitted"),
        ({"email": {"from": CARE}}, ("email",), "discriminator 'provider'"),
        ({"email": {"provider": "mailgun"}}, ("email",), "'sendgrid', 'smtp', 'outbox'"),
        ({"sms": {"provider": "sendgrid"}}, ("sms",), "'twilio', 'outbox'"),
        ({"email": {"provider": "sendgrid"}}, ("email", "from"), "required"),
        (
            {"email": {"provider": "sendgrid", "from": CARE, "colour": "red"}},
            ("email", "colour"),
            "not permitted",
        ),
        (
            {"email": {"provider": "sendgrid", "from": "Mara"}},
            ("email", "from"),
            "must have an @-sign",
        ),
        (
            {"email": {"provider": "sendgrid", "from": CARE, "max_segments": 2}},
            ("email", "max_segments"),
            "not permitted",
        ),
        (
            {"email": {"provider": "sendgrid", "from": CARE, "concurrency": 0}},
            ("email", "concurrency"),
            "greater than or equal to 1",
        ),
        # secrets
        (
            {"email": {"provider": "sendgrid", "from": CARE, "api_key": "SG.literal"}},
            ("email", "api_key"),
            "a secret never stands in a file",
        ),
        (
            {"sms": {"provider": "twilio", "from": "+4915550100", "auth_token": "abc"}},
            ("sms", "auth_token"),
            "a secret never stands in a file",
        ),
        (
            {"sms": {"provider": "twilio", "from": "+4915550100", "account_sid": "me"}},
            ("sms", "account_sid"),
            "the account's id",
        ),
        (
            {"email": {"provider": "sendgrid", "from": CARE, "url": "http://api.sendgrid.com"}},
            ("email", "url"),
            "use https",
        ),
        (
            {"email": {"provider": "sendgrid", "from": CARE, "url": "api.eu.sendgrid.com"}},
            ("email", "url"),
            "whole address",
        ),
        # texts
        ({"sms": {"provider": "twilio"}}, ("sms",), "either from or messaging_service"),
        (
            {
                "sms": {
                    "provider": "twilio",
                    "from": "Nordlicht",
                    "messaging_service": "MG" + "a" * 32,
                }
            },
            ("sms",),
            "either from or messaging_service",
        ),
        # YAML reads an unquoted number as a number, and the plus is gone
        ({"sms": {"provider": "twilio", "from": 4915550100}}, ("sms", "from"), "in quotes"),
        (
            {"sms": {"provider": "twilio", "from": "0155 50100"}},
            ("sms", "from"),
            "+4915550100",
        ),
        (
            {"sms": {"provider": "twilio", "from": "Nordlicht Support"}},
            ("sms", "from"),
            "at most 11",
        ),
        (
            {
                "sms": {
                    "provider": "twilio",
                    "from": "Nordlicht",
                    "status_callback": "https://my_host.example/t",
                }
            },
            ("sms", "status_callback"),
            "underscore",
        ),
        # an outbox is as strict as what it stands in for
        ({"email": {"provider": "outbox", "from": "Nordlicht"}}, ("email", "from"), "@-sign"),
        ({"sms": {"provider": "outbox", "from": 4915550100}}, ("sms", "from"), "in quotes"),
        ({"sms": {"provider": "outbox", "reply_to": CARE}}, ("sms", "reply_to"), "not permitted"),
        # mail servers
        (
            {"email": {"provider": "smtp", "from": CARE, "host": "mx.example", "username": "u"}},
            ("email",),
            "both username and password",
        ),
        (
            {
                "email": {
                    "provider": "smtp",
                    "from": CARE,
                    "host": "mx.nordlicht.example",
                    "security": "none",
                    "username": "u",
                    "password": "env:P",
                }
            },
            ("email",),
            "in the clear",
        ),
        (
            {"email": {"provider": "smtp", "from": CARE, "host": "mx", "security": "ssl"}},
            ("email", "security"),
            "'starttls', 'tls' or 'none'",
        ),
    ],
)
def test_each_mistake_is_named_where_it_stands(
    block: dict[str, Any], path: tuple[int | str, ...], says: str
) -> None:
    problems = _problems(block)
    assert path in problems
    assert says in problems[path]


def test_all_mistakes_are_found_in_one_pass() -> None:
    problems = _problems(
        {
            "email": {"provider": "sendgrid", "from": "Mara", "colour": "red"},
            "sms": {"provider": "twilio", "from": "x" * 12},
        }
    )
    assert set(problems) == {("email", "from"), ("email", "colour"), ("sms", "from")}


def test_an_error_never_shows_the_secret_that_was_pasted() -> None:
    with pytest.raises(ValidationError) as caught:
        Channels.model_validate(
            {"email": {"provider": "sendgrid", "from": CARE, "api_key": "SG.pasted"}}
        )
    assert "SG.pasted" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8025", "http://localhost:8025", "http://sandbox:8025", "http://10.0.0.7"],
)
def test_a_sandbox_nearby_may_be_reached_without_tls(url: str) -> None:
    block = {"email": {"provider": "sendgrid", "from": CARE, "url": url + "/"}}
    email = Channels.model_validate(block).email
    assert email is not None
    assert email.provider == "sendgrid"
    assert email.url == url


# --- secrets -----------------------------------------------------------------------------------


def test_a_secret_is_read_from_the_environment_without_its_line_break() -> None:
    assert resolve("api_key", "env:KEY", {"KEY": "SG.abc\n"}) == "SG.abc"


def test_what_is_no_reference_is_itself() -> None:
    assert resolve("username", "care", {}) == "care"


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({}, "KEY is not set"),
        ({"KEY": "  "}, "KEY is not set"),
        # a line break would end the Authorization header
        ({"KEY": "SG.abc\r\nX-Evil: 1"}, "more than plain text"),
        ({"KEY": "SG.äbc"}, "more than plain text"),
    ],
)
def test_a_secret_that_cannot_be_used_is_named_and_not_shown(
    env: dict[str, str], says: str
) -> None:
    with pytest.raises(SendError) as caught:
        resolve("channels.email.api_key", "env:KEY", env)
    assert says in str(caught.value)
    assert "api_key" in str(caught.value)
    assert "SG." not in str(caught.value)
    assert (caught.value.outcome, caught.value.channel_is_down) == (Outcome.NOT_SENT, True)


@pytest.mark.parametrize(
    ("channel", "settings", "name"),
    [
        ("email", {"provider": "sendgrid", "from": CARE}, "sendgrid"),
        ("email", {"provider": "smtp", "from": CARE, "host": "mx.example"}, "smtp"),
        ("email", {"provider": "outbox"}, "outbox"),
        ("sms", {"provider": "twilio", "from": "Nordlicht"}, "twilio"),
        ("sms", {"provider": "outbox", "from": "+4915550100"}, "outbox"),
    ],
)
def test_each_provider_opens_without_a_call(
    channel: str, settings: dict[str, Any], name: str, env: dict[str, str], tmp_path: Path
) -> None:
    given = Channels.model_validate({channel: settings}).of(Channel(channel))
    assert given is not None
    sender = open_sender(given, env=env, base_folder=tmp_path)
    assert sender.name == name
    sender.close()


def test_opening_without_its_secret_says_which_is_missing(tmp_path: Path) -> None:
    given = Channels.model_validate({"sms": {"provider": "twilio", "from": "Nordlicht"}}).sms
    assert given is not None
    with pytest.raises(SendError, match="TWILIO_ACCOUNT_SID is not set"):
        open_sender(given, env={}, base_folder=tmp_path)


def test_settings_are_read_without_loading_any_providers_sdk() -> None:
    code = (
        "import sys, outreach.channels as c\n"
        "c.Channels.model_validate({'email': {'provider': 'outbox'}})\n"
        "print(sorted({'twilio', 'sendgrid', 'urllib3', 'uvicorn', 'jinja2'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
