"""JSON Schema of `channels:` for editors: what each provider can be told."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel

from outreach.channels.settings import (
    EmailOutboxSettings,
    SendGridSettings,
    SmsOutboxSettings,
    SmtpSettings,
    TwilioSettings,
)
from outreach.model import Channel

Json = dict[str, Any]
#: what can deliver on each channel
PROVIDERS: dict[Channel, tuple[type[BaseModel], ...]] = {
    Channel.EMAIL: (SendGridSettings, SmtpSettings, EmailOutboxSettings),
    Channel.SMS: (TwilioSettings, SmsOutboxSettings),
}
#: every setting of every provider, as an editor explains it
SAID = {
    "provider": "who delivers",
    "from": "who it comes from: `Name <address>`, or a number in quotes",
    "reply_to": "where answers go, if not to `from`",
    "concurrency": "calls at a time, in one process",
    "daily_cap": "the most in a day of the workspace: mails, or segments of texts",
    "timeout": "seconds, for connecting and for each answer",
    "messages_per_second": "no faster than that; no bound if you do not say",
    "segments_per_second": "no faster than that; what carriers allow one US long number is 1",
    "max_segments": "a longer text is held",
    "api_key": "env:NAME",
    "url": "another address of the provider, as in the EU",
    "sandbox_mode": "everything is checked and nothing delivered",
    "host": "the mail server",
    "port": "the mail server's",
    "security": "how the connection is protected before anything is said",
    "username": "who logs in: as it is, or env:NAME",
    "password": "env:NAME",
    "messaging_service": "instead of `from`: MG and 32 characters",
    "account_sid": "env:NAME, or the account's id",
    "auth_token": "env:NAME",
    "status_callback": "where Twilio tells what became of a text; without it, we ask",
    "smart_encoded": "curly quotes and dashes are sent as plain ones",
    "folder": "where messages are written instead of sent",
}


def channels_schema() -> Json:
    """Return the schema of the block: for each channel its providers, for each what it knows."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {channel.value: _channel(models) for channel, models in PROVIDERS.items()},
        "description": "how messages leave; without it they go into a folder",
    }


def _channel(models: tuple[type[BaseModel], ...]) -> Json:
    by_name = {get_args(model.model_fields["provider"].annotation)[0]: model for model in models}
    provider = {"enum": list(by_name), "description": SAID["provider"]}
    return {
        "type": "object",
        "required": ["provider"],
        "properties": {"provider": provider},
        # a choice of schemas would complain about the wrong one
        "allOf": [
            {
                "if": {"properties": {"provider": {"const": name}}, "required": ["provider"]},
                "then": _settings(model),
            }
            for name, model in by_name.items()
        ],
    }


def _settings(model: type[BaseModel]) -> Json:
    known = model.model_json_schema()
    return {
        "additionalProperties": False,
        "required": known["required"],
        "properties": {
            name: _setting(schema) | {"description": SAID[name]}
            for name, schema in known["properties"].items()
        },
    }


def _setting(schema: Json) -> Json:
    """Return a setting without what only Python's side needs."""
    inner = next((one for one in schema.get("anyOf", ()) if one != {"type": "null"}), schema)
    default = {"default": schema["default"]} if schema.get("default") is not None else {}
    return {key: value for key, value in inner.items() if key != "title"} | default
