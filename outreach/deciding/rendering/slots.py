"""Slots for values in a text that was read already, each filled safely for its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from urllib.parse import quote

from outreach.errors import RenderError

#: private-use characters; `templates.py` refuses templates that hold one themselves
TEXT, URL, URL_PART, END = "\ue000", "\ue001", "\ue002", "\ue003"
RESERVED = re.compile("[\ue000-\ue003]")
_SLOT = re.compile("([\ue000-\ue002])([0-9]+)\ue003")
_LINK = re.compile(
    r"https?://[^\s<>\"'`\\^{|}]+|mailto:[^\s<>\"'`\\^{|}]+@[^\s<>\"'`\\^{|}]+|tel:\+?[0-9()./ -]+",
    re.IGNORECASE,
)
#: links that a template may write itself; one that starts with a value is checked when filled
_WRITTEN = re.compile(r"(https?://|mailto:|tel:)\S|\ue001", re.IGNORECASE)


class Part(StrEnum):
    """Which part of an e-mail is being filled."""

    HTML = "html"
    TEXT = "text"


@dataclass(frozen=True)
class Form:
    """A text cut at its slots: every second piece is the place of a value."""

    pieces: tuple[str, ...]
    slots: tuple[tuple[str, int], ...]

    def fill(self, values: Sequence[str], part: Part) -> str:
        """The text with every value escaped for its place; RenderError for an unsafe link."""
        fillers = _FILLERS[part]
        filled = list(self.pieces)
        filled[1::2] = [fillers[kind](values[index]) for kind, index in self.slots]
        return "".join(filled)


def form_of(text: str) -> Form:
    """Cut a text at its marks."""
    parts = _SLOT.split(text)
    slots = tuple((parts[n], int(parts[n + 1])) for n in range(1, len(parts), 3))
    pieces = [""] * (2 * len(slots) + 1)
    pieces[::2] = parts[::3]
    return Form(tuple(pieces), slots)


def as_link(target: str) -> str:
    """Make the marks in a link's target link slots: checked at its start, else quoted."""
    if target.startswith(TEXT):
        target = URL + target[1:]
    return target.replace(TEXT, URL_PART)


def may_be_written(target: str) -> bool:
    """Whether a link's target leads to a web, mail or telephone address."""
    return bool(_WRITTEN.match(target))


def _checked(link: str) -> str:
    if not _LINK.fullmatch(link.strip()):
        msg = f"{link[:80]!r} is not a link: it must begin with https://, http://, mailto: or tel:"
        raise RenderError(msg)
    return link.strip()


def _readable(link: str) -> str:
    """A link as the text part shows it: an address to write to, without what only programs read."""
    link = _checked(link)
    if link.lower().startswith("mailto:"):
        return link[len("mailto:") :].partition("?")[0]
    return link


def _same(text: str) -> str:
    return text


def _quoted(text: str) -> str:
    return quote(text, safe="@")


_FILLERS: dict[Part, dict[str, Callable[[str], str]]] = {
    Part.HTML: {TEXT: escape, URL: lambda link: escape(_checked(link)), URL_PART: _quoted},
    Part.TEXT: {TEXT: _same, URL: _readable, URL_PART: _quoted},
}
