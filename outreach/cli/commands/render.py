"""`outreach render`: one message as its reader gets it, with real or invented values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.output_message import NAMES, message_json, print_message
from outreach.cli.session import Session
from outreach.errors import OutreachError, RenderError
from outreach.model import Channel, Purpose

if TYPE_CHECKING:
    from outreach.deciding.rendering.templates import Rendered, Templates
    from outreach.rules.document import Rule, Ruleset

SAMPLE = "sample"


@dataclass(frozen=True)
class Reader:
    """Whom a message is rendered for: what the template sees, and how to write to them."""

    title: str
    context: dict[str, Any]
    locale: str | None = None
    zone: Any = None
    purpose: Purpose = Purpose.SERVICE


def render(
    session: Session,
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="Its folder's name.")],
    *,
    about: Annotated[
        str, typer.Option("--for", metavar="ID", help="An order, ticket or customer; or sample.")
    ] = SAMPLE,
    locale: Annotated[
        str | None, typer.Option("--locale", metavar="LANG", help="As if they read this: de-AT.")
    ] = None,
    channel: Annotated[
        Channel | None, typer.Option("--channel", help="This one only; else all it is written for.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write files: .html, .txt, .sms.txt")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the e-mail in your browser.")] = False,
) -> None:
    """Show one message as text, HTML or SMS with its segments; sends nothing.

    Without --for its values are invented; with it they are those of an order, ticket or customer.
    """
    templates, ruleset = _words(session)
    _check_template(templates, template)
    rule = _rule_of(ruleset, template)
    if about == SAMPLE:
        reader = _sample(session, templates, template, rule, locale)
    else:
        reader = _real(session, about, rule, template)
    channels = [channel] if channel else list(templates.channels(template))
    rendered = {
        each: templates.render(
            template,
            each,
            reader.context,
            locale=locale or reader.locale,
            zone=reader.zone,
            purpose=reader.purpose,
            now=session.now,
        )
        for each in channels
    }
    written = _write(out, template, rendered) if out else []
    if open_:
        _open(template, rendered, out)
    _print(session, template, reader, rendered, written)


def _words(session: Session) -> tuple[Templates, Ruleset | None]:
    """Return the templates, and the rules if they are in order: words can be looked at without."""
    from outreach.deciding.rendering.templates import Templates
    from outreach.errors import Problems
    from outreach.rules.loader import load_rules

    workspace = session.workspace
    settings = workspace.settings
    templates = Templates(
        workspace.template_files(), settings.locale, settings.zone, folder=settings.templates
    )
    try:
        return templates, load_rules(workspace.rule_files(), workspace.names())
    except Problems:
        return templates, None


def _check_template(templates: Templates, name: str) -> None:
    from outreach.rules.catalogue import suggestion

    known = templates.names()
    if name not in known:
        meant = suggestion(name, known)
        hint = f"Did you mean '{meant}'?" if meant else f"There are: {', '.join(known)}"
        raise typer.BadParameter(f"there is no template '{name}'. {hint}", param_hint="TEMPLATE")


def _rule_of(ruleset: Ruleset | None, template: str) -> Rule | None:
    """Return the first rule that sends a template: it says who signs, and for what purpose."""
    if ruleset is None:
        return None
    return next((r for r in ruleset if any(s.template == template for s in r.steps)), None)


def _sample(
    session: Session, templates: Templates, template: str, rule: Rule | None, locale: str | None
) -> Reader:
    from outreach.deciding.rendering.samples import sample_context

    workspace = session.workspace
    language = locale or workspace.settings.locale
    context = sample_context(templates.about(template), session.now, locale=language)
    shop = {name: value for name, value in workspace.settings.shop.context().items() if value}
    context["shop"] = {**dict.fromkeys(context["shop"]), **shop} if shop else context["shop"]
    if rule is not None:
        owner = workspace.owner(rule.owner).context()
        context["owner"] = {name: value or None for name, value in owner.items()}
        context["rule"] = {"name": rule.name, "purpose": rule.purpose.value}
    purpose = rule.purpose if rule else Purpose.SERVICE
    return Reader("invented values", context, locale=language, purpose=purpose)


def _real(session: Session, about: str, rule: Rule | None, template: str) -> Reader:
    from outreach.cli.references import find
    from outreach.passes.wording import message_context
    from outreach.store.facts import read_facts

    if rule is None:
        raise OutreachError(f"no rule sends '{template}', so nobody signs it: use --for sample")
    setup = session.setup(applied=False)
    with setup.store.read() as connection:
        ref = find(connection, about)
        assert not isinstance(ref, str)
        if ref.kind is not rule.about:
            raise typer.BadParameter(
                f"'{template}' is sent about an {rule.about}, and {about} is a {ref.kind}",
                param_hint="--for",
            )
        facts = read_facts(connection, setup.catalogue, [ref])[ref]
        customer = facts.values.get("id" if ref.kind is rule.about.CUSTOMER else "customer.id")
        people = setup.recipients.read(connection, {customer}, session.now)
    step = next(s for s in rule.steps if s.template == template)
    message = {"id": "preview", "step": step.id, "number": 1}
    recipient = people.get(customer or "")
    return Reader(
        str(ref),
        message_context(setup, rule, [facts], message),
        locale=recipient.customer.get("locale") if recipient else None,
        zone=recipient.zones.zones[0] if recipient else None,
        purpose=rule.purpose,
    )


def _print(
    session: Session,
    template: str,
    reader: Reader,
    rendered: dict[Channel, Rendered],
    written: list[Path],
) -> None:
    out = session.out
    if out.as_json:
        messages = [message_json(channel, words) for channel, words in rendered.items()]
        content = {"template": template, "for": reader.title, "messages": messages}
        out.document("render/1", {**content, "files": written})
        return
    for place, (channel, words) in enumerate(rendered.items()):
        if place:
            out.line()
        print_message(
            out,
            channel,
            words,
            head=[("Message", f"{template} · {NAMES[channel]} · {reader.title}")],
        )
    for path in written:
        out.note(f"written: {path}")
    if not written:
        out.note()
        out.suggest(
            (f"outreach render {template} --open", "as it looks in a mail program"),
            (f"outreach render {template} --for A-1042", "with the values of an order of yours"),
        )


def _write(folder: Path, template: str, rendered: dict[Channel, Rendered]) -> list[Path]:
    """Write the words into files and return their paths."""
    files: dict[str, str] = {}
    for channel, words in rendered.items():
        name = f"{template.replace('/', '-')}.{words.locale}"
        if channel is Channel.SMS:
            files[f"{name}.sms.txt"] = words.text
        else:
            files[f"{name}.txt"] = f"Subject: {words.subject}\n\n{words.text}"
            files[f"{name}.html"] = words.html
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        raise OutreachError(f"{error.filename}: {error.strerror}") from error
    return [folder / name for name in files]


def _open(template: str, rendered: dict[Channel, Rendered], folder: Path | None) -> None:
    import tempfile

    if Channel.EMAIL not in rendered:
        raise RenderError(f"'{template}' has no e-mail to open")
    where = folder or Path(tempfile.mkdtemp(prefix="outreach-"))
    paths = _write(where, template, {Channel.EMAIL: rendered[Channel.EMAIL]})
    typer.launch(next(path for path in paths if path.suffix == ".html").resolve().as_uri())
