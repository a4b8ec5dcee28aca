"""Opening a workspace: the settings, and the files they point at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outreach.errors import Problem, Problems
from outreach.model import Channel
from outreach.rules.catalogue import Catalogue
from outreach.rules.names import Names
from outreach.workspace.files import below, matching, matching_tests, read_settings_text
from outreach.workspace.jobs import DEFAULT_JOBS, Job, read_jobs
from outreach.workspace.people import Owner
from outreach.workspace.settings import Settings, read_settings


@dataclass(frozen=True)
class Workspace:
    """An operator's folder. Files are read when asked for, so that an edit is seen."""

    folder: Path
    settings: Settings

    @classmethod
    def open(cls, folder: Path) -> Workspace:
        """Open a folder; raises NoWorkspace, or Problems with all of outreach.yaml's mistakes."""
        problems: list[Problem] = []
        workspace = cls.read(folder, problems)
        if workspace is None or problems:
            raise Problems(problems)
        return workspace

    @classmethod
    def read(cls, folder: Path, problems: list[Problem]) -> Workspace | None:
        """Open a folder, adding what is wrong in outreach.yaml to `problems` and reading on.

        For `check`, which goes on to the rules. None when outreach.yaml is no YAML at all.
        """
        try:
            settings = read_settings(read_settings_text(folder), problems)
        except Problems as found:
            problems += found.problems
            return None
        return cls(folder, settings) if settings else None

    def names(self) -> Names:
        """Return what rules can refer to; raises Problems for a template that is not UTF-8."""
        # how templates are named is known where they are rendered, which is slow to load
        from outreach.deciding.rendering.library import Library

        library = Library(self.template_files(), self.settings.templates)
        set_up = self.settings.channels.plain()
        return Names(
            catalogue=Catalogue(self.settings.fields),
            zone=self.settings.zone,
            default_window=self.settings.default_window,
            windows=self.settings.send_windows,
            calendars=self.settings.calendars,
            templates={name: library.channels(name) for name in library.names()},
            channels=tuple(channel for channel in Channel if channel.value in set_up),
            teams={name: team.calendar for name, team in self.settings.teams.items()},
            surveys=tuple(self.settings.surveys),
            pools=self.settings.coupons,
            has_pages=self.settings.web is not None and self.settings.web.has_pages,
            has_postal_address=bool(self.settings.shop.address),
        )

    def database_url(self, env: Mapping[str, str]) -> str:
        """Return the SQLAlchemy URL; raises Problems when the variable it names is not set."""
        return self.settings.database.url(self.folder, env)

    def owner(self, address: str) -> Owner:
        """Return who answers for a rule; without a name when outreach.yaml does not say it."""
        return self.settings.owners.get(address) or Owner(address)

    def rule_files(self) -> dict[str, str]:
        """Return the rule files by their path in the workspace, rule tests left out."""
        return matching(self.folder, self.settings.rules)

    def test_files(self) -> dict[str, str]:
        """Return the rule tests by their path in the workspace: they stand among the rules."""
        return matching_tests(self.folder, self.settings.rules)

    def template_files(self) -> dict[str, str]:
        """Return the template files by their path in the templates folder."""
        return below(self.folder, self.settings.templates)

    def jobs(self) -> tuple[Job, ...]:
        """Return what the daemon runs when; raises Problems with all that is wrong in the jobs."""
        texts = matching(self.folder, self.settings.jobs)
        if not texts:
            return DEFAULT_JOBS
        problems: list[Problem] = []
        jobs = read_jobs(texts, problems)
        if problems:
            raise Problems(problems)
        return jobs
