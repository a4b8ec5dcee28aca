"""From a rule to SQL: which subjects match, under which key, and since when.

Each branch of a rule's conditions is a conjunction that, with a row's data frozen, is true from
the latest of its `since` edges until the earliest of its `until` edges. Three questions are asked:

standing   which rows are true at some instant of [from, upto]: first passes, sweeps, previews
crossing   which unchanged rows became true in (after, upto]: one narrow index range an edge
staged     which versions of changed rows were true at some instant of (after, upto]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    Table,
    bindparam,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)

from outreach.rules.conditions import Branch, Edge, Shift
from outreach.rules.conditions.branch import SMALLEST
from outreach.rules.conditions.groups import AllOf
from outreach.rules.document import Rule
from outreach.store.frames import SqlFrame, StagedFrame, TableFrame, Thresholds
from outreach.store.sql_functions import earliest, latest

#: what a match is, in this order
COLUMNS = ("subject_id", "customer_id", "key", "matched_at")
#: of staged versions since when they were valid; 0 for rows that did not change
VERSION = "version"


@dataclass(frozen=True)
class Matching:
    """A rule's branches, each with the age bound, and what SQL alone cannot answer exactly."""

    rule: Rule
    branches: tuple[Branch, ...]

    @cached_property
    def is_exact(self) -> bool:
        """Whether SQL knows `matched_at`; business time must be counted in Python."""
        edges = (e for b in self.branches for e in (*b.since, *b.until))
        return all(edge.shift.fixed is not None for edge in edges)


def matching(rule: Rule) -> Matching:
    """Take a rule's `when`, `audience` and age apart into branches."""
    branches = AllOf(parts=(*rule.when, *rule.audience)).branches()
    if rule.age is not None:
        young = Branch(until=(Edge(rule.age.field, Shift(rule.age.length)),))
        branches = tuple(branch & young for branch in branches)
    return Matching(rule, tuple(b for b in branches if _is_possible(b)))


def standing(asked: Matching, thresholds: Thresholds) -> list[Select[Any]]:
    """Ask which rows are true at some instant of [from, upto]."""
    return [
        _select(asked, branch, TableFrame(asked.rule.about, thresholds, anchors=_anchors(branch)))
        for branch in asked.branches
    ]


def crossing(asked: Matching, thresholds: Thresholds, staged: Table) -> list[Select[Any]]:
    """Ask which rows came to be true in (after, upto], but for those that are staged."""
    selects = []
    for branch in asked.branches:
        for edge in branch.since:
            # the edge alone: SQLite would take the lower bound of the age for its range
            anchors = frozenset({edge}) if _is_indexed(edge) else _anchors(branch)
            frame = TableFrame(asked.rule.about, thresholds, anchors=anchors)
            changed = exists(select(literal_column("1")).where(staged.c.id == frame.own.c.id))
            query = _select(asked, branch, frame)
            selects.append(query.where(frame.pending(edge, "after"), ~changed))
    return selects


def from_staged(asked: Matching, thresholds: Thresholds, staged: Table) -> list[Select[Any]]:
    """Ask which versions of changed rows were true at some instant of (after, upto]."""
    return [
        _select(asked, branch, StagedFrame(asked.rule.about, thresholds, table=staged))
        for branch in asked.branches
    ]


def _select(asked: Matching, branch: Branch, frame: SqlFrame) -> Select[Any]:
    rule = asked.rule
    own = frame.own
    # of business time the field's own value: no later than the instant itself
    starts = [_instant(frame, edge) for edge in branch.since if not _leads_ahead(edge)]
    where = [
        *(test(frame) for test in branch.tests),
        *(frame.reached(edge, "upto") for edge in branch.since),
        *(frame.pending(edge, "from") for edge in branch.until),
        *_ordered(branch, frame),
    ]
    if isinstance(frame, StagedFrame):
        starts.append(own.c.valid_from)
        where += _within_version(branch, frame)
    if rule.once_per.period:
        starts.append(bindparam("period_start", 0, type_=BigInteger))
    matched_at = latest(*starts) if starts else _age_instant(frame, rule)
    customer = own.c.id if rule.about.value == "customer" else own.c.customer_id
    query = select(
        own.c.id.label("subject_id"),
        customer.label("customer_id"),
        _key(rule, frame, own.c.id, customer).label("key"),
        matched_at.label("matched_at"),
        (own.c.valid_from if isinstance(frame, StagedFrame) else literal(0)).label(VERSION),
    )
    return query.select_from(frame.source()).where(*where)


