"""The schema of `channels:` helps and never hinders: it agrees with what reads the block."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from pydantic import ValidationError

from outreach.channels.schema import PROVIDERS, SAID, channels_schema
from outreach.channels.settings import Channels

SENDGRID = {"provider": "sendgrid", "from": "Care <care@shop.example>"}
SMTP = {"provider": "smtp", "from": "care@shop.example", "host": "mail.shop.example"}
TWILIO = {"provider": "twilio", "from": "+4915550100"}


@pytest.mark.parametrize(
    ("channels", "is_right"),
    [
        ({"email": SENDGRID, "sms": TWILIO}, True),
        ({"email": SENDGRID | {"messages_per_second": 2.5, "daily_cap": 100}}, True),
        ({"email": SMTP | {"port": 25, "security": "none", "timeout": 30}}, True),
        ({"email": {"provider": "outbox"}, "sms": {"provider": "outbox"}}, True),
        ({"sms": {"provider": "twilio", "messaging_service": f"MG{'0' * 32}"}}, True),
        ({"email": TWILIO}, False),  # it sends no mails
        ({"fax": SENDGRID}, False),
        ({"email": SENDGRID | {"host": "mail.shop.example"}}, False),  # that is SMTP's
        ({"email": SENDGRID | {"reply": "x@shop.example"}}, False),  # reply_to
        ({"email": {"provider": "smtp", "from": "care@shop.example"}}, False),  # which server?
        ({"email": SMTP | {"security": "ssl"}}, False),
        ({"sms": TWILIO | {"max_segments": 0}}, False),
    ],
)
def test_the_schema_and_the_settings_agree(channels: Any, is_right: bool) -> None:
    assert jsonschema_rs.is_valid(channels_schema(), channels) is is_right
    if is_right:
        Channels.model_validate(channels)
    else:
        with pytest.raises(ValidationError):
            Channels.model_validate(channels)


def test_every_setting_is_explained() -> None:
    models = [model for models in PROVIDERS.values() for model in models]
    names = {f.alias or name for model in models for name, f in model.model_fields.items()}
    assert names == SAID.keys()
