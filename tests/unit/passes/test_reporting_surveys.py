"""Survey figures count what people answered, once each, and follow low scores to their end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert

from outreach.deciding.reporting.surveys import Lows, Measure, SurveyFigures
from outreach.model import Kind, Reason
from outreach.passes.reporting.surveys import Declared
from outreach.passes.reporting.whole import Asked, make_report
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Handoff
from outreach.timing.weeks import between
from tests.unit.berlin import BERLIN, berlin
from tests.unit.ledger import add_enrollment, add_message

WEEKS = between(berlin("2026-11-02 00:00"), berlin("2026-11-16 00:00"), BERLIN)
FIRST, SECOND = berlin("2026-11-04 12:00"), berlin("2026-11-10 12:00")
NOW = berlin("2026-11-20 12:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def answer(connection: Connection, name: str, score: int, **values: Any) -> None:
    usual = {"survey": "csat", "received_at": FIRST, "counts": True, "suspected": False}
    row = {"id": name, "score": score, "customer_id": "ana", **usual, **values}
    connection.execute(insert(table_of(Kind.RESPONSE)).values(**row))


def surveys(store: Store, **asked: Any) -> dict[str, SurveyFigures]:
    report = make_report(store, Asked(WEEKS, **asked), now=NOW)
    return {survey.name: survey for survey in report.surveys}


def answers(connection: Connection) -> None:
    sent = {"state": "sent", "sent_at": FIRST, "purpose": "survey", "survey": "csat"}
    add_message(connection, "m3", rule="order-csat", locale="en", **sent)
    add_message(connection, "m1", rule="ticket-csat", locale="de", **sent)
    add_message(connection, "m2", rule="order-csat", locale="en", **sent)
    # an earlier answer to the same message is kept, and the last one counts
    answer(connection, "R-1", 1, survey_message="m1", counts=False)
    answer(connection, "R-2", 5, survey_message="m1")
    answer(connection, "R-3", 2, survey_message="m2", received_at=SECOND)
    answer(connection, "R-4", 3, received_at=SECOND)  # imported: no message of ours
    answer(connection, "R-5", 1, suspected=True, counts=False, survey_message="m2")
    answer(connection, "R-6", 5, received_at=FIRST - 10 * DAY)  # the time before
    answer(connection, "R-7", 5, received_at=WEEKS.until)
    answer(connection, "R-8", 9, survey="nps")


def test_the_last_answers_count_and_scanners_do_not(store: Store) -> None:
    with store.write() as connection:
        answers(connection)
    found = surveys(store)
    csat = found["csat"]
    assert csat.measure is Measure.CSAT
    assert csat.tally == {5: 1, 2: 1, 3: 1}
    assert (csat.suspected, csat.before) == (1, ((5, 1),))
    assert [each and each.count for each in csat.weekly(2)] == [1, 2]
    assert {a.rule: a.locale for a in csat.answers} == {
        "ticket-csat": "de",
        "order-csat": "en",
        "": "",
    }
    assert found["nps"].measure is Measure.NPS


def test_a_rule_alone_has_its_own_answers(store: Store) -> None:
    with store.write() as connection:
        answers(connection)
    assert surveys(store, rule="ticket-csat")["csat"].tally == {5: 1}


def test_a_message_that_was_answered_counts_so(store: Store) -> None:
    with store.write() as connection:
        answers(connection)
    report = make_report(store, Asked(WEEKS), now=NOW)
    # a scanner is nobody who answered
    assert (report.total.sent, report.total.answered) == (3, 2)
    csat = next(survey for survey in report.surveys if survey.name == "csat")
    assert (csat.asked, csat.answered) == (3, 2)


def test_what_the_workspace_says_of_a_scale_holds(store: Store) -> None:
    with store.write() as connection:
        answers(connection)
    declared = {"csat": Declared(Measure.CES, 1)}
    found = surveys(store, surveys=declared)["csat"]
    assert (found.measure, found.lows.count) == (Measure.CES, 0)


def test_who_was_not_asked_is_told_with_the_reason(store: Store) -> None:
    def planned(connection: Connection, name: str, state: str, reason: str, **values: Any) -> None:
        usual = {"survey": "csat", "planned_for": FIRST, "purpose": "survey", **values}
        add_message(connection, name, state=state, reason=reason, **usual)

    with store.write() as connection:
        planned(connection, "m1", "cancelled", "cancelled_by_rule")
        planned(connection, "m2", "cancelled", "cancelled_by_rule")
        planned(connection, "m3", "suppressed", "opted_out")
        planned(connection, "m4", "planned", "matched")  # may still be asked
        planned(connection, "m5", "cancelled", "cancelled_by_rule", mode="shadow")
        planned(connection, "m6", "cancelled", "cancelled_by_rule", survey=None)
        left_out = {"rule": "late", "mode": "live", "matched_at": FIRST}
        for number, why in enumerate(["sampled_out", "sampled_out", "sampled_out", "expired"]):
            name = f"A-{number + 5}"
            add_enrollment(connection, name, state="cancelled", reason=why, **left_out)
        planned(connection, "m7", "cancelled", "cancelled_by_rule", planned_for=FIRST - 9 * DAY)
    declared = {"csat": Declared(Measure.CSAT, 2)}
    found = surveys(store, surveys=declared)["csat"]
    assert found.spared == (
        *((Reason.SAMPLED_OUT, 3), (Reason.CANCELLED_BY_RULE, 2)),
        (Reason.OPTED_OUT, 1),
    )
    assert found.figure is None


def handed(connection: Connection, response: str, **values: Any) -> None:
    key = {"kind": "response", "rule": "low-score", "key": f"response:{response}"}
    enrollment = add_enrollment(connection, response, **key)
    row = {
        "key": response,
        "rule": "low-score",
        "enrollment_id": enrollment,
        "step": "call",
        "kind": "response",
        "subject_id": response,
        "team": "leads",
        "title": "Call",
        "mode": "live",
        "state": "open",
        "reason": "matched",
        "due_at": FIRST + 4 * HOUR,
        "opened_at": FIRST,
        **values,
    }
    connection.execute(insert(table_of(Handoff)).values(**row))


def lows(connection: Connection) -> None:
    for number in range(1, 7):
        answer(connection, f"R-{number}", 1 + number % 2)
    answer(connection, "R-7", 1, suspected=True, counts=False)
    answer(connection, "R-8", 3)  # not low
    handed(connection, "R-1")  # nobody took it
    handed(connection, "R-2", taken_at=FIRST + HOUR)
    handed(connection, "R-3", taken_at=FIRST + 5 * HOUR, done_at=FIRST + 6 * HOUR)  # too late
    handed(connection, "R-4", done_at=FIRST + 2 * HOUR)  # done without being taken first
    handed(connection, "R-8", taken_at=FIRST + HOUR)
    add_enrollment(connection, "R-5", kind="response", rule="other", key="response:R-5")


def test_low_scores_are_followed_to_their_end(store: Store) -> None:
    with store.write() as connection:
        lows(connection)
    assert surveys(store)["csat"].lows == Lows(6, handed=4, in_time=2, done=2)


def test_topics_of_comments_are_counted(store: Store) -> None:
    with store.write() as connection:
        answer(connection, "R-1", 1, topic="delivery")
        answer(connection, "R-2", 1, topic="delivery", received_at=SECOND)
        answer(connection, "R-3", 1, topic="delivery", suspected=True, counts=False)
        answer(connection, "R-4", 1)
    (theme,) = make_report(store, Asked(WEEKS), now=NOW).comments
    assert (theme.topic, theme.weeks) == ("delivery", (1, 1))
