"""Steps that are edited while enrollments walk through them: everybody goes on at their own step.

Each edit is previewed before it is applied; what then goes out is what the preview said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from outreach.channels.outgoing import Outgoing, Receipted
from outreach.model import Channel, MessageState, Reason
from outreach.passes import plan as plan_pass
from outreach.passes.ahead.outlook import Outcome
from outreach.passes.enrol import enrol
from outreach.passes.preview import preview
from outreach.passes.send import send_due
from outreach.proving.scratch import make_hasty
from outreach.releases import Fate, open_setup
from outreach.store.ledger import Enrollment

if TYPE_CHECKING:
    from outreach.store.database import Store

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULES = """\
format: 1
defaults: {{send_window: any time, purpose: transactional}}
rules:
  - rule: late
    about: order
    when:
      - promised_at is more than 1 day ago
    expires_after: 2 days
    steps: [{steps}]
"""
A = "{id: a, send: note}"
B = "{id: b, send: note, wait: 2 days}"
C = "{id: c, send: note, wait: 2 days}"
NEW = "{id: new, send: note, wait: 1 day}"
PAUSE = "{id: pause, wait: 3 days}"
OFTEN = '{id: a, send: note, repeat: "every 1 day, up to 4 times"}'
TWICE = '{id: a, send: note, repeat: "every 1 day, up to 2 times"}'


@pytest.fixture(autouse=True)
def _hasty(store: Store) -> None:
    make_hasty(store)


def rules(*steps: str) -> dict[str, str]:
    return {"rules/shop.yaml": RULES.format(steps=", ".join(steps))}


def previewed(shop: Any, now: datetime, until: datetime) -> list[tuple[str, datetime]]:
    """Return what a preview of the files says will go out: steps, each with when."""
    setup = open_setup(shop.workspace, shop.store, env={}, applied=False, with_senders=False)
    found = preview(setup, now=now, until=until)
    return [(m.step, m.due_at) for m in found.messages if m.outcome is Outcome.WILL_SEND]


def sent(shop: Any, since: datetime) -> list[tuple[str, datetime]]:
    """Return what went out since an instant: steps, each with when."""
    out = [row for row in shop.messages() if row.sent_at is not None and row.sent_at >= since]
    return sorted(((row.step, row.sent_at) for row in out), key=lambda one: one[1])


def run(shop: Any, since: datetime, until: datetime) -> None:
    while since <= until:
        shop.run(since)
        since += 6 * HOUR


@pytest.mark.parametrize(
    ("before", "after", "edited_after", "expected"),
    [
        # put in before their place: it is too late for it, and nothing comes twice
        ([A, B, C], [NEW, A, B, C], DAY, [("b", 2), ("c", 4)]),
        # put in after their place: it comes, and what follows counts from it
        ([A, B, C], [A, B, NEW, C], DAY, [("b", 2), ("new", 3), ("c", 5)]),
        # taken away before their place: what is left keeps its time
        ([A, B, C], [A, C], 3 * DAY, [("c", 4)]),
        # taken away with its message planned: the next one counts from what was said last
        ([A, B, C], [A, C], DAY, [("c", 2)]),
        # a wait they stand in is gone
        ([A, PAUSE, B], [A, B], DAY, [("b", 2)]),
        # the other way round: what was said is not said again
        ([A, B, C], [B, A, C], 3 * DAY, [("c", 4)]),
        # nothing is left
        ([A, B], [A], DAY, []),
        # said less often than it was already: the next step comes
        ([OFTEN, B], [TWICE, B], 30 * HOUR, [("b", 3)]),
        # no longer said again at all
        ([OFTEN, B], [A, B], 30 * HOUR, [("b", 3)]),
        # said more often than before
        ([TWICE], [OFTEN], DAY / 2, [("a", 1), ("a", 2), ("a", 3)]),
    ],
)
def test_everybody_goes_on_at_their_own_step(
    shop: Any,
    noon: datetime,
    before: list[str],
    after: list[str],
    edited_after: timedelta,
    expected: list[tuple[str, int]],
) -> None:
    shop.write(**rules(*before)).late_orders(1)
    edit = noon + edited_after
    run(shop, noon, edit)
    end = noon + 7 * DAY
    shop.write(**rules(*after))
    foretold = previewed(shop, edit, end)
    shop.apply(now=edit)
    assert previewed(shop, edit, end) == foretold
    run(shop, edit, end)
    assert sent(shop, edit) == foretold
    days = [(step, (at - noon) / DAY) for step, at in foretold]
    assert [step for step, _ in days] == [step for step, _ in expected]
    for (_, at), (_, day) in zip(days, expected, strict=True):
        assert at == pytest.approx(day, abs=2 / 24)


@dataclass
class Editing:
    """A provider during whose call somebody applies an edit."""

    shop: Any
    now: datetime
    name: str = "editing"

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        self.shop.apply(now=self.now)
        return Receipted(outgoing.message_id)

    def check(self) -> str:
        return "takes everything"

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ([NEW, A, B, C], ["b", "c"]),
        ([A, NEW, B, C], ["new", "b", "c"]),
        ([B, C], ["b", "c"]),
        ([C, A, B], ["b"]),
        ([A], []),
    ],
)
def test_an_edit_applied_while_a_message_is_being_sent(
    shop: Any, noon: datetime, after: list[str], expected: list[str]
) -> None:
    shop.write(**rules(A, B, C)).late_orders(1).plan(noon)
    shop.write(**rules(*after))
    old = replace(shop.setup, senders={Channel.EMAIL: Editing(shop, noon)})
    assert send_due(old, now=noon).sent == 1
    end = noon + 7 * DAY
    foretold = previewed(shop, noon + 6 * HOUR, end)
    run(shop, noon + 6 * HOUR, end)
    assert sent(shop, noon + 6 * HOUR) == foretold
    assert [step for step, _ in foretold] == expected


def test_planned_messages_of_a_step_that_is_gone_say_so(shop: Any, noon: datetime) -> None:
    shop.write(**rules(A, B)).late_orders(1)
    run(shop, noon, noon + 6 * HOUR)
    foretold = shop.write(**rules(A)).foresee(noon + 6 * HOUR)
    assert foretold.by_rule(Fate.CANCELLED) == {"late": 1}
    shop.apply(now=noon + 6 * HOUR)
    assert [(m.step, m.state, m.reason) for m in shop.messages()][1:] == [
        ("b", MessageState.CANCELLED.value, Reason.CANCELLED_BY_RULE_EDIT.value)
    ]
    [row] = shop.rows(Enrollment)
    assert (row.state, row.reason) == ("done", Reason.FINISHED.value)


class Interrupted:
    """A store in which somebody applies an edit before the second transaction of a pass."""

    def __init__(self, store: Store, edit: Callable[[], Any]) -> None:
        self._store = store
        self._edit = edit
        self._writes = 0

    def write(self, **options: Any) -> Any:
        self._writes += 1
        if self._writes == 2:
            self._edit()
        return self._store.write(**options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_a_plan_pass_ends_when_an_edit_is_applied_meanwhile(
    shop: Any, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_pass, "CHUNK", 1)
    shop.write(**rules(A, B)).late_orders(2)
    setup = shop.setup
    enrol(shop.store, setup.enroller, setup.catalogue, zone=setup.zone, now=noon)
    shop.write(**rules(B, A))
    store: Any = Interrupted(shop.store, lambda: shop.apply(now=noon))
    assert plan_pass.plan_due(replace(setup, store=store), now=noon).planned == 1
    shop.plan(noon)
    assert sorted(shop.messages("step")) == [("a",), ("a",)]
