"""The `sources:` block, checked by the sources: what the intake pass reads."""

from __future__ import annotations

from outreach.errors import Problem, Problems
from outreach.rules.catalogue import Catalogue
from outreach.sources.settings import SourceSettings, read_sources
from outreach.workspace.opening import Workspace


def sources_of(workspace: Workspace) -> tuple[SourceSettings, ...]:
    """Return the sources of a workspace; raises Problems."""
    sources, problems = check_sources(workspace)
    if problems:
        raise Problems(problems)
    return sources


def check_sources(workspace: Workspace) -> tuple[tuple[SourceSettings, ...], list[Problem]]:
    """Return the sources that can be read, and all that is wrong with the others."""
    settings = workspace.settings
    problems: list[Problem] = []
    sources = read_sources(
        settings.sources.node,
        Catalogue(settings.fields),
        zone=settings.zone,
        folder=workspace.folder,
        problems=problems,
        max_age=age.fixed if (age := settings.safety.source_max_age) else None,
    )
    return sources, sorted(problems)
