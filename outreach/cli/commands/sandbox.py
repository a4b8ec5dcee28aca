"""`outreach sandbox`: a local stand-in for the providers that shows what arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.session import Session
from outreach.errors import OutreachError

if TYPE_CHECKING:
    from outreach.channels.sandbox import Arrived

HOW_TO = """In outreach.yaml, on the channel that shall write here:
  email: {{provider: sendgrid, url: "{url}", from: …}}   with SENDGRID_API_KEY=anything
  sms: {{provider: twilio, url: "{url}", from: …}}       with TWILIO_ACCOUNT_SID=AC and 32 digits"""


def sandbox(
    session: Session,
    *,
    port: Annotated[int, typer.Option(help="Where to listen; 0 takes a free port.")] = 8025,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
) -> None:
    """Take what the SDKs of SendGrid and Twilio send, print it, and show it in a browser.

    Nothing leaves this machine. Ends with Ctrl-C.
    """
    from outreach.channels.sandbox import serve

    out = session.out

    def on_start(url: str) -> None:
        out.note(f"The sandbox listens at {url}: open it in a browser, stop it with Ctrl-C.")
        out.note(HOW_TO.format(url=url))

    def on_message(message: Arrived) -> None:
        if out.as_json:
            out.document("sandbox/1", _content(message))
        else:
            first = message.subject or message.text.strip().partition("\n")[0]
            out.line(
                f"{message.at:%H:%M:%S}  {message.channel.value:<5}  {message.to}  "
                f"{out.style(first, 'cyan')}"
            )

    try:
        count = serve(host, port, on_message, on_start)
    except OSError as error:
        raise OutreachError(
            f"port {port} cannot be used: {error.strerror}; take another with --port"
        ) from None
    out.note(f"{count} message{'' if count == 1 else 's'} arrived.")


def _content(message: Arrived) -> dict[str, object]:
    return {
        "at": message.at,
        "channel": message.channel.value,
        "message": message.message_id,
        "provider_id": message.provider_id,
        "to": message.to,
        "from": message.from_,
        "subject": message.subject,
        "text": message.text,
        "headers": dict(message.headers),
    }
