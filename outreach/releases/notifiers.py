"""Opening what tells teams of their cases."""

from __future__ import annotations

from collections.abc import Mapping

from outreach.channels.notices.mailing import MailNotifier
from outreach.channels.notices.notice import Notifier, Way
from outreach.channels.notices.posting import ChatNotifier, WebhookNotifier
from outreach.channels.outgoing import Sender
from outreach.model import Channel
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
