"""The workbench: what is applied now, ready to run; the next pass takes a new version up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog

from outreach.errors import OutreachError, Problems
from outreach.passes.setup import Setup
from outreach.releases import (
    applied,
    close_setup,
    current_release,
    put_live,
    read_release,
    read_starts,
    setup_at,
    setup_of,
)
from outreach.releases.applying import DAEMON
from outreach.releases.release import texts_of
from outreach.releases.sources import sources_of
from outreach.sources.settings import SourceSettings
from outreach.store import pulse
from outreach.store.database import Store
from outreach.workspace.opening import Workspace

log = structlog.get_logger(__name__)

#: what `status` calls it when the files are applied by themselves
APPLY = "apply"


class Workbench:
    """One thread's view of the applied rules and the workspace. Not shared between threads."""

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        env: Mapping[str, str],
        *,
        sends: bool,
        follows_files: bool = False,
    ) -> None:
        self.workspace = workspace
        self.store = store
        self._env = env
        self._sends = sends
        self._follows_files = follows_files
        self._told = ""
        self._texts: Mapping[str, str] | None = None
        self._setup = self._open()
        self._starts = read_starts(store)
        self._in_force = self._setup
        self._sources: tuple[SourceSettings, ...] | None = None

    def setup(self, now: datetime) -> Setup:
        """Return what to run with: the newest applied version, if it can be read."""
        if self._follows_files:
            self._apply_files(now)
        if applied(self.store) != self._setup.ruleset.version:
            self._take_up()
        return self._at(now)

    def sources(self) -> tuple[SourceSettings, ...]:
        """Return what the intake pass reads."""
        if self._sources is None:
            self._sources = sources_of(self.workspace)
        return self._sources

    def close(self) -> None:
        """Let go of the senders."""
        close_setup(self._setup)

    def _at(self, now: datetime) -> Setup:
        """Return the setup with new rules in shadow: the one in hand while they are the same."""
        found = setup_at(self._setup, self._starts, now)
        if found.ruleset != self._in_force.ruleset:
            self._in_force = found
        return self._in_force

    def _open(self) -> Setup:
        release = current_release(self.store, self.workspace.folder)
        assert release is not None, "the first start applies what it finds"
        return setup_of(
            release, self.workspace, self.store, env=self._env, with_senders=self._sends
        )

    def _take_up(self) -> None:
        """Change to the newest version; where that fails, go on with the one in hand."""
        before = self._setup
        try:
            # what was added to outreach.yaml for the new rules, such as a channel
            self.workspace = Workspace.open(self.workspace.folder)
            self._sources = None
        except OutreachError as error:
            self._tell("The settings are being edited; those in hand stay", error)
        try:
            self._setup = self._in_force = self._open()
            self._starts = read_starts(self.store)
        except OutreachError as error:
            self._tell("The applied rules cannot be run; those in hand stay", error)
            return
        close_setup(before)
        log.info("Took up the applied rules", version=self._setup.ruleset.version)

    def _apply_files(self, now: datetime) -> None:
        """Apply the files if they changed: `needs_apply: false`."""
        try:
            texts = texts_of(self.workspace)
            if texts == self._texts:
                return
            self._texts = texts
            release = read_release(self.workspace)
            done = put_live(self.store, release, who=DAEMON, now=now, note="the files changed")
        except OutreachError as error:
            self._tell("The files are not in order; the applied rules stay", error)
            self._note_files(now, f"{_first(error)}; version {applied(self.store)} stays")
            return
        self._note_files(now, "")
        if done.is_new:
            log.info("Applied the files", version=done.version)

    def _note_files(self, now: datetime, error: str) -> None:
        """Keep for `status` how applying the files went."""
        with self.store.write() as connection:
            pulse.pass_began(connection, APPLY, now)
            if error:
                pulse.pass_failed(connection, APPLY, error, now)
            else:
                pulse.pass_ended(connection, APPLY, {}, now)

    def _tell(self, what: str, error: OutreachError) -> None:
        """Say something once, not at every pass."""
        if str(error) == self._told:
            return
        self._told = str(error)
        if isinstance(error, Problems):
            log.error(what, problems=len(error.problems), first=str(error.problems[0]))
        else:
            log.error(what, error=str(error))


def _first(error: OutreachError) -> str:
    """Return the first of what is wrong, and how much more there is."""
    if not isinstance(error, Problems):
        return str(error)
    more = len(error.problems) - 1
    return f"{error.problems[0]}{f' and {more:,} more' if more else ''}"
