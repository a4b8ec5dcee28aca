"""What is asked at every pass, or for every message, is answered by an index: of a ledger of years
only the rows that matter now are read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from outreach.model import IS_WAITING, SUBJECTS, Kind, Reason, SubjectRef
from outreach.rules.catalogue import Catalogue
from outreach.store import (
    cancelling,
    claiming,
    facts,
    fallbacks,
    history,
    leases,
    pausing,
    places,
    planning,
    promises,
    queue,
    receipts,
    recipients,
    standings,
    states,
    waking,
)
from outreach.store.database import Store
from outreach.store.figures import answers, effects, sent, tickets
from outreach.store.frames import table_of
from outreach.store.queue import Wanted
from outreach.store.staging import SeenChange, every_column, prepare, read_changes, stage
from outreach.timing.instants import to_micros
from outreach.timing.weeks import between
from tests.unit.store.large_shop import NOW
from tests.unit.store.plans import plan, statements

DAY = timedelta(days=1)
ORDER, TICKET = SubjectRef(Kind.ORDER, "O-1"), SubjectRef(Kind.TICKET, "T-1")
PEOPLE, MESSAGES = ["C-1", "C-2", "C-3"], ["m1", "m2", "m3"]
WEEKS = between(NOW - 5 * DAY, NOW, ZoneInfo("Europe/Berlin"))
TODAY = between(NOW - DAY, NOW, ZoneInfo("Europe/Berlin"))
Ask = Callable[[Connection], object]
#: analysed, SQLite takes a state or a link that most rows have not for one that many have
NOT_ANALYSED = pytest.mark.parametrize(
    "large_store",
    ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
    indirect=True,
)

ASKED: dict[str, tuple[Ask, set[str]]] = {
    # planning
    "enrollments that are due": (
        lambda c: planning.due_enrollments(c, NOW, 500, upto=20_000),
        {"enrollments by state, plan_at>"},
    ),
    "whether an enrollment is due": (
        lambda c: planning.is_any_due(c, NOW),
        {"enrollments by state, plan_at>"},
    ),
    "matches that are new": (
        lambda c: planning.new_matches(c, NOW, upto=20_000),
        {"enrollments by state, plan_at>", "message_subjects by enrollment_id"},
    ),
    "matches of the last hour": (
        lambda c: planning.earlier_matches(c, ["other"], NOW - DAY / 24, NOW),
        {"enrollments by rule, known_from>", "message_subjects by enrollment_id"},
    ),
    "what else acts on a subject": (
        lambda c: planning.acting_enrollments(c, [ORDER, TICKET]),
        {"enrollments by kind, subject_id"},
    ),
    "keys that are enrolled": (
        lambda c: planning.enrolled_keys(c, "other", ["order:O-1", "order:O-2"]),
        {"enrollments by key, rule"},
    ),
    "messages that are known": (
        lambda c: planning.known_messages(c, MESSAGES),
        {"messages by id"},
    ),
    "messages to add subjects to": (
        lambda c: planning.open_collectors(c, ["other", "eta-changed"], PEOPLE),
        {"messages by customer_id"},
    ),
    # cancelling
    "messages of what is cancelled": (
        lambda c: cancelling.waiting_messages(c, [1, 2, 3]),
        {"message_subjects by enrollment_id", "messages by id"},
    ),
    "messages that still wait": (
        lambda c: cancelling.still_waiting(c, MESSAGES),
        {"messages by id"},
    ),
    # promises
    "promises of which something may be new": (
        lambda c: promises.orders_to_look_at(c, NOW, after=19_000, upto=19_010),
        {
            *("promises by state", "promises by state, until>", "changes by id>"),
            *("promises by kind, subject_id", "messages by state, due_at>"),
            "promises by message_id",
        },
    ),
    # sending
    "subjects of messages": (
        lambda c: claiming.subjects_of(c, MESSAGES),
        {"message_subjects by message_id", "enrollments by id"},
    ),
    "the numbers of calls": (
        lambda c: c.execute(claiming._numbers(), {"ids": MESSAGES}),
        {"attempts by message_id"},
    ),
    "which messages are ours": (
        lambda c: claiming.still_ours(c, [1, 2, 3]),
        {"attempts by id", "messages by id"},
    ),
    "what arrived before it was said again": (
        lambda c: fallbacks.reached_before(c, MESSAGES),
        {"messages by id", "message_subjects by message_id", "message_subjects by enrollment_id"},
    ),
    "messages that did not arrive": (
        lambda c: fallbacks.undelivered(c, NOW, 200),
        {"messages by undelivered_at>"},
    ),
    "what people had from us": (
        lambda c: recipients.read_contacts(c, PEOPLE, NOW - 30 * DAY),
        {"messages by customer_id, sent_at>", "message_subjects by message_id"},
    ),
    "what a rule sent": (
        lambda c: recipients.sent_by_rule(c, "other", NOW - DAY),
        {"messages by rule, sent_at>"},
    ),
    "what became of earlier steps": (
        lambda c: facts.read_events(c, [1, 2, 3]),
        {
            *("message_subjects by enrollment_id", "messages by id", "receipts by message_id"),
            "handoffs by enrollment_id",
        },
    ),
    "facts of an order": (
        lambda c: facts.read_facts(c, Catalogue(), [ORDER]),
        {
            *("orders by id", "customers by id", "incidents by id"),
            "last_sent by kind, subject_id",
        },
    ),
    "facts of a ticket": (
        lambda c: facts.read_facts(c, Catalogue(), [TICKET]),
        {"tickets by id", "orders by id", "customers by id", "last_sent by kind, subject_id"},
    ),
    # housekeeping
    "leases that ran out": (
        lambda c: claiming.lapsed(c, NOW),
        {"messages by state"},
    ),
    "messages that are being sent": (leases.sending, {"messages by state"}),
    "messages held too long": (
        lambda c: leases.held_too_long(c, NOW, 500),
        {"messages by state", "messages by state, expires_at>"},
    ),
    "attempts without an outcome": (
        lambda c: leases.open_attempts(c, "m1"),
        {"attempts by message_id"},
    ),
    # receipts
    "what was told of messages": (
        lambda c: receipts.receipts_of(c, MESSAGES),
        {"receipts by message_id"},
    ),
    "the last calls for messages": (
        lambda c: receipts.attempts_on(c, MESSAGES),
        {"attempts by message_id"},
    ),
    # enrolling
    "what changed since": (
        lambda c: read_changes(c, after=19_000, upto=19_010),
        {"changes by id>"},
    ),
    # reports
    "what was sent in a time": (
        lambda c: sent.sent_messages(c, WEEKS, ["other"]),
        {"messages by rule, sent_at>"},
    ),
    "what was told of what was sent": (
        lambda c: sent.told_of_messages(
            c, WEEKS, ["other"], {"bounced": "bounced"}, "stop", "answered"
        ),
        {
            "messages by rule, sent_at>",
            "receipts by message_id",
            "responses by survey_message",
            "consents by message_id",
            "consents by message_id>",
            "messages by id",
        },
    ),
    "whom a rule applied to": (
        lambda c: effects.outcomes(c, "other", WEEKS, 14 * DAY, NOW),
        {"enrollments by rule, known_from>", "tickets by customer_id", "orders by customer_id"},
    ),
    "tickets that were settled": (
        lambda c: tickets.waits(c, "resolved_at", WEEKS),
        {"tickets by resolved_at>"},
    ),
    "what tickets are about": (
        lambda c: tickets.topics(c, WEEKS),
        {"tickets by opened_at>"},
    ),
    "answers to surveys": (
        lambda c: answers.scores_given(c, TODAY),
        {"responses by received_at>", "messages by id"},
    ),
    # people who look
    "messages that wait, by rule": (
        lambda c: queue.waiting_by_rule(c, ["other"]),
        {"messages by state"},
    ),
    "the queue of a rule": (
        lambda c: queue.count_queued(c, Wanted(states=list(IS_WAITING), rule="other")),
        {"messages by state"},
    ),
    "what a pause of a rule keeps": (
        lambda c: pausing.held_by_pause(c, "rule", "other", None),
        {"messages by state"},
    ),
    "what goes on when a pause ends": (
        lambda c: waking.wake(c, Reason.PAUSED, NOW),
        {"messages by state, due_at>"},
    ),
    "messages of a rule that was edited": (
        lambda c: places.waiting_of_rule(c, "other"),
        {"messages by state"},
    ),
    "enrollments that end": (
        lambda c: states.end_enrollments(c, [1, 2], Reason.FINISHED, NOW),
        {"enrollments by id"},
    ),
    "how customers stand before they are asked": (
        lambda c: standings.read_standings(
            c,
            [SimpleNamespace(id="m1", survey="csat", customer_id=name) for name in PEOPLE],
            {"m1": []},
            {"csat": DAY},
            NOW,
        ),
        {
            "messages by customer_id, sent_at>",
            "message_subjects by message_id",
            "responses by survey_message",
            "orders by customer_id",
            "tickets by customer_id",
        },
    ),
    "enrollments of a subject": (
        lambda c: history.enrollments_about(c, ORDER),
        {"enrollments by kind, subject_id"},
    ),
    "messages to a customer": (
        lambda c: history.messages_about(c, SubjectRef(Kind.CUSTOMER, "C-1"), 10),
        {"messages by customer_id"},
    ),
    "messages about an order": (
        lambda c: history.messages_about(c, ORDER, 10),
        {"message_subjects by kind, subject_id", "messages by id"},
    ),
}


@NOT_ANALYSED
@pytest.mark.parametrize("what", ASKED)
def test_only_rows_that_matter_are_read(large_store: Store, what: str) -> None:
    ask, expected = ASKED[what]
    with large_store.engine.connect() as connection:
        asked = statements(connection, lambda: ask(connection))
        found = {access.by for _, run in asked for access in plan(connection, run)}
        connection.rollback()
    assert found <= expected
    assert {read.split()[0] for read in found} == {read.split()[0] for read in expected}


@NOT_ANALYSED
def test_what_a_change_touches_is_looked_up(large_store: Store) -> None:
    """A customer's change is a change of all their orders, tickets and answers."""
    seen = [SeenChange(kind, f"{kind[0].upper()}-1", "", None, to_micros(NOW)) for kind in Kind]
    wanted = {kind: every_column(kind) for kind in SUBJECTS}
    with large_store.engine.connect() as connection:
        prepare(connection)
        asked = statements(
            connection, lambda: stage(connection, seen, after=NOW - DAY, wanted=wanted)
        )
        questions = [run for text, run in asked if text.startswith("SELECT")]
        found = {access.by for run in questions for access in plan(connection, run)}
        connection.rollback()
    links = {"orders by customer_id", "tickets by customer_id", "tickets by order_id"}
    links |= {"orders by open_incident_id"}
    links |= {f"responses by {link}" for link in ("customer_id", "order_id", "ticket_id")}
    assert found == links | {f"{table_of(kind).name} by id" for kind in Kind}


def test_due_messages_are_found_by_when_they_are_due(large_store: Store) -> None:
    with large_store.engine.connect() as connection:
        asked = statements(connection, lambda: claiming.due_messages(connection, NOW, 50))
        found = {access.by for _, run in asked for access in plan(connection, run)}
        connection.rollback()
    assert "messages by state, due_at>" in found
    # who is written to at this moment: by customer, or all that are being sent at once
    busy = {"messages by customer_id", "messages by state"}
    locked = {"customers by id", "messages by id"}
    assert found - {"messages by state, due_at>"} <= busy | locked
