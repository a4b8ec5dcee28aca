"""`outreach send --to-me`: one real message to the operator, to see how it arrives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from outreach.cli.operator import who
from outreach.cli.output import counted
from outreach.cli.output_message import NAMES, print_message
from outreach.cli.readers import SAMPLE, check_template, find_reader, read_words, rule_of
from outreach.cli.session import Session
from outreach.clock import SystemClock
from outreach.errors import Outcome, OutreachError, Refused, SendError
from outreach.model import Channel, Kind

if TYPE_CHECKING:
    from outreach.channels import ChannelSettings, Outgoing, Receipted
    from outreach.deciding.rendering.templates import Rendered, Templates


@dataclass(frozen=True)
class Trial:
    """What is about to be sent, and by whom."""

    template: str
    about: str
    outgoing: Outgoing
    rendered: Rendered
    provider: str

    @property
    def channel(self) -> Channel:
        return self.outgoing.channel


def send(
    session: Session,
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="Its folder's name.")],
    *,
    to_me: Annotated[
        bool, typer.Option("--to-me", help="Say that it goes to you, and to no customer.")
    ] = False,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="ADDRESS", help="Your address or number; else where answers go."
        ),
    ] = None,
    about: Annotated[
        str, typer.Option("--for", metavar="ID", help="As if about this order; or sample.")
    ] = SAMPLE,
    channel: Annotated[
        Channel | None, typer.Option("--channel", help="By this one; else by e-mail if it can.")
    ] = None,
    locale: Annotated[
        str | None, typer.Option("--locale", metavar="LANG", help="As if you read this: de-AT.")
    ] = None,
) -> None:
    """Send one message to yourself, through the real provider, to see how it arrives.

    It is the very message that a customer would get. The ledger knows nothing of it: no rule
    counts it, and nobody is skipped because of it.
    """
    if not to_me:
        said = "rules write to customers by themselves: a message sent by hand goes --to-me only"
        raise typer.BadParameter(said, param_hint="--to-me")
    trial, settings = _prepare(session, template, about, channel, to, locale)
    _guard(session, trial.outgoing)
    _print(session, trial)
    address = trial.outgoing.to
    session.confirm(f"Send this {NAMES[trial.channel]} to {address}, by {trial.provider}?")
    try:
        receipt = _hand_over(session, settings, trial.outgoing)
    except SendError as error:
        _note(session, trial, error.outcome.value)
        raise _in_words(error, trial) from None
    _note(session, trial, "accepted")
    _print_receipt(session, trial, receipt)


def _prepare(
    session: Session,
    template: str,
    about: str,
    channel: Channel | None,
    to: str | None,
    locale: str | None,
) -> tuple[Trial, ChannelSettings]:
    from outreach.deciding.rendering.links import LinkTo
    from outreach.passes.wording import outgoing
    from outreach.releases import open_links, read_channels

    templates, ruleset = read_words(session)
    check_template(templates, template)
    rule = rule_of(ruleset, template)
    reader = find_reader(session, templates, template, rule, about=about, locale=locale)
    channels = read_channels(session.workspace)
    known = [each for each in Channel if channels.of(each)]
    chosen = channel or _choose(templates, template, known)
    settings = channels.of(chosen)
    if settings is None:
        raise OutreachError(f"outreach.yaml sets up no channel for {NAMES[chosen]}")
    rendered = templates.render(
        template,
        chosen,
        reader.context,
        locale=locale or reader.locale,
        zone=reader.zone,
        purpose=reader.purpose,
        now=session.now,
    )
    address = _address(session, settings, to)
    message_id = f"test-{uuid4().hex}"
    links = open_links(session.workspace, session.env)
    message = outgoing(
        address,
        chosen,
        reader.purpose,
        rendered,
        unsubscribe=session.workspace.settings.unsubscribe,
        message_id=message_id,
        page=links.make(LinkTo.UNSUBSCRIBE, message_id, session.now) if links else "",
    )
    return Trial(template, reader.title, message, rendered, settings.provider), settings


def _choose(templates: Templates, template: str, known: list[Channel]) -> Channel:
    written = templates.channels(template)
    for channel in known:
        if channel in written:
            return channel
    names = " and ".join(NAMES[channel] for channel in written)
    raise OutreachError(f"'{template}' is written for {names}, which outreach.yaml does not set up")


def _address(session: Session, settings: ChannelSettings, to: str | None) -> str:
    """Return the operator's address: what was said, or where the team reads its answers."""
    from outreach.channels.addresses import ascii_address, is_phone_number, parse_mailbox
    from outreach.channels.settings import SmsOutboxSettings, TwilioSettings

    if isinstance(settings, TwilioSettings | SmsOutboxSettings):
        number = (to or "").replace(" ", "")
        if not is_phone_number(number):
            raise typer.BadParameter("say your number, as +4915550100", param_hint="--to")
        return number
    shop = session.workspace.settings.shop.email
    known = to or settings.reply_to or settings.from_ or shop
    if not known:
        raise typer.BadParameter("say your e-mail address", param_hint="--to")
    try:
        return ascii_address(parse_mailbox(known).address)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--to") from None


