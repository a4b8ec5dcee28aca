"""A rendered message as people look at it in a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from outreach.cli.output import Output, counted
from outreach.cli.output_tables import cells
from outreach.model import Channel

if TYPE_CHECKING:
    from outreach.deciding.rendering.templates import Rendered

NAMES = {Channel.EMAIL: "e-mail", Channel.SMS: "SMS"}
#: lines of text longer than this are hard to read
WIDEST = 88


def print_message(
    out: Output, channel: Channel, rendered: Rendered, head: Sequence[tuple[str, str]] = ()
) -> None:
    """Print a message: what is known about it, then its words."""
    lines = [*head, *_own_head(channel, rendered)]
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        if value:
            out.line(f"{out.style(f'{name:<{width}}', dim=True)}  {value}")
    out.line()
    words = textwrap.TextWrapper(
        min(out.width - 4, WIDEST), break_long_words=False, break_on_hyphens=False
    )
    for line in rendered.text.splitlines():
        for part in words.wrap(line) or [""]:
            out.line(f"  {part}".rstrip())


def message_json(channel: Channel, rendered: Rendered) -> dict[str, Any]:
    """Return a message's words with the keys that --json promises."""
    return {
        "channel": channel,
        "locale": rendered.locale,
        "why_locale": rendered.why_locale,
        "file": rendered.file,
        "from_name": rendered.from_name,
        "subject": rendered.subject,
        "preheader": rendered.preheader,
        "text": rendered.text,
        "html": rendered.html,
        "segments": rendered.segments,
        "encoding": rendered.encoding,
    }


def _own_head(channel: Channel, rendered: Rendered) -> list[tuple[str, str]]:
    lines = [("Words", f"{rendered.file} ({rendered.why_locale})")]
    if channel is Channel.SMS:
        size = f"{counted(rendered.segments, 'segment')}, {rendered.encoding}"
        return [*lines, ("Size", f"{size}, {counted(cells(rendered.text), 'character')}")]
    return [*lines, ("Subject", rendered.subject), ("Preheader", rendered.preheader)]
