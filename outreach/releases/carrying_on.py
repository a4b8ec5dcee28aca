"""Carrying on: what becomes of enrollments and messages under way when an edit is applied.

Enrollments go on at their own step, wherever it has moved. What somebody approved and would now
read otherwise is asked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.places import STEP_GONE, edited, silenced, spoken_step
from outreach.deciding.rendering.library import SHARED
from outreach.model import MessageState, Reason
from outreach.releases.release import Release
from outreach.rules.document import Rule, Ruleset, Step
from outreach.store import places
from outreach.store.batches import let_go, reopen
from outreach.store.change_log import lock_change_log
from outreach.store.queue import lock_customers
from outreach.store.states import StateChange, change_states
from outreach.workspace.settings import Settings


def carry_on(
    connection: Connection, before: Release, after: Release, *, version: int, now: datetime
) -> None:
    """Move running enrollments to where their steps are, and drop the messages of steps gone."""
    moves = edited(before.ruleset, after.ruleset)
    quiet = [rule for rule in after.ruleset if _is_silenced(before.ruleset, rule)]
    anew = reworded(before, after)
    names = {*moves, *(rule.name for rule in quiet)}
    if not names and not anew:
        return
    # all that a send pass takes, in its order: what it is about to move stands still meanwhile
    lock_change_log(connection)
    walking = (places.customers_of(connection, name) for name in names)
    approved = (let_go(connection, *steps).values() for steps in anew.items())
    lock_customers(connection, {who for found in (*walking, *approved) for who in found})
    for rule in after.ruleset:
        made = moves.get(rule.name, ())
        past = len(rule.steps)
        places.renumber(connection, rule.name, made, past=past, version=version, now=now)
    for rule in quiet:
        gone = list(_of_gone_steps(connection, rule))
        cancelled = (
            StateChange(id_, MessageState.CANCELLED, Reason.CANCELLED_BY_RULE_EDIT, STEP_GONE)
            for id_ in gone
        )
        change_states(connection, cancelled, now)
        places.plan_anew(connection, gone)
    for name, steps in anew.items():
        reopen(connection, name, steps, f"in version {version}", now)


def reworded(before: Release, after: Release) -> dict[str, frozenset[str]]:
    """Return by rule the steps of which a message reads otherwise, or is signed otherwise."""
    was, now = _Words.of(before), _Words.of(after)
    found: dict[str, frozenset[str]] = {}
    for rule in after.ruleset:
        old = before.ruleset.get(rule.name)
        said = {step.id: was.of_step(old, step) for step in old.steps} if old else {}
        steps = {s.id for s in rule.steps if said.get(s.id) not in (None, now.of_step(rule, s))}
        if steps:
            found[rule.name] = frozenset(steps)
    return found


@dataclass(frozen=True)
class _Words:
    """What decides how a release's messages read; its files are read once."""

    files: Mapping[str, str]
    settings: Settings

    @classmethod
    def of(cls, release: Release) -> _Words:
        return cls(release.workspace.template_files(), release.settings)

    def of_step(self, rule: Rule, step: Step) -> Any:
        """Return all that decides how a step's message reads, its customer's data aside."""
        if step.template is None:
            return None
        folders = (f"{step.template}/", f"{SHARED}/")
        owner = self.settings.owners.get(rule.owner)
        return (
            {path: text for path, text in self.files.items() if path.startswith(folders)},
            rule.owner,
            owner and owner.context(),
            self.settings.shop.context(),
        )


def count_reopened(connection: Connection, before: Release, after: Release) -> int:
    """Return how many approved messages would have to be approved again."""
    anew = reworded(before, after).items()
    return sum(len(let_go(connection, rule, steps)) for rule, steps in anew)


def count_dropped(connection: Connection, before: Ruleset, after: Ruleset) -> dict[str, int]:
    """Return by rule how many waiting messages belong to a step that would be gone."""
    quiet = (rule for rule in after if _is_silenced(before, rule))
    counts = {rule.name: sum(1 for _ in _of_gone_steps(connection, rule)) for rule in quiet}
    return {name: count for name, count in counts.items() if count}


def _is_silenced(before: Ruleset, rule: Rule) -> bool:
    old = before.get(rule.name)
    return old is not None and silenced(old, rule)


def _of_gone_steps(connection: Connection, rule: Rule) -> Iterator[str]:
    """Yield the waiting messages of steps that a rule no longer has."""
    for message in places.waiting_of_rule(connection, rule.name):
        if spoken_step(rule, message.step, message.repetition) is None:
            yield message.id
