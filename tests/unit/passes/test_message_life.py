"""Whatever happens to messages, in whatever order: no impossible state, and nothing after a stop.

The real passes on a real database, driven by Hypothesis; after each step the laws are asked.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from outreach.channels.receipts import Event, Receipt
from outreach.errors import Refused
from outreach.model import Channel, Purpose, ReplyState
from outreach.passes import decisions, hearing, pausing
from outreach.passes.housekeeping import keep_house
from outreach.passes.pausing import Scope
from outreach.passes.receipts import take_receipts
from outreach.passes.reconcile import reconcile
from outreach.passes.send import send_due
from outreach.store import suppressing
from outreach.store.batches import open_batches
from outreach.store.database import open_store
from outreach.store.frames import table_of
from outreach.store.ledger import Message
from outreach.store.replies import replies_to_read
from tests.conftest import share_compiled
from tests.unit.passes.laws import ALWAYS, Ledger
from tests.unit.passes.life import CUSTOMERS, EDITS, PHONES, Answer, Life

times = st.sampled_from([timedelta(minutes=n) for n in (0, 1, 6, 31, 61, 180, 1440)])
places = st.integers(0, 7)
names = st.sampled_from(CUSTOMERS)
answers = st.fixed_dictionaries({name: st.sampled_from(Answer) for name in CUSTOMERS})
#: a stop, one that may be, and none
WORDS = ("STOP", "please stop texting me", "WHEN DOES THIS STOP?", "START", "thank you!")
_numbers = count()


class MessageLife(RuleBasedStateMachine):
    """What shops, people, providers and time do to messages."""

    life: Life

    def __init__(self) -> None:
        super().__init__()
        self.orders = list(CUSTOMERS)

    # the shop

    @rule(customer=names)
    def an_order_is_late(self, customer: str) -> None:
        self.orders.append(f"{len(self.orders)}")
        promised = self.life.now - timedelta(days=2)
        self.life.shop.order(
            f"A-{self.orders[-1]}", customer, at=self.life.now, promised_at=promised
        )
        self.life.shop.plan(self.life.now)

    @rule(
        place=places,
        values=st.sampled_from(["delivered", "shipped", "promised"]),
    )
    def an_order_changes(self, place: int, values: str) -> None:
        now = self.life.now
        changed: dict[str, Any] = {
            "delivered": {"delivered_at": now},
            "shipped": {"status": "shipped"},
            "promised": {"promised_at": now},
        }[values]
        self.life.shop.order(f"A-{self.orders[place % len(self.orders)]}", at=now, **changed)

    # time, and the passes

    @rule(by=times, wait=times)
    def all_goes_well(self, by: timedelta, wait: timedelta) -> None:
        for passed in (by, wait):
            self._round(passed, {})

    @rule(by=times, answers=answers)
    def the_daemon_works(self, by: timedelta, answers: dict[str, Answer]) -> None:
        self._round(by, answers)

    @rule(by=times, answers=answers, calls=st.integers(0, 2))
    def the_daemon_crashes(self, by: timedelta, answers: dict[str, Answer], calls: int) -> None:
        self.life.now += by
        self.life.shop.plan(self.life.now)
        self.life.answer(answers)
        self.life.send_and_crash(calls)

    def _round(self, passed: timedelta, answers: dict[str, Answer]) -> None:
        life = self.life
        life.now += passed
        life.answer(answers)
        keep_house(life.setup, now=life.now)
        life.shop.plan(life.now)
        reconcile(life.setup, now=life.now)
        send_due(life.setup, now=life.now)

    # providers and customers

    @rule(place=places, event=st.sampled_from(Event), again=st.booleans())
    def a_receipt_comes(self, place: int, event: Event, again: bool) -> None:
        if not self.life.journal:
            return
        taken = self.life.journal[-1 - place % len(self.life.journal)]
        told = Receipt(
            "told", f"{taken.id}-{event}", taken.outgoing.message_id, event, self.life.now, taken.id
        )
        for _ in range(1 + again):
            take_receipts(self.life.store, [told], now=self.life.now)

    @rule(
        customer=names, channel=st.sampled_from(Channel), purpose=st.sampled_from([None, *Purpose])
    )
    def an_address_is_stopped(
        self, customer: str, channel: Channel, purpose: Purpose | None
    ) -> None:
        with self.life.store.write() as connection:
            suppressing.suppress(
                connection,
                channel,
                self._address(customer, channel),
                reason="opted_out",
                source="test",
                purpose=purpose,
                now=self.life.now,
            )

    @rule(customer=names, channel=st.sampled_from(Channel))
    def an_address_is_open_again(self, customer: str, channel: Channel) -> None:
        with self.life.store.write() as connection:
            suppressing.lift(connection, channel, self._address(customer, channel), self.life.now)

    @rule(customer=names, yes=st.sampled_from([True, True, False]))
    def a_customer_says(self, customer: str, yes: bool) -> None:
        self.life.says(customer, yes=yes)

    @rule(customer=names, words=st.sampled_from(WORDS))
    def a_customer_texts(self, customer: str, words: str) -> None:
        self.life.texts(customer, words, next(_numbers))

    @rule(customer=names, purposes=st.sampled_from([None, frozenset({Purpose.SERVICE})]))
    def a_customer_unsubscribes(self, customer: str, purposes: frozenset[Purpose] | None) -> None:
        self.life.unsubscribes(customer, purposes)

    # people

    @rule(is_stop=st.booleans())
    def a_reply_is_read(self, is_stop: bool) -> None:
        life = self.life
        with life.store.read() as connection:
            waiting = [r for r in replies_to_read(connection) if r.state == ReplyState.OPEN]
        said = {"who": "anna", "now": life.now, "ruleset": life.setup.ruleset}
        for reply in waiting[:1]:
            hearing.settle(life.store, reply.id, is_stop=is_stop, **said)

    @rule(number=st.integers(0, len(EDITS) - 1))
    def rules_are_edited(self, number: int) -> None:
        self.life.edit(number)

    @rule(scope=st.sampled_from([("all", ""), ("rule", "late"), ("channel", "email")]))
    def pause_or_resume(self, scope: tuple[str, str]) -> None:
        said = {"who": "anna", "now": self.life.now}
        try:
            pausing.resume(self.life.store, Scope(scope[0]), scope[1], **said)
        except Refused:
            until = self.life.now + timedelta(hours=1)
            said = {**said, "reason": "test", "until": until}
            pausing.pause(self.life.store, Scope(scope[0]), scope[1], **said)

    @rule(yes=st.booleans())
    def a_batch_is_decided(self, yes: bool) -> None:
        with self.life.store.read() as connection:
            batches = open_batches(connection, self.life.now)
        said = {"who": "anna", "now": self.life.now}
        for batch in batches[:1]:
            if yes:
                decisions.approve(self.life.store, batch.id, **said)
            else:
                decisions.reject(self.life.setup, batch.id, **said)

    @rule(place=places, what=st.sampled_from(["cancel", "move", "retry", "settle"]))
    def a_person_decides(self, place: int, what: str) -> None:
        messages = self._messages()
        if not messages:
            return
        life, message = self.life, messages[place % len(messages)]
        said = {"who": "anna", "now": life.now}
        try:
            match what:
                case "cancel":
                    decisions.cancel(life.setup, message, **said)
                case "move":
                    to = life.now + timedelta(hours=2)
                    decisions.move(life.store, message, to, **said)
                case "retry":
                    decisions.retry(life.setup, message, **said)
                case "settle":  # by somebody who has looked
                    was_sent = any(t.outgoing.message_id == message for t in life.journal)
                    decisions.settle(life.setup, message, was_sent=was_sent, **said)
        except Refused:
            pass

    @invariant()
    def all_is_well(self) -> None:
        assert self.life.wrong == []
        kept = Ledger.of(self.life)
        for asked in ALWAYS:
            asked(kept)

    def _address(self, customer: str, channel: Channel) -> str:
        return PHONES[customer] if channel is Channel.SMS else f"{customer}@example.com"

    def _messages(self) -> list[str]:
        """Return the ids of all messages, as the ledger was written."""
        table = table_of(Message).c
        with self.life.store.read() as connection:
            return list(connection.execute(select(table.id).order_by(table.id)).scalars())


def live(open_one: Any, examples: int, steps: int) -> None:
    """Run the machine; each example has a database of its own."""

    class OwnLife(MessageLife):
        def __init__(self) -> None:
            super().__init__()
            self.opened = open_one()
            self.life = next(self.opened)

        def teardown(self) -> None:
            next(self.opened, None)

    unhurried = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        OwnLife,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, suppress_health_check=unhurried
        ),
    )


def test_no_order_of_events_leads_where_no_message_should_be(
    sqlite_template: Path, tmp_path: Path
) -> None:
    def open_one() -> Iterator[Life]:
        folder = tmp_path / f"{next(_numbers)}"
        folder.mkdir()
        shutil.copy(sqlite_template, folder / "outreach.db")
        store = open_store(f"sqlite:///{folder / 'outreach.db'}")
        share_compiled(store.engine)
        yield Life(store, folder / "shop")
        store.close()
        shutil.rmtree(folder)

    live(open_one, examples=10, steps=30)


@pytest.mark.postgres
def test_nor_does_it_on_postgresql(postgres_pool: Any, tmp_path: Path) -> None:
    def open_one() -> Iterator[Life]:
        with postgres_pool.lent() as url:
            store = open_store(url)
            share_compiled(store.engine)
            yield Life(store, tmp_path / f"{next(_numbers)}")
            store.close()

    live(open_one, examples=2, steps=25)
