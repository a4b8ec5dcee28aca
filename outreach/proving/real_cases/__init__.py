"""Real cases as rule tests: what happened with one customer, told with invented people."""

from __future__ import annotations

from datetime import datetime

from outreach.model import SubjectRef
from outreach.passes.setup import Setup
from outreach.proving.real_cases.disguise import Disguise, words_asked
from outreach.proving.real_cases.reading import read_case
from outreach.proving.real_cases.writing import write_case
from outreach.proving.scenarios.stage import Stage


def as_test(
    setup: Setup, stage: Stage, subject: SubjectRef, *, now: datetime, rule: str = ""
) -> str:
    """Return the case of a subject, up to now, as a test of the rules of a stage.

    With `rule` it is a test of that one only. Raises DataError where there is nothing to tell.
    """
    with setup.store.read() as connection:
        case = read_case(connection, setup.catalogue, subject, now)
        found = setup.recipients.read(connection, {case.customer}, now).get(case.customer)
    zones = found.zones.zones if found else ()
    zone = zones[0].key if len(zones) == 1 else ""
    disguise = Disguise(setup.catalogue, words_asked(stage.release.ruleset), zone)
    lines = write_case(stage, setup.catalogue, case, disguise, now, rule)
    return "".join(f"{line}\n" for line in lines)
