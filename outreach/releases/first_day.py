"""The first day: a new rule that does not say its mode is in shadow for 24 hours, and then live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from outreach.model import Mode
from outreach.rules.document import FIRST_DAY, Rule, Ruleset
from outreach.store import rule_starts
from outreach.store.database import Store


def read_starts(store: Store) -> Mapping[str, datetime]:
    """Return since when each applied rule has been there."""
    with store.read() as connection:
        return rule_starts.read_starts(connection)


def note_starts(connection: Connection, ruleset: Ruleset, now: datetime) -> None:
    """Write down which rules begin now, and which are gone; one that is off has not begun."""
    awake = [rule for rule in ruleset if rule.mode is not Mode.OFF]
    known = rule_starts.read_starts(connection)
    starts = {rule.name: known.get(rule.name, now) for rule in awake}
    ends = {rule.name: _shadow_until(rule, starts, now) for rule in awake}
    rule_starts.write_starts(connection, starts, ends)


def in_force(ruleset: Ruleset, starts: Mapping[str, datetime], now: datetime) -> Ruleset:
    """Return the rules as they are at `now`; one that is not applied would begin then."""
    rules = tuple(_at(rule, _shadow_until(rule, starts, now)) for rule in ruleset)
    return Ruleset(rules, ruleset.digest, ruleset.version)


def _shadow_until(rule: Rule, starts: Mapping[str, datetime], now: datetime) -> datetime | None:
    """Return until when a rule is in shadow because it is new, None when it is not."""
    if not rule.is_mode_default:
        return None
    until = starts.get(rule.name, now) + FIRST_DAY
    return until if now < until else None


def _at(rule: Rule, until: datetime | None) -> Rule:
    return replace(rule, mode=Mode.SHADOW, shadow_until=until) if until else rule