def _within_version(branch: Branch, frame: StagedFrame) -> Iterator[ColumnElement[bool]]:
    valid_from, valid_until = frame.table.c.valid_from, frame.table.c.valid_until
    yield valid_until > bindparam("from", 0, type_=BigInteger)
    for edge in branch.since:
        if edge.shift.fixed is not None:
            yield _instant(frame, edge) < valid_until
    for edge in branch.until:
        if edge.shift.fixed is not None:
            yield _or_missing(frame, edge, _instant(frame, edge) > valid_from)


def _ordered(branch: Branch, frame: SqlFrame) -> Iterator[ColumnElement[bool]]:
    """Yield what makes the branch's span not empty: each start before each end."""
    for start in branch.since:
        for end in branch.until:
            is_same = start.field.path == end.field.path
            if is_same or None in (start.shift.fixed, end.shift.fixed):
                continue
            yield _or_missing(frame, end, _instant(frame, start) < _instant(frame, end))


def _or_missing(frame: SqlFrame, edge: Edge, clause: ColumnElement[bool]) -> ColumnElement[bool]:
    if not edge.open_when_missing:
        return clause
    return or_(frame.micros(edge.field).is_(None), clause)


def _is_possible(branch: Branch) -> bool:
    return not any(
        start.field.path == end.field.path
        and start.shift.fixed is not None
        and end.shift.fixed is not None
        and start.shift.fixed >= end.shift.fixed
        for start in branch.since
        for end in branch.until
    )


def _leads_ahead(edge: Edge) -> bool:
    return edge.shift.fixed is None and edge.shift.ahead


def _instant(frame: SqlFrame, edge: Edge) -> ColumnElement[int]:
    column = frame.micros(edge.field)
    shift = (edge.shift.fixed or timedelta()) // SMALLEST
    return column + shift if shift else column


def _age_instant(frame: SqlFrame, rule: Rule) -> ColumnElement[int]:
    """Return since when to say that a branch matches which nothing says that of."""
    upto = bindparam("upto", 0, type_=BigInteger)
    # the age may count from a time ahead of us: by what we know it matches now
    return upto if rule.age is None else earliest(frame.micros(rule.age.field), upto)


def _anchors(branch: Branch) -> frozenset[Edge]:
    """Return the edges whose index shall serve: of the subject's own row before another's, and
    of a field bounded on both sides before others.
    """
    edges = [edge for edge in (*branch.since, *branch.until) if _is_indexed(edge)]
    ends = {edge.field.path for edge in branch.until}
    starts = {edge.field.path for edge in branch.since}

    def order(edge: Edge) -> tuple[bool, bool, bool]:
        path = edge.field.path
        return not edge.field.is_own, path not in ends, path not in starts

    best = min(edges, key=order, default=None)
    return frozenset(edge for edge in edges if best and edge.field.path == best.field.path)


def _is_indexed(edge: Edge) -> bool:
    return edge.field.indexed and not edge.open_when_missing


def _key(
    rule: Rule, frame: SqlFrame, subject: ColumnElement[Any], customer: ColumnElement[Any]
) -> ColumnElement[str]:
    """Return the occurrence's key: whom it is about, the values it depends on, the period."""
    once = rule.once_per
    if once.customer:
        key: ColumnElement[str] = literal("customer:") + func.coalesce(customer, subject)
    else:
        key = literal(f"{rule.about.value}:") + subject
    for wanted in once.fields:
        value = func.coalesce(cast(frame.plain(wanted), String), "")
        key = key + literal(f"|{wanted.path}=") + value
    if once.period:
        key = key + bindparam("period", "", type_=String)
    return key


def together(selects: Sequence[Select[Any]], *more: str) -> Select[Any]:
    """Join several questions into one, earliest match first: the first of a key is the one."""
    found = union_all(*selects).subquery("found")
    return select(*(found.c[name] for name in (*COLUMNS, *more))).order_by(found.c.matched_at)
