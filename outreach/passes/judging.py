"""Judging: read all that the gates ask for about some messages, and put it together for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.asking import Standing
from outreach.deciding.caps import Contact, longest_memory
from outreach.deciding.circumstances import Circumstances, Judged, Paused
from outreach.deciding.freshness import StaleSource
from outreach.deciding.places import spoken_step
from outreach.deciding.verdicts import Decision
from outreach.model import Channel, Mode, Purpose, Reason
from outreach.passes.known import Known, read_known
from outreach.passes.purse import Purse, Wallet
from outreach.passes.setup import Setup
from outreach.passes.wording import renderer
from outreach.rules.document import Step
from outreach.store.fallbacks import reached_before
from outreach.store.recipients import read_contacts, read_pauses, sent_by_rule
from outreach.store.source_reads import read_stale
from outreach.store.standings import read_standings


@dataclass(frozen=True)
class Seen:
    """What was read for all of some messages at once."""

    parts: Mapping[str, Sequence[Any]]
    known: Known
    contacts: dict[str, list[Contact]]
    sent_by_rule: dict[str, list[datetime]]
    pauses: Sequence[Paused]
    stale: Sequence[StaleSource]
    #: messages of a step's next channel that came too late: the one before arrived
    reached_before: frozenset[str]
    #: by message how its customer stands, of those that ask a survey
    standings: Mapping[str, Standing]
    purse: Purse


def read_seen(
    connection: Connection,
    setup: Setup,
    rows: Sequence[Any],
    parts: Mapping[str, Sequence[Any]],
    now: datetime,
    purse: Purse | None = None,
) -> Seen:
    """Read what the gates ask for; `parts` has the subjects of each message by its id.

    Without a `purse` coupons are looked at and never taken.
    """
    enrollments = [part for found in parts.values() for part in found]
    rules = {row.rule: setup.ruleset.get(row.rule) for row in rows}
    lasts = {name: survey.link_expires.fixed for name, survey in setup.surveys.items()}
    since = now - longest_memory(setup.policy, [rule for rule in rules.values() if rule])
    if purse is None:
        purse = Purse.open(
            connection, setup, setup.ruleset.rules, wallets(rows), now, pretends=True
        )
    return Seen(
        parts=parts,
        known=read_known(connection, setup, enrollments, now),
        contacts=read_contacts(connection, {r.customer_id for r in rows if r.customer_id}, since),
        sent_by_rule={
            name: sent_by_rule(connection, name, now - max(r.per.fixed for r in rule.rates))
            for name, rule in rules.items()
            if rule and rule.rates
        },
        pauses=read_pauses(connection, now),
        stale=read_stale(connection, setup.sources_at or now),
        # an enrollment that has no message yet has no channel either
        standings=read_standings(connection, rows, parts, lasts, now),
        reached_before=reached_before(
            connection, [row.id for row in rows if getattr(row, "channel_number", 0)]
        ),
        purse=purse,
    )


def wallets(rows: Iterable[Any]) -> list[Wallet]:
    """Return what may hold a coupon; an enrollment that has no message yet has none."""
    return [Wallet(str(row.id), row.customer_id or "", row.rule) for row in rows]


def circumstances(setup: Setup, row: Any, seen: Seen) -> Circumstances:
    """Put together all that is known about one message."""
    rule = setup.ruleset.get(row.rule)
    step = spoken_step(rule, row.step, row.repetition) if rule else None
    recipient = seen.known.people.get(row.customer_id)
    render, look = None, None
    if rule and step and recipient:
        cases = seen.known.cases
        render = renderer(setup, rule, step, row.repetition, recipient, row.id, cases)
        if step.offer:
            (wallet,) = wallets([row])
            look = partial(seen.purse.look, wallet, step.offer, recipient)
    return Circumstances(
        rule=rule,
        step=step,
        repetition=row.repetition,
        purpose=Purpose(row.purpose),
        expires_at=row.expires_at,
        subjects=tuple(seen.known.subject(part, part.id) for part in seen.parts[row.id]),
        recipient=recipient,
        mode=Mode(row.mode),
        via=_via(setup, step, row.channel_number) if step else (),
        contacts=seen.contacts.get(row.customer_id, ()),
        sent_by_rule=seen.sent_by_rule.get(row.rule, ()),
        policy=setup.policy,
        pauses=seen.pauses,
        stale=seen.stale,
        takers=setup.ruleset.over(row.rule),
        standing=seen.standings.get(row.id),
        is_approved=row.approved,
        reached_before=row.id in seen.reached_before,
        max_segments=setup.max_segments,
        render=render,
        look=look,
        pool=setup.pools.get(step.offer.coupon) if step and step.offer else None,
    )


def settle_coupon(purse: Purse, row: Any, judged: Judged, now: datetime) -> None:
    """Let a message take its coupon that goes out, or is held for a person's word about it."""
    verdict, offered = judged.verdict, judged.offered
    (wallet,) = wallets([row])
    is_going = verdict.decision is Decision.GO
    if offered and offered.coupon and (is_going or verdict.reason is Reason.DEAR_COUPON):
        purse.take(wallet, offered.coupon, now)
    elif is_going or (offered and not offered.coupon):
        purse.leave(wallet.message)


def _via(setup: Setup, step: Step, number: int) -> tuple[Channel, ...]:
    """Return the channels a message may choose from, of those the workspace has."""
    return tuple(c for c in step.via[number:] if c in setup.channels)
