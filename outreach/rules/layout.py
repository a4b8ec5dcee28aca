"""The layout of a rule file: two more blanks a level, a blank line between rules.

Only blanks are moved. Comments stay where they are, beside what they speak of; the inside of a
value that takes several lines is moved as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from outreach.rules.yaml_nodes import Mapping, Node, Scalar, Sequence

_STEP = 2
_DASHES = re.compile(r"(- +)+")
_INDENT = re.compile(r" *")


@dataclass
class _Layout:
    """Where lines should start, by their number from 1; `inside` belong to the line above."""

    lines: list[str]
    starts: dict[int, int] = field(default_factory=dict)
    inside: set[int] = field(default_factory=set)
    rules: set[int] = field(default_factory=set)

    def indent(self, number: int) -> int:
        found = _INDENT.match(self.lines[number - 1])
        return found.end() if found else 0

    def is_blank(self, number: int) -> bool:
        return not self.lines[number - 1].strip()

    def is_comment(self, number: int) -> bool:
        return self.lines[number - 1].lstrip().startswith("#")


def lay_out(lines: list[str], root: Mapping) -> list[str]:
    """Return the lines of a file in its one layout; `root` is what stands in them."""
    layout = _Layout(lines)
    _place_mapping(layout, root, 0)
    moved = {number: _moved(layout, number) for number in range(1, len(lines) + 1)}
    return list(_spaced(layout, moved))


def _place(layout: _Layout, node: Node, indent: int) -> None:
    """Say where the lines of a part start, that begins on a line of its own or behind a dash."""
    if isinstance(node, Mapping) and not _is_flow(layout, node):
        _place_mapping(layout, node, indent)
    elif isinstance(node, Sequence) and not _is_flow(layout, node):
        _place_sequence(layout, node, indent)
    else:
        layout.starts.setdefault(node.line, indent)
        _keep_together(layout, node)


def _place_mapping(layout: _Layout, node: Mapping, indent: int) -> None:
    for key, value in node.entries:
        layout.starts.setdefault(key.line, indent)
        if value.line == key.line and not _has_lines_of_its_own(value):
            _keep_together(layout, value)
        else:
            deeper = 0 if indent == 0 and isinstance(value, Sequence) else indent + _STEP
            _place(layout, value, deeper)


def _place_sequence(layout: _Layout, node: Sequence, indent: int) -> None:
    for item in node.items:
        dash = _dash_line(layout, item)
        layout.starts.setdefault(dash, indent)
        if indent == 0 and isinstance(item, Mapping):
            layout.rules.add(dash)
        _place(layout, item, indent + _STEP)


def _has_lines_of_its_own(value: Node) -> bool:
    return isinstance(value, Mapping | Sequence) and _last_line(value) > value.line


def _dash_line(layout: _Layout, item: Node) -> int:
    """Return the line with the dash of an item, which may stand above it alone."""
    if layout.lines[item.line - 1][: item.column - 1].strip(" -") == "":
        before = layout.lines[item.line - 1][: item.column - 1]
        if "-" in before:
            return item.line
    above = (n for n in range(item.line - 1, 0, -1) if not layout.is_comment(n))
    return next((n for n in above if layout.lines[n - 1].strip().startswith("-")), item.line)


def _keep_together(layout: _Layout, node: Node) -> None:
    """Say which lines are the inside of a value that takes several."""
    if isinstance(node, Scalar):
        last = node.line if node.is_one_line else _end_of_scalar(layout, node)
    else:
        last = _last_line(node)
        while last < len(layout.lines) and layout.lines[last].strip()[:1] in ("]", "}"):
            last += 1
    layout.inside.update(range(node.line + 1, last + 1))


def _end_of_scalar(layout: _Layout, node: Scalar) -> int:
    """Return the last line that is indented deeper than the line a value starts in."""
    outer, last = layout.indent(node.line), node.line
    for number in range(node.line + 1, len(layout.lines) + 1):
        if layout.is_blank(number):
            continue
        if layout.indent(number) <= outer:
            break
        last = number
    return last


def _last_line(node: Node) -> int:
    if isinstance(node, Mapping):
        return max((_last_line(value) for _, value in node.entries), default=node.line)
    if isinstance(node, Sequence):
        return max((_last_line(item) for item in node.items), default=node.line)
    return node.line


def _is_flow(layout: _Layout, node: Node) -> bool:
    return layout.lines[node.line - 1][node.column - 1 : node.column] in ("[", "{")


def _moved(layout: _Layout, number: int) -> str:
    """Return one line at its new place."""
    line = layout.lines[number - 1]
    if number in layout.inside:
        return _shifted(line, _shift(layout, _owner(layout, number)))
    if not line.strip():
        return ""
    if number in layout.starts:
        rest = line.strip()
        if found := _DASHES.match(rest):
            rest = "- " * found.group().count("-") + rest[found.end() :]
        return " " * layout.starts[number] + rest
    return _shifted(line, _shift(layout, _neighbour(layout, number))).rstrip()


def _owner(layout: _Layout, number: int) -> int:
    return next(n for n in range(number, 0, -1) if n not in layout.inside)


def _neighbour(layout: _Layout, number: int) -> int | None:
    """Return the line a comment moves with: the next one, or the one above if it is deeper."""
    here = layout.indent(number)
    below = next((n for n in range(number, len(layout.lines) + 1) if n in layout.starts), None)
    if below and layout.indent(below) >= here:
        return below
    above = next((n for n in range(number, 0, -1) if n in layout.starts), None)
    return above or below


def _shift(layout: _Layout, number: int | None) -> int:
    if number is None or number not in layout.starts:
        return 0
    return layout.starts[number] - layout.indent(number)


def _shifted(line: str, by: int) -> str:
    if not line.strip():
        return line
    indent = len(line) - len(line.lstrip(" "))
    return " " * max(indent + by, 0) + line.lstrip(" ")


def _spaced(layout: _Layout, moved: dict[int, str]) -> Iterator[str]:
    """Yield the lines with one blank line before each rule and never two in a row."""
    before = {_first_of(layout, rule) for rule in layout.rules}
    blank = True  # none at the start
    for number, line in moved.items():
        if number in layout.inside:
            yield line
            blank = False
        elif line:
            if number in before and not blank:
                yield ""
            yield line
            blank = False
        elif not blank and any(moved[n] for n in range(number, len(moved) + 1)):
            yield ""
            blank = True


def _first_of(layout: _Layout, rule: int) -> int:
    """Return the first of the comment lines right above a rule, or the rule's own line."""
    first = rule
    while first > 1 and layout.is_comment(first - 1) and first - 1 not in layout.inside:
        first -= 1
    return first
