"""Cutting: of a mail what the person wrote, without what they quote and their signature.

Our own mail says "unsubscribe" in its footer: quoted, it would look like a wish.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser

#: a signature, or a line that mail programs draw above a quotation
_LINE = re.compile(
    r"--\s?"
    r"|[-_=*]{3,}\s*(original|ursprüngliche|weitergeleitete|forwarded|begin).*"
    r"|_{10,}"
    r"|(sent|gesendet|diese nachricht wurde) (from|von|mit) (my|mein|mail|outlook|proton|yahoo).*"
    r"|(get|holen sie sich) outlook\b.*",
    re.IGNORECASE,
)
#: "On Tuesday Mara wrote:", which a mail program may have broken into two lines
_WROTE = re.compile(r"\b(wrote|schrieb|écrit|escribió)\b", re.IGNORECASE)
_OPENING = re.compile(r"(on|am|le|el)\b", re.IGNORECASE)
#: the head of a mail, as Outlook quotes it
_FROM = re.compile(r"\*?(from|von|de)\s?:\*?\s", re.IGNORECASE)
_NEXT = re.compile(r"\*?(sent|gesendet|date|datum|to|an)\s?:\*?\s", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n{3,}")
#: what is looked at: people write their own words early
LONGEST, MOST_LINES, LONGEST_LINE = 100_000, 2000, 1000
#: elements of HTML within one another
DEEPEST = 100


def own_words(text: str) -> str:
    """Return what somebody wrote above, between or below what they quote."""
    text = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    lines = [line.strip()[:LONGEST_LINE] for line in text.split("\n")[:MOST_LINES]]
    end = next((n for n in range(len(lines)) if _ends(lines, n)), len(lines))
    above = _joined(_own(lines[:end]))
    # some write below the quotation: then it is all there is
    rest = [line for n, line in enumerate(lines) if n >= end and not _ends(lines, n)]
    is_quoted = any(line.startswith(">") for line in rest)
    return above or (_joined(_own(rest)) if is_quoted else "")


def _ends(lines: Sequence[str], number: int) -> bool:
    """Whether all from this line on is somebody else's, or says nothing."""
    line = lines[number]
    after = lines[number + 1] if number + 1 < len(lines) else ""
    if _LINE.fullmatch(line):
        return True
    if _FROM.match(line):
        return "@" in line or _NEXT.match(after) is not None
    if _is_introduction(line):
        return True
    return _OPENING.match(line) is not None and _is_introduction(f"{line} {after}")


def _is_introduction(line: str) -> bool:
    if not line.endswith(":") or not _WROTE.search(line):
        return False
    return "@" in line or (_OPENING.match(line) is not None and any(map(str.isdigit, line)))


def _own(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if not line.startswith((">", "|"))]


def _joined(lines: Sequence[str]) -> str:
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def plain_text(html: str) -> str:
    """Return the text of HTML, without quotations, styles and what is not shown."""
    reader = _Reader()
    reader.feed(html[:LONGEST])
    reader.close()
    return _joined([line.strip() for line in "".join(reader.parts).split("\n")])


class _Reader(HTMLParser):
    """Collects text; skips elements that hold somebody else's words, or none."""

    _SKIPPED = frozenset({"blockquote", "style", "script", "head", "title"})
    _LINES = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "table"})
    _QUOTES = ("gmail_quote", "gmail_extra", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote")
    _VOID = frozenset({"br", "img", "hr", "meta", "link", "input", "col", "area", "base", "wbr"})

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._LINES:
            self.parts.append("\n")
        if tag in self._VOID:
            return
        named = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        is_quote = tag in self._SKIPPED or any(name in named for name in self._QUOTES)
        if len(self._open) < DEEPEST:
            self._open.append((tag, is_quote))

    def handle_endtag(self, tag: str) -> None:
        places = [place for place, (name, _) in enumerate(self._open) if name == tag]
        if places:
            del self._open[places[-1] :]

    def handle_data(self, data: str) -> None:
        if not any(is_quote for _, is_quote in self._open):
            self.parts.append(" ".join(data.split("\n")))
