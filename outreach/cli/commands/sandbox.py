"""`outreach sandbox`: a local stand-in for the providers that shows what arrives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.session import Session
from outreach.errors import OutreachError

if TYPE_CHECKING:
    from outreach.channels.sandbox import Arrived, Chance, Plan, Teller

#: what events are signed with, base64 of PKCS 8; without it a new one is made
SIGNING_KEY = "SANDBOX_SENDGRID_KEY"
HOW_TO = """In outreach.yaml, on the channel that shall write here:
  email: {{provider: sendgrid, url: "{url}", from: …}}   with SENDGRID_API_KEY=anything
  sms: {{provider: twilio, url: "{url}", from: …}}       with TWILIO_ACCOUNT_SID=AC and 32 digits"""


def sandbox(
    session: Session,
    *,
    port: Annotated[int, typer.Option(help="Where to listen; 0 takes a free port.")] = 8025,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    faults: Annotated[
        str, typer.Option(metavar="LIST", help="What goes wrong by chance: '5% 429, 5% slow'.")
    ] = "",
    script: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The same and more from a YAML file.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="The same number, the same faults.")
    ] = None,
    receipts_to: Annotated[
        str, typer.Option(metavar="URL", help="Tell what became of each message, to this address.")
    ] = "",
    journal: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write down what each request met.")
    ] = None,
    keep: Annotated[int, typer.Option(metavar="N", help="So many messages are kept.")] = 10_000,
) -> None:
    """Take what the SDKs of SendGrid and Twilio send, print it, and show it in a browser.

    It can misbehave as providers do, and tell what became of the messages. Nothing leaves this
    machine. Ends with Ctrl-C.
    """
    from outreach.channels.sandbox import Chance, Journal, serve

    out = session.out
    chance = Chance(_plan(faults, script, seed))
    teller = _teller(session, receipts_to, chance) if receipts_to else None

    def on_start(url: str) -> None:
        out.note(f"The sandbox listens at {url}: open it in a browser, stop it with Ctrl-C.")
        out.note(HOW_TO.format(url=url))

    def on_message(message: Arrived) -> None:
        if teller is not None:
            teller.tell(message)
        if out.as_json:
            out.document("sandbox/1", _content(message))
        else:
            first = message.subject or message.text.strip().partition("\n")[0]
            out.line(
                f"{message.at:%H:%M:%S}  {message.channel.value:<5}  {message.to}  "
                f"{out.style(first, 'cyan')}"
            )

    try:
        book = Journal(journal) if journal else None
    except OSError as error:
        raise OutreachError(f"{journal} cannot be written: {error.strerror}") from None
    try:
        count = serve(host, port, on_message, on_start, keep=keep, chance=chance, journal=book)
    except OSError as error:
        raise OutreachError(
            f"port {port} cannot be used: {error.strerror}; take another with --port"
        ) from None
    finally:
        if teller is not None:
            teller.stop()
    out.note(f"{count} message{'' if count == 1 else 's'} arrived.")


def _plan(faults: str, script: Path | None, seed: int | None) -> Plan:
    """Return how it misbehaves: as the options say, or the file."""
    from outreach.channels.sandbox import Plan, parse_faults, read_script

    if faults and script:
        raise typer.BadParameter("say what goes wrong with --faults or in the file, not both")
    if script is None:
        try:
            plan = Plan(parse_faults(faults))
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    else:
        try:
            plan = read_script(script)
        except OSError as error:
            raise OutreachError(f"{script} cannot be read: {error.strerror}") from None
    return plan if seed is None else replace(plan, seed=seed)


def _teller(session: Session, url: str, chance: Chance) -> Teller:
    """Start telling, signed with the keys of the environment; a new one for SendGrid's is said."""
    from outreach.channels.sandbox import SendGridEvents, Teller, TwilioCallbacks
    from outreach.workspace.web import SENDGRID_PATH

    key, token = session.env.get(SIGNING_KEY, ""), session.env.get("TWILIO_AUTH_TOKEN", "")
    try:
        sendgrid = SendGridEvents(url.rstrip("/") + SENDGRID_PATH, key=key)
    except ValueError as error:
        raise OutreachError(f"{SIGNING_KEY}: no private key: {error}") from None
    teller = Teller(sendgrid, TwilioCallbacks(token) if token else None, chance)
    teller.start()
    if not key:
        session.out.note(f"Its events are signed for this key:\n  {sendgrid.public_key}")
    if not token:
        session.out.note("Of texts it tells nothing: set TWILIO_AUTH_TOKEN to what the daemon has.")
    return teller


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
