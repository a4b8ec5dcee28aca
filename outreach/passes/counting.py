"""Counting business time: SQL finds who may match, Python says since when, version by version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection

from outreach.model import SubjectRef
from outreach.rules.catalogue import Catalogue
from outreach.rules.conditions import Edge, Shift
from outreach.rules.conditions.branch import all_spans
from outreach.rules.document import Rule
from outreach.rules.facts import Facts
from outreach.store.enrolling import Enroller, Match, Question, Window
from outreach.store.facts import Version, read_facts, read_versions
from outreach.timing.spans import BEGINNING, END, NEVER, Spans


def counted(
    connection: Connection,
    enroller: Enroller,
    catalogue: Catalogue,
    rule: Rule,
    question: Question,
    window: Window,
) -> list[Match]:
    """Return what truly matches at some instant of the window, each since its exact instant."""
    found = enroller.find(connection, rule, question, window)
    versions = dict(_versions(connection, catalogue, rule, question, found))
    exact = [
        match._replace(matched_at=start)
        for match in found
        if (start := _start(rule, versions.get((match.subject_id, match.version)), match, window))
    ]
    return sorted(exact, key=lambda match: match.matched_at)


def _versions(
    connection: Connection,
    catalogue: Catalogue,
    rule: Rule,
    question: Question,
    found: Sequence[Match],
) -> Iterator[tuple[tuple[str, int], Version]]:
    still = [SubjectRef(rule.about, match.subject_id) for match in found if not match.version]
    for ref, facts in read_facts(connection, catalogue, still).items():
        yield (ref.id, 0), Version(BEGINNING, END, facts)
    if question == "changed":
        ids = sorted({match.subject_id for match in found})
        yield from read_versions(connection, catalogue, rule.about, ids).items()


def _start(rule: Rule, version: Version | None, match: Match, window: Window) -> datetime | None:
    if version is None:
        return None
    spans = applying(rule, version.facts)
    spans = spans & Spans.between(version.valid_from, version.valid_until)
    earliest = window.stretch.start if window.stretch else BEGINNING
    for span in spans.spans:
        start = max(span.start, earliest)
        if start <= window.upto and start < span.end and span.end > window.after:
            return start
    return None


def applying(rule: Rule, facts: Facts) -> Spans:
    """Return when a rule applies to a subject whose data stays as it is."""
    return all_spans((*rule.when, *rule.audience), facts) & _young(rule, facts)


def _young(rule: Rule, facts: Facts) -> Spans:
    """Return the time in which a match is young enough to be contacted."""
    if rule.age is None:
        return Spans.between(BEGINNING, END)
    until = Edge(rule.age.field, Shift(rule.age.length)).of(facts)
    return NEVER if until is None else Spans.between(BEGINNING, until)
