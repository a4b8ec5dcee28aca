"""Carrying on: what becomes of enrollments and messages under way when an edit is applied.

Enrollments go on at their own step, wherever it has moved. What somebody approved and would now
read otherwise is asked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.places import STEP_GONE, Move, edited, silenced, spoken_step
from outreach.deciding.rendering.library import SHARED
from outreach.errors import Refused
from outreach.model import MessageState, Reason
from outreach.passes.setup import Setup
from outreach.releases.backlog import NOTHING_RECORDED, going_live, meet_recorded
from outreach.releases.refitting import end_removed, refit, refitted
from outreach.releases.release import Release
from outreach.releases.renaming import under_new_names
from outreach.releases.retiming import retime, retimed
from outreach.releases.suspending import switch, switched
from outreach.rules.catalogue import Catalogue
from outreach.rules.document import Rule, Ruleset, Step
from outreach.store import places
from outreach.store.batches import let_go, reopen
from outreach.store.change_log import lock_change_log
from outreach.store.database import Store
from outreach.store.marks import lock_enrolling
from outreach.store.queue import lock_customers
from outreach.store.renaming import rename_rule
from outreach.store.states import StateChange, change_states
from outreach.workspace.settings import Settings


def carry_on(
    connection: Connection,
    store: Store,
    before: Release,
    after: Release,
    now: datetime,
    *,
    renamed: Mapping[str, str],
    with_backlog: bool = False,
) -> None:
    """Let what is under way go on by the edited rules; `after` has its number already.

    `renamed` are the new names of rules by the old ones. With a backlog, whom rules that go live
    have recorded is met too; Refused where none does.
    """
    before = under_new_names(before, renamed)
    edit, going = _Edit.of(before, after), []
    if with_backlog:
        going = going_live(connection, before.ruleset, after.ruleset, now, renamed=renamed)
        if not going:
            raise Refused(NOTHING_RECORDED)
    if not edit and not renamed and not going:
        return
    if renamed or going:
        # an enrol pass that began before must not meet everybody under an old name
        lock_enrolling(connection)
    # all that a send pass takes, in its order: what it is about to move stands still meanwhile
    lock_change_log(connection)
    names = {*edit.names, *renamed, *(rule.name for rule in going)}
    walking = (places.customers_of(connection, name) for name in names)
    was = {new: old for old, new in renamed.items()}
    approved = (
        let_go(connection, was.get(name, name), steps).values()
        for name, steps in edit.reworded.items()
    )
    lock_customers(connection, {who for found in (*walking, *approved) for who in found})
    for old, new in renamed.items():
        rename_rule(connection, old, new)
    for name in edit.removed:
        end_removed(connection, name, now)
    for rule in after.ruleset:
        made = edit.moves.get(rule.name, ())
        past, version = len(rule.steps), after.version
        places.renumber(connection, rule.name, made, past=past, version=version, now=now)
    for rule in edit.quiet:
        _drop_gone_steps(connection, rule, now)
    switch(connection, edit.switched, now)
    setup = _setup_of(store, after)
    refit(connection, setup, edit.refitted, now)
    retime(connection, setup, edit.retimed, now)
    for name, steps in edit.reworded.items():
        reopen(connection, name, steps, f"in version {after.version}", now)
    meet_recorded(connection, setup, going, now)


@dataclass(frozen=True)
class _Edit:
    """What an edit does to rules that may have something under way."""

    removed: Sequence[str]
    moves: Mapping[str, tuple[Move, ...]]
    #: rules of which messages have lost their step
    quiet: Sequence[Rule]
    refitted: Sequence[tuple[Rule, Rule]]
    retimed: Sequence[tuple[Rule, Rule]]
    #: rules that are live no longer, or are again
    switched: Sequence[Rule]
    reworded: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, before: Release, after: Release) -> _Edit:
        old, new = before.ruleset, after.ruleset
        return cls(
            removed=[rule.name for rule in old if new.get(rule.name) is None],
            moves=edited(old, new),
            quiet=[rule for rule in new if _is_silenced(old, rule)],
            refitted=refitted(old, new),
            retimed=retimed(old, new),
            switched=switched(old, new),
            reworded=reworded(before, after),
        )

    def __bool__(self) -> bool:
        return bool(self.names or self.reworded)

    @property
    def names(self) -> set[str]:
        """The rules whose enrollments it may touch."""
        pairs = (*self.refitted, *self.retimed)
        alone = (rule.name for rule in (*self.quiet, *self.switched))
        return {*self.removed, *self.moves, *alone, *(new.name for _, new in pairs)}


def _setup_of(store: Store, release: Release) -> Setup:
    """Return what planning anew asks for."""
    settings = release.settings
    return Setup(
        store=store,
        ruleset=release.ruleset,
        templates=release.templates,
        catalogue=Catalogue(settings.fields),
        zone=settings.zone,
        hold_above=settings.safety.hold_above,
    )


def _drop_gone_steps(connection: Connection, rule: Rule, now: datetime) -> None:
    gone = list(_of_gone_steps(connection, rule))
    cancelled = (
        StateChange(id_, MessageState.CANCELLED, Reason.CANCELLED_BY_RULE_EDIT, STEP_GONE)
        for id_ in gone
    )
    change_states(connection, cancelled, now)
    places.plan_anew(connection, gone)


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


def _is_silenced(before: Ruleset, rule: Rule) -> bool:
    old = before.get(rule.name)
    return old is not None and silenced(old, rule)


def _of_gone_steps(connection: Connection, rule: Rule) -> Iterator[str]:
    """Yield the waiting messages of steps that a rule no longer has."""
    for message in places.waiting_of_rule(connection, rule.name):
        if spoken_step(rule, message.step, message.repetition) is None:
            yield message.id
