"""What goes where and how it looks: results on stdout, notes on stderr, colour on terminals."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sys
import textwrap
from datetime import datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, TextIO

import typer

from outreach.cli.options import Color, Manners
from outreach.model import Money

#: a symbol always stands beside a word, so that nothing depends on colour
MARKS = {
    "ok": ("✓", "green"),
    "planned": ("●", "blue"),
    "waiting": ("‖", "yellow"),
    "warning": ("!", "yellow"),
    "failed": ("✗", "red"),
    "none": ("–", "bright_black"),
}
#: a pipe has no width; what is cut to fit on a screen is not cut there
PIPE_WIDTH = 120


class Output:
    """The streams of one command, and what may be done to them."""

    def __init__(self, manners: Manners) -> None:
        self.as_json = manners.json
        self.quiet = manners.quiet
        self.verbose = manners.verbose
        self.color = manners.color or Color.AUTO

    # results

    def line(self, text: str = "") -> None:
        """Print a line of the result; nothing with --json, whose result is the document."""
        if not self.as_json:
            typer.echo(text, color=self.has_color())

    def paragraph(self, text: str) -> None:
        """Print a sentence of the result, wrapped where somebody reads it on a screen."""
        if is_terminal(sys.stdout):
            text = textwrap.fill(
                text,
                self.width,
                subsequent_indent="  ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        self.line(text)

    def document(self, schema: str, content: dict[str, Any]) -> None:
        """Print the one document of --json; `schema` is named like `preview/1`."""
        text = json.dumps(
            {"schema": f"outreach/{schema}", **content},
            default=plain,
            ensure_ascii=False,
            indent=2,
        )
        typer.echo(text)

    # notes

    def note(self, text: str = "") -> None:
        """Say something beside the result."""
        if not self.quiet:
            self.complain(text)

    def complain(self, text: str) -> None:
        """Say what went wrong; --quiet does not hide it."""
        typer.echo(text, err=True, color=self.has_color(sys.stderr))

    def error(self, text: str) -> None:
        """Say why the command did not do what it was asked to."""
        self.complain(f"{self.style('error:', 'red', bold=True, err=True)} {text}")

    def detail(self, text: str) -> None:
        """Say something that is only told with -v."""
        if self.verbose:
            self.note(text)

    def suggest(self, *commands: str | tuple[str, str]) -> None:
        """Name the commands that are likely wanted next, each alone or with what it is for."""
        if self.as_json:
            return
        pairs = [(c, "") if isinstance(c, str) else c for c in commands]
        width = max(len(command) for command, _ in pairs)
        for command, why in pairs:
            text = self.style(f"→ {command}", bold=True, err=True)
            self.note(f"{text}{' ' * (width - len(command))}   {why}" if why else text)

    # looks

    def has_color(self, stream: TextIO | None = None) -> bool:
        """Whether a stream (stdout if none is named) is coloured."""
        if self.color is not Color.AUTO:
            return self.color is Color.ALWAYS
        if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return False
        return is_terminal(stream or sys.stdout)

    def style(
        self,
        text: str,
        color: str | None = None,
        *,
        bold: bool = False,
        dim: bool = False,
        err: bool = False,
    ) -> str:
        """Return a text as it is to look on stdout, or with `err` on stderr."""
        if not text or not self.has_color(sys.stderr if err else sys.stdout):
            return text
        return typer.style(text, fg=color, bold=bold or None, dim=dim or None)

    def mark(self, meaning: str) -> str:
        """Return the coloured symbol for one of MARKS."""
        symbol, color = MARKS[meaning]
        return self.style(symbol, color)

    @property
    def width(self) -> int:
        """How many characters a line of the result may have."""
        if not is_terminal(sys.stdout) and "COLUMNS" not in os.environ:
            return PIPE_WIDTH
        return shutil.get_terminal_size((PIPE_WIDTH, 24)).columns


def counted(number: int, what: str) -> str:
    """Return `1 rule`, `1,204 rules`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def is_terminal(stream: TextIO) -> bool:
    """Whether somebody looks at a stream."""
    try:
        return stream.isatty()
    except ValueError:  # closed: nobody does
        return False


def plain(value: Any) -> Any:
    """Turn a value of ours into what JSON knows: times ISO with offset, amounts as written."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal | Path | Money):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON: {value!r}")
