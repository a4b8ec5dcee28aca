"""Markdown with marks in it, read once: HTML for the layout and lines for the text part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from outreach.deciding.rendering.slots import as_link, may_be_written

WIDTH = 72
#: the class of a row of buttons
SCORES = "scores"
_MARKER = re.compile(r"(?:> )*(?:  )*(?:- |\d+\. )?")


class _Parser(MarkdownIt):
    """CommonMark without HTML, and without what an indented or underlined line would turn into."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False, "xhtmlOut": False})
        # text indented inside an {% if %} is not code, and a line of dashes is not a heading
        self.disable(["code", "lheading", "html_block", "html_inline"])

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the library's name
        return as_link(url) if "\ue000" in url else super().normalizeLink(url)

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        return may_be_written(url)


_PARSER = _Parser()


def read_markdown(text: str) -> list[Token]:
    """The tokens of a text; a link that is alone in its paragraph is marked as a button.

    The scores of a survey, links with `?score=` in a paragraph of their own, become a row of them.
    """
    tokens = _PARSER.parse(text)
    for place, (opening, inline) in enumerate(pairwise(tokens)):
        if opening.type == "paragraph_open" and not opening.hidden and _is_row_of_scores(inline):
            opening.tag = tokens[place + 2].tag = "table"
            opening.attrs = {"class": SCORES, "role": "presentation", "cellspacing": 0}
            inline.children = list(_row(inline))
            continue
        if opening.type == "paragraph_open" and not opening.hidden and _lone_link(inline):
            opening.attrJoin("class", "action")
            assert inline.children
            inline.children[0].attrJoin("class", "button")
    return tokens


def to_html(tokens: Sequence[Token]) -> str:
    """The tokens as HTML, marks untouched."""
    return str(_PARSER.renderer.render(tokens, _PARSER.options, {}))


def _lone_link(inline: Token) -> bool:
    children = inline.children or []
    return (
        len(children) > 2
        and children[0].type == "link_open"
        and children[-1].type == "link_close"
        and sum(child.type == "link_open" for child in children) == 1
    )


def _is_row_of_scores(inline: Token) -> bool:
    """Whether a paragraph has links with a score, and no other words."""
    depth, count = 0, 0
    for child in inline.children or []:
        depth += child.nesting if child.type in {"link_open", "link_close"} else 0
        if child.type == "link_open":
            count += 1
            if "?score=" not in str(child.attrGet("href")):
                return False
        if not depth and child.type not in {"link_close", "softbreak"} and child.content.strip():
            return False
    return count > 1


def _row(inline: Token) -> Iterator[Token]:
    """Yield the links of a paragraph, each in a cell: what all mail programs show as a button."""
    yield _html("<tr>")
    inside = False
    for child in inline.children or []:
        if child.type == "link_open":
            inside = True
            child.attrJoin("class", "score")
            yield _html('<td align="center">')
        if inside:
            yield child
        if child.type == "link_close":
            inside = False
            yield _html("</td>")
    yield _html("</tr>")


def _html(content: str) -> Token:
    return Token("html_inline", "", 0, content=content)


@dataclass
class _List:
    """A list being walked: the number of its next item, or None when it has bullets."""

    number: int | None

    def marker(self) -> str:
        if self.number is None:
            return "- "
        self.number += 1
        return f"{self.number - 1}. "


@dataclass
class _TextWalk:
    """Walks the tokens and writes lines, each paragraph under its indent and list marker."""

    out: list[str] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    quotes: int = 0
    marker: str = ""

    def walk(self, tokens: Sequence[Token]) -> str:
        tight = False
        for token in tokens:
            if token.type in {"bullet_list_open", "ordered_list_open"}:
                start = token.attrGet("start")
                is_bullet = token.type == "bullet_list_open"
                self.lists.append(_List(None if is_bullet else int(start or 1)))
            elif token.type in {"bullet_list_close", "ordered_list_close"}:
                self.lists.pop()
            elif token.type == "list_item_open":
                self.marker = self.lists[-1].marker()
            elif token.type in {"blockquote_open", "blockquote_close"}:
                self.quotes += token.nesting
            elif token.type == "paragraph_open":
                tight = token.hidden
            elif token.type == "inline":
                self._paragraph(inline_text(token), tight=tight)
            elif token.type in {"fence", "hr"}:
                self._paragraph(token.content or "-" * 24, tight=False)
        return "".join(self.out).strip("\n")

    def _paragraph(self, text: str, *, tight: bool) -> None:
        quote = "> " * self.quotes
        indent = "  " * (len(self.lists) - 1)
        first = f"{quote}{indent}{self.marker}"
        hang = quote + " " * (len(first) - len(quote))
        if not self.marker and self.lists:
            first = hang = f"{quote}{indent}  "
        lines = text.strip("\n").split("\n")
        is_next_item = tight and self.out and self.marker
        if self.out:
            self.out.append("\n" if is_next_item and self._after_item() else "\n\n")
        self.out.append(f"\n{hang}".join([first + lines[0], *lines[1:]]))
        self.marker = ""

    def _after_item(self) -> bool:
        last = self.out[-1].rsplit("\n", maxsplit=1)[-1]
        return bool(re.match(r"(?:> )*\s*(?:- |\d+\. |  )", last))


def to_text(tokens: Sequence[Token]) -> str:
    """The tokens as plain text: a link alone reads `text: address`, else `text (address)`."""
    return _TextWalk().walk(tokens)


def inline_text(inline: Token) -> str:
    """The plain text of one paragraph; a line break the author asked for stays."""
    texts: list[list[str]] = [[]]
    targets: list[str] = []
    is_row = any(child.type == "html_inline" for child in inline.children or [])
    alone = is_row or _lone_link(inline)
    for child in inline.children or []:
        if child.type == "link_open":
            targets.append(str(child.attrGet("href") or ""))
            texts.append([])
        elif child.type == "link_close":
            shown = "".join(texts.pop())
            texts[-1].append(_link_text(shown, targets.pop(), alone=alone))
        else:
            texts[-1].append(_shown(child))
    return "".join(texts[0])


def _shown(child: Token) -> str:
    """Return what text shows of a part: of a row of buttons, each on a line of its own."""
    if child.type == "html_inline":
        return "\n" if child.content == "</td>" else ""
    return _BREAKS.get(child.type, child.content)


_BREAKS = {"softbreak": " ", "hardbreak": "\n"}


def _link_text(shown: str, target: str, *, alone: bool) -> str:
    if target.startswith("mailto:"):
        target = target.removeprefix("mailto:").partition("?")[0]
    target = target.removeprefix("tel:")
    if _without_kind(shown) == _without_kind(target):
        return shown
    return f"{shown}: {target}" if alone else f"{shown} ({target})"


def _without_kind(text: str) -> str:
    return re.sub("[\ue000-\ue002]", "", text)


def wrap(text: str, width: int = WIDTH) -> str:
    """Break lines at blanks, hanging under their list marker; a long word stays whole."""
    lines: list[str] = []
    for line in text.split("\n"):
        if len(line) <= width:
            lines.append(line)
        else:
            lines.extend(_wrapped(line, width))
    return "\n".join(lines)


def _wrapped(line: str, width: int) -> Iterator[str]:
    marker = _MARKER.match(line)
    assert marker is not None
    start = marker.end() if marker.end() <= width // 3 else 0
    hang = " " * start
    while len(line) > width:
        at = line.rfind(" ", start, width + 1)
        if at <= start:
            at = line.find(" ", width)
        if at < 0:
            break
        yield line[:at]
        line = hang + line[at + 1 :]
    yield line
