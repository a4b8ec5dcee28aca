"""`outreach doctor`: is everything ready, from the settings to the providers."""

from __future__ import annotations

from typing import Annotated

import typer

from outreach.cli.session import Session


def doctor(
    session: Session,
    *,
    fix: Annotated[
        bool, typer.Option("--fix", help="Upgrade the database to this version's schema.")
    ] = False,
) -> int:
    """Say whether everything is ready: files, clock, database, daemon, channels, sources.

    Channels are asked for real, and nothing is sent. Exit code 1 when something is ill.
    """
    from outreach.cli.diagnosis import Health, examine_all

    out = session.out
    found = []
    for finding in examine_all(session, fix=fix):
        found.append(finding)
        out.line(f"{out.mark(finding.health)} {finding.about:<12} {finding.said}")
        if finding.hint:
            out.line(f"{'':<15}{out.style('=', 'cyan')} {finding.hint}")
    is_ill = any(finding.health is Health.ILL for finding in found)
    if out.as_json:
        names = {Health.WELL: "ok", Health.NOTE: "warning", Health.ILL: "error", Health.NONE: "off"}
        findings = [
            {"about": f.about, "health": names[f.health], "said": f.said, "hint": f.hint}
            for f in found
        ]
        out.document("doctor/1", {"ok": not is_ill, "findings": findings})
    return int(is_ill)
