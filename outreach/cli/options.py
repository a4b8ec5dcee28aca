"""The options that every command takes, before or after its name, and what they come to."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

PANEL = "Everywhere"


class Color(StrEnum):
    """When to colour: `auto` does on a terminal, unless NO_COLOR is set."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class Manners:
    """What was said about the manner of a command; the defaults are what nobody said."""

    project: Path | None = None
    at: str | None = None
    zone: str | None = None
    json: bool = False
    quiet: bool = False
    verbose: int = 0
    yes: bool = False
    no_input: bool = False
    color: Color | None = None

    def updated(self, given: Mapping[str, Any]) -> Manners:
        """Return these with what else was said: what stands after the command's name wins."""
        return replace(self, **{name: value for name, value in given.items() if value})


def _manners(
    *,
    project: Annotated[
        Path | None,
        typer.Option(
            "--project",
            metavar="DIR",
            envvar="OUTREACH_PROJECT",
            show_envvar=False,
            help="The workspace; else the folder here or above with an outreach.yaml.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TIME",
            help="Pretend it is then: 'friday 09:00', '+3 days', 2026-11-22T09:00.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(
            "--zone",
            metavar="ZONE",
            help="Read and show times on this clock; else the workspace's.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    json: Annotated[
        bool,
        typer.Option("--json", help="One JSON document on stdout.", rich_help_panel=PANEL),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="Results only, no notes.", rich_help_panel=PANEL),
    ] = False,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            show_default=False,
            help="Say more about what is done.",
            rich_help_panel=PANEL,
        ),
    ] = 0,
    yes: Annotated[
        bool,
        typer.Option("--yes", "-y", help="Answer questions with yes.", rich_help_panel=PANEL),
    ] = False,
    no_input: Annotated[
        bool,
        typer.Option(
            "--no-input", help="Never ask: refuse what needs an answer.", rich_help_panel=PANEL
        ),
    ] = False,
    color: Annotated[
        Color | None,
        typer.Option(
            "--color",
            metavar="WHEN",
            help="auto, always or never.",
            show_default=False,
            rich_help_panel=PANEL,
        ),
    ] = None,
) -> None:
    """Nothing is done here: the signature is what the command line is read by."""


#: what each command's function takes besides its own
PARAMETERS = tuple(inspect.signature(_manners, eval_str=True).parameters.values())
NAMES = frozenset(field.name for field in fields(Manners))

#: shows whole addresses where listings mask them
ShowPersonal = Annotated[
    bool, typer.Option("--show-personal", help="Show addresses and numbers in full.")
]
