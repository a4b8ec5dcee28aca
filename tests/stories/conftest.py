"""Stories: place an order, let time pass, expect one message, and nothing else.

A story runs the real passes with a moving clock; messages travel through the real SDKs to a local
sandbox. Whatever arrives there and was not expected fails the test: silence is the default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select

from outreach.channels.sandbox import Arrived, Sandbox
from outreach.clock import MovingClock
from outreach.deciding.rechecking import said
from outreach.model import Channel, Kind, MessageState, Money, Purpose, Reason, SubjectRef
from outreach.passes import decisions, pausing
from outreach.passes.pausing import Scope
from outreach.passes.setup import Setup
from outreach.proving.journal import Entry
from outreach.proving.scratch import make_hasty
from outreach.proving.simulation import Simulation
from outreach.releases import close_setup, open_setup
from outreach.rules.facts import Facts
from outreach.rules.fields import FieldType
from outreach.store import suppressing
from outreach.store.batches import OpenBatch, open_batches
from outreach.store.database import Store
from outreach.store.facts import read_facts
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Receipt
from outreach.store.permissions import Consent
from outreach.timing.moments import parse_moment
from outreach.workspace import Workspace
from tests.stories.workspace import CHANNELS, HEAD, SECRETS, SETTINGS, TEMPLATES, kind_of

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime.fromisoformat("2026-11-20 12:00+01:00")  # a Friday


class Story:
    """One story. Times are written as people write them, on the clock of Berlin."""

    def __init__(self, store: Store, sandbox: Sandbox, folder: Path) -> None:
        self.store = store
        self.sandbox = sandbox
        self.folder = folder
        self.clock = MovingClock(START)
        self._settings = SETTINGS
        self._rules: list[str] = []
        self._templates = dict(TEMPLATES)
        self._simulation: Simulation | None = None
        self._expected: set[int] = set()  # numbers of arrivals
        self._entries: list[Entry] = []
        #: the latest message about each subject
        self.sent: dict[str, str] = {}
        self.events = 0

    # what the workspace says

    def starts(self, moment: str) -> Self:
        """Begin at another time."""
        self.clock = MovingClock(self.time(moment))
        return self

    def settings(self, text: str) -> Self:
        """Add to outreach.yaml, or say one of its keys anew."""
        added = {line.split(":")[0] for line in text.splitlines() if line and line[0].isalpha()}
        kept = (line for line in self._settings.splitlines() if line.split(":")[0] not in added)
        self._settings = "\n".join([*kept, text, ""])
        return self

    def rules(self, text: str) -> Self:
        """Write rules: a YAML list."""
        assert self._simulation is None, "the rules come before the first day"
        self._rules.append(text)
        return self

    def templates(self, texts: Mapping[str, str]) -> Self:
        """Add templates to the ones every story has."""
        self._templates |= texts
        return self

    # what the shop's systems say

    def customer(self, name: str, /, **values: Any) -> Self:
        """Get to know a customer, in Berlin and English if nothing else is said."""
        usual = {
            "first_name": name.title(),
            "email": f"{name}@example.com",
            "locale": "en",
            "zone": "Europe/Berlin",
        }
        return self._change(Kind.CUSTOMER, name, {**usual, **values})

    def order(self, number: str, of: str, /, **values: Any) -> Self:
        """Place an order, a shipped one if nothing else is said."""
        usual = {"number": number, "customer_id": of, "status": "shipped", "placed_at": "now"}
        return self._change(Kind.ORDER, number, {**usual, **values})

    def ticket(self, number: str, of: str, /, **values: Any) -> Self:
        """Open a ticket, a new one if nothing else is said."""
        usual = {"number": number, "customer_id": of, "status": "new", "opened_at": "now"}
        return self._change(Kind.TICKET, number, {**usual, **values})

    def change(self, number: str, /, **values: Any) -> Self:
        """Change an order (`A-1`), a ticket (`T-1`) or a customer (any other name)."""
        return self._change(kind_of(number), number, values)

    def _change(self, kind: Kind, subject: str, values: dict[str, Any]) -> Self:
        types = {f.name: f.type for f in self.setup.catalogue.own_fields(kind)}
        typed: dict[str, Any] = {}
        for name, value in values.items():
            if types.get(name) is FieldType.TIME and isinstance(value, str):
                typed[name] = self.time(value)
            elif types.get(name) is FieldType.MONEY and isinstance(value, str):
                amount, currency = value.split()
                typed[name] = Money(Decimal(amount), currency)
            else:
                typed[name] = value
        self.simulation.change(self.clock.now(), kind, subject, **typed)
        return self

    # time

    def time(self, text: str) -> datetime:
        """Read a moment on Berlin's clock: `today 22:30`, `sunday 09:00`, `+3 days`."""
        return parse_moment(text, self.clock.now(), BERLIN)

    def advance(self, by: str) -> Self:
        """Let time pass; what came before must have been expected."""
        return self.until(f"+{by}")

    def until(self, moment: str) -> Self:
        """Let time pass until a moment; what came before must have been expected."""
        self.expect_nothing()
        self._entries = list(self.simulation.run_until(self.time(moment)))
        self.sent |= {ref.id: e.message for e in self._entries if e.left for ref in e.subjects}
        return self

    def sleep(self, by: str) -> Self:
        """Let time pass while nobody works: an outage."""
        self.expect_nothing()
        self.clock.move_to(self.time(f"+{by}"))
        return self

    # what people decide

    def approve(self) -> Self:
        """Release the one batch that is held."""
        decisions.approve(self.store, self.only_batch().id, who="mara", now=self.clock.now())
        return self

    def reject(self) -> Self:
        """Drop the one batch that is held."""
        decisions.reject(self.setup, self.only_batch().id, who="mara", now=self.clock.now())
        return self

    def pause(self) -> Self:
        """Stop everything but what must be said."""
        pausing.pause(self.store, Scope.ALL, "", reason="test", who="mara", now=self.clock.now())
        return self

    def resume(self) -> Self:
        """Send again."""
        pausing.resume(self.store, Scope.ALL, "", who="mara", now=self.clock.now())
        return self

    # what customers and providers say

    def says(
        self, customer: str, purpose: Purpose, *, yes: bool, via: Channel | None = None
    ) -> Self:
        """Let a customer agree to a purpose or opt out of it, on one channel or on all."""
        return self._write(
            Consent,
            customer_id=customer,
            purpose=purpose.value,
            channel=via.value if via else None,
            granted=yes,
            at=self.clock.now(),
            source="story",
        )

    def suppress(self, channel: Channel, address: str) -> Self:
        """Put an address, or `@domain`, on the suppression list."""
        with self.store.write() as connection:
            suppressing.suppress(
                connection,
                channel,
                address,
                reason="complained",
                source="story",
                now=self.clock.now(),
            )
        return self

    def receipt(self, about: str, event: str) -> Self:
        """Let something happen to the latest message about a subject: `replied`, `answered`."""
        self.events += 1
        return self._write(
            Receipt,
            message_id=self.sent[about],
            event=event,
            at=self.clock.now(),
            provider="story",
            provider_event_id=str(self.events),
        )

    def _write(self, model: Any, **values: Any) -> Self:
        with self.store.write() as connection:
            connection.execute(insert(table_of(model)).values(**values))
        return self

    def only_batch(self) -> OpenBatch:
        with self.store.read() as connection:
            (batch,) = open_batches(connection, self.clock.now())
        return batch

    # expectations

    def expect(
        self,
        to: str,
        template: str = "note",
        *,
        via: str = "email",
        rule: str | None = None,
        about: str | Sequence[str] = (),
        at: str | None = None,
        says: Sequence[str] = (),
        never_says: Sequence[str] = (),
    ) -> Arrived:
        """Expect a message since the last step in time: the first one to somebody."""
        message, entry = self._next(to)
        assert message.channel.value == via, self._came(message)
        assert entry.template == template, self._came(message)
        assert rule in (None, entry.rule), self._came(message)
        wanted = [about] if isinstance(about, str) else list(about)
        assert not wanted or [ref.id for ref in entry.subjects] == wanted, self._came(message)
        if at is not None:
            assert self.shown(entry.at) == at, self._came(message)
        for words in says:
            assert words in message.subject + message.text
        for words in never_says:
            assert words not in message.subject + message.text + message.html
        return message

    def expect_nothing(self) -> Self:
        """Expect that nothing else has come."""
        came = self._unexpected()
        assert not came, "not expected: " + "; ".join(map(self._came, came))
        return self

    def everything_that_came(self) -> list[str]:
        """Expect whatever came since the last step in time; return to whom."""
        came = self._unexpected()
        self._expected |= {message.number for message in came}
        return [name_of(message) for message in came]

    def enrollments(self) -> Sequence[Any]:
        """Return all enrollments, oldest first."""
        table = table_of(Enrollment)
        with self.store.read() as connection:
            return connection.execute(select(table).order_by(table.c.id)).all()

    def expect_state(self, about: str, state: MessageState, because: Reason) -> Entry:
        """Expect that a message about a subject came into a state for a reason."""
        found = [e for e in self._entries if about in [ref.id for ref in e.subjects]]
        wanted = [e for e in found if (e.state, e.reason) == (state, because)]
        assert wanted, f"about {about} happened: {found or 'nothing'}"
        return wanted[-1]

    def happened(self, about: str, state: MessageState) -> bool:
        """Tell whether a message about a subject came into a state since the last step in time."""
        mine = [e for e in self._entries if about in [ref.id for ref in e.subjects]]
        return any(entry.state is state for entry in mine)

    def is_suppressed(self, channel: Channel, address: str) -> bool:
        with self.store.read() as connection:
            entries = suppressing.suppressions(connection, self.clock.now())
        return any((e.channel, e.address) == (channel.value, address) for e in entries)

    def why_not(self, about: str, rule: str) -> str:
        """Return the first line of a rule that is not true of a subject now, in its words."""
        found = self.setup.ruleset.get(rule)
        assert found is not None
        facts = self.facts(about)
        now = self.clock.now()
        broken = (c for c in (*found.when, *found.audience) if not c.holds(facts, now))
        return next(map(said, broken), "")

    def facts(self, about: str) -> Facts:
        """Return what is known of a subject now."""
        ref = SubjectRef(kind_of(about), about)
        with self.store.read() as connection:
            return read_facts(connection, self.setup.catalogue, [ref])[ref]

    def held(self) -> int:
        """Count the messages that came to be held since the last step in time."""
        return sum(entry.state is MessageState.HELD for entry in self._entries)

    def _unexpected(self) -> list[Arrived]:
        return [m for m in self.sandbox.messages if m.number not in self._expected]

    def _next(self, to: str) -> tuple[Arrived, Entry]:
        came = self._unexpected()
        mine = [message for message in came if to in (name_of(message), message.to)]
        others = "; ".join(map(self._came, came)) or "nothing"
        assert mine, f"nothing came to {to}, but {others}; what happened: {self._entries}"
        self._expected.add(mine[0].number)
        left = {e.message: e for e in self._entries if e.left}
        assert mine[0].message_id in left, f"it came, and the ledger has {self._entries}"
        return mine[0], left[mine[0].message_id]

    def _came(self, message: Arrived) -> str:
        return f"{message.channel} to {message.to}: {message.subject or message.text}"

    def shown(self, instant: datetime) -> str:
        """Return an instant as the stories write it."""
        return f"{instant.astimezone(BERLIN):%Y-%m-%d %H:%M}"

    # behind the scenes

    @property
    def setup(self) -> Setup:
        return self.simulation.setup

    @property
    def simulation(self) -> Simulation:
        """The simulation, made when it is first needed; its first pass runs at once."""
        if self._simulation is None:
            workspace = self._write_workspace()
            setup = open_setup(workspace, self.store, env=SECRETS, applied=False)
            self._simulation = Simulation(setup, self.clock)
            self._simulation.run_at(self.clock.now())
        return self._simulation

    def _write_workspace(self) -> Workspace:
        files = {
            "outreach.yaml": self._settings + CHANNELS.format(url=self.sandbox.url),
            "rules/story.yaml": HEAD + "\n".join(self._rules),
            **{f"templates/{path}": text for path, text in self._templates.items()},
        }
        for path, text in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text, "utf-8")
        return Workspace.open(self.folder)

    def close(self) -> None:
        """End the story: nothing unexpected came, and no pass missed what it should have found."""
        if self._simulation is not None:
            close_setup(self.setup)
            assert self.simulation.missed == 0
        self.expect_nothing()


def name_of(message: Arrived) -> str:
    """Return whom a message came to: a customer by name, or a number."""
    return message.to.removesuffix("@example.com")


class StoryClock:
    """The clock of the story that is told."""

    def __init__(self) -> None:
        self.story: Story | None = None

    def now(self) -> datetime:
        """Return the time in the story."""
        return self.story.clock.now() if self.story else START


@pytest.fixture(scope="session")
def _clock() -> StoryClock:
    return StoryClock()


@pytest.fixture(scope="session")
def _running_sandbox(_clock: StoryClock) -> Iterator[Sandbox]:
    with Sandbox(clock=_clock) as sandbox:
        yield sandbox


@pytest.fixture
def story(
    store: Store, _running_sandbox: Sandbox, _clock: StoryClock, tmp_path: Path
) -> Iterator[Story]:
    """A story that has not begun; what comes and was not expected fails it, to the very end."""
    _running_sandbox.clear()
    make_hasty(store)
    begun = _clock.story = Story(store, _running_sandbox, tmp_path / "workspace")
    yield begun
    begun.close()
