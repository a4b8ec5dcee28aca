"""Opening what tells teams of their cases."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

from outreach.channels.notices.mailing import MailNotifier
from outreach.channels.notices.notice import Notifier, Way
from outreach.channels.notices.noting import Desk, NoteNotifier
from outreach.channels.notices.posting import ChatNotifier, WebhookNotifier
from outreach.channels.outgoing import Sender
from outreach.model import Channel
from outreach.releases.sources import sources_of
from outreach.sources.notes import NoteSettings
from outreach.workspace.opening import Workspace
from outreach.workspace.secrets import value_of
from outreach.workspace.teams import Team

Notifiers = dict[tuple[str, Way], Notifier]


def open_notifiers(
    workspace: Workspace, senders: Mapping[Channel, Sender], env: Mapping[str, str]
) -> Notifiers:
    """Return what tells each team in each of its ways; nothing is connected yet.

    Raises Problems when a variable is not set.
    """
    found: Notifiers = {}
    for team in workspace.settings.teams.values():
        for way in Way:
            if way.value in team.ways:
                notifier = _open(team, way, senders, env)
                if notifier is not None:
                    found[team.name, way] = notifier
        if team.notes:
            found[team.name, Way.NOTE] = _open_notes(team, workspace, env)
    return found


def _open(
    team: Team, way: Way, senders: Mapping[Channel, Sender], env: Mapping[str, str]
) -> Notifier | None:
    target = value_of(team.ways[way.value], env)
    match way:
        case Way.EMAIL:
            sender = senders.get(Channel.EMAIL)
            return MailNotifier(target, sender) if sender else None
        case Way.SLACK:
            return ChatNotifier(target)
        case Way.WEBHOOK:
            assert team.secret is not None
            return WebhookNotifier(target, value_of(team.secret, env))
        case Way.NOTE:
            raise AssertionError("a note goes through a source")


def _open_notes(team: Team, workspace: Workspace, env: Mapping[str, str]) -> Notifier:
    named = {scalar.text for scalar in team.notes}
    sources = [source for source in sources_of(workspace) if source.name in named]
    return NoteNotifier(
        {each.name: Desk(each.note.form, _headers(each.note, env)) for each in sources if each.note}
    )


def _headers(note: NoteSettings, env: Mapping[str, str]) -> dict[str, str]:
    headers = {name: value_of(scalar, env) for name, scalar in note.headers.items()}
    if note.login is None:
        return headers
    login = b64encode(value_of(note.login, env).encode()).decode()
    return {"Authorization": f"Basic {login}", **headers}
