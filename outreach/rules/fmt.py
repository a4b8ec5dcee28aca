"""`outreach fmt`: one spelling and one layout for rule files; comments, order and meaning stay.

The text is edited in place rather than written anew, so nothing an operator wrote gets lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from outreach.errors import Problem, Problems
from outreach.model import Kind
from outreach.rules.catalogue import Catalogue
from outreach.rules.fields import FieldType
from outreach.rules.layout import lay_out
from outreach.rules.loading.keys import GROUP_KEYS
from outreach.rules.respelling import respell_phrase, respell_sentence
from outreach.rules.yaml_nodes import Mapping, Node, Scalar, Sequence
from outreach.rules.yaml_source import read

_CONDITIONS = ("when", "audience", "cancel_if", "until", "stop_if", "skip_if")
_PHRASES = ("wait", "repeat")
_SPACE_BEFORE_COMMENT = 2


@dataclass(frozen=True)
class _Edit:
    """What takes the place of one value."""

    scalar: Scalar
    text: str


def format_rules(text: str, file: str = "", catalogue: Catalogue | None = None) -> str:
    """Return a rule file in its one spelling and layout; raises Problems when it is not YAML.

    What is not understood stays as it is: to say so is the business of `check`.
    """
    root = _read(text, file)
    lines = list(root.source.lines)
    for edit in _edits(root, catalogue or Catalogue()):
        lines[edit.scalar.line - 1] = _edited(lines[edit.scalar.line - 1], edit)
    respelled = "\n".join(lines)
    laid_out = "\n".join(lay_out(lines, _read(respelled, file))) + "\n"
    # a layout we do not understand is left alone
    return laid_out if _same(respelled, laid_out, file) else respelled


def _read(text: str, file: str) -> Mapping:
    problems: list[Problem] = []
    root = read(text, file, problems)
    if root is None or problems:
        raise Problems(problems)
    return root


def _edits(root: Mapping, catalogue: Catalogue) -> list[_Edit]:
    """Return all edits, the last in the file first, so that places before it stay right."""
    found: list[_Edit] = []
    for rule in _mappings(root.get("rules")):
        yes_no = _yes_no_fields(rule, catalogue)
        for part in (rule, *_mappings(rule.get("steps"))):
            for key, node in part.entries:
                if key.text in _CONDITIONS:
                    found += (
                        _Edit(s, respell_sentence(s.text, yes_no=yes_no)) for s in _said(node)
                    )
                elif key.text in _PHRASES and isinstance(node, Scalar):
                    found.append(_Edit(node, respell_phrase(node.text, key.text)))
    changed = [e for e in found if e.text != e.scalar.text and e.scalar.is_one_line]
    return sorted(changed, key=lambda e: (e.scalar.line, e.scalar.column), reverse=True)


def _mappings(node: Node | None) -> list[Mapping]:
    items = node.items if isinstance(node, Sequence) else ()
    return [item for item in items if isinstance(item, Mapping)]


def _said(node: Node) -> Iterator[Scalar]:
    """Yield the sentences of a list, those in groups included."""
    if isinstance(node, Sequence):
        for item in node.items:
            if isinstance(item, Scalar):
                yield item
            elif isinstance(item, Mapping):
                for key, value in item.entries:
                    yield from _said(value) if key.text in GROUP_KEYS else ()


def _yes_no_fields(rule: Mapping, catalogue: Catalogue) -> frozenset[str]:
    about = rule.get("about")
    if not isinstance(about, Scalar) or about.text not in tuple(Kind):
        return frozenset()
    fields = catalogue.fields(Kind(about.text))
    return frozenset(field.path for field in fields if field.type is FieldType.YES_NO)


def _edited(line: str, edit: _Edit) -> str:
    """Return a line with a value replaced; a comment behind it keeps its column if it can."""
    start, end = edit.scalar.column - 1, edit.scalar.column - 1 + edit.scalar.width
    new, rest = _quoted(edit), line[end:]
    if comment := re.fullmatch(r"\s+(#.*)", rest):
        column = end + len(rest) - len(comment[1])
        space = max(column - start - len(new), _SPACE_BEFORE_COMMENT)
        rest = " " * space + comment[1]
    return line[:start] + new + rest


def _quoted(edit: _Edit) -> str:
    match edit.scalar.style:
        case "'":
            return "'" + edit.text.replace("'", "''") + "'"
        case '"':
            return '"' + edit.text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return edit.text


def _same(text: str, other: str, file: str) -> bool:
    """Whether two texts hold the same keys and values in the same order."""
    try:
        return _content(_read(text, file)) == _content(_read(other, file))
    except Problems:
        return False


def _content(node: Node) -> object:
    if isinstance(node, Mapping):
        return [(key.text, _content(value)) for key, value in node.entries]
    if isinstance(node, Sequence):
        return [_content(item) for item in node.items]
    return (node.text, node.style) if isinstance(node, Scalar) else None
