"""What every command is given: its workspace, the time, where to write, and who may be asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from outreach.cli.options import Manners
from outreach.cli.output import Output, is_terminal
from outreach.clock import SystemClock
from outreach.errors import Refused

if TYPE_CHECKING:
    from outreach.passes.setup import Setup
    from outreach.store.database import Store
    from outreach.workspace import Workspace

SETTINGS = "outreach.yaml"


class Session:
    """One run of one command. What is slow to get is got when it is first asked for."""

    def __init__(
        self, manners: Manners, env: Mapping[str, str] | None = None, subcommand: str | None = None
    ) -> None:
        self.manners = manners
        #: for the callback of a command with commands: which of them was called
        self.subcommand = subcommand
        self.env: Mapping[str, str] = os.environ if env is None else env
        self.out = Output(manners)
        self._at_end: list[Callable[[], None]] = []

    @cached_property
    def folder(self) -> Path:
        """The workspace's folder: --project, or the nearest one here or above with the settings."""
        if self.manners.project is not None:
            return self.manners.project
        here = Path.cwd()
        for folder in (here, *here.parents):
            if (folder / SETTINGS).is_file():
                return Path() if folder == here else folder
        return Path()

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace; raises Problems for mistakes in outreach.yaml, NoWorkspace without one."""
        from outreach.workspace import Workspace

        return Workspace.open(self.folder)

    @cached_property
    def store(self) -> Store:
        """The workspace's database, open; raises StoreError. It is closed with the session."""
        return self.open_store()

    def open_store(self, *, upgrade: bool | None = None) -> Store:
        """Open the database, with `upgrade` as `outreach.store.database.open_store` takes it."""
        from outreach.store.database import open_store
        from outreach.workspace.database import find_database

        # whatever else somebody is editing in outreach.yaml: `pause` must always work
        store = open_store(find_database(self.folder, self.env), upgrade=upgrade)
        self._at_end.append(store.close)
        return store

    def setup(self, *, applied: bool = True, with_senders: bool = False) -> Setup:
        """Return what passes run with: the applied rules, or those of the files."""
        from outreach.releases import close_setup, open_setup

        setup = open_setup(
            self.workspace,
            self.store,
            env=self.env,
            applied=applied,
            with_senders=with_senders,
            now=self.now,
        )
        self._at_end.append(lambda: close_setup(setup))
        if self.manners.at is not None:
            # a time that is still to come says nothing about how old sources will be then
            return replace(setup, sources_at=min(self.now, SystemClock().now()))
        return setup

    def close(self) -> None:
        """Let go of what was opened."""
        while self._at_end:
            self._at_end.pop()()

    @cached_property
    def zone(self) -> ZoneInfo:
        """The clock that times are read and shown on: --zone, or the workspace's."""
        from outreach.workspace.zones import find_zone, parse_zone

        if self.manners.zone is None:
            return find_zone(self.folder) or self.workspace.settings.zone
        try:
            return parse_zone(self.manners.zone)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--zone") from None

    @cached_property
    def now(self) -> datetime:
        """The instant the command takes for now, the same for as long as it runs."""
        now = SystemClock().now()
        return now if self.manners.at is None else self.moment(self.manners.at, "--at", now=now)

    def when(self, instant: datetime) -> str:
        """Write an instant as people read it: `Tue 24 Nov 09:00 (in 21 h)`."""
        from outreach.timing.moments import format_moment

        return format_moment(instant, self.zone, self.now)

    def clock(self, instant: datetime) -> str:
        """Write an instant with year and place, for a heading: `Mon 23 Nov 2026 11:00 Berlin`."""
        from outreach.timing.hours import DAYS
        from outreach.timing.moments import MONTHS

        local = instant.astimezone(self.zone)
        day, month = DAYS[local.weekday()].title(), MONTHS[local.month - 1].title()
        place = self.zone.key.rpartition("/")[2].replace("_", " ")
        return f"{day} {local.day} {month} {local.year} {local.hour:02}:{local.minute:02} {place}"

    def moment(self, text: str, option: str, *, now: datetime | None = None) -> datetime:
        """Read a time that was given for an option, such as `friday 09:00`."""
        from outreach.timing.moments import parse_moment

        try:
            return parse_moment(text, now or self.now, self.zone)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint=option) from None

    def confirm(
        self, question: str, *, number: int | None = None, expect: int | None = None
    ) -> None:
        """Ask before something that sends, deletes or resumes; raises Refused without a yes.

        `number` is how many it is about, which the question says. `expect` is the number that the
        person gave instead of a yes: another one refuses, the same one needs no answer.
        """
        if expect is not None:
            if expect != number:
                raise Refused(f"expected {expect:,}, and now it is {number:,}: nothing was changed")
            return
        if self.manners.yes:
            return
        if self.manners.no_input or not is_terminal(sys.stdin):
            raise Refused(f"{question} Not confirmed, so nothing was changed: add --yes")
        try:
            agreed = typer.confirm(question, err=True)
        except typer.Abort:
            agreed = False
        if not agreed:
            raise Refused("nothing was changed")
