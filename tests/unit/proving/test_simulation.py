"""A simulation: records arrive when they were made, passes run in the rhythm they are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.model import Kind, MessageState
from outreach.proving.simulation import Simulation
from outreach.sources.records import Record
from outreach.store.frames import table_of
from outreach.store.subjects import Change

START = datetime.fromisoformat("2026-11-20T12:00Z")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LATE = """
- rule: late
  about: order
  when:
    - promised_at is more than 90 minutes ago
  steps: [{send: note}]
"""


def with_an_order(simulation: Simulation) -> Simulation:
    simulation.change(START, Kind.CUSTOMER, "C-1", email="ana@example.com")
    simulation.change(START + HOUR, Kind.ORDER, "A-1", customer_id="C-1", promised_at=START)
    return simulation


@pytest.mark.parametrize(
    ("rhythm", "sent_after", "runs"),
    [
        ({}, 90 * MINUTE, 5),  # the start, the order, the sending, what it changed, the end
        ({"every": HOUR}, 2 * HOUR, 5),
        ({"every": HOUR, "leap": True}, 2 * HOUR, 5),
        ({"every": 10 * MINUTE}, 90 * MINUTE, 25),
        ({"every": 10 * MINUTE, "leap": True}, 90 * MINUTE, 5),
    ],
)
def test_passes_run_in_the_rhythm_they_are_told(
    simulate: Callable[[str], Simulation],
    rhythm: dict[str, timedelta],
    sent_after: timedelta,
    runs: int,
) -> None:
    simulation = with_an_order(simulate(LATE))
    simulation.run_at(START)
    happened = simulation.run_until(START + 4 * HOUR, **rhythm)
    (sent,) = [entry for entry in happened if entry.left]
    assert (sent.at, sent.rule, sent.planned_for) == (
        START + sent_after,
        "late",
        START + 90 * MINUTE,
    )
    assert simulation.runs == runs
    assert simulation.clock.now() == START + 4 * HOUR


def test_records_arrive_when_they_were_made_whoever_looks_later(
    simulate: Callable[[str], Simulation],
) -> None:
    simulation = with_an_order(simulate(LATE))
    simulation.run_at(START + 3 * HOUR)
    changes = table_of(Change).c
    with simulation.setup.store.read() as connection:
        query = select(changes.at, changes.recorded_at).where(changes.subject_id == "A-1")
        (at, recorded_at), *_ = connection.execute(query).all()
    assert (at, recorded_at) == (START + HOUR, START + 3 * HOUR)


def test_a_record_without_a_time_has_no_place_in_it(
    simulate: Callable[[str], Simulation],
) -> None:
    with pytest.raises(ValueError, match=r"order A-1: .* updated_at"):
        simulate(LATE).add([Record(Kind.ORDER, "A-1", {})])


def test_what_happened_is_told_once_with_its_subjects(
    simulate: Callable[[str], Simulation],
) -> None:
    simulation = with_an_order(simulate(LATE))
    happened = simulation.run_until(START + 4 * HOUR)
    states = [entry.state for entry in happened]
    assert states == [MessageState.PLANNED, MessageState.SENDING, MessageState.SENT]
    assert {subject.id for entry in happened for subject in entry.subjects} == {"A-1"}
    assert simulation.happened() == []


def test_every_night_the_house_is_kept(simulate: Callable[[str], Simulation]) -> None:
    simulation = with_an_order(simulate(LATE))
    simulation.run_until(START + 60 * HOUR)
    assert simulation.nights == 2
    assert simulation.missed == 0


def test_after_an_outage_it_goes_on_from_now(simulate: Callable[[str], Simulation]) -> None:
    simulation = with_an_order(simulate(LATE))
    simulation.run_at(START)
    simulation.clock.move_to(START + 5 * HOUR)  # and nobody ran a pass
    happened = simulation.run_until(START + 6 * HOUR)
    assert [entry.at for entry in happened if entry.left] == [START + 5 * HOUR]


@pytest.mark.parametrize(
    "rhythm", [{}, {"every": 10 * MINUTE}, {"every": 10 * MINUTE, "leap": True}]
)
def test_what_is_held_expires_in_its_time_as_in_the_daemon(
    simulate: Callable[[str], Simulation], rhythm: dict[str, timedelta]
) -> None:
    held = "  limits: {hold_above: 1 per hour}\n  expires_after: 3 hours\n"
    simulation = with_an_order(simulate(LATE + held))
    simulation.change(START + HOUR, Kind.ORDER, "A-2", customer_id="C-1", promised_at=START)
    happened = simulation.run_until(START + 6 * HOUR, **rhythm)
    ends = [entry.at for entry in happened if entry.state is MessageState.EXPIRED]
    assert ends == [START + 4 * HOUR + 30 * MINUTE] * 2
