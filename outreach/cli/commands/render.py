"""`outreach render`: one message as its reader gets it, with real or invented values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.output_message import NAMES, message_json, print_message
from outreach.cli.readers import SAMPLE, Reader, check_template, find_reader, read_words, rule_of
from outreach.cli.session import Session
from outreach.errors import OutreachError, RenderError
from outreach.model import Channel

if TYPE_CHECKING:
    from outreach.deciding.rendering.templates import Rendered


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
    templates, ruleset = read_words(session)
    check_template(templates, template)
    rule = rule_of(ruleset, template)
    reader = find_reader(session, templates, template, rule, about=about, locale=locale)
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
