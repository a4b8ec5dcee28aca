"""Refitting: messages that wait and that their edited rule, or no rule, wants any more.

Told apart by asking both: what the rule as it was would not send either stays, until the gates
say so with what changed in the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from outreach.deciding.circumstances import Subject
from outreach.deciding.rechecking import first_broken, first_true, said
from outreach.model import MessageState, Reason
from outreach.passes.known import read_known
from outreach.passes.setup import Setup
from outreach.rules.canonical import conditions_json
from outreach.rules.conditions import Condition
from outreach.rules.document import Rule, Ruleset
from outreach.store import claiming, places
from outreach.store.states import StateChange, change_states, end_enrollments
from outreach.store.types import Record


def refitted(before: Ruleset, after: Ruleset) -> list[tuple[Rule, Rule]]:
    """Return the rules, as they were and are, that mean others than before."""
    both = ((before.get(rule.name), rule) for rule in after)
    return [(old, new) for old, new in both if old is not None and _asks(old) != _asks(new)]


def refit(
    connection: Connection, setup: Setup, rules: Iterable[tuple[Rule, Rule]], now: datetime
) -> None:
    """Cancel messages that an edit leaves without anything to say, and end what they came from."""
    for old, new in rules:
        ids = [row.id for row in places.waiting_of_rule(connection, new.name)]
        parts = claiming.subjects_of(connection, ids)
        known = read_known(connection, setup, [p for found in parts.values() for p in found], now)
        changes, ending, later = [], [], []
        for message, found in parts.items():
            subjects = [(part, known.subject(part, part.id)) for part in found]
            broken = [(p, why) for p, s in subjects if (why := _excluded(old, new, s, now))]
            ending += [part.id for part, _ in broken]
            later += [part.id for part, s in subjects if _is_met_later(new, s, now)]
            if broken and len(broken) == len(found):
                changes.append(_cancelled(message, said(broken[0][1])))
            else:
                _drop(connection, message, [part for part, _ in broken])
        places.match_anew(connection, later, now)
        change_states(connection, changes, now)
        end_enrollments(connection, ending, Reason.CANCELLED_BY_RULE_EDIT, now)


def end_removed(connection: Connection, rule: str, now: datetime) -> None:
    """Cancel all that waits of a rule that is gone, and end its enrollments."""
    waiting = places.waiting_of_rule(connection, rule)
    why = Reason.RULE_REMOVED
    change_states(
        connection, (StateChange(row.id, MessageState.CANCELLED, why) for row in waiting), now
    )
    end_enrollments(connection, places.active_of_rule(connection, rule), why, now)


def _asks(rule: Rule) -> Sequence[object]:
    return [conditions_json(asked) for asked in (rule.when, rule.audience, rule.cancel_if)]


def _excluded(old: Rule, new: Rule, subject: Subject, now: datetime) -> Condition | None:
    """Return what of the edited rule excludes a subject that it meant before."""
    if _unfit(old, subject, subject.matched_at, now) is not None:
        return None
    at_match = _unfit(new, subject, subject.matched_at, now)
    return at_match and _unfit(new, subject, now, now)


def _is_met_later(new: Rule, subject: Subject, now: datetime) -> bool:
    """Whether the edited rule applies now, and did not yet when the rule as it was began to."""
    fits = _unfit(new, subject, now, now) is None
    return fits and _unfit(new, subject, subject.matched_at, now) is not None


def _unfit(rule: Rule, subject: Subject, matched_at: datetime, now: datetime) -> Condition | None:
    if subject.facts is None:
        return None
    return first_true(rule.cancel_if, subject.facts, now) or first_broken(
        (*rule.when, *rule.audience), subject.facts, matched_at=matched_at, now=now
    )


def _cancelled(message: str, note: str) -> StateChange:
    return StateChange(message, MessageState.CANCELLED, Reason.CANCELLED_BY_RULE_EDIT, note)


def _drop(connection: Connection, message: str, parts: Iterable[Record]) -> None:
    for part in parts:
        claiming.drop_subject(connection, message, part.position)
