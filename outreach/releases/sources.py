"""The `sources:` block, checked by the sources: what the intake pass reads."""

from __future__ import annotations

from collections.abc import Iterator

from outreach.errors import Problem, Problems
from outreach.rules.catalogue import Catalogue
from outreach.rules.yaml_nodes import Mapping
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
    problems += _notes_to_nowhere(workspace)
    return sources, sorted(problems)


def _notes_to_nowhere(workspace: Workspace) -> Iterator[Problem]:
    """Yield a problem for each team that wants notes through a source that can write none."""
    sources = workspace.settings.sources.node
    for team in workspace.settings.teams.values():
        for name in team.notes:
            entry = sources.get(name.text) if sources else None
            if isinstance(entry, Mapping) and entry.key("note") is None:
                said = f"the source `{name.text}` has no `note`: nothing can be written there"
                hint = f"below sources, {name.text}: note: {{like: zendesk, url: …, login: …}}"
                yield name.problem("E310", said, hint=hint)
