"""Progress: which endings leave the rest of a rule to come, and where an enrollment stands then."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from outreach.model import Kind, Position, Purpose, Reason
from outreach.passes.progress import go_on, goes_on
from outreach.rules.document import Repeat, Rule, Step
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Message
from outreach.timing.durations import parse_duration
from outreach.timing.windows import ANY_TIME
from tests.unit.ledger import DAY, HOUR, NOON, add_customer, add_enrollment, add_message

HERE = Position("rules.yaml", 1)
APOLOGY, UPDATE, LAST = (Step(id=name, position=HERE, template="note") for name in "abc")
#: an apology, an update that comes three times, and something last
RULE = Rule(
    name="late",
    about=Kind.ORDER,
    purpose=Purpose.SERVICE,
    when=(),
    steps=(APOLOGY, replace(UPDATE, repeat=Repeat(parse_duration("3 days"), 3)), LAST),
    window=ANY_TIME,
    expires_after=parse_duration("2 days"),
    position=HERE,
)
LATER = NOON + HOUR


#: written out, so that whoever adds a reason thinks about it
THE_REST_COMES = {
    Reason.SENT,
    Reason.SHADOW,
    Reason.IN_DOUBT,  # it may have arrived
    Reason.STEP_SKIPPED,
    Reason.EXPIRED,
    Reason.CANCELLED_BY_PERSON,  # of one message, not of the rule
    Reason.PROVIDER_REJECTED,
    Reason.PROVIDER_ERROR,
    Reason.BAD_ADDRESS,  # there may be another way
    Reason.BOUNCED,
    Reason.OFFER_SPENT,  # of this message
    Reason.REACHED_BEFORE,  # another channel said it
}
#: the first channel was there, and may be again
AFTER_THE_NEXT_CHANNEL = {
    Reason.NO_ADDRESS,
    Reason.SUPPRESSED,
    Reason.OPTED_OUT,
    Reason.NO_CONSENT,
}


@pytest.mark.parametrize(
    ("channel_number", "expected"),
    [(0, THE_REST_COMES), (1, THE_REST_COMES | AFTER_THE_NEXT_CHANNEL)],
)
def test_which_endings_leave_the_rest_to_come(channel_number: int, expected: set[Reason]) -> None:
    message = SimpleNamespace(channel_number=channel_number)
    assert {reason for reason in Reason if goes_on(message, reason)} == expected


def gone_on(
    store: Store, rule: Rule | None, reason: Reason, *, step: int, repetition: int, said: str
) -> Any:
    """Let a message of a step end for a reason, and return the enrollment."""
    with store.write() as connection:
        add_customer(connection)
        number = add_enrollment(connection, step=step, repetition=repetition, base_at=NOON - DAY)
        meant = {"planned_for": NOON, "due_at": NOON + HOUR, "repetition": repetition}
        survey = rule.steps[step].survey if rule else None
        add_message(connection, "m1", number, step=said, survey=survey, **meant)
        message, row = table_of(Message), table_of(Enrollment)
        part = connection.execute(select(row)).one()
        go_on(
            connection, rule, connection.execute(select(message)).one(), [part], reason, now=LATER
        )
        return connection.execute(select(row)).one()


@pytest.mark.parametrize(
    ("step", "repetition", "reason", "goes_to"),
    [
        (0, 1, Reason.SENT, (1, 1)),
        # again, and again, and then on
        (1, 1, Reason.SENT, (1, 2)),
        (1, 2, Reason.EXPIRED, (1, 3)),
        (1, 3, Reason.SENT, (2, 1)),
        # a skipped step is passed over with all its repetitions
        (1, 1, Reason.STEP_SKIPPED, (2, 1)),
        # a shadow walks as the live rule would
        (0, 1, Reason.SHADOW, (1, 1)),
        # a message in doubt counts as sent
        (0, 1, Reason.IN_DOUBT, (1, 1)),
        (0, 1, Reason.PROVIDER_REJECTED, (1, 1)),
        (0, 1, Reason.CANCELLED_BY_PERSON, (1, 1)),
    ],
)
def test_where_an_enrollment_stands_then(
    store: Store, step: int, repetition: int, reason: Reason, goes_to: tuple[int, int]
) -> None:
    said = RULE.steps[step].id
    row = gone_on(store, RULE, reason, step=step, repetition=repetition, said=said)
    assert (row.state, row.step, row.repetition) == ("active", *goes_to)
    # from when it was meant to go out, however late it went
    assert (row.base_at, row.plan_at) == (NOON, NOON)


@pytest.mark.parametrize(
    ("reason", "goes_to"),
    # nobody is reminded of a question they never saw
    [(Reason.SENT, 1), (Reason.IN_DOUBT, 1), (Reason.EXPIRED, 2)],
)
def test_a_question_that_came_too_late_is_not_reminded_of(
    store: Store, reason: Reason, goes_to: int
) -> None:
    asked = (replace(APOLOGY, survey="csat"), replace(UPDATE, survey="csat"), LAST)
    rule = replace(RULE, steps=asked)
    row = gone_on(store, rule, reason, step=0, repetition=1, said=APOLOGY.id)
    assert (row.state, row.step) == ("active", goes_to)


@pytest.mark.parametrize(
    ("step", "reason", "ends"),
    [
        # the last step is done, whether it was sent or not
        (2, Reason.SENT, ("done", "finished")),
        (2, Reason.EXPIRED, ("done", "finished")),
        # nothing of the rule is wanted any more
        (0, Reason.OPTED_OUT, ("cancelled", "opted_out")),
        (0, Reason.CANCELLED_BY_DATA, ("cancelled", "cancelled_by_data")),
        (0, Reason.NO_ADDRESS, ("cancelled", "no_address")),
    ],
)
def test_when_an_enrollment_ends(
    store: Store, step: int, reason: Reason, ends: tuple[str, str]
) -> None:
    row = gone_on(store, RULE, reason, step=step, repetition=1, said=RULE.steps[step].id)
    assert (row.state, row.reason) == ends
    assert (row.ended_at, row.plan_at) == (LATER, None)


@pytest.mark.parametrize(
    ("reason", "ends"), [(Reason.SENT, "rule_removed"), (Reason.OPTED_OUT, "opted_out")]
)
def test_of_a_rule_that_is_gone_nothing_comes(store: Store, reason: Reason, ends: str) -> None:
    row = gone_on(store, None, reason, step=0, repetition=1, said=APOLOGY.id)
    assert (row.state, row.reason) == ("cancelled", ends)
    assert (row.ended_at, row.plan_at) == (LATER, None)


def test_a_step_that_was_edited_meanwhile_is_not_counted_as_said(store: Store) -> None:
    """The message was of a step that stood here before somebody edited the rule."""
    row = gone_on(store, RULE, Reason.SENT, step=1, repetition=1, said="old")
    assert (row.state, row.step, row.repetition) == ("active", 1, 1)
    assert (row.base_at, row.plan_at) == (NOON, NOON)


def test_an_enrollment_that_has_ended_stays_ended(store: Store) -> None:
    with store.write() as connection:
        add_customer(connection)
        number = add_enrollment(connection, state="cancelled", reason="cancelled_by_rule")
        add_message(connection, "m1", number, step=APOLOGY.id)
        table = table_of(Enrollment)
        before = connection.execute(select(table)).one()
        message = connection.execute(select(table_of(Message))).one()
        for reason in (Reason.SENT, Reason.OPTED_OUT):
            go_on(connection, RULE, message, [before], reason, now=LATER)
        assert connection.execute(select(table)).one() == before
