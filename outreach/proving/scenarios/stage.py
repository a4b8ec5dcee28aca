"""The stage that scenarios are played on: one database in memory, made empty for each of them.

What is slow to make is made once: the schema, the rules as statements, the templates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from outreach.deciding.rendering.links import Links
from outreach.model import Channel, Mode
from outreach.passes.setup import Setup
from outreach.proving.scenarios.post import PostOffice
from outreach.proving.scratch import empty, memory_store
from outreach.proving.simulation import alarm_of
from outreach.proving.waking import Alarm
from outreach.releases import Release, put_live, setup_of
from outreach.rules.canonical import ruleset_digest
from outreach.rules.document import Rule, Ruleset
from outreach.store.database import Store
from outreach.store.prepared import Statements
from outreach.store.stocking import add_codes

#: who does what a test lets people do
WHO = "the test"
#: where links lead in a workspace without pages
PAGES = Links("https://pages.example")
#: how many codes a pool has in a test
CODES = 100


@dataclass
class Stage:
    """Everything that the scenarios of one workspace share. Used by one thread."""

    release: Release
    #: what was applied in the middle of the scenario that is played, None before
    edited: Release | None = None
    store: Store = field(default_factory=memory_store)
    post: PostOffice = field(default_factory=PostOffice)
    #: may be those of another stage with the same store, which has some of the same rules
    statements: Statements = field(default_factory=Statements)
    _setups: dict[tuple[str, ...], Setup] = field(default_factory=dict)
    _alarms: dict[tuple[str, ...], Alarm] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget all that was played."""
        empty(self.store)
        if self.edited is not None:
            self.edited = None
            self._forget()
        self.post.letters.clear()

    def stock(self, setup: Setup, *, now: datetime) -> None:
        """Put numbered codes into the pools that rules offer coupons of."""
        steps = (step for rule in setup.ruleset for step in rule.steps)
        offered = {step.offer.coupon for step in steps if step.offer}
        for name in sorted(offered & setup.pools.keys()):
            codes = {f"{name}-{number:04d}": "test" for number in range(1, CODES + 1)}
            with self.store.write() as connection:
                add_codes(connection, name, codes, now)

    def setup(self, rules: Iterable[str], *, fresh: bool = False) -> Setup:
        """Return what the passes run with; a `fresh` one knows nothing from before."""
        names = tuple(rules)
        if fresh or names not in self._setups:
            self._setups[names] = self._make(names)
        return self._setups[names]

    def alarm(self, rules: Iterable[str]) -> Alarm:
        """Return what tells when the passes of some rules have something to do."""
        names = tuple(rules)
        if names not in self._alarms:
            self._alarms[names] = alarm_of(self.setup(names))
        return self._alarms[names]

    def apply(self, release: Release, *, now: datetime) -> None:
        """Make a release the one that runs, as `outreach apply` does. Raises Refused."""
        put_live(self.store, release, who=WHO, now=now)
        if release is not self.release:
            self.edited = release
            self._forget()

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()

    def _forget(self) -> None:
        self._setups.clear()
        self._alarms.clear()

    @cached_property
    def _tested(self) -> tuple[Rule, ...]:
        """The same objects for every setup: their statements are known by them."""
        return tuple(self._as_tested(rule) for rule in self.release.ruleset)

    def _as_tested(self, rule: Rule) -> Rule:
        return self.statements.of(rule, "as tested", lambda: as_tested(rule))

    def _make(self, names: tuple[str, ...]) -> Setup:
        release = self.edited or self.release
        tested = self._tested if self.edited is None else map(as_tested, release.ruleset)
        rules = tuple(rule for rule in tested if rule.name in names)
        ruleset = Ruleset(rules, ruleset_digest(rules))
        setup = setup_of(
            replace(release, ruleset=ruleset),
            release.workspace,
            self.store,
            env={},
            with_senders=False,
        )
        return replace(
            setup,
            senders=dict.fromkeys(Channel, self.post),
            # a survey has its page, whether this workspace serves one yet or not
            links=setup.links or PAGES,
            # how quickly a provider takes messages says nothing about rules
            allowances={},
            concurrency=dict.fromkeys(Channel, 1),
            send_only_to=(),
            statements=self.statements,
        )


def as_tested(rule: Rule) -> Rule:
    """Return a rule as tests know it: live for everybody, and chance keeps nobody out."""
    mode = Mode.LIVE if rule.mode is Mode.SHADOW else rule.mode
    live = replace(rule, mode=mode, canary=None)
    return replace(live, holdout=Decimal(0), sample=Decimal(100))
