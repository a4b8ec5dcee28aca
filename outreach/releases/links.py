"""The links of a workspace to its customers' pages: real ones, and what previews show instead."""

from __future__ import annotations

from collections.abc import Mapping

from outreach.deciding.rendering.links import Links
from outreach.workspace.opening import Workspace


def open_links(workspace: Workspace, env: Mapping[str, str]) -> Links | None:
    """Return what signs links, None without `web: secret`; raises Problems when it is not set."""
    web = workspace.settings.web
    if web is None or not web.has_pages:
        return None
    return Links(web.public_url, web.link_secrets(env))


def shown_links(workspace: Workspace) -> Links | None:
    """Return what makes links to look at, without a secret; None where real ones are missing."""
    web = workspace.settings.web
    return Links(web.public_url) if web is not None and web.has_pages else None