def _guard(session: Session, outgoing: Outgoing) -> None:
    """Refuse what is not the operator's own address, or must not be written to at all."""
    from outreach.deciding.staging import is_allowed_here
    from outreach.store.references import find_subjects
    from outreach.store.suppressing import normalised, suppressions

    address = normalised(outgoing.channel, outgoing.to)
    allowed = session.workspace.settings.safety.send_only_to
    if not is_allowed_here(address, allowed):
        raise Refused(f"{outgoing.to} is not on send_only_to: {', '.join(allowed)}")
    with session.store.read() as connection:
        for text in dict.fromkeys((outgoing.to, address)):
            for customer in find_subjects(connection, text, Kind.CUSTOMER):
                said = "a message sent by hand goes to yourself only"
                raise Refused(f"{outgoing.to} is the address of {customer}: {said}")
        domain = "@" + address.rpartition("@")[2]
        for entry in suppressions(connection, session.now):
            if entry.channel == outgoing.channel and entry.address in (address, domain):
                raise Refused(f"{entry.address} must not be written to: {entry.reason}")


def _hand_over(session: Session, settings: ChannelSettings, outgoing: Outgoing) -> Receipted:
    from outreach.channels import open_sender

    sender = open_sender(settings, env=session.env, base_folder=session.workspace.folder)
    try:
        return sender.send(outgoing, now=SystemClock().now())
    finally:
        sender.close()


def _in_words(error: SendError, trial: Trial) -> OutreachError:
    """Say what became of it: an operator looks into a mailbox, not into an outcome."""
    if error.outcome is Outcome.IN_DOUBT:
        return OutreachError(f"it may have been sent, or not: {error}. Look whether it arrived")
    hint = "   → outreach doctor" if error.channel_is_down else ""
    return OutreachError(f"not sent, {trial.provider} did not take it: {error}{hint}")


def _note(session: Session, trial: Trial, outcome: str) -> None:
    from outreach.store.auditing import note_deed

    detail = {
        "message": trial.outgoing.message_id,
        "template": trial.template,
        "channel": trial.channel.value,
        "provider": trial.provider,
        "for": trial.about,
        "outcome": outcome,
    }
    with session.store.write() as connection:
        now = SystemClock().now()
        note_deed(connection, who(session.env), "send to me", detail, now)


def _print(session: Session, trial: Trial) -> None:
    head = [
        ("Message", f"{trial.template} · {NAMES[trial.channel]} · {trial.about}"),
        ("To", trial.outgoing.to),
        ("By", trial.provider),
    ]
    print_message(session.out, trial.channel, trial.rendered, head=head)
    session.out.line()


def _print_receipt(session: Session, trial: Trial, receipt: Receipted) -> None:
    out = session.out
    if out.as_json:
        content: dict[str, Any] = {
            "template": trial.template,
            "for": trial.about,
            "channel": trial.channel,
            "provider": trial.provider,
            "purpose": trial.outgoing.purpose,
            "locale": trial.rendered.locale,
            "segments": trial.rendered.segments,
            "to": trial.outgoing.to,
            "id": trial.outgoing.message_id,
            "provider_id": receipt.provider_id,
            "detail": receipt.detail,
        }
        out.document("send/1", content)
        return
    size = f", {counted(trial.rendered.segments, 'segment')}" if trial.rendered.segments else ""
    detail = f": {receipt.detail}" if receipt.detail else ""
    out.line(f"{out.mark('ok')} sent to {trial.outgoing.to} by {trial.provider}{size}{detail}")
    out.line(f"  {trial.provider} calls it {receipt.provider_id or 'nothing'}")
