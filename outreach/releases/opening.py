"""Opening: from a workspace and a database to what the passes run with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from outreach.channels.mailbox import Place
from outreach.channels.opening import open_sender
from outreach.channels.outgoing import Sender
from outreach.channels.settings import Channels
from outreach.deciding.harm import Bearable
from outreach.deciding.throttling import Allowance
from outreach.errors import Refused
from outreach.model import Channel
from outreach.passes.escalating import Escalation
from outreach.passes.hearing import House
from outreach.passes.lease import LEASE
from outreach.passes.notifying import ways_of
from outreach.passes.setup import Setup
from outreach.releases.applying import current_release, release_before
from outreach.releases.carrying_on import reworded
from outreach.releases.channels import read_channels
from outreach.releases.first_day import in_force, read_starts
from outreach.releases.links import open_links, shown_links
from outreach.releases.notifiers import open_notifiers
from outreach.releases.release import Release, read_release
from outreach.rules.catalogue import Catalogue
from outreach.store.database import Store
from outreach.workspace.opening import Workspace

#: for tests: seconds instead of the five minutes of a lease
LEASE_VARIABLE = "OUTREACH_LEASE"


def open_setup(
    workspace: Workspace,
    store: Store,
    *,
    env: Mapping[str, str],
    applied: bool = True,
    with_senders: bool = True,
    now: datetime | None = None,
) -> Setup:
    """Return what the passes run with: the applied rules, or with `applied=False` the files'.

    With `now` rules that are new then are in shadow; without it each is as if it had been there for
    long. Channels and safety are always those of the files. Raises Problems for mistakes in files,
    Refused when nothing is applied yet, and SendError when a secret of a channel is not set.
    """
    if not applied:
        setup = _setup_of_files(workspace, store, env=env, with_senders=with_senders)
        return setup_at(setup, read_starts(store), now) if now else setup
    release = current_release(store, workspace.folder)
    if release is None:
        raise Refused(
            "no rules are applied yet: look at them with `outreach preview`, then `outreach apply`"
        )
    setup = setup_of(release, workspace, store, env=env, with_senders=with_senders)
    return setup_at(setup, read_starts(store), now) if now else setup


def setup_at(setup: Setup, starts: Mapping[str, datetime], now: datetime) -> Setup:
    """Return a setup with the rules as they are at `now`, those that are new in shadow."""
    return replace(setup, ruleset=in_force(setup.ruleset, starts, now))


def _setup_of_files(
    workspace: Workspace, store: Store, *, env: Mapping[str, str], with_senders: bool
) -> Setup:
    """Return what the files' rules would run with, from where the applied ones have come to."""
    release = read_release(workspace)
    setup = setup_of(release, workspace, store, env=env, with_senders=with_senders)
    before = release_before(store, release)
    if before is None:
        return setup
    return replace(setup, applied=before.ruleset, reworded=reworded(before, release))


def setup_of(
    release: Release,
    workspace: Workspace,
    store: Store,
    *,
    env: Mapping[str, str],
    with_senders: bool = True,
) -> Setup:
    """Return what the passes run with for one release; see `open_setup`."""
    channels = read_channels(workspace)
    settings, safety = release.settings, workspace.settings.safety
    known = {channel: found for channel in Channel if (found := channels.of(channel))}
    senders = open_senders(channels, workspace, env) if with_senders else {}
    return Setup(
        store=store,
        ruleset=release.ruleset,
        templates=release.templates,
        catalogue=Catalogue(settings.fields),
        zone=settings.zone,
        policy=settings.contact_policy,
        hold_above=safety.hold_above,
        send_only_to=safety.send_only_to,
        resend_after=safety.resend_after,
        bearable=Bearable(**safety.pause_rule_above),
        channels=frozenset(known),
        senders=senders,
        concurrency={channel: found.concurrency for channel, found in known.items()},
        allowances={
            channel: Allowance(
                found.segments_per_second or found.messages_per_second, found.daily_cap
            )
            for channel, found in known.items()
        },
        max_segments={
            channel: found.max_segments for channel, found in known.items() if found.max_segments
        },
        lease=_lease(env),
        pools=settings.coupons,
        shop=settings.shop.context(),
        owners={address: owner.context() for address, owner in settings.owners.items()},
        teams=workspace.settings.teams,
        surveys=settings.surveys,
        notifiers=open_notifiers(workspace, senders, env) if with_senders else {},
        unsubscribe=settings.unsubscribe,
        links=open_links(workspace, env) if with_senders else shown_links(workspace),
    )


def _lease(env: Mapping[str, str]) -> timedelta:
    """Return how long a claim is good for: tests that wait for its end make it short."""
    said = env.get(LEASE_VARIABLE)
    if not said:
        return LEASE
    try:
        return timedelta(seconds=float(said))
    except (ValueError, OverflowError):
        raise Refused(f"{LEASE_VARIABLE}: `{said}` is no number of seconds") from None


def house_of(workspace: Workspace) -> House:
    """Return what of a workspace replies are answered with."""
    settings = workspace.settings
    safety = settings.safety
    team = settings.teams.get(safety.angry_replies)
    asked = Escalation(team.name, ways_of(team)) if team else None
    scope = safety.sms_stop_scope
    return House(settings.shop.name, settings.locale, scope, asked, settings.surveys)


def mailbox_of(workspace: Workspace, env: Mapping[str, str]) -> Place | None:
    """Return where replies arrive by mail, None where that is not said.

    Raises Problems when its user or password is not set.
    """
    mailbox = workspace.settings.mailbox
    if mailbox is None:
        return None
    user, password = mailbox.credentials(env)
    return Place(mailbox.host, mailbox.port, mailbox.security.value, user, password, mailbox.folder)


def open_senders(
    channels: Channels, workspace: Workspace, env: Mapping[str, str]
) -> dict[Channel, Sender]:
    """Open what sends on each channel; nothing is connected yet."""
    return {
        channel: open_sender(found, env=env, base_folder=workspace.folder)
        for channel in Channel
        if (found := channels.of(channel))
    }


def close_setup(setup: Setup) -> None:
    """Let go of the connections of senders and notifiers."""
    for notifier in setup.notifiers.values():
        notifier.close()
    for sender in setup.senders.values():
        sender.close()
