"""All schemas of a workspace: what rules, tests, channels and sources each know of themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outreach.workspace import Workspace


def write_all_schemas(workspace: Workspace, folder: Path | None = None) -> list[Path]:
    """Write them into `.outreach/`, or where told; return the files.

    Raises Problems for rules or templates that are not UTF-8.
    """
    from outreach.channels.schema import channels_schema
    from outreach.proving.scenarios import schema as of_tests
    from outreach.sources.schema import sources_schema
    from outreach.workspace.schemas import write_schemas

    blocks = {
        "channels": channels_schema(),
        "sources": sources_schema(workspace.names().catalogue),
    }
    more = {of_tests.NAME: of_tests.schema_of_tests}
    return write_schemas(workspace, folder, more=more, blocks=blocks)
