"""From settings to a sender; only the provider in use is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from outreach.channels.outgoing import Sender
from outreach.channels.settings import (
    ChannelSettings,
    EmailOutboxSettings,
    SendGridSettings,
    SmsOutboxSettings,
    SmtpSettings,
    TwilioSettings,
)


def open_sender(settings: ChannelSettings, *, env: Mapping[str, str], base_folder: Path) -> Sender:
    """Build the sender of one channel; no connection is made yet.

    `env` holds the secrets, `base_folder` is the workspace. Raises SendError, the channel being
    down, when a secret is not set.
    """
    match settings:
        case SendGridSettings():
            from outreach.channels.sendgrid import SendGridSender

            return SendGridSender(settings, env)
        case TwilioSettings():
            from outreach.channels.twilio import TwilioSender

            return TwilioSender(settings, env)
        case SmtpSettings():
            from outreach.channels.smtp import SmtpSender

            return SmtpSender(settings, env)
        case EmailOutboxSettings() | SmsOutboxSettings():
            from outreach.channels.outbox import OutboxSender

            return OutboxSender(settings, base_folder)
