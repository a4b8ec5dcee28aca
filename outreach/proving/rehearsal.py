"""A rehearsal: what the passes run with, made from a workspace's files, not from applied rules."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import event

from outreach.channels import Channels, Sender, open_sender
from outreach.deciding.rendering.templates import Templates
from outreach.model import Channel
from outreach.passes.setup import Setup
from outreach.rules.loader import load_rules
from outreach.store.database import Store
from outreach.workspace import Workspace


def rehearse(workspace: Workspace, store: Store, senders: Mapping[Channel, Sender]) -> Setup:
    """Return the setup of the rules on disk; raises Problems when they have mistakes."""
    settings, names = workspace.settings, workspace.names()
    channels = Channels.model_validate(settings.channels.plain())
    used = {channel: found for channel in Channel if (found := channels.of(channel))}
    rates = {channel: found.segments_per_second for channel, found in used.items()}
    return Setup(
        store=store,
        ruleset=load_rules(workspace.rule_files(), names),
        templates=Templates(workspace.template_files(), settings.locale, settings.zone),
        catalogue=names.catalogue,
        zone=settings.zone,
        policy=settings.contact_policy,
        hold_above=settings.safety.hold_above,
        send_only_to=settings.safety.send_only_to,
        channels=frozenset(used),
        senders=senders,
        concurrency={channel: found.concurrency for channel, found in used.items()},
        rates={channel: rate for channel, rate in rates.items() if rate},
        shop=settings.shop.context(),
        owners={address: owner.context() for address, owner in settings.owners.items()},
        unsubscribe=settings.unsubscribe,
    )


def open_senders(workspace: Workspace, env: Mapping[str, str]) -> dict[Channel, Sender]:
    """Open the channels of a workspace; the secrets they name are looked up in `env`."""
    channels = Channels.model_validate(workspace.settings.channels.plain())
    return {
        channel: open_sender(found, env=env, base_folder=workspace.folder)
        for channel in Channel
        if (found := channels.of(channel))
    }


def make_hasty(store: Store) -> None:
    """Let a SQLite store no longer wait for the disk: nothing in a rehearsal outlives it."""
    if store.is_sqlite:
        event.listen(store.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
        store.engine.dispose()  # connections made before still wait
