"""Which providers may tell us something: those that are set up, each with what it signs with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from outreach.channels.inbound_sendgrid import SendGridReplies
from outreach.channels.inbound_twilio import TwilioReplies
from outreach.channels.receipts_sendgrid import SendGridReceipts
from outreach.channels.receipts_twilio import TwilioReceipts
from outreach.channels.settings import TwilioSettings, resolve
from outreach.errors import Problems
from outreach.releases import read_channels
from outreach.workspace.opening import Workspace


@dataclass(frozen=True)
class Receivers:
    """What reads the requests of each provider, None for those that are not set up."""

    sendgrid: SendGridReceipts | None = None
    twilio: TwilioReceipts | None = None
    twilio_replies: TwilioReplies | None = None
    sendgrid_replies: SendGridReplies | None = None


def open_receivers(workspace: Workspace, env: Mapping[str, str]) -> Receivers:
    """Return what a workspace can verify.

    Raises Problems for a key that is not set or is none, SendError for Twilio's token.
    """
    return Receivers(
        _sendgrid(workspace, env),
        _twilio(workspace, env),
        _twilio_replies(workspace, env),
        _sendgrid_replies(workspace, env),
    )


def _sendgrid(workspace: Workspace, env: Mapping[str, str]) -> SendGridReceipts | None:
    web = workspace.settings.web
    key = web.sendgrid_key(env) if web else None
    if web is None or web.key is None or key is None:
        return None
    try:
        return SendGridReceipts(key)
    except ValueError as error:
        hint = "copy it from SendGrid's page: Settings, Mail Settings, Event Webhooks"
        raise Problems([web.key.problem("E401", f"{web.key.text}: {error}", hint=hint)]) from None


def _twilio(workspace: Workspace, env: Mapping[str, str]) -> TwilioReceipts | None:
    sms = read_channels(workspace).sms
    if not isinstance(sms, TwilioSettings) or not sms.status_callback:
        return None
    return TwilioReceipts(resolve("auth_token", sms.auth_token, env), sms.status_callback)


def _twilio_replies(workspace: Workspace, env: Mapping[str, str]) -> TwilioReplies | None:
    sms, web = read_channels(workspace).sms, workspace.settings.web
    if not isinstance(sms, TwilioSettings) or not web or not web.public_url:
        return None
    return TwilioReplies(resolve("auth_token", sms.auth_token, env), web.twilio_replies_url)


def _sendgrid_replies(workspace: Workspace, env: Mapping[str, str]) -> SendGridReplies | None:
    web = workspace.settings.web
    secret = web.inbound_secret(env) if web else None
    return SendGridReplies(secret) if secret else None
